"""What pages and papers show of the ledger: a day, a lot, a container, a span of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import not_found
from posology.clinic.ledger.books import (
    LOOKS_BACK,
    Books,
    acts_of,
    books_of,
    kept_since,
    lot_of,
    lots_books,
    page_since,
)
from posology.clinic.ledger.discrepancies import Discrepancy, discrepancies
from posology.clinic.ledger.models import Kind, LedgerAct
from posology.clinic.ledger.permissions import KEEP, VIEW, check_can, may
from posology.clinic.ledger.rules import (
    day_at,
    end_of,
    law_of,
    limits,
    product_of,
    start_of,
    years_later,
)
from posology.clinic.ledger.settling import (
    discrepancy_rows,
    last_closes,
    moved_since_counted,
    open_before_close,
)
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import BoardLine, board
from posology.knowledge.schema import Product
from posology.treatment.ledger import Account, Container, Dose, Lot
from posology.treatment.ledger_days import Passage, passages
from posology.treatment.ledger_signs import Sign, signs

GIVEN = "given"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line as people read it: an entry, or a dose as the session's events tell it."""

    at: datetime
    kind: str  # of Kind; or ``given``
    lot: Lot
    ug: int  # how much it moved
    containers: int
    act: LedgerAct | None
    session: SessionRow | None
    by: str
    witness: str
    is_least: bool = False
    is_undone: bool = False
    goes_on: bool = False  # an infusion that ran over midnight: the rest stands on the next day
    began_at: datetime | None = None  # when it began, of what ran in on a later day


def lines_of(books: Books, *, start: datetime | None = None) -> tuple[LedgerLine, ...]:
    """Return every line of some books in order of time, the entries that move nothing among them."""
    told = [_entry_line(row, books) for row in books.rows]
    people = {str(p.pk): p.full_name for p in User.objects.filter(clinic=books.clinic)}
    told += [_dose_line(line.of, books, people) for line in books.ledger.lines if isinstance(line.of, Dose)]
    return tuple(sorted((t for t in told if start is None or t.at >= start), key=lambda t: t.at))


def _entry_line(row: LedgerAct, books: Books) -> LedgerLine:
    postings = books.postings.get(row.pk, ())
    return LedgerLine(
        at=row.at,
        kind=row.kind,
        lot=lot_of(row),
        ug=sum(p.ug for p in postings if p.ug > 0),
        containers=row.containers or abs(row.safe_change),
        act=row,
        session=books.sessions.get(row.session_id) if row.session_id else None,
        by=row.by.full_name,
        witness=row.witness.full_name if row.witness else "",
        is_undone=row.pk in books.undone,
    )


def _dose_line(dose: Dose, books: Books, people: Mapping[str, str]) -> LedgerLine:
    session = books.sessions.get(dose.session)
    by = people.get(dose.by, "")
    return LedgerLine(
        at=dose.at,
        kind=GIVEN,
        lot=dose.lot,
        ug=dose.amount_ug,
        containers=0,
        act=None,
        session=session,
        by=by,
        witness="",
        is_least=dose.is_least,
        goes_on=dose.goes_on,
        began_at=dose.began_at,
    )


# ---------------------------------------------------------------- a day


@dataclass(frozen=True)
class LedgerDay:
    """The ledger of one day: each lot's passage through it, and what is open at its end."""

    by: User
    on: date
    at: datetime  # the day's end, or now
    now: datetime
    books: Books | None

    @property
    def is_today(self) -> bool:
        """Whether the day still runs."""
        return self.on == day_at(self.by.clinic, self.now)

    @cached_property
    def passages(self) -> Mapping[Lot, Passage]:
        """What became of each lot on this day."""
        if self.books is None:
            return {}
        rows = self.books.by_id
        clinic = self.by.clinic
        return passages(
            self.books.ledger,
            at_of=lambda key: rows[key].at,
            start=start_of(self.on, clinic),
            end=end_of(self.on, clinic),
        )

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """What is open and not accounted for, the oldest first."""
        if self.books is None:
            return ()
        rows = self.books.by_id
        left = [c for c in self.books.ledger.containers.values() if c.remaining_ug]
        return tuple(sorted(left, key=lambda c: rows[c.id].at))

    @cached_property
    def discrepancies(self) -> tuple[Discrepancy, ...]:
        """What does not add up and is not settled."""
        rows = discrepancy_rows(self.by.clinic)
        return tuple(d for d in discrepancies(rows) if d.settled is None and d.act.at <= self.at)

    @cached_property
    def close(self) -> LedgerAct | None:
        """The last close of the day."""
        rows = LedgerAct.objects.for_clinic(self.by.clinic_id).filter(kind=Kind.CLOSED, on=self.on)
        return rows.select_related("by").order_by("position").last()

    @cached_property
    def against_close(self) -> Sequence[str]:
        """What stands against closing the day; as it is now, also of a past day."""
        if self.books is None or (self.close is not None and not self.is_today):
            return ()
        books = self.books if self.is_today else lots_books(self.by.clinic, self.passages, at=self.now)
        return open_before_close(books, self.on)

    @cached_property
    def signs(self) -> tuple[Sign, ...]:
        """What the twelve patterns would leave behind, in what a page reads."""
        return signs_in(self.books, at=self.at) if self.books else ()


def ledger_day(by: User, *, on: date, now: datetime) -> LedgerDay:
    """Return one day of the ledger of the person's clinic.

    Raises
    ------
    NotPermitted
        If this person may not look.
    """
    check_can(by, VIEW)
    clinic = by.clinic
    end = end_of(on, clinic)
    at = min(now, end)
    books = books_of(clinic, at=at, since=page_since(clinic, on), is_over=end <= now)
    return LedgerDay(by, on, at, now, books)


def sessions_without(day: LedgerDay) -> tuple[BoardLine, ...]:
    """Return today's sessions that are not over, and for which nothing was opened or drawn."""
    if day.books is None:
        return ()
    served = {c.session for c in day.books.ledger.containers.values()}
    lines = board(day.by.clinic, day.on)
    return tuple(
        line
        for line in lines
        if line.session.pk not in served
        and line.state.cancellation is None
        and (line.state.discharge is None or line.state.started_at is not None)
    )


# ---------------------------------------------------------------- a lot, a container


@dataclass(frozen=True)
class LotView:
    """One lot with every line of it."""

    receipt: LedgerAct
    lot: Lot
    product: Product | None
    books: Books

    @property
    def unopened(self) -> int:
        """How many unopened containers lie in the safe."""
        return self.books.unopened(self.lot)

    @property
    def content_ug(self) -> int:
        """What one container holds."""
        return self.books.ledger.content_ug.get(self.lot, 0)

    def balance_ug(self, account: Account) -> int:
        """Return what lies in one account of it."""
        return self.books.ledger.balance_ug(account, self.lot)

    @cached_property
    def lines(self) -> tuple[LedgerLine, ...]:
        """Every line of the lot, in order of time."""
        return tuple(line for line in lines_of(self.books) if line.lot == self.lot)


def lot_view(by: User, receipt_id: UUID, *, at: datetime) -> LotView:
    """Return the lot that a receipt is of.

    Raises
    ------
    NotPermitted, NotFound
        If this person may not look, or there is no such lot here.
    """
    check_can(by, VIEW)
    receipt = acts_of(by.clinic).filter(pk=receipt_id, kind=Kind.RECEIVED).first()
    if receipt is None:
        raise not_found("lot")
    lot = lot_of(receipt)
    return LotView(receipt, lot, product_of(lot), lots_books(by.clinic, [lot], at=at))


@dataclass(frozen=True)
class ContainerView:
    """One opened vial or device, or a syringe: what it held, and what became of it."""

    act: LedgerAct
    view: LotView
    container: Container | None  # None where its opening was taken back

    @property
    def session(self) -> SessionRow | None:
        """The session that it is for."""
        return self.view.books.sessions.get(self.act.session_id) if self.act.session_id else None

    @cached_property
    def lines(self) -> tuple[LedgerLine, ...]:
        """The entries about this container alone, and the doses of its session out of its lot."""
        mine = {self.act.pk}
        return tuple(
            line
            for line in self.view.lines
            if (line.act and {line.act.pk, line.act.opened_id, line.act.about_id} & mine)
            or (line.act is None and line.session and line.session.pk == self.act.session_id)
        )


def container_view(by: User, key: UUID, *, at: datetime) -> ContainerView:
    """Return one opened container.

    Raises
    ------
    NotPermitted, NotFound
        If this person may not look, or there is no such container here.
    """
    check_can(by, VIEW)
    row = acts_of(by.clinic).filter(pk=key, kind__in=(Kind.OPENED, Kind.DRAWN)).first()
    if row is None:
        raise not_found("container")
    lot = lot_of(row)
    books = lots_books(by.clinic, [lot], at=at)
    view = LotView(books.receipts[lot], lot, product_of(lot), books)
    return ContainerView(row, view, books.ledger.containers.get(row.pk))


def entry_view(by: User, key: UUID) -> LedgerAct:
    """Return one entry with the people of it.

    Raises
    ------
    NotPermitted, NotFound
        If this person may not look, or there is no such entry here.
    """
    check_can(by, VIEW)
    row = acts_of(by.clinic).filter(pk=key).first()
    if row is None:
        raise not_found("entry")
    return row


def keepers(by: User) -> tuple[User, ...]:
    """Return the people of a clinic who keep its ledger, by name."""
    people = User.objects.filter(clinic_id=by.clinic_id, is_active=True).order_by("full_name")
    return tuple(p for p in people if may(p, KEEP))


def stock(by: User, *, at: datetime) -> tuple[tuple[Lot, LedgerAct, int], ...]:
    """Return the lots that have unopened containers, with its receipt; what expires first comes first."""
    books = books_of(by.clinic, at=at, since=at)
    if books is None:
        return ()
    found = [(lot, books.receipts[lot], books.unopened(lot)) for lot in books.lots]
    return tuple(sorted((f for f in found if f[2]), key=lambda f: (f[1].expires_on, f[0])))


def to_count(by: User, *, at: datetime) -> tuple[tuple[Lot, LedgerAct], ...]:
    """Return the lots to count, with its receipt: what is in the safe, and what moved since a count."""
    books = books_of(by.clinic, at=at, since=at - LOOKS_BACK)
    if books is None:
        return ()
    return tuple(
        (lot, books.receipts[lot])
        for lot in books.lots
        if books.unopened(lot) or moved_since_counted(books, lot)
    )


# ---------------------------------------------------------------- the inventory


@dataclass(frozen=True, slots=True)
class InventoryDue:
    """When the whole stock was last counted, and by when it is again."""

    last_on: date | None
    due_on: date
    is_due: bool


def inventory_due(by: User, *, on: date) -> InventoryDue | None:
    """Return when an inventory is due; ``None`` where no ledger is kept, or no law that is known asks."""
    law, first = law_of(by.clinic, on), kept_since(by.clinic)
    if law is None or first is None:
        return None
    rows = LedgerAct.objects.for_clinic(by.clinic_id).filter(kind=Kind.INVENTORY, on__lte=on)
    last = rows.order_by("on").values_list("on", flat=True).last()
    due = years_later(last, law.inventory_years) if last else day_at(by.clinic, first)
    return InventoryDue(last, due, due <= on)


# ---------------------------------------------------------------- a span of time


def signs_in(books: Books, *, at: datetime) -> tuple[Sign, ...]:
    """Return what the twelve patterns would leave behind in some books, as it looks at a moment."""
    return signs(
        books.ledger,
        written=books.written,
        closed=last_closes(books.rows),
        limits=limits(day_at(books.clinic, at)),
        day_of=lambda moment: day_at(books.clinic, moment),
        at=at,
    )

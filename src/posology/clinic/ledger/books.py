"""The ledger of a clinic as the fold of its entries and of its sessions' events, at a moment.

The lot is the unit: every entry and every dose belongs to one, so whole lots can be read alone. A page reads
the lots that are in stock or moved lately; what was used up long ago is read where it is asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, reduce
from operator import or_
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from posology.clinic.accounts.models import Clinic
from posology.clinic.ledger.doses import Given, given_in, sessions_between, sessions_naming
from posology.clinic.ledger.models import OF_THE_DAY, Kind, LedgerAct
from posology.clinic.ledger.rules import start_of
from posology.clinic.sessions.models import SessionRow
from posology.treatment.ledger import Account, Act, ActKind, Ledger, Lot, Posting, fold
from posology.treatment.ledger_signs import Written

# How far back a page looks for lots that are used up by now, if no day was closed; a lot in stock is
# always read.
LOOKS_BACK = timedelta(days=31)
_AT_ONCE = 200
_MOVES = tuple(ActKind)


@dataclass(frozen=True)
class Books:
    """Some lots of a clinic, whole, at a moment."""

    clinic: Clinic
    at: datetime
    rows: tuple[LedgerAct, ...]  # of these lots, and of the day, as they were written
    ledger: Ledger
    sessions: Mapping[UUID, SessionRow]

    @cached_property
    def by_id(self) -> Mapping[UUID, LedgerAct]:
        """Every entry by its id."""
        return {row.pk: row for row in self.rows}

    @cached_property
    def written(self) -> Mapping[UUID, Written]:
        """Who wrote each entry, by name, who witnessed it, and when."""
        return {
            row.pk: Written(row.by.full_name, row.at, row.witness.full_name if row.witness else None)
            for row in self.rows
        }

    @cached_property
    def postings(self) -> Mapping[UUID, tuple[Posting, ...]]:
        """What each entry moved."""
        return {line.of.id: line.postings for line in self.ledger.lines if isinstance(line.of, Act)}

    @cached_property
    def lots(self) -> tuple[Lot, ...]:
        """The lots that were received, by product and number."""
        return tuple(sorted(self.ledger.content_ug))

    @cached_property
    def receipts(self) -> Mapping[Lot, LedgerAct]:
        """The first receipt of each lot, by which a page names it; one that stands before one taken back."""
        found: dict[Lot, LedgerAct] = {}
        for row in sorted(self.rows, key=lambda r: r.pk in self.undone):
            if row.kind == Kind.RECEIVED:
                found.setdefault(lot_of(row), row)
        return found

    @cached_property
    def undone(self) -> frozenset[UUID]:
        """The entries that were taken back."""
        return frozenset(r.about_id for r in self.rows if r.kind == Kind.REVERSED and r.about_id)

    def unopened(self, lot: Lot) -> int:
        """Return how many unopened containers of a lot lie in the safe."""
        content = self.ledger.content_ug.get(lot, 0)
        return self.ledger.balance_ug(Account.SAFE, lot) // content if content else 0


def lot_of(row: LedgerAct) -> Lot:
    """Return the lot that an entry is about."""
    return Lot(row.product_id, row.lot)


def acts_of(clinic: Clinic) -> QuerySet[LedgerAct]:
    """Return every entry of a clinic, as they were written."""
    rows = LedgerAct.objects.for_clinic(clinic).select_related("by", "witness", "owner")
    return rows.order_by("position")


def receipts_of(clinic: Clinic) -> QuerySet[LedgerAct]:
    """Return the receipts of a clinic that stand."""
    taken_back = LedgerAct.objects.for_clinic(clinic).filter(kind=Kind.REVERSED, about=OuterRef("pk"))
    return acts_of(clinic).filter(~Exists(taken_back), kind=Kind.RECEIVED)


def kept_since(clinic: Clinic) -> datetime | None:
    """Return since when a clinic keeps the ledger: from its first receipt on."""
    rows = LedgerAct.objects.for_clinic(clinic).filter(kind=Kind.RECEIVED)
    first: datetime | None = rows.aggregate(first=Min("at"))["first"]
    return first


def act_of(row: LedgerAct) -> Act:
    """Return a stored entry as the library's own."""
    return Act(
        id=row.pk,
        kind=ActKind(row.kind),
        lot=lot_of(row),
        containers=row.containers,
        content_ug=row.content_ug,
        amount_ug=row.amount_ug,
        opened=row.opened_id,
        session=row.session_id,
        reverses=row.about_id if row.kind == Kind.REVERSED else None,
    )


def lots_moved(clinic: Clinic, *, since: datetime, at: datetime) -> set[Lot]:
    """Return the lots of which something lay in the safe at a moment, or was written since an earlier one."""
    rows = LedgerAct.objects.for_clinic(clinic).filter(at__lte=at).exclude(kind__in=OF_THE_DAY)
    told = rows.values("product_id", "lot").annotate(stock=Sum("safe_change"), last=Max("at"))
    return {Lot(r["product_id"], r["lot"]) for r in told if r["stock"] or r["last"] >= since}


def books_of(
    clinic: Clinic, *, at: datetime, since: datetime | None = None, is_over: bool = False
) -> Books | None:
    """Return the lots in stock at a moment and all that moved since an earlier one; without one, every lot.

    ``is_over`` says that a day ends at that moment: what is of the moment itself is of the next day, and left
    out. ``None`` while nothing was ever received.
    """
    first = kept_since(clinic)
    if first is None or first > at:
        return None
    start = max(since or first, first)
    lately = given_in(clinic, sessions_between(clinic, start, at), since=first, at=at)
    lots = lots_moved(clinic, since=start, at=at) | {d.lot for d in lately.doses if d.at >= start}
    return _read(clinic, lots, first, at, known=lately, is_over=is_over)


def page_since(clinic: Clinic, on: date) -> datetime:
    """Return from when on a page of a day reads the lots that are used up by then.

    From the last day before it that was closed: whatever was opened by then was accounted for.
    """
    rows = LedgerAct.objects.for_clinic(clinic).filter(kind=Kind.CLOSED, on__lt=on)
    last = rows.aggregate(last=Max("on"))["last"]
    if last is not None:
        return start_of(last, clinic)
    return kept_since(clinic) or start_of(on, clinic)  # never closed: nothing is accounted for yet


def lots_books(clinic: Clinic, lots: Iterable[Lot], *, at: datetime) -> Books:
    """Return the books of these lots alone."""
    first = kept_since(clinic) or at
    return _read(clinic, set(lots), first, at)


def _read(
    clinic: Clinic,
    lots: set[Lot],
    first: datetime,
    at: datetime,
    known: Given | None = None,
    is_over: bool = False,
) -> Books:
    rows = tuple(row for row in _acts(clinic, lots, at) if row.at < at or not is_over)
    # A dose of a lot is looked for from a month before its first receipt: the paper may have come late.
    came = min((row.at for row in rows if row.kind == Kind.RECEIVED), default=first)
    keys = sessions_naming(clinic, lots, max(first, came - LOOKS_BACK), at)
    keys |= {row.session_id for row in rows if row.session_id}
    given = given_in(clinic, keys, since=first, at=at, known=known)
    acts = [act_of(row) for row in rows if row.kind in _MOVES]
    doses = [dose for dose in given.doses if dose.lot in lots and (dose.at < at or not is_over)]
    ledger = fold(acts, doses)
    return Books(clinic, at, rows, ledger, given.sessions)


def _acts(clinic: Clinic, lots: set[Lot], at: datetime) -> tuple[LedgerAct, ...]:
    rows: list[LedgerAct] = list(acts_of(clinic).filter(at__lte=at, kind__in=OF_THE_DAY))
    wanted = sorted(lots)
    for start in range(0, len(wanted), _AT_ONCE):
        named = reduce(
            or_, (Q(product_id=x.product_id, lot=x.number) for x in wanted[start : start + _AT_ONCE])
        )
        rows += acts_of(clinic).filter(named, at__lte=at)
    return tuple(sorted(rows, key=lambda r: r.position))

"""The ledger of the drug: what came in, what was given, what was wasted, what is left, to the microgram.

Pure double entry in whole micrograms: every line moves an amount from one account to another, so the sum
over all accounts is 0 after any sequence of entries (hazard H-50). What was given is no entry of the ledger:
it is a view of the sessions' own events, so that a correction at the chair moves the ledger with it. Knows no
user, no database and no clock, and refuses nothing: what does not add up is kept, and shows in a balance.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from posology.knowledge import Substance


class Account(StrEnum):
    """Where the drug can be. A balance is what lies there; the supplier's is below 0."""

    SUPPLIER = "supplier"
    SAFE = "safe"
    OPEN = "open"
    PATIENT = "patient"
    WASTE = "waste"
    RETURNED = "returned"
    DISCREPANCY = "discrepancy"


class ActKind(StrEnum):
    """What a person writes into the ledger."""

    RECEIVED = "received"
    OPENED = "opened"
    DRAWN = "drawn"
    WASTED = "wasted"
    RETURNED = "returned"
    MISSED = "missed"
    COUNTED = "counted"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True, order=True)
class Lot:
    """One lot of one product."""

    product_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Act:
    """One entry, for ever; it is undone only by a counter-entry that names it.

    Attributes
    ----------
    id : UUID
        Made by the client; of an opening or a draw it is also the name of the vial, device or syringe.
    kind, lot
        What was done, with which lot.
    containers : int
        How many unopened containers it moves; what was counted, for a count.
    content_ug : int
        What one container holds, µg; of a receipt.
    amount_ug : int
        What is drawn, wasted, returned or missed out of an opened container, µg.
    opened : UUID, optional
        The opened container that it is taken from.
    session : UUID, optional
        The session for which a container is opened, or a syringe drawn.
    reverses : UUID, optional
        The entry that a counter-entry undoes.
    """

    id: UUID
    kind: ActKind
    lot: Lot
    containers: int = 0
    content_ug: int = 0
    amount_ug: int = 0
    opened: UUID | None = None
    session: UUID | None = None
    reverses: UUID | None = None


@dataclass(frozen=True, slots=True)
class Dose:
    """What one event of a session gave out of one lot on one day, µg; the least where a spray was not whole.

    An infusion that ran over midnight is a dose of each day: ``goes_on`` says that more followed on the next,
    ``began_at`` when the infusion began of which this is a later day's part.
    """

    session: UUID
    lot: Lot
    substance: Substance
    at: datetime
    amount_ug: int
    is_least: bool = False
    by: str = ""  # who recorded it, as the event says
    goes_on: bool = False
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """A change of one account, µg; of the open account also of which container."""

    account: Account
    lot: Lot
    ug: int
    opened: UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry or one dose with its postings, which add up to 0."""

    postings: tuple[Posting, ...]
    of: Act | Dose


@dataclass(frozen=True, slots=True)
class Container:
    """One opened vial or device, or a syringe drawn from one: content, and what became of it, µg."""

    id: UUID
    lot: Lot
    session: UUID | None
    content_ug: int
    given_ug: int
    wasted_ug: int
    returned_ug: int
    missed_ug: int = 0
    drawn_ug: int = 0
    drawn_from: UUID | None = None

    @property
    def remaining_ug(self) -> int:
        """What is not accounted for, µg; below 0 where more left it than it held."""
        left = self.content_ug - self.given_ug - self.wasted_ug - self.returned_ug
        return left - self.missed_ug - self.drawn_ug


@dataclass(frozen=True, slots=True)
class Ledger:
    """The fold of entries and doses.

    Attributes
    ----------
    lines : tuple of Line
        Entries as they were written, then doses in order of time.
    balances : mapping of (Account, Lot) to int
        µg; only what is not 0.
    containers : mapping of UUID to Container
        Every opened container whose opening was not undone.
    content_ug : mapping of Lot to int
        What one container of a lot holds, µg.
    """

    lines: tuple[Line, ...]
    balances: Mapping[tuple[Account, Lot], int]
    containers: Mapping[UUID, Container]
    content_ug: Mapping[Lot, int]

    def balance_ug(self, account: Account, lot: Lot | None = None) -> int:
        """Return what lies in an account, of one lot or of all, µg."""
        return sum(ug for (a, of), ug in self.balances.items() if a is account and lot in {None, of})

    @property
    def unaccounted_ug(self) -> int:
        """What left the safe and is not explained, µg, each container by itself: 0 at a day's end.

        Too much in one container never makes up for too little in another.
        """
        in_containers = sum(abs(c.remaining_ug) for c in self.containers.values())
        return in_containers + sum(abs(ug) for ug in self.without_container.values())

    @property
    def without_container(self) -> Mapping[Lot, int]:
        """What was given, wasted or returned of a lot out of no container on record, µg, below 0."""
        found: dict[Lot, int] = defaultdict(int)
        for line in self.lines:
            for posting in line.postings:
                if posting.account is Account.OPEN and posting.opened not in self.containers:
                    found[posting.lot] += posting.ug
        return {lot: ug for lot, ug in found.items() if ug}

    @property
    def doses(self) -> tuple[Dose, ...]:
        """What sessions gave."""
        return tuple(line.of for line in self.lines if isinstance(line.of, Dose))

    @property
    def loose(self) -> tuple[Dose, ...]:
        """What was given out of no container that was opened for it, as the sessions tell it.

        A device whose amount is not known moves nothing, so it is held against the number of devices that
        were opened for its session: the last ones used are over.
        """
        opened = Counter((c.session, c.lot) for c in self.containers.values() if c.session is not None)
        found: list[Dose] = []
        for line in self.lines:
            dose = line.of
            if not isinstance(dose, Dose):
                continue
            took = any(p.account is Account.OPEN and p.opened is None for p in line.postings)
            opened[dose.session, dose.lot] -= dose.began_at is None
            if took or (dose.is_least and opened[dose.session, dose.lot] < 0):
                found.append(dose)
        return tuple(found)


def fold(acts: Iterable[Act], doses: Iterable[Dose]) -> Ledger:
    """Return the ledger that entries and doses make.

    Parameters
    ----------
    acts : iterable of Act
        In the order in which they were written.
    doses : iterable of Dose
        In any order. A dose is taken from what was drawn for its session out of its lot, or where nothing was
        drawn from the containers opened for it, one after the other; the last bears what is over. Where there
        is none it is taken from no container, and stays in :attr:`Ledger.without_container`.

    Returns
    -------
    Ledger
        Whose balances add up to 0, whatever was entered.
    """
    written = tuple(acts)
    book = _Book(frozenset(a.reverses for a in written if a.reverses is not None))
    for act in written:
        book.enter(act)
    for dose in sorted(doses, key=lambda d: (d.at, d.session.int, d.lot)):
        book.give(dose)
    return book.result()


class _Book:
    """The ledger so far, held open."""

    def __init__(self, undone: frozenset[UUID]) -> None:
        self.undone = undone
        self.lines: list[Line] = []
        self.by_act: dict[UUID, Line] = {}
        self.balances: dict[tuple[Account, Lot], int] = defaultdict(int)
        self.content: dict[Lot, int] = {}
        self.openings: dict[UUID, Act] = {}
        self.by_session: dict[tuple[UUID, Lot], list[Act]] = defaultdict(list)
        self.out: dict[tuple[UUID, Account], int] = defaultdict(int)
        self.drawn: dict[UUID, int] = defaultdict(int)  # out of a container, into others

    def enter(self, act: Act) -> None:
        """Post one entry."""
        if act.kind is ActKind.RECEIVED:
            self.content.setdefault(act.lot, act.content_ug)
        if act.kind in {ActKind.OPENED, ActKind.DRAWN} and act.id not in self.undone:
            self.openings[act.id] = act
            if act.session is not None:
                self.by_session[act.session, act.lot].append(act)
        self.by_act[act.id] = self._post(self._postings(act), act)

    def give(self, dose: Dose) -> None:
        """Post one dose, out of the containers that were opened for it."""
        mine = self._for(dose)
        left = dose.amount_ug
        taken: list[tuple[UUID | None, int]] = []
        for opening in mine[:-1]:
            room = self.out[opening.id, Account.OPEN]  # what is left: some of it may have been wasted
            taken.append((opening.id, max(min(left, room), 0)))
            left -= taken[-1][1]
        taken.append((mine[-1].id if mine else None, left))
        postings = [
            p for key, ug in taken if ug for p in _moved(dose.lot, ug, Account.OPEN, Account.PATIENT, key)
        ]
        self._post(postings, dose)

    def _for(self, dose: Dose) -> list[Act]:
        opened = self.by_session[dose.session, dose.lot]
        mine = [a for a in opened if a.id in self.openings]
        drawn = [a for a in mine if a.kind is ActKind.DRAWN]
        return drawn or mine

    def _content(self, opening: Act) -> int:
        return opening.amount_ug if opening.kind is ActKind.DRAWN else self.content.get(opening.lot, 0)

    def _postings(self, act: Act) -> list[Posting]:
        whole = act.containers * self.content.get(act.lot, 0)
        if act.kind is ActKind.RECEIVED:
            return _moved(act.lot, act.containers * act.content_ug, Account.SUPPLIER, Account.SAFE)
        if act.kind is ActKind.OPENED:
            return _moved(act.lot, self.content.get(act.lot, 0), Account.SAFE, Account.OPEN, act.id)
        if act.kind is ActKind.DRAWN:
            return [
                Posting(Account.OPEN, act.lot, -act.amount_ug, act.opened),
                Posting(Account.OPEN, act.lot, act.amount_ug, act.id),
            ]
        if act.kind is ActKind.COUNTED:
            missing = self.balances[Account.SAFE, act.lot] - whole
            return _moved(act.lot, missing, Account.SAFE, Account.DISCREPANCY) if missing else []
        if act.kind is ActKind.REVERSED:
            line = self.by_act.get(act.reverses) if act.reverses else None
            return [Posting(p.account, p.lot, -p.ug, p.opened) for p in line.postings] if line else []
        to = _TO[act.kind]
        if act.opened is None:
            return _moved(act.lot, whole, Account.SAFE, to)
        return _moved(act.lot, act.amount_ug, Account.OPEN, to, act.opened)

    def _post(self, postings: Iterable[Posting], of: Act | Dose) -> Line:
        line = Line(tuple(postings), of)
        self.lines.append(line)
        within = len({p.account for p in line.postings}) == 1  # a draw, or one taken back
        for posting in line.postings:
            self.balances[posting.account, posting.lot] += posting.ug
            if posting.opened is not None:
                self.out[posting.opened, posting.account] += posting.ug
                if within and posting.opened not in self._poured_into(line):
                    self.drawn[posting.opened] -= posting.ug
        return line

    def _poured_into(self, line: Line) -> set[UUID]:
        """Return the syringes that a draw fills, or that one taken back empties again."""
        act = line.of
        if not isinstance(act, Act):
            return set()
        draw = act.reverses if act.kind is ActKind.REVERSED else act.id
        return {draw} if draw is not None else set()

    def result(self) -> Ledger:
        """Close the book."""
        containers = {key: self._container(key, act) for key, act in self.openings.items()}
        return Ledger(
            tuple(self.lines),
            MappingProxyType({key: ug for key, ug in self.balances.items() if ug}),
            MappingProxyType(containers),
            MappingProxyType(dict(self.content)),
        )

    def _container(self, key: UUID, opening: Act) -> Container:
        content = self._content(opening)
        given, wasted, returned, missed = (
            self.out[key, a] for a in (Account.PATIENT, Account.WASTE, Account.RETURNED, Account.DISCREPANCY)
        )
        return Container(
            id=key,
            lot=opening.lot,
            session=opening.session,
            content_ug=content,
            given_ug=given,
            wasted_ug=wasted,
            returned_ug=returned,
            missed_ug=missed,
            drawn_ug=self.drawn[key],
            drawn_from=opening.opened if opening.kind is ActKind.DRAWN else None,
        )


# Where an entry that takes something out moves it to.
_TO = {
    ActKind.WASTED: Account.WASTE,
    ActKind.RETURNED: Account.RETURNED,
    ActKind.MISSED: Account.DISCREPANCY,
}


def _moved(lot: Lot, ug: int, away: Account, to: Account, opened: UUID | None = None) -> list[Posting]:
    return [Posting(away, lot, -ug, opened), Posting(to, lot, ug, opened)]

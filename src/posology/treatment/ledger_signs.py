"""Twelve ways in which the drug can be diverted, and what each leaves behind in a ledger.

A sign accuses nobody: each has honest causes too, and a person looks at it. Pure, like the ledger itself:
who wrote an entry, and when, is told from outside. ``docs/algorithms/drug-ledger.md`` says each in words.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from posology.treatment.ledger import Account, Act, ActKind, Container, Dose, Ledger, Line, Lot


class Pattern(StrEnum):
    """What a ledger can show, in the order in which a report lists it."""

    REST_MISSING = "rest_missing"
    MORE_THAN_HELD = "more_than_held"
    NO_CONTAINER = "no_container"
    UNKNOWN_LOT = "unknown_lot"
    NO_DOSE = "no_dose"
    SPARE_CONTAINER = "spare_container"
    COUNT_DIFFERS = "count_differs"
    COUNT_SKIPPED = "count_skipped"
    TAKEN_BACK = "taken_back"
    LATE_WASTE = "late_waste"
    CHANGED_AFTER_CLOSE = "changed_after_close"
    ONE_WITNESS = "one_witness"


@dataclass(frozen=True, slots=True)
class Written:
    """Who wrote an entry, who witnessed it, and when by the server's clock."""

    by: str
    at: datetime
    witness: str | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """What a day's close said was given of each lot on that day, µg."""

    id: UUID
    day: date
    given_ug: Mapping[Lot, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on a rest is late, and how many wastes with one witness are worth a look."""

    settle_within: timedelta
    one_witness_wastes: int


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that a person should look at.

    Attributes
    ----------
    pattern : Pattern
        What it is a sign of.
    at : datetime
        When the entry or the dose was that shows it.
    lot : Lot, optional
        Of which lot; ``None`` where it is about no single one.
    ug : int
        How much it is about, µg; 0 where it is about no amount.
    act, session : UUID, optional
        The entry and the session that it is seen in.
    people : tuple of str
        Who wrote and who witnessed, where it is about people.
    """

    pattern: Pattern
    at: datetime
    lot: Lot | None = None
    ug: int = 0
    act: UUID | None = None
    session: UUID | None = None
    people: tuple[str, ...] = ()


def given_on(ledger: Ledger, day: date, day_of: Callable[[datetime], date]) -> Mapping[Lot, int]:
    """Return what was given of each lot on one day, µg; lots of which nothing was are left out."""
    given: dict[Lot, int] = defaultdict(int)
    for dose in ledger.doses:
        if day_of(dose.at) == day:
            given[dose.lot] += dose.amount_ug
    return {lot: ug for lot, ug in given.items() if ug}


def signs(
    ledger: Ledger,
    *,
    written: Mapping[UUID, Written],
    closed: Sequence[Closed],
    limits: Limits,
    day_of: Callable[[datetime], date],
    at: datetime,
) -> tuple[Sign, ...]:
    """Return everything in a ledger that one of the twelve patterns would leave behind.

    Parameters
    ----------
    ledger : Ledger
        The fold of every entry and dose.
    written : mapping of UUID to Written
        Of each entry.
    closed : sequence of Closed
        The last close of each day.
    limits : Limits
        From knowledge; a site may set them tighter.
    day_of : callable
        The calendar day of a moment where the clinic is.
    at : datetime
        The moment of looking, aware: what may still be put right today is no sign yet.

    Returns
    -------
    tuple of Sign
        By pattern, then by time.
    """
    look = _Look(ledger, written, closed, limits, day_of, at)
    return tuple(sorted(look.all(), key=lambda s: (list(Pattern).index(s.pattern), s.at)))


@dataclass(frozen=True, slots=True)
class _Look:
    ledger: Ledger
    written: Mapping[UUID, Written]
    closed: Sequence[Closed]
    limits: Limits
    day_of: Callable[[datetime], date]
    at: datetime

    def all(self) -> Iterator[Sign]:
        sprayed = {(d.session, d.lot) for d in self.ledger.doses if d.is_least}
        for container in self.ledger.containers.values():
            yield from self._container(container, (container.session, container.lot) in sprayed)
        yield from self._without_container()
        yield from self._spare()
        for line in self.ledger.lines:
            if isinstance(line.of, Act):
                yield from self._entry(line, line.of)
        yield from self._uncounted()
        yield from self._changed()
        yield from self._one_witness()

    def _acts(self) -> list[Act]:
        return [line.of for line in self.ledger.lines if isinstance(line.of, Act)]

    def _at(self, act: UUID) -> datetime:
        return self.written[act].at

    def _container(self, one: Container, sprayed: bool) -> Iterator[Sign]:
        # ``sprayed``: its session used a device of its lot, of which no amount is known.
        opened_at = self._at(one.id)
        late = self.at - opened_at > self.limits.settle_within

        def sign(pattern: Pattern, ug: int) -> Sign:
            return Sign(pattern, opened_at, one.lot, ug, one.id, one.session, self._people(one.id))

        if one.remaining_ug < 0:
            yield sign(Pattern.MORE_THAN_HELD, -one.remaining_ug)
        elif one.remaining_ug and late:
            yield sign(Pattern.REST_MISSING, one.remaining_ug)
        used = one.given_ug or one.drawn_ug
        if late and not used and not sprayed:
            yield sign(Pattern.NO_DOSE, one.content_ug)

    def _people(self, act: UUID) -> tuple[str, ...]:
        told = self.written[act]
        return (told.by,) if told.witness is None else (told.by, told.witness)

    def _without_container(self) -> Iterator[Sign]:
        for dose in self.ledger.loose:
            known = dose.lot in self.ledger.content_ug
            pattern = Pattern.NO_CONTAINER if known else Pattern.UNKNOWN_LOT
            yield Sign(pattern, dose.at, dose.lot, dose.amount_ug, session=dose.session)

    def _spare(self) -> Iterator[Sign]:
        """More was opened, or drawn, for a session than what it was given needed."""
        opened: dict[tuple[UUID, Lot, bool], list[Container]] = defaultdict(list)
        for one in self.ledger.containers.values():
            if one.session is not None:
                opened[one.session, one.lot, one.drawn_from is None].append(one)
        doses: dict[tuple[UUID, Lot], list[Dose]] = defaultdict(list)
        for dose in self.ledger.doses:
            doses[dose.session, dose.lot].append(dose)
        for (session, lot, _), mine in opened.items():
            told = doses[session, lot]
            begun = [d for d in told if d.began_at is None]
            largest = sorted((c.content_ug for c in mine), reverse=True)
            enough = sum(d.amount_ug for d in told) <= sum(largest[:-1])
            if len(mine) > 1 and told and enough and len(mine) > len(begun):
                last = max(mine, key=lambda c: self._at(c.id))
                yield Sign(
                    Pattern.SPARE_CONTAINER,
                    self._at(last.id),
                    lot,
                    last.content_ug,
                    last.id,
                    session,
                    self._people(last.id),
                )

    def _entry(self, line: Line, act: Act) -> Iterator[Sign]:
        told = self.written[act.id]
        differs = act.kind in {ActKind.COUNTED, ActKind.MISSED}
        moved = sum(p.ug for p in line.postings if differs and p.account is Account.DISCREPANCY)

        def sign(pattern: Pattern, ug: int) -> Sign:
            return Sign(pattern, told.at, act.lot, ug, act.id, act.session, self._people(act.id))

        if moved:
            yield sign(Pattern.COUNT_DIFFERS, moved)
        if act.kind is ActKind.REVERSED:
            yield sign(Pattern.TAKEN_BACK, sum(p.ug for p in line.postings if p.ug > 0))
        if act.kind is ActKind.WASTED and act.opened in self.ledger.containers:
            assert act.opened is not None
            if told.at - self._at(act.opened) > self.limits.settle_within:
                yield sign(Pattern.LATE_WASTE, act.amount_ug)

    def _uncounted(self) -> Iterator[Sign]:
        """Stock moved on a past day, and nobody counted it afterwards on that day."""
        last: dict[tuple[date, Lot], Act] = {}
        for line in self.ledger.lines:
            act = line.of
            if not isinstance(act, Act):
                continue
            key = (self.day_of(self._at(act.id)), act.lot)
            if act.kind is ActKind.COUNTED:
                last.pop(key, None)
            elif any(p.account is Account.SAFE for p in line.postings):
                last[key] = act
        for (day, lot), act in last.items():
            if day < self.day_of(self.at):
                yield Sign(Pattern.COUNT_SKIPPED, self._at(act.id), lot, act=act.id)

    def _changed(self) -> Iterator[Sign]:
        for one in self.closed:
            now = given_on(self.ledger, one.day, self.day_of)
            # A lot that is not among those that are read says nothing of what it was.
            for lot in sorted((set(now) | set(one.given_ug)) & set(self.ledger.content_ug)):
                if (moved := now.get(lot, 0) - one.given_ug.get(lot, 0)) != 0:
                    yield Sign(Pattern.CHANGED_AFTER_CLOSE, self._at(one.id), lot, moved, one.id)

    def _one_witness(self) -> Iterator[Sign]:
        """One pair of people for every waste of one of them, where others could have been asked."""
        keepers = {who for told in self.written.values() for who in (told.by, told.witness) if who}
        wastes: dict[str, list[Written]] = defaultdict(list)
        for act in self._acts():
            if act.kind is ActKind.WASTED:
                wastes[self.written[act.id].by].append(self.written[act.id])
        for who, mine in wastes.items():
            with_whom = {told.witness for told in mine}
            often = len(mine) >= self.limits.one_witness_wastes
            if often and len(with_whom) == 1 and len(keepers) > 2:
                people = (who, *(w for w in with_whom if w))
                yield Sign(Pattern.ONE_WITNESS, max(t.at for t in mine), people=people)


def by_pattern(found: Iterable[Sign]) -> Mapping[Pattern, tuple[Sign, ...]]:
    """Return signs by what they are of, every pattern named, also those of which nothing was seen."""
    told: dict[Pattern, list[Sign]] = {pattern: [] for pattern in Pattern}
    for sign in found:
        told[sign.pattern].append(sign)
    return {pattern: tuple(mine) for pattern, mine in told.items()}

"""What a patient was given so far, in whatever course: what every limit that looks back is asked with.

There is no default history. Who asks a limit says what was given before, also when it is nothing.

A dose that was given elsewhere is told by its substance and route, without a protocol of ours. What could
not be read of it is not known, which is never nothing: a limit that needs it *cannot say*.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from posology.case import Answer, Case, EarlierDose, Origin, PastSession, UndatedDose
from posology.knowledge import Library, Route, Substance
from posology.knowledge.schema import ProtocolFile
from posology.quantities import day_in_zone_of


@dataclass(frozen=True, slots=True)
class Given:
    """One session in which something was given, here or elsewhere."""

    at: datetime  # the last moment at which it may have been given
    protocol_id: str  # empty: given elsewhere, told by substance and route
    substance: Substance | None  # None where nobody knows which
    dose_mg: Decimal | None  # the most that may have gone in; None where nobody knows
    level: Decimal | None  # as ordered, in the basis of its protocol
    weight_kg: Decimal | None
    helped: Answer = Answer.UNKNOWN
    route: Route | None = None  # of a dose given elsewhere, where it is known
    on: date | None = None  # where the day is known and the time is not
    origin: Origin | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether it was given elsewhere, by no protocol of ours."""
        return not self.protocol_id

    def day_at(self, at: datetime) -> date:
        """Return the day on which it was given, on the clock of ``at``."""
        return self.on or day_in_zone_of(at, self.at)

    def amount(self, basis: str, library: Library) -> Fraction | None:
        """Return what was given in mg, or in mg/kg; ``None`` where it is not known.

        In mg/kg a dose that was broken off counts as ordered where its weight is not known: too much, never
        too little.
        """
        known = amount_of(self, basis)
        if known is not None or self.dose_mg is None:
            return known
        protocol = library.protocols.get(self.protocol_id)
        by_weight = protocol is not None and protocol.dose_basis == basis
        return Fraction(self.level) if by_weight and self.level is not None else None


def amount_of(dose: Given | UndatedDose, basis: str) -> Fraction | None:
    """Return what a dose comes to in mg, or by its own weight in mg/kg; ``None`` where it is not known."""
    if dose.dose_mg is None:
        return None
    if basis == "mg":
        return Fraction(dose.dose_mg)
    return None if dose.weight_kg is None else Fraction(dose.dose_mg) / Fraction(dose.weight_kg)


@dataclass(frozen=True, slots=True)
class History:
    """Every session in which a patient was given something, oldest first; and what nobody can date."""

    given: tuple[Given, ...]
    undated: tuple[UndatedDose, ...] = ()

    @classmethod
    def of(cls, case: Case) -> "History":
        """Return the history that a case tells: its running course, and what came before or elsewhere."""
        return cls.told_by((*case.sessions, *case.earlier), case.undated)

    @classmethod
    def told_by(
        cls, doses: Iterable[PastSession | EarlierDose], undated: Iterable[UndatedDose] = ()
    ) -> "History":
        """Return the history of these sessions and earlier doses, in order of time."""
        return cls(tuple(sorted((_given(dose) for dose in doses), key=lambda g: g.at)), tuple(undated))

    @property
    def last(self) -> Given | None:
        """What was given last, or ``None`` where nothing ever was."""
        return self.given[-1] if self.given else None

    @property
    def last_at(self) -> datetime | None:
        """When anything was last given, or ``None`` where nothing ever was."""
        return self.given[-1].at if self.given else None

    def last_by(self, protocol: ProtocolFile, library: Library) -> Given | None:
        """Return the last session by one protocol, or by another of its family.

        A site's own protocol and the product's that it stands on are one course to a patient. A later dose
        elsewhere that was, or may have been, the same substance by the same route comes in its place. Its
        level then is the lower of the two: a high dose elsewhere, as for an anaesthesia, makes no step up
        smaller.
        """
        own = next((g for g in reversed(self.given) if _one_family(protocol, g.protocol_id, library)), None)
        other = next((g for g in reversed(self.given) if _may_be_by(g, protocol)), None)
        if other is None or (own is not None and other.at < own.at):
            return own
        level = _level_elsewhere(other, protocol)
        if own is not None and level is not None:
            level = None if own.level is None else min(level, own.level)
        return replace(other, level=level)


def _one_family(protocol: ProtocolFile, other_id: str, library: Library) -> bool:
    other = library.protocols.get(other_id)
    return bool(protocol.names & (other.names if other else {other_id}))


def _may_be_by(given: Given, protocol: ProtocolFile) -> bool:
    """Answer whether a dose elsewhere was of a protocol's substance and route, as far as anyone knows."""
    return (
        given.elsewhere
        and given.substance in {None, protocol.substance}
        and given.route in {None, protocol.route}
    )


def _level_elsewhere(given: Given, protocol: ProtocolFile) -> Decimal | None:
    """Return a dose elsewhere in a protocol's basis, rounded down; ``None`` where it cannot be said."""
    if given.substance is None or given.route is None:
        return None
    amount = amount_of(given, protocol.dose_basis)
    return None if amount is None else Decimal(amount * 1000 // 1) / 1000


def _given(dose: PastSession | EarlierDose) -> Given:
    told = (dose.at, dose.protocol_id, dose.substance, dose.dose_mg, dose.level, dose.weight_kg)
    if isinstance(dose, PastSession):
        return Given(*told)
    return Given(*told, dose.helped, dose.route, dose.on, dose.origin)

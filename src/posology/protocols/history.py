"""What a patient was given so far, in whatever course: what every limit that looks back is asked with.

There is no default history. Who asks a limit says what was given before, also when it is nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from posology.case import Answer, Case, EarlierDose, PastSession
from posology.knowledge import Library, Substance
from posology.knowledge.schema import ProtocolFile


@dataclass(frozen=True, slots=True)
class Given:
    """One session in which something was given."""

    at: datetime
    protocol_id: str
    substance: Substance
    dose_mg: Decimal | None  # the most that may have gone in; None where nobody knows
    level: Decimal | None  # as ordered, in the basis of its protocol
    weight_kg: Decimal | None
    helped: Answer = Answer.UNKNOWN

    def amount(self, basis: str, library: Library) -> Fraction | None:
        """Return what was given in mg, or in mg/kg; ``None`` where it is not known.

        In mg/kg a dose that was broken off counts as ordered where its weight is not known: too much, never
        too little.
        """
        if self.dose_mg is None:
            return None
        if basis == "mg":
            return Fraction(self.dose_mg)
        if self.weight_kg is not None:
            return Fraction(self.dose_mg) / Fraction(self.weight_kg)
        protocol = library.protocols.get(self.protocol_id)
        by_weight = protocol is not None and protocol.dose_basis == basis
        return Fraction(self.level) if by_weight and self.level is not None else None


@dataclass(frozen=True, slots=True)
class History:
    """Every session in which a patient was given something, oldest first."""

    given: tuple[Given, ...]

    @classmethod
    def of(cls, case: Case) -> "History":
        """Return the history that a case tells: its running course, and what came before or elsewhere."""
        return cls.told_by((*case.sessions, *case.earlier))

    @classmethod
    def told_by(cls, doses: Iterable[PastSession | EarlierDose]) -> "History":
        """Return the history of these sessions and earlier doses, in order of time."""
        return cls(tuple(sorted((_given(dose) for dose in doses), key=lambda g: g.at)))

    @property
    def last_at(self) -> datetime | None:
        """When anything was last given, or ``None`` where nothing ever was."""
        return self.given[-1].at if self.given else None

    def last_by(self, protocol: ProtocolFile, library: Library) -> Given | None:
        """Return the last session by one protocol, or by another of its family.

        A site's own protocol and the product's that it stands on are one course to a patient.
        """
        return next((g for g in reversed(self.given) if _one_family(protocol, g.protocol_id, library)), None)


def _one_family(protocol: ProtocolFile, other_id: str, library: Library) -> bool:
    other = library.protocols.get(other_id)
    return bool(protocol.names & (other.names if other else {other_id}))


def _given(dose: PastSession | EarlierDose) -> Given:
    helped = dose.helped if isinstance(dose, EarlierDose) else Answer.UNKNOWN
    return Given(dose.at, dose.protocol_id, dose.substance, dose.dose_mg, dose.level, dose.weight_kg, helped)

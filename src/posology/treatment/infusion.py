"""How much of an infusion has run in at a moment: the integral of its rate, exactly.

Fractions throughout: 37 mg over 45 min has no exact decimal rate, and a stop at any second must give
the delivered dose without a remainder (hazard H-11).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from posology.quantities import check_aware

_US_PER_MIN = 60_000_000


@dataclass(frozen=True, slots=True)
class RateChange:
    """From this moment the infusion runs at this rate; 0 is a pause or the end."""

    at: datetime
    mg_per_min: Fraction


@dataclass(frozen=True, slots=True)
class Infusion:
    """One infusion: its dose, and every rate it ran at, in order of time."""

    dose_mg: Decimal
    changes: tuple[RateChange, ...]

    @property
    def started_at(self) -> datetime:
        """When it began."""
        return self.changes[0].at

    @property
    def rate_before_pause(self) -> Fraction:
        """The last rate above 0, at which it resumes."""
        return next(c.mg_per_min for c in reversed(self.changes) if c.mg_per_min)

    def changed(self, at: datetime, mg_per_min: Fraction) -> "Infusion":
        """Return the infusion with one more change of rate."""
        return replace(self, changes=(*self.changes, RateChange(at, mg_per_min)))

    def delivered(self, at: datetime) -> Fraction:
        """Return the mg that have run in at a moment; never more than the dose, all there is."""
        moment = check_aware(at, what="moment")
        total = Fraction(0)
        ends = (*(c.at for c in self.changes[1:]), moment)
        for change, end in zip(self.changes, ends, strict=True):
            total += change.mg_per_min * minutes_between(change.at, min(end, moment))
        return min(total, Fraction(self.dose_mg))

    def runs_out_at(self) -> datetime | None:
        """Return when the dose is in, at the rates known so far, or ``None`` while it stands still."""
        left = Fraction(self.dose_mg)
        for change, following in zip(self.changes, (*self.changes[1:], None), strict=True):
            if not change.mg_per_min:
                continue
            needed = left / change.mg_per_min
            if following is None or needed <= minutes_between(change.at, following.at):
                return change.at + timedelta(microseconds=-(-needed * _US_PER_MIN // 1))
            left -= change.mg_per_min * minutes_between(change.at, following.at)
        return None


def minutes_between(start: datetime, end: datetime) -> Fraction:
    """Return the exact minutes from one moment to another; 0 when the second lies before the first."""
    apart = check_aware(end, what="end") - check_aware(start, what="start")
    return max(Fraction(apart // timedelta(microseconds=1), _US_PER_MIN), Fraction(0))


def to_mg(exact: Fraction) -> Decimal:
    """Return an exact amount as a decimal of 0.001 mg, for people to read."""
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.001"), ROUND_HALF_EVEN)

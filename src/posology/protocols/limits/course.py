"""How much and how often over days: sessions and amounts that fall into a number of days, this one counted.

Sessions count whatever was given in them, where the limit only holds a dose up. A hard limit comes from a
label, which speaks of its own drug; it counts that substance alone. Amounts of two substances are never
added, since nothing converts one into the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from posology.case import Missing
from posology.knowledge import Library
from posology.knowledge.limit_values import OverDays, limits_over_days
from posology.knowledge.schema import ProtocolFile
from posology.protocols.findings import Finding, Observed
from posology.protocols.history import Given, History
from posology.protocols.limits.errors import LimitExceeded
from posology.protocols.limits.soft import Told, hold
from posology.protocols.limits.values import limit_in, value_of
from posology.quantities import Quantity, day_in_zone_of


@dataclass(frozen=True, slots=True)
class _Count:
    """One limit over days, asked for one intended dose."""

    protocol: ProtocolFile
    limit: OverDays
    bound: Decimal
    level: Decimal
    history: History
    at: datetime
    library: Library

    @property
    def counted(self) -> tuple[Given, ...]:
        """What this limit counts of the history, whenever it was."""
        if self.limit.counts == "sessions" and not self.limit.hard:
            return self.history.given
        return tuple(g for g in self.history.given if g.substance is self.protocol.substance)

    def before(self, on: date) -> tuple[Given, ...]:
        """Return what falls into the days up to one day, that day counted.

        They are days of the site's zone: labels and trials count visits by the day, and a session does not
        leave the count an hour late because it began an hour late.
        """
        return tuple(
            g for g in self.counted if 0 <= (on - day_in_zone_of(self.at, g.at)).days < self.limit.days
        )

    def adds(self, given: Given) -> Fraction | None:
        """Return what one session adds to the count; ``None`` where it is not known."""
        if self.limit.counts == "sessions":
            return Fraction(1)
        return given.amount(self.protocol.dose_basis, self.library)

    def total(self, on: date) -> Fraction:
        """Return the count on one day with the intended dose: what is not known adds nothing here."""
        this = Fraction(1) if self.limit.counts == "sessions" else Fraction(self.level)
        return sum((self.adds(g) or Fraction(0) for g in self.before(on)), this)

    def unknown(self, on: date) -> tuple[Given, ...]:
        """Return the sessions of which it is not known what they add."""
        return tuple(g for g in self.before(on) if self.adds(g) is None)

    def earliest(self) -> date | None:
        """Return the first day on which the dose keeps the limit; ``None`` where it is above it alone."""
        days = (self.at.date() + timedelta(days=n) for n in range(self.limit.days + 1))
        return next((d for d in days if self.total(d) <= self.bound), None)

    def shown(self, number: Fraction | Decimal) -> str:
        """Show a count in its unit, an amount rounded up to what a person reads."""
        if self.limit.counts == "sessions":
            return f"{int(number)} {'session' if number == 1 else 'sessions'}"
        up = Decimal(-(-Fraction(number) * 1000 // 1)) / 1000
        return str(Quantity(up, self.protocol.dose_basis))


def course_findings(
    protocol: ProtocolFile, level: Decimal, *, history: History, at: datetime, library: Library
) -> Iterator[Finding]:
    """Yield the holds of all limits over days for one intended dose.

    Parameters
    ----------
    level : Decimal
        The intended dose in the protocol's basis.
    history : History
        What was given before, in whatever course; not the intended dose.
    at : datetime
        When it is to be given, in the site's zone.

    Raises
    ------
    LimitExceeded
        If a hard limit is exceeded, with the first day on which it would not be.
    """
    for limit in limits_over_days(protocol.values):
        unit = "1" if limit.counts == "sessions" else protocol.dose_basis
        bound = limit_in(protocol, limit.name, unit, at.date())
        yield from _asked(_Count(protocol, limit, bound, level, history, at, library))


def _asked(count: _Count) -> Iterator[Finding]:
    on, protocol, limit = count.at.date(), count.protocol, count.limit
    value = value_of(protocol, limit.name, on)
    total = count.total(on)
    if total > count.bound:
        sentence = (
            f"{count.shown(total)} fall into {limit.days} days with this one; "
            f"the limit is {count.shown(count.bound)}."
        )
        if limit.hard:
            raise LimitExceeded(f"{sentence} {_way_out(count)}", limit=limit.name, value=value)
        told = Told(_title(limit), sentence, _way_out(count), tuple(_because(count, total)), counted=total)
        yield hold(protocol, limit.name, value, told, count.library)
    elif unknown := count.unknown(on):
        yield hold(protocol, limit.name, value, _cannot_say(count, unknown), count.library)


def _cannot_say(count: _Count, unknown: tuple[Given, ...]) -> Told:
    days, span = ", ".join(f"{g.at:%d-%b-%Y}" for g in unknown[:3]), count.limit.days
    return Told(
        f"The amount in {span} days is not known",
        f"How much was given on {days} is not known, so the amount in {span} days cannot be said.",
        f"Find out how much was given on {days}. Or write down why to go on without it.",
        tuple(Observed("Given", "amount not known", g.at, None) for g in unknown),
        tuple(_missing(g) for g in unknown),
        Fraction(len(unknown)),
    )


def _missing(given: Given) -> Missing:
    return Missing("earlier_dose", f"Find out how much was given on {given.at:%d-%b-%Y}.", "not known")


def _title(limit: OverDays) -> str:
    what = "Many sessions" if limit.counts == "sessions" else "A large amount"
    return f"{what} in {limit.days} days"


def _way_out(count: _Count) -> str:
    """Say from which day on the dose keeps the limit. No day helps a dose that is above it alone."""
    day = count.earliest()
    if count.limit.hard:
        return f"{day:%d-%b-%Y} is the first day that keeps it." if day else "Choose a smaller dose."
    if day is None:
        return "Choose a smaller dose, or write down why this one is right."
    return f"Wait until {day:%d-%b-%Y}, or write down why it may be sooner."


def _because(count: _Count, total: Fraction) -> Iterator[Observed]:
    yield Observed(f"In {count.limit.days} days with this one", count.shown(total), None, None)
    for given in count.before(count.at.date()):
        adds = count.adds(given)
        shown = "amount not known" if adds is None else count.shown(adds)
        yield Observed("Given", shown, given.at, None)

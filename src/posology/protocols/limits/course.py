"""How much and how often over days: sessions and amounts that fall into a number of days, this one counted.

Sessions count whatever was given in them, where the limit only holds a dose up. A hard limit comes from a
label, which speaks of its own drug; it counts that substance alone. Amounts of two substances are never
added, since nothing converts one into the other. A dose elsewhere of which the drug or the day is not known
may fall into the count: where that could pass the limit, it cannot be said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from posology.case import Missing, UndatedDose
from posology.knowledge import Library
from posology.knowledge.limit_values import OverDays, limits_over_days
from posology.knowledge.schema import ProtocolFile
from posology.protocols.findings import Finding, Observed
from posology.protocols.history import Given, History, amount_of
from posology.protocols.limits.errors import LimitExceeded
from posology.protocols.limits.soft import Told, hold
from posology.protocols.limits.undated import day_words, elsewhere, missing_elsewhere, seen_elsewhere
from posology.protocols.limits.values import limit_in, value_of
from posology.quantities import Quantity


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
        return tuple(g for g in self.counted if self._falls_into(g, on))

    def _falls_into(self, given: Given, on: date) -> bool:
        return 0 <= (on - given.day_at(self.at)).days < self.limit.days

    def perhaps(self, on: date) -> tuple[Given | UndatedDose, ...]:
        """Return what may fall into the count too: a drug that nobody knows, or a day that nobody knows."""
        counted = self.counted
        drugless = (g for g in self.history.given if g.substance is None and g not in counted)
        any_drug = self.limit.counts == "sessions" and not self.limit.hard
        mine = {None, self.protocol.substance}
        return (
            *(g for g in drugless if self._falls_into(g, on)),
            *(d for d in self.history.undated if any_drug or d.substance in mine),
        )

    def adds(self, given: Given | UndatedDose) -> Fraction | None:
        """Return what one session adds to the count; ``None`` where it is not known."""
        if self.limit.counts == "sessions":
            return Fraction(1)
        basis = self.protocol.dose_basis
        return given.amount(basis, self.library) if isinstance(given, Given) else amount_of(given, basis)

    def total(self, on: date) -> Fraction:
        """Return the count on one day with the intended dose: what is not known adds nothing here."""
        before = self.before(on)
        if self.limit.counts == "sessions":
            return Fraction(1 + _visits(before, self.at))
        return sum((self.adds(g) or Fraction(0) for g in before), Fraction(self.level))

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


def _visits(given: tuple[Given, ...], at: datetime) -> int:
    """Count sessions: several entries of one drug by one route on one day elsewhere were one visit.

    Records elsewhere list each spray and each bolus by itself. What was given here is a session each.
    """
    here = sum(not g.elsewhere for g in given)
    return here + len({(g.day_at(at), g.substance, g.route) for g in given if g.elsewhere})


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
        return
    unknown, perhaps = count.unknown(on), count.perhaps(on)
    more = [count.adds(dose) for dose in perhaps]
    if more and (None in more or total + sum(m for m in more if m is not None) > count.bound):
        yield hold(protocol, limit.name, value, _cannot_count(count, unknown, perhaps), count.library)
    elif unknown:
        yield hold(protocol, limit.name, value, _cannot_say(count, unknown), count.library)


def _cannot_say(count: _Count, unknown: tuple[Given, ...]) -> Told:
    days, span = ", ".join(day_words(g) for g in unknown[:3]), count.limit.days
    # In mg it may be known, and the weight of that day not.
    how_much = "how much per kg" if all(g.dose_mg is not None for g in unknown) else "how much"
    return Told(
        f"The amount in {span} days is not known",
        f"{how_much.capitalize()} was given on {days} is not known, so the amount in {span} days cannot be "
        "said.",
        f"Find out {how_much} was given on {days}. Or write down why to go on without it.",
        tuple(_seen(g, _unsaid(g)) for g in unknown),
        tuple(_missing(g) for g in unknown),
        Fraction(len(unknown)),
    )


def _cannot_count(
    count: _Count, unknown: tuple[Given, ...], perhaps: tuple[Given | UndatedDose, ...]
) -> Told:
    what = "number of sessions" if count.limit.counts == "sessions" else "amount"
    span = count.limit.days
    doses = "A dose" if len(perhaps) == 1 else f"{len(perhaps)} doses"
    return Told(
        f"The {what} in {span} days is not known",
        f"{doses} given elsewhere cannot be counted, so the {what} in {span} days cannot be said.",
        "Find out which drug was given, how much, and when. Or write down why to go on without it.",
        (*(_seen(g, _unsaid(g)) for g in unknown), *(seen_elsewhere(dose) for dose in perhaps)),
        (*(_missing(g) for g in unknown), *(missing_elsewhere(dose) for dose in perhaps)),
        Fraction(len(unknown) + len(perhaps)),
    )


def _missing(given: Given) -> Missing:
    how_much = "how much" if given.dose_mg is None else "how much per kg"
    return Missing("earlier_dose", f"Find out {how_much} was given on {day_words(given)}.", "not known")


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
        yield _seen(given, _unsaid(given) if adds is None else count.shown(adds))


def _unsaid(given: Given) -> str:
    if given.dose_mg is None:
        return "amount not known"
    return f"{Quantity(given.dose_mg, 'mg')}, weight not known"


def _seen(given: Given, shown: str) -> Observed:
    if not given.elsewhere:
        return Observed("Given", shown, given.at, None)
    return elsewhere(given, shown)

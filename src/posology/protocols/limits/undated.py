"""A dose elsewhere of which nobody knows when: the time since the last dose cannot be said.

It may have been an hour ago. So every dose is held up until its day is found out, or a prescriber writes down
why to go on without it.
"""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from posology.case import Missing, UndatedDose
from posology.knowledge import Library
from posology.knowledge.schema import ProtocolFile
from posology.protocols.findings import Finding, Observed
from posology.protocols.history import Given, History
from posology.protocols.limits.soft import Told, hold
from posology.protocols.limits.values import value_of
from posology.quantities import Quantity

_INTERVAL = "session_interval_min"


def undated_findings(
    protocol: ProtocolFile, *, history: History, at: datetime, library: Library
) -> Iterator[Finding]:
    """Yield the hold of an interval that cannot be said, where a dose elsewhere has no day.

    Parameters
    ----------
    history : History
        What was given before, in whatever course.
    at : datetime
        When the next dose is to be given, in the site's zone.
    """
    undated = history.undated
    if not undated:
        return
    doses = "A dose" if len(undated) == 1 else f"{len(undated)} doses"
    told = Told(
        "The time since the last dose is not known",
        f"{doses} given elsewhere cannot be placed in time, so the interval cannot be said.",
        "Find out when it was given. Or write down why to go on without it.",
        tuple(seen_elsewhere(dose) for dose in undated),
        tuple(missing_elsewhere(dose) for dose in undated),
        Fraction(len(undated)),
    )
    yield hold(protocol, _INTERVAL, value_of(protocol, _INTERVAL, at.date()), told, library)


def seen_elsewhere(dose: Given | UndatedDose) -> Observed:
    """Return a dose given elsewhere as a value that was read: what is known of it, and what is not."""
    drug = "drug not known" if dose.substance is None else str(dose.substance)
    amount = "amount not known" if dose.dose_mg is None else str(Quantity(dose.dose_mg, "mg"))
    return elsewhere(dose, f"{drug}, {amount}")


def elsewhere(dose: Given | UndatedDose, shown: str) -> Observed:
    """Return what a dose elsewhere adds, with its origin; a day alone stands in words, not as a moment."""
    if isinstance(dose, Given) and dose.on is None:
        return Observed("Given elsewhere", shown, dose.at, dose.origin)
    day = f"on {day_words(dose)}" if isinstance(dose, Given) else "day not known"
    return Observed("Given elsewhere", f"{shown}, {day}", None, dose.origin)


def day_words(given: Given) -> str:
    """Write the day of a dose: the one it was told with, or that of its moment in UTC."""
    return f"{given.on or given.at:%d-%b-%Y}"


def missing_elsewhere(dose: Given | UndatedDose) -> Missing:
    """Return the question that a dose given elsewhere leaves open."""
    what = [
        word
        for word, known in (
            ("which drug was given elsewhere", dose.substance is not None),
            ("how much was given elsewhere", dose.dose_mg is not None),
            ("when it was given elsewhere", isinstance(dose, Given)),
        )
        if not known
    ]
    asked = " and ".join(what) or "what was given elsewhere"
    return Missing("earlier_dose", f"Find out {asked}.", "not known")

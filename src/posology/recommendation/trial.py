"""A protocol followed once on paper: its visits and each of its first doses, as a patient's page would ask.

The checks of a file say whether a site's draft is tighter than the product's. Whether a course can be planned
by it at all is tried here, so that its author learns of it and no patient's page does.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal

from posology.knowledge import Library
from posology.knowledge.schema import ProtocolFile
from posology.protocols.dosing_weight import DosingWeight
from posology.protocols.schedule import ladder, plan_from_start
from posology.quantities import DomainError
from posology.recommendation.doses import infusion_minutes, numbers, propose_dose

# An engineering choice, and nobody's weight: a first dose is computed once, so that the sum is seen to end.
_ON_PAPER = Decimal(70)
_VISITS = 60


def unfollowable(protocol: ProtocolFile, library: Library, *, on: date) -> tuple[str, ...]:
    """Return a sentence for everything in which no course could be begun by a protocol.

    Parameters
    ----------
    protocol : ProtocolFile
        The protocol, whose file has passed its checks.
    library : Library
        For its products.
    on : date
        From which day it is to hold; each later day on which one of its values changes is tried as well.
    """
    days = sorted({on, *(day for dated in protocol.values.values() for day in dated if day > on)})
    found = (
        fault for day in days for trial in _trials(protocol, library, day) if (fault := _tried(trial, day))
    )
    return tuple(dict.fromkeys(found))


def _trials(protocol: ProtocolFile, library: Library, day: date) -> Iterator[Callable[[], object]]:
    at = datetime.combine(day, time(12), UTC)
    yield lambda: ladder(protocol)
    yield lambda: plan_from_start(protocol, day, count=_VISITS)
    yield lambda: [_dose(protocol, library, at, *way) for way in _beginnings(protocol, at)]


def _beginnings(protocol: ProtocolFile, at: datetime) -> Iterator[tuple[Decimal, int | None]]:
    """Yield each first dose with its minutes: the usual one by each, the lower ones by the usual."""
    minutes = infusion_minutes(protocol, at)
    yield from ((numbers(protocol, "dose_start", at)[0], m) for m in minutes)
    if "dose_start_lower" in protocol.values:
        yield numbers(protocol, "dose_start_lower", at)[0], minutes[0]
    if protocol.older_adults is not None:
        yield protocol.older_adults.dose_start, minutes[0]


def _dose(
    protocol: ProtocolFile, library: Library, at: datetime, level: Decimal, minutes: int | None
) -> object:
    weighed = protocol.dose_basis == "mg/kg"
    weight = DosingWeight(_ON_PAPER, "actual", at, "Tried on paper.", _ON_PAPER) if weighed else None
    return propose_dose(protocol, level, weight=weight, minutes=minutes, library=library, as_of=at)


def _tried(trial: Callable[[], object], day: date) -> str:
    """Return why a trial did not end; nothing where it did."""
    try:
        trial()
    except DomainError as refusal:
        return f"On {day} no course can be begun by it: {refusal}"
    except (ArithmeticError, LookupError, ValueError) as fault:
        return (
            f"On {day} no course can be planned by it ({type(fault).__name__}). Change its days or minutes."
        )
    return ""

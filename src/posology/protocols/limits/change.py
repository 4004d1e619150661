"""How fast a dose may change: the first dose against the usual start, and each step up against the last."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from posology.case import Answer, Missing
from posology.knowledge import Library
from posology.knowledge.limit_values import DOSE_SOFT, FIRST_DOSE_SOFT, STEPS_SOFT, limits_over_days
from posology.knowledge.schema import ProtocolFile
from posology.protocols.findings import Finding, Observed
from posology.protocols.history import Given, History
from posology.protocols.limits.errors import LimitExceeded
from posology.protocols.limits.soft import Told, hold
from posology.protocols.limits.values import allowed_levels, in_basis, limit_in, value_of
from posology.quantities import day_in_zone_of

_REASON = "Choose a dose within it, or write down why this one is right."


def dose_findings(
    protocol: ProtocolFile, level: Decimal, *, at: datetime, library: Library
) -> Iterator[Finding]:
    """Yield the hold of a single dose above the soft limit; the ceiling stands beside it and is hard."""
    on = at.date()
    if DOSE_SOFT not in protocol.values:
        return
    bound = limit_in(protocol, DOSE_SOFT, protocol.dose_basis, on)
    if level > bound:
        told = Told(
            "A dose above the usual range",
            f"{in_basis(protocol, level)} is above {in_basis(protocol, bound)}; it asks for a reason.",
            _REASON,
            (_level(protocol, level),),
        )
        yield hold(protocol, DOSE_SOFT, value_of(protocol, DOSE_SOFT, on), told, library)


def change_findings(
    protocol: ProtocolFile, level: Decimal, *, number: int, history: History, at: datetime, library: Library
) -> Iterator[Finding]:
    """Yield the hold of a first dose that is high, or of a step up that is too long.

    Parameters
    ----------
    level : Decimal
        The dose in the protocol's basis.
    number : int
        Which session of the course it is for, from 1.
    history : History
        What was given before, in whatever course.
    at : datetime
        When it is to be given, in the site's zone.

    Raises
    ------
    LimitExceeded
        If the dose rises in a course whose label describes no step up.
    """
    last = history.last_by(protocol, library)
    if number == 1:
        yield from _risen_anew(protocol, level, last, at, library)
        yield from _first(protocol, level, history, at, library)
        return
    if last is not None and last.level is not None:
        _check_may_rise(protocol, level, last.level, at)
    yield from _step(protocol, level, last, at, library)


def _risen_anew(
    protocol: ProtocolFile, level: Decimal, last: Given | None, at: datetime, library: Library
) -> Iterator[Finding]:
    """Ask the first dose of a course too whether it may rise: a course that was ended lifts no limit.

    How long the last dose counts is the longest look back of the protocol's own limits; a protocol without
    one cannot say, and then a person decides.
    """
    if last is None or last.level is None:
        return
    days = [limit.days for limit in limits_over_days(protocol.values)]
    if not days:
        yield from _rise_to_decide(protocol, level, last, at, library)
    elif (at.date() - day_in_zone_of(at, last.at)).days < max(days):
        _check_may_rise(protocol, level, last.level, at)


def _rise_to_decide(
    protocol: ProtocolFile, level: Decimal, last: Given, at: datetime, library: Library
) -> Iterator[Finding]:
    try:
        _check_may_rise(protocol, level, last.level or level, at)
    except LimitExceeded as refused:
        told = Told(
            "Higher than the last dose",
            f"{in_basis(protocol, level)} is above the last dose, given on {last.on or last.at:%d-%b-%Y}, "
            f"and {protocol.title} knows no step up.",
            _REASON,
            (_level(protocol, level),),
        )
        yield hold(protocol, refused.limit, value_of(protocol, refused.limit, at.date()), told, library)


def _first(
    protocol: ProtocolFile, level: Decimal, history: History, at: datetime, library: Library
) -> Iterator[Finding]:
    if FIRST_DOSE_SOFT not in protocol.values:
        return
    on = at.date()
    bound = limit_in(protocol, FIRST_DOSE_SOFT, protocol.dose_basis, on)
    if level <= bound or _helped_before(protocol, level, history, library):
        return
    told = Told(
        "A first dose above the usual start",
        f"A course begins with {in_basis(protocol, level)}, above {in_basis(protocol, bound)}; "
        "no earlier dose of it that helped is on record.",
        "Begin lower, enter the earlier course, or write down why this dose is right.",
        (_level(protocol, level),),
    )
    yield hold(protocol, FIRST_DOSE_SOFT, value_of(protocol, FIRST_DOSE_SOFT, on), told, library)


def _helped_before(protocol: ProtocolFile, level: Decimal, history: History, library: Library) -> bool:
    """Answer whether a dose of this substance and route, as high or higher, has helped before (PR-ADJ-04)."""
    for given in history.given:
        by = library.protocols.get(given.protocol_id)
        if by is None or given.helped is not Answer.YES or given.level is None:
            continue
        same = (by.substance, by.route, by.dose_basis) == (
            protocol.substance,
            protocol.route,
            protocol.dose_basis,
        )
        if same and given.level >= level:
            return True
    return False


def _check_may_rise(protocol: ProtocolFile, level: Decimal, last: Decimal, at: datetime) -> None:
    name = "dose_raise_allowed"
    if level <= last or name not in protocol.values:
        return
    value = value_of(protocol, name, at.date())
    if value.value is False:
        raise LimitExceeded(
            f"{in_basis(protocol, level)} is above {in_basis(protocol, last)}, the last dose, and "
            f"{protocol.title} knows no step up. Keep the dose, or lower it.",
            limit=name,
            value=value,
        )


def _step(
    protocol: ProtocolFile, level: Decimal, last: Given | None, at: datetime, library: Library
) -> Iterator[Finding]:
    if STEPS_SOFT not in protocol.values:
        return
    on = at.date()
    value = value_of(protocol, STEPS_SOFT, on)
    if last is None or last.level is None:
        when = f" on {last.on or last.at:%d-%b-%Y}" if last else ""
        ask = f"Find out which dose was given last{when}."
        missing = Missing("last_dose", ask, "not known")
        told = Told(
            "The last dose is not known",
            "The last dose of this course is not known, so how far this one steps up cannot be said.",
            f"{ask} Or write down why this dose is right.",
            (_level(protocol, level),),
            (missing,),
        )
        yield hold(protocol, STEPS_SOFT, value, told, library)
        return
    steps = sum(1 for listed in allowed_levels(protocol, on) if last.level < listed <= level)
    most = limit_in(protocol, STEPS_SOFT, "1", on)
    if steps > most:
        told = Told(
            "More than one step up",
            f"From {in_basis(protocol, last.level)} to {in_basis(protocol, level)} is {steps} steps of the "
            f"list; the dose rises by {most} at a time.",
            _REASON,
            (
                Observed("Last dose", in_basis(protocol, last.level), last.at, None),
                _level(protocol, level),
            ),
            counted=Fraction(steps),
        )
        yield hold(protocol, STEPS_SOFT, value, told, library)


def _level(protocol: ProtocolFile, level: Decimal) -> Observed:
    return Observed("Dose", in_basis(protocol, level), None, None)

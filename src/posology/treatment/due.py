"""Which readings are due, when, and which were taken: from the protocol's monitoring and the events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from posology.knowledge.schema import ProtocolFile
from posology.quantities import check_aware
from posology.treatment.gate import missing_readings, readings_in
from posology.treatment.infusion import minutes_between
from posology.treatment.session_state import SessionState

DUE_BEFORE = timedelta(minutes=2)
"""A reading is called for this long before its time, and counts for it from then on (no clinical fact)."""

_LONGEST = timedelta(hours=12)  # beyond this a session without an end is a mistake, not a schedule


class DueStatus(StrEnum):
    """Where one planned reading stands."""

    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Due:
    """One planned set of readings."""

    what: str
    due_at: datetime | None  # None before the dose: as soon as the patient is ready
    status: DueStatus
    missing: tuple[str, ...]  # which readings of the set are still to be taken
    closes_at: datetime | None = None  # from then on a reading counts for the one that follows


def due_readings(state: SessionState, protocol: ProtocolFile, at: datetime) -> tuple[Due, ...]:
    """Return every planned set of readings up to the next one, each with its status.

    A reading counts for a set from two minutes before its time until two minutes before the next.

    Parameters
    ----------
    state : SessionState
        The session.
    protocol : ProtocolFile
        Whose monitoring holds.
    at : datetime
        The moment of asking, aware.
    """
    moment = check_aware(at, what="moment")
    found = [_before(state, protocol)] if protocol.monitoring.before else []
    slots = list(_slots(state, protocol, moment))
    for n, (what, due_at) in enumerate(slots):
        closes = slots[n + 1][1] - DUE_BEFORE if n + 1 < len(slots) else None
        missing = _missing(state, protocol, due_at - DUE_BEFORE, closes)
        found.append(Due(what, due_at, _status(missing, due_at, moment), missing, closes))
    return tuple(found)


def next_due(state: SessionState, protocol: ProtocolFile, at: datetime) -> Due | None:
    """Return the set of readings to take next: the earliest that can still be taken."""
    return next_of(due_readings(state, protocol, at), at)


def next_of(readings: Iterable[Due], at: datetime) -> Due | None:
    """Return the set to take next of those that :func:`due_readings` gave for a moment (aware)."""
    moment = check_aware(at, what="moment")
    for due in readings:
        still_open = due.closes_at is None or moment < due.closes_at
        if due.status is not DueStatus.DONE and still_open:
            return due
    return None


def _before(state: SessionState, protocol: ProtocolFile) -> Due:
    missing = missing_readings(state, protocol)
    given = state.administration_at or state.started_at
    status = DueStatus.DONE if not missing else DueStatus.DUE if given is None else DueStatus.OVERDUE
    return Due("Before the dose", None, status, missing, given)


def _status(missing: tuple[str, ...], due_at: datetime, at: datetime) -> DueStatus:
    if not missing:
        return DueStatus.DONE
    if at < due_at - DUE_BEFORE:
        return DueStatus.UPCOMING
    return DueStatus.DUE if at < due_at else DueStatus.OVERDUE


def _missing(
    state: SessionState, protocol: ProtocolFile, start: datetime, end: datetime | None
) -> tuple[str, ...]:
    taken: set[str] = set()
    for reading in state.readings:
        if start <= reading.at and (end is None or reading.at < end):
            taken |= readings_in(set(reading.payload.values()))
    for score in state.scores:
        if score.payload.scale == "moaa_s" and start <= score.at and (end is None or score.at < end):
            taken.add("sedation")
    return tuple(name for name in protocol.monitoring.readings if name not in taken)


def _slots(state: SessionState, protocol: ProtocolFile, at: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield the planned moments up to the first that lies ahead, or to the end of the plan."""
    started = state.started_at
    if started is None:
        return
    left = state.discharged_at
    for what, due_at in _plan(state, protocol, started):
        if left is not None and due_at > left:
            return
        yield what, due_at
        if due_at > at or due_at - started > _LONGEST:
            return


def _plan(state: SessionState, protocol: ProtocolFile, started: datetime) -> Iterator[tuple[str, datetime]]:
    plan = protocol.monitoring
    if plan.during_every_min:
        yield from _during(state, started, timedelta(minutes=plan.during_every_min))
        if state.ended_at is not None and plan.after_every_min:
            yield from _every(state.ended_at, plan.after_every_min, plan.after_until_min, "after the end")
        return
    for minutes in plan.at_min:
        yield f"{minutes} min", started + timedelta(minutes=minutes)
    if plan.after_every_min:
        last = max(plan.at_min, default=0)
        until = None if plan.after_until_min is None else plan.after_until_min - last
        yield from _every(started + timedelta(minutes=last), plan.after_every_min, until, "after the last")


def _during(state: SessionState, started: datetime, step: timedelta) -> Iterator[tuple[str, datetime]]:
    due_at = started + step
    while state.ended_at is None or due_at < state.ended_at:
        yield f"{minutes_between(started, due_at)} min", due_at
        due_at += step


def _every(
    start: datetime, step_min: int, until_min: int | None, words: str
) -> Iterator[tuple[str, datetime]]:
    minutes = step_min
    while until_min is None or minutes <= until_min:
        yield f"{minutes} min {words}", start + timedelta(minutes=minutes)
        minutes += step_min

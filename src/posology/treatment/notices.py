"""What is to be done in a chair, by when, and which of it is late enough to call for a person.

Two levels, and no third (hazard H-40): what is *due* stands on the board and calls nobody; what nobody
has done some minutes after its time is a *notice*, repeated until the thing itself is recorded. A notice is
never stored: it follows from the events and the moment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from posology.knowledge.schema import ProtocolFile
from posology.quantities import check_aware
from posology.treatment.dosing import next_device_at
from posology.treatment.due import Due, DueStatus, due_readings, next_of
from posology.treatment.leaving import leaves_at
from posology.treatment.session_state import SessionState
from posology.treatment.states import SessionPhase

NOTICE_AFTER = timedelta(minutes=2)
"""How long after its time an undone thing calls for a person: as long as a reading may be early.

An engineering default and no clinical fact; a site may tune it within ``NOTICE_BOUNDS``.
"""

NOTICE_BOUNDS = (timedelta(0), timedelta(minutes=5))
"""At once, or at the latest when the board calls the thing stale."""

CALLS = frozenset({"readings", "infusion-ends", "next-device"})
"""What calls for a person when it is late. A patient who comes late or stays longer calls for nobody."""


@dataclass(frozen=True, slots=True)
class DueThing:
    """Something to do in a chair, by a moment."""

    what: str  # readings, infusion-ends, next-device, may-leave, session-begins
    due_at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that was not done by its time, in one chair."""

    chair: int
    what: str
    since: datetime


def due_things(
    state: SessionState, protocol: ProtocolFile, *, scheduled_at: datetime, at: datetime
) -> tuple[DueThing, ...]:
    """Return what is to be done in a session, each with its moment.

    Readings that were missed stay at the time of the first set that was missed, until a whole set is
    taken: the next set does not wipe them out.

    Parameters
    ----------
    state : SessionState
        The session.
    protocol : ProtocolFile
        Whose monitoring holds.
    scheduled_at, at : datetime
        When the session was to begin, and the moment of asking; both aware.
    """
    moment = check_aware(at, what="moment")
    if state.phase is SessionPhase.SCHEDULED:
        return (DueThing("session-begins", check_aware(scheduled_at, what="time of the session")),)
    return tuple(_due(state, protocol, moment))


def notices(
    chairs: Iterable[tuple[int, Iterable[DueThing]]], *, at: datetime, after: timedelta = NOTICE_AFTER
) -> tuple[Notice, ...]:
    """Return a notice for each thing that is late by ``after`` or more, the longest waiting first.

    Parameters
    ----------
    chairs : iterable of (int, iterable of DueThing)
        The number of each chair, and what is to be done there.
    at : datetime
        The moment of asking, aware.
    after : timedelta
        How late a thing must be; within ``NOTICE_BOUNDS``.
    """
    moment = check_aware(at, what="moment")
    found = {
        Notice(number, thing.what, thing.due_at)
        for number, things in chairs
        for thing in things
        if thing.what in CALLS and moment >= thing.due_at + after
    }
    return tuple(sorted(found, key=lambda n: (n.since, n.chair, n.what)))


def _due(state: SessionState, protocol: ProtocolFile, at: datetime) -> Iterator[DueThing]:
    for infusion in state.infusions[-1:]:
        runs_out = infusion.runs_out_at() if state.ended_at is None else None
        if runs_out is not None:
            yield DueThing("infusion-ends", runs_out)
    device = next_device_at(state, protocol) if state.phase is SessionPhase.RESTING else None
    if device is not None:
        yield DueThing("next-device", device)
    leaves = leaves_at(state, protocol) if state.phase is SessionPhase.OBSERVING else None
    if leaves is not None:
        yield DueThing("may-leave", leaves)
    planned = due_readings(state, protocol, at)
    reading = next_of(planned, at)
    if reading is not None and reading.due_at is not None:
        late = first_missed(planned)
        yield DueThing("readings", (late and late.due_at) or reading.due_at, (late or reading).what)


def first_missed(readings: Iterable[Due]) -> Due | None:
    """Return the first set that was missed since the last whole one, if there is such a set.

    Parameters
    ----------
    readings : iterable of Due
        The planned sets in their order; the one before the dose has no time, and is passed over.
    """
    late: Due | None = None
    for due in readings:
        if due.due_at is None:
            continue
        if due.status is DueStatus.DONE:
            late = None
        elif due.status is DueStatus.OVERDUE and late is None:
            late = due
    return late

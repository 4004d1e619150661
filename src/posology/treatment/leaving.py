"""Policies of the way home: the minimum stay, the criteria, and what is still unmet (hazard H-30)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from posology.knowledge.schema import ProtocolFile
from posology.quantities import check_aware
from posology.treatment.due import DueStatus, due_readings
from posology.treatment.gate import in_words
from posology.treatment.payloads import EventKind
from posology.treatment.policies import NotAllowed, Obstacle, check_transition
from posology.treatment.session_state import SessionState
from posology.treatment.states import SessionPhase

TOLD_LIVE_WITHIN = timedelta(seconds=60)
"""An entry stored within this of its own moment was told live; an engineering default (hazard H-32)."""

_CLOCKS = {
    "first_device": "the first device",
    "administration_end": "the end of the infusion",
    "dose": "the dose",
}


@dataclass(frozen=True, slots=True)
class Unmet:
    """One criterion that is not met, in a sentence; the minutes where it is a matter of time."""

    key: str
    sentence: str
    minutes_done: int | None = None
    minutes_needed: int | None = None


def unmet_discharge(state: SessionState, protocol: ProtocolFile, at: datetime) -> tuple[Unmet, ...]:
    """Return everything that still keeps the patient here; empty when the patient may leave.

    Parameters
    ----------
    state : SessionState
        The session.
    protocol : ProtocolFile
        Whose minimum stay and criteria hold.
    at : datetime
        The moment of asking by the server's clock, aware.
    """
    moment = check_aware(at, what="moment")
    if state.phase is not SessionPhase.OBSERVING:
        return (Unmet("phase", f"The session is '{state.phase}'; the patient leaves after the observation."),)
    return (
        *_stay(state, protocol, moment),
        *_readings(state, protocol, moment),
        *_criteria(state, protocol, moment),
        *_conflicts(state),
    )


def check_may_discharge(state: SessionState, protocol: ProtocolFile, at: datetime) -> None:
    """Refuse to let the patient leave while a criterion is unmet and no prescriber passed it.

    Raises
    ------
    NotAllowed
        With every criterion that is unmet.
    """
    check_transition(state.phase, EventKind.DISCHARGED)
    unmet = unmet_discharge(state, protocol, at)
    if unmet and not _overridden(state, at):
        raise NotAllowed(tuple(Obstacle(u.key, u.sentence) for u in unmet))


def may_discharge(state: SessionState, protocol: ProtocolFile, at: datetime) -> bool:
    """Return whether the patient may leave at this moment."""
    try:
        check_may_discharge(state, protocol, at)
    except NotAllowed:
        return False
    return True


def leaves_at(state: SessionState, protocol: ProtocolFile) -> datetime | None:
    """Return when the minimum stay is over, or ``None`` while its clock has not begun."""
    start = clock_start(state, protocol)
    return None if start is None else start + timedelta(minutes=protocol.discharge.minimum_min)


def clock_start(state: SessionState, protocol: ProtocolFile) -> datetime | None:
    """Return the moment from which the minimum stay counts, by the server's clock where it was told live.

    What was given outside the protocol's own way (an irregular dose) never lets the clock begin earlier
    than the last of it.
    """
    doses = [_counted(d.at, d.recorded_at) for d in state.doses]
    devices = [_counted(d.at, d.recorded_at) for d in state.devices]
    ended = [_counted(state.ended_at, state.ended_recorded_at)] if state.ended_at is not None else []
    clock = protocol.discharge.clock_from
    starts = {"first_device": devices[:1], "administration_end": ended, "dose": doses}[clock]
    if not starts:
        return None
    if any(c.counted for c in state.conflicts):
        return max(*starts, *doses, *devices, *ended)
    return max(starts)


def _counted(at: datetime, recorded_at: datetime | None) -> datetime:
    """Return the later of the two clocks for an entry told live, and the told moment for a late one.

    A tablet that runs behind the server must not let anybody leave early (hazard H-32).
    """
    if recorded_at is None or abs(recorded_at - at) > TOLD_LIVE_WITHIN:
        return at
    return max(at, recorded_at)


def _overridden(state: SessionState, at: datetime) -> bool:
    given = state.discharge_override
    last = state.ended_at
    return (
        given is not None
        and given.at <= check_aware(at, what="moment")
        and (last is None or given.at >= last)
    )


def _stay(state: SessionState, protocol: ProtocolFile, at: datetime) -> Iterator[Unmet]:
    needed = protocol.discharge.minimum_min
    start = clock_start(state, protocol)
    words = _CLOCKS[protocol.discharge.clock_from]
    if start is None:
        yield Unmet(
            "minimum_stay",
            f"The time of {words} is not recorded, so the stay cannot be counted.",
            None,
            needed,
        )
        return
    stayed = at - start
    if stayed < timedelta(minutes=needed):
        seconds = max(int(stayed.total_seconds()), 0)
        yield Unmet(
            "minimum_stay",
            f"{seconds // 60} min {seconds % 60:02d} s of {needed} min since {words}. "
            f"The stay is over at {start + timedelta(minutes=needed):%H:%M:%S} UTC.",
            seconds // 60,
            needed,
        )


def _readings(state: SessionState, protocol: ProtocolFile, at: datetime) -> Iterator[Unmet]:
    for due in due_readings(state, protocol, at):
        is_open = due.due_at is not None and (due.closes_at is None or at < due.closes_at)
        if is_open and due.status in {DueStatus.DUE, DueStatus.OVERDUE}:
            yield Unmet(
                "readings", f"The reading at {due.what} is {due.status}: {in_words(due.missing)}. Take it."
            )


def _criteria(state: SessionState, protocol: ProtocolFile, at: datetime) -> Iterator[Unmet]:
    for key, sentence in protocol.discharge.criteria.items():
        seen = state.criterion(key)
        if seen is None or not seen.payload.met or seen.at > at:
            yield Unmet(key, sentence)
        elif state.ended_at is not None and seen.at < state.ended_at:
            yield Unmet(key, f"{sentence} It was seen before the dose ended; look again.")


def _conflicts(state: SessionState) -> Iterator[Unmet]:
    if state.conflicts:
        count = len(state.conflicts)
        entries = "1 entry conflicts" if count == 1 else f"{count} entries conflict"
        yield Unmet(
            "conflicts", f"{entries} with the record. Correct or withdraw, or let the prescriber decide."
        )

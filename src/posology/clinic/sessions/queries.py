"""Sessions as folds of their events; nothing but the log is believed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, QuerySet, UUIDField

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.permissions import check, not_found
from posology.clinic.patients.models import Patient
from posology.clinic.prepared import Prepared
from posology.clinic.sessions.folds import Log, event_of, log_of, logs_of
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.treatment import GENESIS, Event, SessionState, chain_hash, replay

__all__ = [
    "BoardLine",
    "board",
    "chain_faults",
    "event_of",
    "event_rows",
    "events_of",
    "known_events",
    "session_for",
    "sessions_of",
    "state_of",
    "states_of",
]


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One chair of the board: the session and the state that its events tell."""

    session: SessionRow
    state: SessionState


_ONE = Prepared(
    lambda clinic, key: (
        SessionRow.objects.for_clinic(clinic)
        .select_related("order__signature", "order__course", "patient__clinic")
        .filter(pk=key)
    ),
    UUIDField(),
    UUIDField(),
)


def session_for(by: User, session_id: UUID | str) -> SessionRow:
    """Return one session of the person's clinic, with its order and patient.

    Raises
    ------
    NotFound
        If there is none of this id.
    """
    check(by, "view_session")
    row = _ONE.one(by.clinic_id, session_id)
    if row is None:
        raise not_found("session")
    return row


def event_rows(session: SessionRow) -> QuerySet[EventRow]:
    """Return a session's events in the order in which they arrived."""
    rows = EventRow.objects.everywhere(because="the events of one session, which was scoped when it was read")
    return rows.filter(session=session).select_related("author").order_by("position")


_KNOWN = Prepared(
    lambda key: EventRow.objects.everywhere(because="an id is taken once, wherever").filter(pk=key),
    UUIDField(),
)


def known_events(ids: Collection[UUID]) -> dict[UUID, EventRow]:
    """Return the stored events of these ids, of whatever session: an id is taken once."""
    if len(ids) == 1:
        return {row.pk: row for key in ids for row in _KNOWN.all(key)}
    return EventRow.objects.everywhere(because="an id is taken once, wherever").in_bulk(list(ids))


def events_of(session: SessionRow) -> tuple[Event, ...]:
    """Return a session's events."""
    return log_of(session.pk).events


def state_of(session: SessionRow) -> SessionState:
    """Return what a session's events tell."""
    return log_of(session.pk).state


def sessions_of(patient: Patient) -> QuerySet[SessionRow]:
    """Return a patient's sessions, newest first."""
    rows = SessionRow.objects.for_clinic(patient.clinic_id).filter(patient=patient)
    return rows.select_related("order__course").order_by("-scheduled_at")


def states_of(sessions: Iterable[SessionRow], *, until: datetime | None = None) -> dict[UUID, SessionState]:
    """Return the state of each session from two queries at most for every 200 of them.

    With ``until`` only what the server had stored by then is told.
    """
    logs = logs_of(s.pk for s in sessions)
    return {key: _state_until(log, until) for key, log in logs.items()}


def _state_until(log: Log, until: datetime | None) -> SessionState:
    if until is None or all(event.recorded_at <= until for event in log.events):
        return log.state
    return replay(event for event in log.events if event.recorded_at <= until)


_DAY = Prepared(
    lambda clinic, start, end: (
        SessionRow.objects.for_clinic(clinic)
        .filter(scheduled_at__gte=start, scheduled_at__lt=end)
        .select_related("order__course", "patient__clinic")
        .order_by("scheduled_at", "chair")
    ),
    UUIDField(),
    DateTimeField(),
    DateTimeField(),
)


def board(clinic: Clinic, day: date) -> tuple[BoardLine, ...]:
    """Return the sessions of one day at a clinic, by chair and time, each with its state."""
    zone = ZoneInfo(clinic.zone)
    start = datetime.combine(day, time(), tzinfo=zone)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    sessions = _DAY.all(clinic.pk, start, end)
    states = states_of(sessions)
    return tuple(BoardLine(s, states[s.pk]) for s in sessions)


def chain_faults(session: SessionRow) -> tuple[int, ...]:
    """Return the positions at which a session's chain of hashes does not hold."""
    faults, previous = [], GENESIS
    for expected, row in enumerate(event_rows(session), start=1):
        whole = row.position == expected and row.previous_hash == previous
        if not whole or chain_hash(previous, event_of(row)) != row.hash:
            faults.append(row.position)
        previous = row.hash
    return tuple(faults)

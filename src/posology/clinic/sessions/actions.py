"""Appending to a session's log: lock, look whether the id is known, chain, write, commit, then answer.

``care.actions.record_event`` is the door; it asks the policies before it comes here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from posology.clinic.accounts.models import User
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict, check_page_patient
from posology.clinic.locks import lock_clinic, lock_of_clinic
from posology.clinic.orders.models import OrderRow
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.clinic.sessions.folds import add, log_of
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import event_rows, known_events
from posology.clinic.visits.overlap import why_not_there
from posology.clinic.visits.queries import minutes_of
from posology.quantities import DomainError, check_aware
from posology.treatment import (
    GENESIS,
    Event,
    EventKind,
    Payload,
    SessionState,
    chain_hash,
    dump_payload,
)


class SessionRefused(DomainError):
    """A session that cannot be placed or written to like this."""

    code = "session"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer to a sent event: what was stored of it, and whether it had been stored before."""

    event: EventRow
    state: SessionState
    repeated: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """An event as a client sent it, its content read and found possible."""

    id: UUID
    kind: EventKind
    payload: Payload
    occurred_at: datetime
    sequence: int | None = None  # the device's own counter, where it has one


Check = Callable[[SessionRow, SessionState, Event], None]


def append(
    *, session: SessionRow, sent: Sent, check: Check, by: User, at: datetime, is_new: bool = False
) -> Recorded:
    """Append one event to a session whose row is locked; called within an action.

    A known id gets its first answer; ``is_new`` says that the id was looked for since the lock, in every
    session. ``check`` is asked with the state before the event, in the same
    transaction, so that nothing can come between (hazard H-26).

    Raises
    ------
    Conflict
        If the id is known and says something else, or belongs to another session.
    """
    log = log_of(session.pk)
    if any(event.id == sent.id for event in log.events):
        return Recorded(_same(event_rows(session).get(pk=sent.id), sent), log.state, repeated=True)
    if not is_new and known_events([sent.id]):
        raise Conflict("This entry was recorded in another session. Reload the page and enter it again.")
    position = log.position + 1
    event = Event(
        id=sent.id,
        session_id=session.pk,
        sequence=position if sent.sequence is None else sent.sequence,
        kind=sent.kind,
        payload=sent.payload,
        occurred_at=sent.occurred_at,
        recorded_at=at,
        author=str(by.pk),
    )
    check(session, log.state, event)
    previous = log.hash or GENESIS
    row = EventRow.objects.create(
        id=event.id,
        session=session,
        position=position,
        sequence=event.sequence,
        kind=event.kind,
        payload=json.dumps(dump_payload(event.payload), sort_keys=True, ensure_ascii=False),
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        author=by,
        previous_hash=previous,
        hash=chain_hash(previous, event),
        version=event.version,
    )
    state = add(log, row).state
    if session.phase != state.phase:
        session.phase = state.phase
        session.save(update_fields=["phase"])
    return Recorded(row, state, repeated=False)


def _same(known: EventRow, sent: Sent) -> EventRow:
    said = (known.kind, json.loads(known.payload), known.occurred_at)
    if said != (sent.kind.value, dump_payload(sent.payload), check_aware(sent.occurred_at, what="moment")):
        raise Conflict(
            "This entry was recorded before with another content. Correct it instead of sending it again."
        )
    return known


def check_place(
    order: OrderRow, patient: Patient, *, session: UUID, start: datetime, chair: int | None, at: datetime
) -> None:
    """Refuse a place where the chair is taken, or the patient has another session, at overlapping times.

    Raises
    ------
    SessionRefused
        Naming what takes it, and which chairs are free then.
    """
    minutes = minutes_of(order, patient)
    why = why_not_there(
        patient.clinic, patient, start=start, minutes=minutes, chair=chair, session=session, at=at
    )
    if why:
        raise SessionRefused(why)


def schedule(
    *, session_id: UUID, order: OrderRow, scheduled_at: datetime, chair: int | None, at: datetime
) -> SessionRow:
    """Make the session of an order; called within the action that signs it."""
    return SessionRow.objects.create(
        id=session_id,
        order=order,
        patient_id=order.patient_id,
        chair=chair,
        scheduled_at=check_aware(scheduled_at, what="time of the session"),
        created_at=at,
    )


@action
def place_session(
    *,
    session_id: UUID,
    chair: int | None,
    scheduled_at: datetime,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> SessionRow:
    """Give a session that has not begun its chair and its time on the planned day.

    The clinic's row is held, as by who books a visit: one chair is given once.

    Raises
    ------
    SessionRefused
        If the session has begun, the chair is not there or taken, the patient has another session at that
        time, or the day is another than the order's.
    """
    lock_clinic(by.clinic_id)
    session: SessionRow = lock_of_clinic(SessionRow, session_id, by, what="session")
    check_can(by, "place_session", session.patient)
    check_page_patient(page_patient_id, session.patient)
    if session.phase != "scheduled":
        raise SessionRefused("The session has begun, so its time stays. Record what happens as events.")
    if chair is not None and not 1 <= chair <= session.patient.clinic.chairs:
        raise SessionRefused(f"There is no chair {chair} here. Choose 1 to {session.patient.clinic.chairs}.")
    when = check_aware(scheduled_at, what="time of the session")
    if when.astimezone(ZoneInfo(session.patient.clinic.zone)).date() != session.order.planned_on:
        raise SessionRefused(
            f"The order is for {session.order.planned_on:%d-%b-%Y}. "
            "Choose a time on that day, or sign a new order."
        )
    check_place(session.order, session.patient, session=session.pk, start=when, chair=chair, at=at)
    session.chair, session.scheduled_at = chair, when
    session.save(update_fields=["chair", "scheduled_at"])
    return session

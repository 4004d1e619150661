"""The door of a running session: every event passes permission, policy and, at the start, all rules anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.audit import action
from posology.clinic.conflicts import check_page_patient
from posology.clinic.locks import lock_of_clinic, lock_patient
from posology.clinic.orders.models import OrderRow, OrderStatus
from posology.clinic.sessions.actions import Recorded, Sent, append
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.permissions import check_can_record
from posology.clinic.sessions.queries import session_for
from posology.quantities import check_aware
from posology.treatment import Event, EventKind, SessionState, read_payload

# The events by which something of the drug enters the patient for the first time.
GIVING = frozenset({EventKind.ADMINISTRATION_STARTED, EventKind.DEVICE_GIVEN, EventKind.DOSE_GIVEN})


@action
def record_event(
    *,
    session_id: UUID,
    event_id: UUID,
    kind: EventKind | str,
    payload: Mapping[str, Any],
    occurred_at: datetime,
    sequence: int | None = None,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> Recorded:
    """Record one event of a session; a second send of the same id returns the first answer.

    Raises
    ------
    EventError, NeedsConfirmation
        If the content cannot be true, or is unusual and was not confirmed.
    NotPermitted, NotFound, WrongPatient, Conflict
        If this person may not, or the page was of somebody else.
    """
    found = session_for(by, session_id)
    read = read_payload(kind, payload)
    known_kind = EventKind(kind)
    check_can_record(by, known_kind)
    check_page_patient(page_patient_id, found.patient)
    if known_kind in GIVING:
        lock_patient(found.patient)
    session: SessionRow = lock_of_clinic(SessionRow, session_id, by, what="session")
    sent = Sent(event_id, known_kind, read, check_aware(occurred_at, what="moment of the event"), sequence)
    recorded = append(session=session, sent=sent, check=_check, by=by, at=at)
    if not recorded.repeated and recorded.state.started_at is not None:
        _mark_used(session)
    return recorded


def _check(session: SessionRow, state: SessionState, event: Event) -> None:
    return None


def _mark_used(session: SessionRow) -> None:
    order = OrderRow.objects.everywhere(because="the order of a session that was scoped").get(
        pk=session.order_id
    )
    if order.status == OrderStatus.ACTIVE:
        order.status = OrderStatus.USED
        order.save(update_fields=["status"])

"""The door of a running session: every event passes permission, policy and, at the start, all rules anew."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from posology.case import Answer, Fact, seen
from posology.clinic.accounts.models import Role, User
from posology.clinic.accounts.permissions import check
from posology.clinic.accounts.queries import is_one_person
from posology.clinic.audit import action
from posology.clinic.care.queries import at_site, case_of, given_before, site_day
from posology.clinic.care.start_checks import asked_at_start
from posology.clinic.conflicts import check_page_patient
from posology.clinic.locks import lock_of_clinic, lock_patient
from posology.clinic.monitors.resting import check_rests_on
from posology.clinic.orders.actions import OrderRefused
from posology.clinic.orders.models import OrderRow, OrderStatus
from posology.clinic.orders.stored import OrderAltered, check_intact, order_of
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import library_of_order
from posology.clinic.protocols.signed_text import signed_text
from posology.clinic.sessions.actions import Recorded, Sent, SessionRefused, append
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.permissions import check_can_record
from posology.clinic.sessions.queries import session_for
from posology.knowledge import Library
from posology.protocols import assess
from posology.quantities import check_aware
from posology.treatment import Event, EventKind, Order, SessionState, read_payload
from posology.treatment.payloads import InfusionRateChanged, WorksheetChecked
from posology.treatment.policies import Identifiers, Signature, Start, check_transition
from posology.treatment.recording import check_may_record

# The events by which the drug enters the patient, and the one by which the patient leaves: what they
# permit is judged by the server's clock, so they are taken live or told afterwards, and nothing between.
GIVING = frozenset({EventKind.ADMINISTRATION_STARTED, EventKind.DEVICE_GIVEN, EventKind.DOSE_GIVEN})
LIVE_ONLY = GIVING | {EventKind.DISCHARGED}
# What brings more of the drug into the patient, and the check it rests on: only by a text that passes every
# check today. All else is recorded whatever became of the text.
BY_A_SOUND_TEXT = GIVING | {
    EventKind.WORKSHEET_CHECKED,
    EventKind.INFUSION_RATE_CHANGED,
    EventKind.INFUSION_RESUMED,
}
PURPOSE = "care.session.record_event"  # of every event's rows, in the audit
CLOCKS_MAY_DIFFER_BY = timedelta(seconds=60)  # hazard H-32; an engineering default


@action
def record_event(
    *,
    session_id: UUID,
    event_id: UUID,
    kind: EventKind | str,
    payload: Mapping[str, Any],
    occurred_at: datetime,
    sequence: int | None = None,
    happened_before: bool = False,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> Recorded:
    """Record one event of a session; a second send of the same id returns the first answer.

    ``happened_before`` is for what paper or an offline page tells afterwards: it is recorded whatever
    the policies say, permits nothing, and what conflicts is listed in the state.

    Raises
    ------
    EventError, NeedsConfirmation
        If the content cannot be true, or is unusual and was not confirmed.
    NotPermitted, NotFound, WrongPatient, Conflict
        If this person may not, or the page was of somebody else.
    NotAllowed, CheckFailed, LimitExceeded, OrderAltered, OrderRefused
        If the state of the session, the order or the rules do not allow it now.
    """
    return record_into(
        session_for(by, session_id),
        event_id=event_id,
        kind=kind,
        payload=payload,
        occurred_at=occurred_at,
        sequence=sequence,
        happened_before=happened_before,
        page_patient_id=page_patient_id,
        by=by,
        at=at,
    )


def record_into(
    found: SessionRow,
    *,
    event_id: UUID,
    kind: EventKind | str,
    payload: Mapping[str, Any],
    occurred_at: datetime,
    sequence: int | None = None,
    happened_before: bool = False,
    page_patient_id: UUID | str | None = None,
    is_held: bool = False,
    is_new: bool = False,
    by: User,
    at: datetime,
) -> Recorded:
    """Record one event of a session that this person found; called within an action.

    ``is_held`` says that the action holds the row already, and its patient's before it;
    ``is_new`` says that it looked since then, and nowhere found the event's id.
    """
    check(by, "record_event")
    read = read_payload(kind, payload)
    known_kind = EventKind(kind)
    check_can_record(by, known_kind)
    check_page_patient(page_patient_id, found.patient)
    session = found
    if not is_held:
        if known_kind in GIVING:
            lock_patient(found.patient)
        session = lock_of_clinic(SessionRow, found.pk, by, what="session")
        session.order, session.patient = found.order, found.patient  # what a dose starts from is read anew
    sent = Sent(event_id, known_kind, read, check_aware(occurred_at, what="moment of the event"), sequence)

    def judge(row: SessionRow, state: SessionState, event: Event) -> None:
        _check_clocks(event, happened_before)
        check_rests_on(row, event)
        if not happened_before:
            _check_live(row, state, event, by)

    recorded = append(session=session, sent=sent, check=judge, by=by, at=at, is_new=is_new)
    if not recorded.repeated:
        _move_order(session, recorded.state)
    return recorded


def _check_clocks(event: Event, happened_before: bool) -> None:
    ahead = event.occurred_at - event.recorded_at
    if ahead > CLOCKS_MAY_DIFFER_BY:
        raise SessionRefused(
            f"The entry is dated {event.occurred_at:%Y-%m-%d %H:%M:%S} UTC, "
            "which lies ahead of the server's clock. Check the clock of this device."
        )
    if not happened_before and event.kind in LIVE_ONLY and -ahead > CLOCKS_MAY_DIFFER_BY:
        raise SessionRefused(
            "The entry is more than a minute old, so it cannot be allowed as it happens. "
            "If it has happened, record it as a late entry."
        )


def _check_live(session: SessionRow, state: SessionState, event: Event, by: User) -> None:
    if isinstance(event.payload, WorksheetChecked):
        _check_second_person(event.payload, by)
    known = _order_and_library(session, state, event)
    if known is None:
        check_transition(state.phase, event.kind)  # nothing else can be asked, and it has happened
        return
    order, library = known

    def start() -> Start:
        return start_of(session, state, at=event.recorded_at)

    check_may_record(
        state,
        event.kind,
        event.payload,
        order=order,
        author=event.author,
        at=event.recorded_at,
        start=start,
        library=library,
    )


def _order_and_library(
    session: SessionRow, state: SessionState, event: Event
) -> tuple[Order, Library] | None:
    """Return what an event is checked by; ``None`` where it cannot be read and must be recorded even so.

    Raises
    ------
    OrderAltered, KnowledgeError
        If the event would bring in more of the drug, and the order or its text is not sound.
    """
    sound = event.kind in BY_A_SOUND_TEXT and not _slows_down(state, event)
    try:
        order = order_of(session.order)
    except OrderAltered:
        if sound:
            raise
        return None
    if sound:
        return order, _library_of(session, order)
    library = signed_text(session.patient.clinic_id, order).library
    return None if library is None else (order, library)


def _slows_down(state: SessionState, event: Event) -> bool:
    """Say whether an event lowers the rate of an infusion."""
    if not isinstance(event.payload, InfusionRateChanged) or not state.infusions:
        return False
    return event.payload.rate_mg_per_min < state.infusions[-1].rate_before_pause


def _check_second_person(said: WorksheetChecked, by: User) -> None:
    """Refuse a second person who is none of this clinic's nurses and prescribers, or the first once more."""
    staff = User.objects.filter(
        clinic_id=by.clinic_id, is_active=True, role__in=[Role.NURSE, Role.PRESCRIBER]
    )
    known = {str(user.pk): user for user in staff}
    first, second = known.get(said.prepared_by or str(by.pk)), known.get(said.checked_by)
    if first is None or second is None:
        raise SessionRefused(
            "The two people of the check are not both nurses or prescribers of this clinic. "
            "Ask a colleague who is to check."
        )
    if first.pk != second.pk and is_one_person(first, second):
        raise SessionRefused(
            f"The two accounts of the check may be of one person: {first.full_name} and {second.full_name}. "
            "Ask a colleague who is to check."
        )


def start_of(session: SessionRow, state: SessionState, *, at: datetime, lock: bool = True) -> Start:
    """Return everything that the start of a dose is judged by, read anew (hazards H-23, H-28).

    ``lock`` holds the order to the end of the transaction; a page that only looks leaves it out.

    Raises
    ------
    OrderAltered
        If anything stored of the order differs from what was signed.
    OrderRefused
        If the order is not active, or is for another day.
    """
    rows = OrderRow.objects.for_clinic(session.patient.clinic_id)
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    row = rows.select_related("signature", "course", "patient__clinic").get(pk=session.order_id)
    order = check_intact(row)
    patient = row.patient
    _check_order_is_for_now(row, patient, at)
    library = _library_of(session, order)
    _check_text_is_signed(order, library)
    case = case_of(patient, as_of=at)
    question = library.questions.questions["can_be_pregnant"]
    pregnancy = seen(case, "can_be_pregnant", question, as_of=at)
    ruled_out = isinstance(pregnancy, Fact) and pregnancy.value is Answer.NO
    return Start(
        order=order,
        signature=Signature(row.signature.sha256, str(row.signature.by_id), row.signature.at),
        state=state,
        report=assess(case, order.protocol_id, as_of=at_site(patient, at), library=library),
        patient=Identifiers(patient.pk, patient.identifier, patient.born_on),
        at=at,
        history=given_before(patient, at=at, session=session.pk, protocol_id=order.protocol_id),
        can_be_pregnant=Answer.NO if ruled_out else Answer.UNKNOWN,
        library=library,
        of_clinic=asked_at_start(session, order, at),
    )


def _library_of(session: SessionRow, order: Order) -> Library:
    """Return the knowledge that a session goes by: the protocol as it was when its order was signed."""
    return library_of_order(session.patient.clinic_id, order.protocol_id, order.protocol_sha256)


def _check_text_is_signed(order: Order, library: Library) -> None:
    """Refuse to start by another text of the protocol than the one that was signed (hazard H-17).

    A site's own texts are all kept; the product's are those of the release that runs.
    """
    if library.stamps[order.protocol_id].sha256 != order.protocol_sha256:
        title = library.protocol(order.protocol_id).title
        raise OrderRefused(
            f"The text of {title} was changed after this order was signed, so nothing may be given from it. "
            "Withdraw the order and sign a new one."
        )


def _check_order_is_for_now(row: OrderRow, patient: Patient, at: datetime) -> None:
    if row.status != OrderStatus.ACTIVE:
        raise OrderRefused(f"The order is {row.status}, so nothing may be given from it. Sign a new order.")
    today = site_day(patient, at)
    if row.planned_on != today:
        raise OrderRefused(
            f"The order is for {row.planned_on:%d-%b-%Y}, and today is {today:%d-%b-%Y}. "
            "Withdraw it and sign one for today."
        )


def _move_order(session: SessionRow, state: SessionState) -> None:
    """Mark the order as used once something was given, and withdraw it when its session was cancelled."""
    given = state.started_at is not None or state.administration_at is not None
    if session.order.status != OrderStatus.ACTIVE or not (given or state.cancellation is not None):
        return  # an order that was used or withdrawn never becomes active again
    rows = OrderRow.objects.for_clinic(session.patient.clinic_id)
    order = rows.get(pk=session.order_id)
    if order.status != OrderStatus.ACTIVE:
        return
    order.status = OrderStatus.USED if given else OrderStatus.WITHDRAWN
    order.save(update_fields=["status"])

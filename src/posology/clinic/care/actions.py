"""Decisions: signing an order from an advised option, or choosing none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from posology.clinic.accounts.models import User
from posology.clinic.audit import action
from posology.clinic.care import signing
from posology.clinic.care.queries import advice_for, site_day
from posology.clinic.care.signing import SigningRefused
from posology.clinic.conflicts import Conflict, WrongPatient, check_page_patient
from posology.clinic.locks import lock_clinic, lock_patient
from posology.clinic.orders.actions import LONGEST_ENDING, course_for, end_course
from posology.clinic.orders.alerts import (
    Answered,
    check_answered,
    record_decision_alerts,
    record_order_alerts,
)
from posology.clinic.orders.models import DecisionRow, OrderRow, OrderStatus, OverrideRow, Signature
from posology.clinic.orders.permissions import check_can_override, check_can_sign
from posology.clinic.orders.queries import active_order, open_course
from posology.clinic.orders.stored import order_of
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.clinic.protocols.queries import library_at
from posology.clinic.sessions.actions import SessionRefused, check_place, schedule
from posology.clinic.sessions.models import SessionRow
from posology.clinic.visits.queries import appointed
from posology.knowledge import Library
from posology.protocols import Finding
from posology.quantities import check_aware
from posology.recommendation import DoseChange, Option
from posology.recommendation.alerts import alerts_of
from posology.treatment import Order, order_of_option

MEANING = "I order this dose for this patient."


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """The answer to a signing: the order, its session, and whether it had been signed before."""

    order: OrderRow
    session: SessionRow
    repeated: bool


@action
def sign_order(
    *,
    order_id: UUID,
    patient: Patient,
    option_id: str,
    product_id: str,
    advice_as_of: datetime,
    overrides: Mapping[str, str],
    answers: Mapping[str, Answered],
    password_checked: bool,
    typed_identifier: str,
    typed_born_on: date | str,
    scheduled_at: datetime | None = None,
    chair: int | None = None,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> SignedOrder:
    """Sign an advised option as an order, so that it may be given, and schedule its session.

    Everything is computed anew at ``at``: what was shown at ``advice_as_of`` must still be advised. A
    second send of the same ``order_id`` returns the first answer.

    Raises
    ------
    NotPermitted, WrongPatient, SigningRefused, AlertUnanswered, LimitExceeded, TooSoon, OrderRefused,
    Conflict
        Each with what was found, and what to do.
    """
    check_can_sign(by, patient)
    check_page_patient(page_patient_id, patient)
    if chair is not None:
        lock_clinic(patient.clinic_id)  # one chair is given once
    patient = lock_patient(patient)
    known = OrderRow.objects.everywhere(because="an id is taken once, wherever").filter(pk=order_id).first()
    if known is not None:
        return _first_answer(known, patient, option_id, product_id)
    if not password_checked:
        raise SigningRefused("Signing asks for your password once more. Type it.", field="password")
    signing.check_identifiers(patient, typed_identifier, typed_born_on)
    shown_at = check_aware(advice_as_of, what="moment of the options")
    signing.check_chosen_moment(shown_at, at)
    option, _ = signing.chosen_option(
        option_id, advice_for(patient, as_of=shown_at), advice_for(patient, as_of=at)
    )
    when = _when(patient, option, scheduled_at, at)
    library = library_at(patient.clinic, at)
    limits = _check_before_signing(patient, option, product_id, when, library, at)
    holds = signing.holds_passed(signing.all_holds(option.blocked_by, limits), overrides, by)
    if holds:
        check_can_override(by, patient)
    alerts = alerts_of(option, library)
    answered = check_answered(alerts.interrupt, answers)
    order = order_of_option(
        option,
        order_id=order_id,
        patient_id=patient.pk,
        product_id=product_id,
        planned_on=site_day(patient, when),
        library=library,
        overrides=holds,
    )
    row = _store(order, patient, by, at)
    session_id = uuid5(order_id, "session")
    _check_place(row, patient, session_id, when, chair, at)
    record_order_alerts(row, alerts, holds=holds, answers=answered, by=by, at=at)
    session = schedule(
        session_id=session_id,
        order=row,
        scheduled_at=when,
        chair=chair if chair is not None else _appointed_chair(patient, when),
        at=at,
    )
    return SignedOrder(row, session, repeated=False)


def _first_answer(known: OrderRow, patient: Patient, option_id: str, product_id: str) -> SignedOrder:
    if known.patient_id != patient.pk:
        raise WrongPatient("This order was signed for another patient. Open that patient's record.")
    order = order_of(known)
    if (order.option_id, order.product_id) != (option_id, product_id):
        raise Conflict("This order was signed before with another choice. Look at the patient's orders.")
    return SignedOrder(known, known.session, repeated=True)


def _check_place(
    row: OrderRow, patient: Patient, session: UUID, when: datetime, chair: int | None, at: datetime
) -> None:
    """Refuse a chair that is not there or is taken, and a second session of the patient at that time."""
    if chair is not None and not 1 <= chair <= patient.clinic.chairs:
        raise SigningRefused(
            f"There is no chair {chair} here. Choose 1 to {patient.clinic.chairs}.", field="chair"
        )
    try:
        check_place(row, patient, session=session, start=when, chair=chair, at=at)
    except SessionRefused as refusal:
        raise SigningRefused(str(refusal), field="chair" if chair is not None else "scheduled_at") from None


def _appointed_chair(patient: Patient, when: datetime) -> int | None:
    """Return the chair of the patient's appointment at that very time, if there is one."""
    booked = appointed(patient, site_day(patient, when))
    return booked.chair if booked is not None and booked.starts_at == when else None


def _when(patient: Patient, option: Option, scheduled_at: datetime | None, at: datetime) -> datetime:
    """Return the time of the session: as chosen, as appointed, now on its planned day, or at nine later."""
    if scheduled_at is not None:
        when = check_aware(scheduled_at, what="time of the session")
        if site_day(patient, when) < site_day(patient, at):
            raise SigningRefused(
                "The session lies in the past. Choose a day from today on.", field="scheduled_at"
            )
        return when
    today = site_day(patient, at)
    planned = option.next_on or today
    booked = appointed(patient, max(planned, today))
    if booked is not None and booked.starts_at >= at:
        return booked.starts_at
    if planned <= today:
        return at
    return check_aware(datetime.combine(planned, time(9), tzinfo=ZoneInfo(patient.clinic.zone)), what="time")


def _check_before_signing(
    patient: Patient,
    option: Option,
    product_id: str,
    when: datetime,
    library: Library,
    at: datetime,
) -> tuple[Finding, ...]:
    """Refuse what nobody may pass; return the holds of the limits at the time of the session."""
    protocol = library.protocol(option.protocol_id)
    signing.check_product(product_id, protocol, library)
    waiting = active_order(patient)
    if waiting is not None:
        raise Conflict(
            f"An order for {waiting.planned_on:%d-%b-%Y} is signed and not given yet. "
            "Give or withdraw it first."
        )
    return signing.limits_at(patient, option, when=when, at=at, library=library)


def _store(order: Order, patient: Patient, by: User, at: datetime) -> OrderRow:
    course = course_for(
        course_id=uuid5(order.id, "course"),
        patient=patient,
        protocol_id=order.protocol_id,
        began_on=order.planned_on,
        by=by,
    )
    row = OrderRow.objects.create(
        id=order.id,
        patient=patient,
        course=course,
        body=order.canonical().decode(),
        sha256=order.sha256(),
        status=OrderStatus.ACTIVE,
        dose_mg=order.dose_mg,
        planned_on=order.planned_on,
        created_at=at,
        signed_by=by,
        signed_at=at,
    )
    Signature.objects.create(
        id=uuid5(order.id, "signature"), order=row, by=by, at=at, meaning=MEANING, sha256=order.sha256()
    )
    for hold in order.overrides:
        OverrideRow.objects.create(
            id=uuid5(order.id, f"override {hold.rule}"),
            order=row,
            rule=hold.rule,
            reason=hold.reason,
            by=by,
            at=at,
        )
    return row


@action
def choose_none(
    *,
    decision_id: UUID,
    patient: Patient,
    reason: str,
    option_id: str = "",
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> DecisionRow:
    """Record the decision for none of the options, or for one that gives no dose, with its reason.

    The option to end a course ends it, in the same transaction.
    """
    check_can(by, "choose_none", patient)
    check_page_patient(page_patient_id, patient)
    patient = lock_patient(patient)
    why = " ".join(reason.split())
    known = (
        DecisionRow.objects.everywhere(because="an id is taken once, wherever").filter(pk=decision_id).first()
    )
    if known is not None:
        if known.patient_id != patient.pk:
            raise WrongPatient("This decision was recorded for another patient. Open that patient's record.")
        return known
    if not why or len(why) > 500:
        raise SigningRefused("Say in 1 to 500 characters why none of the options is taken.", field="reason")
    advice = advice_for(patient, as_of=at)
    chosen = advice.option(option_id) if option_id else None
    if option_id and (chosen is None or chosen.dose is not None):
        raise SigningRefused("This option gives a dose, or is not advised now. Look at the options again.",
                             field="option_id")  # fmt: skip
    course = open_course(patient)
    if chosen is not None and chosen.dose_change is DoseChange.END and course is not None:
        end_course(course_id=course.pk, because=why[:LONGEST_ENDING], by=by, at=at)
    row = DecisionRow.objects.create(
        id=decision_id,
        patient=patient,
        option_id=option_id,
        reason=why,
        offered=[o.id for o in advice.options],
        by=by,
        at=at,
    )
    library = library_at(patient.clinic, at)
    record_decision_alerts(row, (alerts_of(o, library) for o in advice.options), by=by, at=at)
    return row

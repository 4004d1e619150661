"""The banner over every page about a patient: two identifiers, the allergy, the line that matters now."""

from datetime import datetime
from zoneinfo import ZoneInfo

from posology.case import Answer
from posology.clinic.assessments.queries import latest_fact
from posology.clinic.care.standing import Standing, brief_standing
from posology.clinic.orders.stored import OrderAltered
from posology.clinic.patients.models import Patient
from posology.treatment import SessionPhase
from posology.web.components import AllergyStatus, PatientBanner
from posology.web.components.text import day_text
from posology.web.words import PHASE, SEX, order_words

ALLERGY = "hypersensitivity"


def banner_of(patient: Patient, *, now: datetime) -> PatientBanner:
    """Build the banner of one patient."""
    answer = latest_fact(patient, ALLERGY, as_of=now)
    allergic = answer is not None and answer.value is Answer.YES
    asked_no = answer is not None and answer.value is Answer.NO
    return PatientBanner(
        patient_id=str(patient.pk),
        family=patient.family_name,
        given=patient.given_name,
        born_on=patient.born_on,
        sex=SEX[patient.sex],
        identifier=patient.identifier,
        on=now.astimezone(ZoneInfo(patient.clinic.zone)).date(),
        allergies=("ketamine or esketamine",) if allergic else (),
        allergy_status=AllergyStatus.NOT_TO_THE_DRUG if asked_no else AllergyStatus.NOT_KNOWN,
        now_line=_line_of(patient),
        href=f"/patients/{patient.pk}/",
    )


def _line_of(patient: Patient) -> str:
    """Return the line; a stored order that cannot be read is told here, so that no page falls over it."""
    try:
        return now_line(brief_standing(patient), patient)
    except OrderAltered:
        return "The stored order is not what was signed: give nothing from it"


def now_line(standing: Standing, patient: Patient) -> str:
    """Say in one line what matters now: the open session, the last one, or that there is no course."""
    zone = ZoneInfo(patient.clinic.zone)
    if standing.session is not None and standing.order is not None and standing.session_is_open:
        phase = SessionPhase(standing.session.phase)
        what = f"Session {standing.order.session_number}, {order_words(standing.order)}"
        if phase is SessionPhase.SCHEDULED:
            return f"{what}: {day_text(standing.session.scheduled_at.astimezone(zone).date())}"
        return f"{what}: {PHASE[phase].lower()}"
    if standing.course is not None and standing.session is not None and standing.order is not None:
        last = day_text(standing.session.scheduled_at.astimezone(zone).date())
        return f"After session {standing.order.session_number}, {order_words(standing.order)}, {last}"
    return "No course yet"

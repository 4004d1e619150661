"""In which setting a session is: the site's usual one, or another that a person says with a reason.

An inpatient's session needs no enrolment and no form (S-REMS-05), so who says so drops what the programme
asks of an outpatient (S-REMS-03, S-REMS-04): it stands in the record and on the list with who, when and why.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from posology.clinic.accounts.models import User
from posology.clinic.audit import action
from posology.clinic.conflicts import check_page_patient
from posology.clinic.locks import lock_of_clinic
from posology.clinic.patients.models import Patient
from posology.clinic.rems.actions import RemsRefused, first_answer
from posology.clinic.rems.gate import SETTING
from posology.clinic.rems.models import LONGEST_REASON, SessionAnswer, Setting
from posology.clinic.rems.permissions import FILL, VIEW, check_can
from posology.clinic.rems.queries import LISTED, Around, SessionForm, form_for
from posology.clinic.rems.standing import rule_of
from posology.clinic.sessions.models import SessionRow


@action
def say_setting(
    *,
    row_id: UUID,
    session_id: UUID,
    setting: str,
    because: str = "",
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> SessionAnswer:
    """Record in which setting a session is; another than the usual one at the site needs a reason.

    Raises
    ------
    NotPermitted, NotFound, WrongPatient, Conflict
        If this person may not, or the id holds something else.
    RemsRefused
        If there is no such setting, no reason is given, or the setting asks for less than the usual one and
        the site is not certified for it.
    """
    check_can(by, FILL)
    session: SessionRow = lock_of_clinic(SessionRow, session_id, by, what="session")
    reason = " ".join(because.split())
    told = {"session_id": session.pk, "field": SETTING, "value": setting, "because": reason}
    known: SessionAnswer | None = first_answer(SessionAnswer, row_id, by.clinic_id, told)
    if known:
        return known
    found = form_for(by, session_id, at=at)
    check_page_patient(page_patient_id, found.session.patient)
    check_may_say(found, setting, reason)
    return SessionAnswer.objects.create(id=row_id, by=by, at=at, **told)


def check_may_say(found: SessionForm, setting: str, reason: str) -> None:
    """Refuse a setting that is none, that drops a demand without ground, or that has no reason.

    Raises
    ------
    RemsRefused
        With what is amiss, and what to do.
    """
    if setting not in found.programme.settings:
        raise RemsRefused("This is no setting of the programme. Choose one of the list.", field=SETTING)
    rule, usual = rule_of(found.programme, Setting(setting)), rule_of(found.programme, found.usual)
    drops = (usual.enrolment and not rule.enrolment) or (usual.form and not rule.form)
    if drops and setting not in found.held:
        raise RemsRefused(
            f"This site is not certified for the setting {rule.title.lower()}, so what the programme asks "
            "stands. The medical director records a certification.",
            field=SETTING,
        )
    if setting != found.usual and not reason:
        raise RemsRefused(
            f"The usual setting here is {usual.title.lower()}. Say why this session is in another.",
            field="because",
        )
    if len(reason) > LONGEST_REASON:
        raise RemsRefused(
            f"The reason has {len(reason)} characters. Say it in {LONGEST_REASON}.", field="because"
        )


def said_apart(by: User, *, at: datetime, patient: Patient | None = None) -> tuple[SessionForm, ...]:
    """Return the sessions of which somebody said another setting than the usual one, the latest first.

    One that was said without a reason is among them: it does not count.
    """
    check_can(by, VIEW, patient)
    said = SessionAnswer.objects.for_clinic(by.clinic_id).filter(session=OuterRef("pk"), field=SETTING)
    rows = SessionRow.objects.for_clinic(by.clinic_id).filter(Exists(said))
    if patient is not None:
        rows = rows.filter(patient=patient)
    sessions = list(rows.select_related("order", "patient__clinic").order_by("-scheduled_at", "pk")[:LISTED])
    around = Around(by.clinic, sessions, at=at)
    forms = (f for session in sessions if (f := around.form(session)) is not None)
    return tuple(f for f in forms if f.said is not None and f.said.value != f.usual)

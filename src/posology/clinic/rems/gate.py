"""What a programme puts in the way of a start: a site that is not certified, a patient not enrolled."""

from collections.abc import Iterator
from datetime import datetime

from posology.clinic.rems.models import SessionAnswer
from posology.clinic.rems.standing import (
    certifications_of,
    certified,
    day_at,
    enrolled,
    enrolments_of,
    programme_of,
    rule_of,
    setting_of,
)
from posology.clinic.sessions.models import SessionRow
from posology.knowledge import Role
from posology.treatment import Obstacle, Order

SETTING = "setting"  # the field of the answer that says in which setting a session is


def start_obstacles(session: SessionRow, order: Order, at: datetime) -> Iterator[Obstacle]:
    """Yield what the programme of the order's drug still asks before a start (S-REMS-02, S-REMS-03)."""
    patient = session.patient
    clinic = patient.clinic
    programme = programme_of(clinic, order)
    if programme is None:
        return
    today = day_at(clinic, at)
    held = certified(certifications_of(clinic, programme.id), on=today)
    setting = setting_of(held, said_setting(session))
    rule = rule_of(programme, setting)
    if setting not in held:
        yield Obstacle(
            "rems/site",
            f"{programme.title}: this site is not certified for the setting {rule.title.lower()}, so nothing "
            "of the drug may be given here. The medical director records the certification.",
            Role.DIRECTOR,
        )
    if rule.enrolment and enrolled(enrolments_of(patient, programme.id), on=today) is None:
        yield Obstacle(
            "rems/enrolment",
            f"{programme.title}: the patient is not enrolled, and is so before the first treatment. "
            "A prescriber records the enrolment that both have signed.",
            Role.PRESCRIBER,
        )


def said_setting(session: SessionRow) -> SessionAnswer | None:
    """Return what a person last said of the setting of a session."""
    rows = SessionAnswer.objects.for_clinic(session.patient.clinic_id)
    said: SessionAnswer | None = rows.filter(session=session, field=SETTING).order_by("at").last()
    return said

"""The demo in the programmes of its jurisdiction: certified, enrolled, reachable; all numbers made up."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from posology.clinic.patients.models import Patient
from posology.clinic.rems.actions import certify_site, enrol_patient, record_contact
from posology.clinic.rems.forms import answer_field, finalise_form, record_sent
from posology.clinic.rems.models import FinalForm, Setting
from posology.clinic.rems.queries import form_or_none
from posology.clinic.rems.standing import day_at, programmes_at
from posology.clinic.sessions.models import SessionRow
from posology.knowledge import load_library
from posology.knowledge.programmes import load_programmes
from posology.server.demo.people import Staff
from posology.treatment.rems import Ask

NAMES = UUID("c0d3f3f0-1df5-4d0e-8a3e-6f5f3b9b7c11")  # the name space of the ids made here


def join_programmes(staff: Staff, *, at: datetime) -> None:
    """Certify the clinic as an outpatient site, and say how its people are reached."""
    for programme in programmes_at(staff.clinic):
        certify_site(
            row_id=uuid5(NAMES, programme.id),
            programme=programme.id,
            setting=Setting.OUTPATIENT.value,
            on=day_at(staff.clinic, at),
            number="SYNTHETIC-SITE-1",
            representative=staff.director.full_name,
            address="1 Synthetic Street, Exampletown",
            by=staff.director,
            at=at,
        )
    for n, who in enumerate((staff.nurse, staff.prescriber), start=1):
        record_contact(
            row_id=uuid5(NAMES, who.username),
            telephone=f"555 010{n}",
            email=f"{who.username}@example.org",
            by=who,
            at=at,
        )


def enrol(staff: Staff, patient: Patient, protocol_id: str, *, at: datetime) -> None:
    """Enrol a patient in the programme of the drug that the story gives, if there is one."""
    protocol = load_library().protocol(protocol_id)
    day = day_at(staff.clinic, at)
    for programme in load_programmes().of(staff.clinic.jurisdiction, protocol.substance, protocol.route):
        enrol_patient(
            row_id=uuid5(NAMES, f"{patient.identifier} {programme.id}"),
            patient=patient,
            programme=programme.id,
            number=f"SYNTHETIC-{patient.identifier}",
            on=day,
            patient_signed_on=day,
            prescriber_signed_on=day,
            by=staff.prescriber,
            at=at,
        )


# What a nurse of the demo answers where no entry tells it.
_ANSWERS = {Ask.YES_NO: "yes", Ask.MINUTES: "95", Ask.TEXT: "Told to the programme.", Ask.WHY_NOT: "Asleep."}
_WAITS = timedelta(days=7)  # the forms of the last days wait, so that the list is not empty


def report(staff: Staff, session: SessionRow, *, first: bool, at: datetime, now: datetime) -> None:
    """Complete and send the form of a past session, if its drug has one and it is some days old."""
    final = None if at > now - _WAITS else complete(staff, session, first=first, at=at)
    if final is not None:
        send(staff, final, at=at)


def complete(staff: Staff, session: SessionRow, *, first: bool, at: datetime) -> FinalForm | None:
    """Answer what no entry tells of a session, and finalise its form; ``None`` where its drug has none."""
    found = form_or_none(staff.nurse, session.pk, at=at)
    if found is None:
        return None
    for field in found.form.unfinished:
        assert field.missing is not None
        value = ("yes" if first else "no") if field.key == "first_treatment" else _ANSWERS[field.missing.ask]
        answer_field(
            row_id=uuid5(session.pk, field.key),
            session_id=session.pk,
            field=field.key,
            value=value,
            by=staff.nurse,
            at=at,
        )
    whole = form_or_none(staff.nurse, session.pk, at=at)
    assert whole is not None
    return finalise_form(
        row_id=uuid5(session.pk, "form"),
        session_id=session.pk,
        version=whole.form.version,
        seen_sha256=whole.form.sha256,
        by=staff.nurse,
        at=at,
    )


def send(staff: Staff, final: FinalForm, *, at: datetime) -> None:
    """Send a finalised form to its programme."""
    record_sent(
        row_id=uuid5(final.session_id, "sent"),
        form_id=final.pk,
        on=day_at(staff.clinic, at),
        way="Synthetic portal",
        by=staff.director,
        at=at,
    )

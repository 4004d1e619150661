"""The demo in the programmes of its jurisdiction: certified, enrolled, reachable; all numbers made up."""

from datetime import datetime
from uuid import UUID, uuid5

from posology.clinic.patients.models import Patient
from posology.clinic.rems.actions import certify_site, enrol_patient, record_contact
from posology.clinic.rems.models import Setting
from posology.clinic.rems.standing import day_at, programmes_at
from posology.knowledge import load_library
from posology.knowledge.programmes import load_programmes
from posology.server.demo.people import Staff

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

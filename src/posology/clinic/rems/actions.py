"""What people do about a programme itself: certify a site, enrol a patient. Each act is one row, once."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict, check_page_patient
from posology.clinic.locks import lock_patient
from posology.clinic.patients.models import Patient
from posology.clinic.rems.models import (
    Enrolment,
    Setting,
    SiteCertification,
    StaffContact,
    Standing,
)
from posology.clinic.rems.permissions import CERTIFY, ENROL, FILL, check_can
from posology.clinic.rems.standing import (
    certifications_of,
    certified,
    day_at,
    enrolled,
    enrolments_of,
    programmes_at,
)
from posology.knowledge.schema.programmes import ProgrammeFile
from posology.quantities import DomainError


class RemsRefused(DomainError):
    """Something of a programme that cannot be recorded so; ``field`` names what to mend."""

    code = "rems"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


def first_answer(model: Any, key: UUID, clinic: Any, told: dict[str, Any]) -> Any:
    """Return the row of an id that was sent before, if it says the same.

    Raises
    ------
    Conflict
        If it says something else.
    """
    row = model.objects.for_clinic(clinic).filter(pk=key).first()
    if row is not None and any(getattr(row, name) != value for name, value in told.items()):
        raise Conflict(
            "This entry was recorded before with another content, so nothing was written. Reload the page."
        )
    return row


def _programme(clinic: Clinic, programme: str) -> ProgrammeFile:
    found = next((p for p in programmes_at(clinic) if p.id == programme), None)
    if found is None:
        raise RemsRefused("No such programme holds in this clinic's jurisdiction. Choose one of the list.")
    return found


def check_day(on: date, clinic: Clinic, at: datetime, *, field: str = "on") -> None:
    today = day_at(clinic, at)
    if on > today:
        raise RemsRefused(
            f"The day {on:%d-%b-%Y} lies ahead of today, {today:%d-%b-%Y}. Enter it once it has come.",
            field=field,
        )


# ---------------------------------------------------------------- the site


@action
def certify_site(
    *,
    row_id: UUID,
    programme: str,
    setting: str,
    on: date,
    number: str,
    representative: str,
    address: str,
    by: User,
    at: datetime,
) -> SiteCertification:
    """Record that the site is certified for one setting, from a day.

    Raises
    ------
    NotPermitted, RemsRefused, Conflict
        If this person may not, the day lies ahead, or the id holds something else.
    """
    check_can(by, CERTIFY)
    told = {"programme": _programme(by.clinic, programme).id, "setting": Setting(setting).value, "on": on}
    told |= {"number": number.strip(), "representative": representative.strip(), "address": address.strip()}
    known = first_answer(SiteCertification, row_id, by.clinic_id, told)
    if known:
        return known
    check_day(on, by.clinic, at)
    for name in ("number", "representative", "address"):
        if not told[name]:
            raise RemsRefused(f"The {name} is empty. Write it as the programme has it.", field=name)
    return SiteCertification.objects.create(
        id=row_id, clinic=by.clinic, kind=Standing.BEGINS, by=by, at=at, **told
    )


@action
def end_certification(
    *, row_id: UUID, programme: str, setting: str, on: date, because: str, by: User, at: datetime
) -> SiteCertification:
    """Record that a certification ended on a day, and why.

    Raises
    ------
    NotPermitted, RemsRefused, Conflict
        If this person may not, none holds on that day, or no reason is given.
    """
    check_can(by, CERTIFY)
    told = {"programme": programme, "setting": Setting(setting).value, "on": on, "because": because.strip()}
    known = first_answer(SiteCertification, row_id, by.clinic_id, told)
    if known:
        return known
    check_day(on, by.clinic, at)
    if Setting(setting) not in certified(certifications_of(by.clinic, programme), on=on):
        raise RemsRefused(
            f"No certification holds on {on:%d-%b-%Y}, so none ends. Check the day.", field="on"
        )
    if not told["because"]:
        raise RemsRefused("The reason is empty. Say why it ended.", field="because")
    return SiteCertification.objects.create(
        id=row_id, clinic=by.clinic, kind=Standing.ENDS, by=by, at=at, **told
    )


@action
def record_contact(*, row_id: UUID, telephone: str, email: str, by: User, at: datetime) -> StaffContact:
    """Record how the programme reaches the person who is signed in.

    Raises
    ------
    NotPermitted, RemsRefused, Conflict
        If this person may not, or something is missing.
    """
    check_can(by, FILL)
    email = email.strip()
    told = {"person_id": by.pk, "telephone": telephone.strip(), "email": email}
    known = first_answer(StaffContact, row_id, by.clinic_id, told)
    if known:
        return known
    if not told["telephone"]:
        raise RemsRefused("The telephone is empty. Write where you are reached.", field="telephone")
    if "@" not in email:
        raise RemsRefused(f"'{email[:60]}' is no email address. Write it as name@example.org.", field="email")
    return StaffContact.objects.create(id=row_id, by=by, at=at, **told)


# ---------------------------------------------------------------- the patient


@action
def enrol_patient(
    *,
    row_id: UUID,
    patient: Patient,
    programme: str,
    number: str,
    on: date,
    patient_signed_on: date,
    prescriber_signed_on: date,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> Enrolment:
    """Record a patient's enrolment, which the patient and this prescriber have signed.

    Raises
    ------
    NotPermitted, NotFound, WrongPatient, RemsRefused, Conflict
        If this person may not, a day does not fit, or the patient is enrolled already.
    """
    check_can(by, ENROL, patient)
    check_page_patient(page_patient_id, patient)
    patient = lock_patient(patient)
    told = {"patient_id": patient.pk, "programme": _programme(patient.clinic, programme).id, "on": on}
    told |= {"number": number.strip(), "patient_signed_on": patient_signed_on}
    told |= {"prescriber_signed_on": prescriber_signed_on}
    known = first_answer(Enrolment, row_id, by.clinic_id, told)
    if known:
        return known
    check_day(on, patient.clinic, at)
    for name, day in (("patient", patient_signed_on), ("prescriber", prescriber_signed_on)):
        if day > on:
            raise RemsRefused(
                f"The {name} signed on {day:%d-%b-%Y}, after the enrolment of {on:%d-%b-%Y}. "
                "Both sign before; check the days.",
                field=f"{name}_signed_on",
            )
    if not told["number"]:
        raise RemsRefused("The number is empty. Write the one that the programme gave.", field="number")
    if enrolled(enrolments_of(patient, programme), on=on) is not None:
        raise RemsRefused(
            "The patient is enrolled already on that day. End that enrolment first.", field="on"
        )
    return Enrolment.objects.create(id=row_id, kind=Standing.BEGINS, prescriber=by, by=by, at=at, **told)


@action
def end_enrolment(
    *,
    row_id: UUID,
    patient: Patient,
    programme: str,
    on: date,
    because: str,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> Enrolment:
    """Record that a patient's enrolment ended, and why.

    Raises
    ------
    NotPermitted, NotFound, WrongPatient, RemsRefused, Conflict
        If this person may not, or no enrolment holds on that day.
    """
    check_can(by, ENROL, patient)
    check_page_patient(page_patient_id, patient)
    patient = lock_patient(patient)
    told = {"patient_id": patient.pk, "programme": programme, "on": on, "because": because.strip()}
    known = first_answer(Enrolment, row_id, by.clinic_id, told)
    if known:
        return known
    check_day(on, patient.clinic, at)
    if enrolled(enrolments_of(patient, programme), on=on) is None:
        raise RemsRefused(f"No enrolment holds on {on:%d-%b-%Y}, so none ends. Check the day.", field="on")
    if not told["because"]:
        raise RemsRefused("The reason is empty. Say why it ended.", field="because")
    return Enrolment.objects.create(id=row_id, kind=Standing.ENDS, by=by, at=at, **told)

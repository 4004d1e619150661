"""Registering a patient."""

import unicodedata
from datetime import date, datetime
from typing import Any
from uuid import UUID

from posology.case import Sex
from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import Clinic, User
from posology.clinic.audit import action
from posology.clinic.patients.models import Patient
from posology.quantities import DomainError, age_years


class PatientError(DomainError):
    """A patient that cannot be registered; ``field`` names what to mend."""

    code = "patient"

    def __init__(self, sentence: str, *, field: str) -> None:
        self.field = field
        super().__init__(sentence)


@action
def register_patient(
    *,
    patient_id: UUID,
    clinic: Clinic,
    family_name: str,
    given_name: str,
    born_on: date,
    sex: Sex,
    identifier: str,
    by: User,
    at: datetime,
) -> Patient:
    """Register a patient; a second send of the same id returns the first answer."""
    permissions.check_same_clinic(by, clinic.pk, what="clinic")
    permissions.check(by, "register_patient")
    fields: dict[str, Any] = {
        "family_name": _word(family_name, "family_name", "family name", 80),
        "given_name": _word(given_name, "given_name", "given name", 80),
        "identifier": _word(identifier, "identifier", "record number", 40),
        "born_on": _born_on(born_on, at),
        "sex": Sex(sex).value,
    }
    _lock(clinic)
    mine = Patient.objects.for_clinic(clinic)
    known = mine.filter(pk=patient_id).first()
    if known is not None:
        return known
    if mine.filter(identifier=fields["identifier"]).exists():
        raise PatientError("This record number is taken already. Open that record.", field="identifier")
    return Patient.objects.create(id=patient_id, clinic=clinic, registered_at=at, **fields)


def _lock(clinic: Clinic) -> None:
    """Let two registrations at one clinic follow each other, so that a second send finds the first."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)


def _word(text: str, field: str, what: str, longest: int) -> str:
    word = unicodedata.normalize("NFC", " ".join(text.split()))
    if not word:
        raise PatientError(f"The {what} is empty. Write it.", field=field)
    if len(word) > longest or not word.isprintable():
        raise PatientError(
            f"The {what} is longer than {longest} characters, or holds a sign that cannot be shown. "
            "Write it again.",
            field=field,
        )
    return word


def _born_on(born_on: date, at: datetime) -> date:
    if born_on > at.date():
        raise PatientError(f"The birth day {born_on} lies in the future. Correct it.", field="born_on")
    if age_years(born_on, at.date()) > 120:
        raise PatientError(
            f"The birth day {born_on} makes the patient over 120 years old. Correct it.", field="born_on"
        )
    return born_on

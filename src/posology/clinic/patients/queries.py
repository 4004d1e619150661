"""Finding patients, always of one clinic."""

from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import check, not_found
from posology.clinic.patients.models import Patient


def patients_of(by: User) -> QuerySet[Patient]:
    """Return the patients that a person may see, by name."""
    check(by, "view_patient")
    return Patient.objects.for_clinic(by.clinic_id).order_by("family_name", "given_name", "identifier")


def patient_for(by: User, patient_id: UUID | str) -> Patient:
    """Return one patient.

    Raises
    ------
    NotFound
        If there is none of this id in the person's clinic; the words do not tell whether it exists elsewhere.
    """
    patient = patients_of(by).filter(pk=patient_id).first()
    if patient is None:
        raise not_found("patient")
    return patient


def found_by(by: User, patient: Patient) -> Patient:
    """Return a patient that was found on the way to something else, if this person may see them.

    Raises
    ------
    NotFound
        As :func:`patient_for`.
    """
    check(by, "view_patient")
    if patient.clinic_id != by.clinic_id:
        raise not_found("patient")
    return patient


def search(by: User, text: str) -> QuerySet[Patient]:
    """Return the patients whose name or identifier begins with each of the words."""
    found = patients_of(by)
    for word in text.split()[:4]:
        found = found.filter(
            Q(family_name__istartswith=word)
            | Q(given_name__istartswith=word)
            | Q(identifier__istartswith=word)
        )
    return found


def look_alikes(patient: Patient) -> list[Patient]:
    """Return other patients of the clinic whose names could be taken for this one's."""
    others = Patient.objects.for_clinic(patient.clinic_id).exclude(pk=patient.pk)
    # One edit of a name leaves its first or its last letter as it was, so this loses none.
    first, last = patient.family_name[:1], patient.family_name[-1:]
    near = others.filter(
        Q(family_name__istartswith=first) | Q(family_name__iendswith=last) | Q(born_on=patient.born_on)
    )
    return [other for other in near if looks_alike(patient, other)]


def look_alikes_of(by: User, *, family_name: str, given_name: str, born_on: date) -> list[Patient]:
    """Return the patients for whom somebody who is about to be registered could be taken."""
    check(by, "view_patient")
    return look_alikes(
        Patient(clinic_id=by.clinic_id, family_name=family_name, given_name=given_name, born_on=born_on)
    )


def looks_alike(one: Patient, other: Patient) -> bool:
    """Say whether two names could be mixed up: same family name and initial, or one letter apart."""
    if one.born_on == other.born_on and one.family_name.casefold() == other.family_name.casefold():
        return True
    family = _apart(one.family_name.casefold(), other.family_name.casefold())
    given = _apart(one.given_name.casefold(), other.given_name.casefold())
    same_initial = one.given_name[:1].casefold() == other.given_name[:1].casefold()
    return (family <= 1 and same_initial) or (family <= 1 and given <= 1)


def _apart(one: str, other: str) -> int:
    """Return the number of single edits between two words (insertions, deletions, changes)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]

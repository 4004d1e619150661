"""Locks, always in this order: clinic, patient, session, order. The audit's chains come after them all.

They are *no key* locks: rows that only refer to the locked one (a foreign key) need not wait.
"""

from typing import Any
from uuid import UUID

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.permissions import not_found
from posology.clinic.patients.models import Patient


def lock_clinic(clinic_id: Any) -> Clinic:
    """Hold a clinic's row to the end of the transaction, before any other, and return it as it is now."""
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)


def lock_patient(patient: Patient) -> Patient:
    """Hold a patient's row to the end of the transaction, and return it as it is now.

    On PostgreSQL this is a row lock. On SQLite the transaction is IMMEDIATE, so it is alone already.
    """
    rows = Patient.objects.for_clinic(patient.clinic_id).select_for_update(of=("self",), no_key=True)
    return rows.select_related("clinic").get(pk=patient.pk)


def lock_of_clinic(model: Any, key: UUID | str, by: User, *, what: str) -> Any:
    """Hold a row of the person's clinic to the end of the transaction.

    Raises
    ------
    NotFound
        If there is none of this id in the clinic.
    """
    row = (
        model.objects.for_clinic(by.clinic_id)
        .select_for_update(of=("self",), no_key=True)
        .filter(pk=key)
        .first()
    )
    if row is None:
        raise not_found(what)
    return row

"""Locks, always in this order: clinic, patient, session, order. The audit's chains come after them all.

They are *no key* locks: rows that only refer to the locked one (a foreign key) need not wait.
"""

from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import UUIDField

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.permissions import not_found
from posology.clinic.patients.models import Patient
from posology.clinic.prepared import Prepared

_PATIENT = Prepared(
    lambda clinic, key: (
        Patient.objects.for_clinic(clinic)
        .select_for_update(of=("self",), no_key=True)
        .select_related("clinic")
        .filter(pk=key)
    ),
    UUIDField(),
    UUIDField(),
)


def lock_clinic(clinic_id: Any) -> Clinic:
    """Hold a clinic's row to the end of the transaction, before any other, and return it as it is now."""
    return Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)


def lock_patient(patient: Patient) -> Patient:
    """Hold a patient's row to the end of the transaction, and return it as it is now.

    On PostgreSQL this is a row lock. On SQLite the transaction is IMMEDIATE, so it is alone already.
    """
    row = _PATIENT.one(patient.clinic_id, patient.pk)
    if row is None:
        raise not_found("patient")
    return row


def lock_of_clinic(model: Any, key: UUID | str, by: User, *, what: str) -> Any:
    """Hold a row of the person's clinic to the end of the transaction.

    Raises
    ------
    NotFound
        If there is none of this id in the clinic.
    """
    row = _locking(model).one(by.clinic_id, key)
    if row is None:
        raise not_found(what)
    return row


@cache
def _locking(model: Any) -> Prepared[Any]:
    return Prepared(
        lambda clinic, key: (
            model.objects.for_clinic(clinic).select_for_update(of=("self",), no_key=True).filter(pk=key)
        ),
        UUIDField(),
        model._meta.pk,
    )

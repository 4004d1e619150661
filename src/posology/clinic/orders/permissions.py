"""Who may sign, override and withdraw."""

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import User
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can


def may_sign(by: User, patient: Patient) -> bool:
    """Say whether a person may sign an order for this patient."""
    return permissions.may(by, "sign_order") and by.clinic_id == patient.clinic_id


def check_can_sign(by: User, patient: Patient) -> None:
    """Refuse a person who may not sign an order for this patient."""
    check_can(by, "sign_order", patient)


def check_can_override(by: User, patient: Patient) -> None:
    """Refuse a person who may not pass a hold for this patient."""
    check_can(by, "override_hold", patient)

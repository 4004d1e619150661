"""Who may see and register patients."""

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import User
from posology.clinic.patients.models import Patient


def may_view(by: User, patient: Patient) -> bool:
    """Say whether a person may look at this patient's record."""
    return permissions.may(by, "view_patient") and by.clinic_id == patient.clinic_id


def check_can(by: User, action: str, patient: Patient) -> None:
    """Refuse an action on a patient that the role does not allow, or that is another clinic's.

    Raises
    ------
    NotPermitted, NotFound
        The second in the same words as for a patient that does not exist.
    """
    permissions.check_same_clinic(by, patient.clinic_id, what="patient")
    permissions.check(by, action)

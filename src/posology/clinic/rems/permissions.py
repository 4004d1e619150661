"""Who may do what about a programme's certification, enrolments and forms."""

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import check_same_clinic
from posology.clinic.patients.models import Patient

VIEW, CERTIFY, ENROL, FILL, SEND = "view_rems", "certify_site", "enrol_patient", "fill_rems", "send_rems"


def may(by: User, action: str) -> bool:
    """Say whether a person's role allows it."""
    return permissions.may(by, action)


def check_can(by: User, action: str, patient: Patient | None = None) -> None:
    """Refuse what the role does not allow, or what is about another clinic's patient.

    Raises
    ------
    NotPermitted, NotFound
        The second in the same words as for a patient that does not exist.
    """
    if patient is not None:
        check_same_clinic(by, patient.clinic_id, what="patient")
    permissions.check(by, action)

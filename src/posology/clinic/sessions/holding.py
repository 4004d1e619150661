"""Holding a session to the end of a transaction, always after its patient (``clinic.locks`` says why)."""

from uuid import UUID

from django.db.models import Subquery, UUIDField

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import check, not_found
from posology.clinic.patients.models import Patient
from posology.clinic.prepared import Prepared
from posology.clinic.sessions.models import SessionRow

_PATIENT = Prepared(
    lambda clinic, session: (
        Patient.objects.for_clinic(clinic)
        .select_for_update(of=("self",), no_key=True)
        .select_related("clinic")
        .filter(pk=Subquery(SessionRow.objects.for_clinic(clinic).filter(pk=session).values("patient")))
    ),
    UUIDField(),
    UUIDField(),
)
_SESSION = Prepared(
    lambda clinic, key: (
        SessionRow.objects.for_clinic(clinic)
        .select_for_update(of=("self",), no_key=True)
        .select_related("order__signature", "order__course")
        .filter(pk=key)
    ),
    UUIDField(),
    UUIDField(),
)


def hold(by: User, session_id: UUID | str) -> SessionRow:
    """Hold a session's patient, then the session, and return it with both and its order as they are now.

    Raises
    ------
    NotFound
        If there is none of this id in the person's clinic.
    """
    check(by, "view_session")
    patient = _PATIENT.one(by.clinic_id, session_id)
    session = _SESSION.one(by.clinic_id, session_id) if patient is not None else None
    if patient is None or session is None:
        raise not_found("session")
    session.patient = patient
    return session

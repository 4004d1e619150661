"""The look at a patient's curve, noted once in a while: a slider that is moved is one look, not forty."""

from datetime import datetime, timedelta
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.audit.acting import actor_name
from posology.clinic.audit.actions import record_view
from posology.clinic.audit.models import RecordView

ONE_LOOK = timedelta(minutes=10)  # an engineering default: what lies closer together is one look


def note_look(*, patient_id: UUID, page: str, by: User, at: datetime) -> None:
    """Note that a person looked, unless the same look was noted a moment ago."""
    known = RecordView.objects.filter(
        patient_id=patient_id, page=page, actor=actor_name(by), at__gt=at - ONE_LOOK, at__lte=at
    )
    if not known.exists():
        record_view(patient_id=patient_id, page=page, by=by, at=at)

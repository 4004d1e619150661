"""What the code above tells the audit by itself: looks. Every write is told by the database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from posology.clinic.audit.acting import action, actor_name
from posology.clinic.audit.models import RecordView


@action
def record_view(*, patient_id: UUID, page: str, by: Any, at: datetime) -> None:
    """Note that a person looked at a patient's record."""
    RecordView.objects.create(patient_id=patient_id, page=page[:120], actor=actor_name(by), at=at)

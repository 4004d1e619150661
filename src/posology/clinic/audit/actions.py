"""What the code above tells the audit by itself: looks. Every write is told by the database."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from posology.clinic.audit.acting import action, actor_name
from posology.clinic.audit.models import RecordView


@action
def record_view(*, patient_id: UUID, page: str, by: Any, at: datetime) -> None:
    """Note that a person looked at a patient's record."""
    RecordView.objects.create(patient_id=patient_id, page=page[:120], actor=actor_name(by), at=at)


@action
def record_views(*, patient_ids: Iterable[UUID], page: str, by: Any, at: datetime) -> None:
    """Note that a person looked at something that names several patients."""
    actor = actor_name(by)
    RecordView.objects.bulk_create(
        [RecordView(patient_id=one, page=page[:120], actor=actor, at=at) for one in sorted(patient_ids)]
    )

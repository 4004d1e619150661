"""The look at a patient's data, noted once in a while: a slider that is moved is one look, not forty."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.audit.acting import actor_name
from posology.clinic.audit.actions import record_views
from posology.clinic.audit.models import RecordView

ONE_LOOK = timedelta(minutes=10)  # an engineering default: what lies closer together is one look


def note_look(*, patient_id: UUID, page: str, by: User, at: datetime) -> None:
    """Note that a person looked, unless the same look was noted a moment ago."""
    note_looks(patient_ids=[patient_id], page=page, by=by, at=at)


def note_looks(*, patient_ids: Iterable[UUID], page: str, by: User, at: datetime) -> None:
    """Note that a person looked at what names several patients, as :func:`note_look` does of one."""
    looked_at = set(patient_ids)
    known = RecordView.objects.filter(
        patient_id__in=looked_at, page=page, actor=actor_name(by), at__gt=at - ONE_LOOK, at__lte=at
    )
    fresh = looked_at - set(known.values_list("patient_id", flat=True))
    if fresh:
        record_views(patient_ids=fresh, page=page, by=by, at=at)

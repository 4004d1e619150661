"""The list of patients, searched and sorted by names from a list; nothing that was typed becomes a field."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db.models import OuterRef, QuerySet, Subquery

from posology.clinic.accounts.models import User
from posology.clinic.orders.models import Course, CourseStatus
from posology.clinic.patients.models import Patient
from posology.clinic.patients.queries import patients_of, search
from posology.clinic.sessions.models import SessionRow
from posology.treatment import FINAL

PAGE = 50
ORDER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "name": ("family_name", "given_name", "identifier"),
        "identifier": ("identifier",),
        "born": ("born_on", "family_name", "given_name"),
        "registered": ("-registered_at", "family_name"),
        "next": ("next_at", "family_name", "given_name"),
    }
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list."""

    patients: tuple[Patient, ...]  # each with ``course_protocol`` and ``next_at``
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


def patients_listed(by: User, *, text: str = "", order: str = "name", page: int = 1) -> Listed:
    """Return one page of the patients whose name or identifier begins with the words."""
    rows = search(by, text) if text.strip() else patients_of(by)
    rows = _annotated(rows, by).order_by(*ORDER.get(order, ORDER["name"]))
    total = rows.count()
    page = min(max(1, page), max(1, -(-total // PAGE)))
    return Listed(tuple(rows[(page - 1) * PAGE : page * PAGE]), total, page)


def _annotated(rows: QuerySet[Patient], by: User) -> QuerySet[Patient]:
    course = Course.objects.for_clinic(by.clinic_id).filter(patient=OuterRef("pk"), status=CourseStatus.OPEN)
    coming = SessionRow.objects.for_clinic(by.clinic_id).filter(patient=OuterRef("pk"))
    coming = coming.exclude(phase__in=[p.value for p in FINAL]).order_by("scheduled_at")
    return rows.annotate(
        course_protocol=Subquery(course.values("protocol_id")[:1]),
        next_at=Subquery(coming.values("scheduled_at")[:1]),
    )

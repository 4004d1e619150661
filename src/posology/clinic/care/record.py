"""One short word that changes whenever a part of a record does: what a page shows it was made from."""

import hashlib
from collections.abc import Callable, Iterable

from django.db.models import Count, Max, QuerySet

from posology.clinic.assessments.models import ElsewhereRow, FactRow, ImportRow, MedicationRow
from posology.clinic.orders.models import OrderRow
from posology.clinic.outcomes.models import CompletedForm, RiskTask
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.models import EventRow, SessionRow


def _count(rows: QuerySet) -> str:
    return str(rows.count())


def _states(field: str) -> Callable[[QuerySet], str]:
    def told(rows: QuerySet) -> str:
        return str(
            sorted((str(r[field]), r["n"]) for r in rows.order_by().values(field).annotate(n=Count("pk")))
        )

    return told


def _tasks(rows: QuerySet) -> str:
    return str(
        rows.aggregate(n=Count("pk"), owned=Count("owner"), closed=Max("closed_at"), ended=Count("closed_at"))
    )


PARTS: dict[str, tuple[type, str, Callable[[QuerySet], str]]] = {
    "facts": (FactRow, "patient", _count),
    "medications": (MedicationRow, "patient", _count),
    "elsewhere": (ElsewhereRow, "patient", _count),
    "imports": (ImportRow, "patient", _count),
    "forms": (CompletedForm, "patient", _count),
    "tasks": (RiskTask, "patient", _tasks),
    "orders": (OrderRow, "patient", _states("status")),
    "sessions": (SessionRow, "patient", _states("phase")),
    "events": (EventRow, "session__patient", _count),
}


def record_version(patient: Patient, *, of: Iterable[str] = tuple(PARTS)) -> str:
    """Return a word for the state of these parts of a record; any row added or moved on gives another."""
    told = [str(patient.pk)]
    for name in of:
        model, path, tell = PARTS[name]
        rows = model.objects.for_clinic(patient.clinic_id).filter(**{path: patient})  # type: ignore[attr-defined]
        told.append(f"{name}={tell(rows)}")
    return hashlib.sha256("|".join(told).encode()).hexdigest()[:16]

"""What is known of a patient, as the library's own facts and drugs."""

from datetime import datetime

from django.db.models import QuerySet

from posology.case import Answer, Fact, Medication, Origin, OriginKind
from posology.clinic.assessments.models import FactRow, ImportRow, MedicationRow
from posology.clinic.assessments.values import from_json
from posology.clinic.patients.models import Patient


def fact_rows(patient: Patient, *, as_of: datetime) -> QuerySet[FactRow]:
    """Return every answer known at a moment; of two with one moment the later recorded comes first."""
    rows = FactRow.objects.for_clinic(patient.clinic_id).filter(patient=patient, recorded_at__lte=as_of)
    return rows.order_by("-at", "-recorded_at", "pk")


def facts_of(patient: Patient, *, as_of: datetime) -> tuple[Fact, ...]:
    """Return every answer as a fact of the case."""
    return tuple(fact_of(row) for row in fact_rows(patient, as_of=as_of))


def latest_fact(patient: Patient, key: str, *, as_of: datetime) -> Fact | None:
    """Return the answer to one question that counts at a moment, however old, or nothing."""
    row = fact_rows(patient, as_of=as_of).filter(key=key, at__lte=as_of).first()
    return fact_of(row) if row else None


def fact_of(row: FactRow) -> Fact:
    """Return one row as a fact."""
    return Fact(row.key, from_json(row.value), row.at, Origin(OriginKind(row.origin_kind), row.origin_detail))


def medications_of(patient: Patient, *, as_of: datetime) -> tuple[Medication, ...]:
    """Return each drug once, as it was last written down."""
    rows = MedicationRow.objects.for_clinic(patient.clinic_id).filter(patient=patient, recorded_at__lte=as_of)
    latest: dict[str, MedicationRow] = {}
    for row in rows.order_by("at", "recorded_at", "pk"):
        latest[row.text.casefold()] = row
    return tuple(
        Medication(
            r.text, r.rxnorm, Answer(r.active), r.at, Origin(OriginKind(r.origin_kind), r.origin_detail)
        )
        for r in sorted(latest.values(), key=lambda r: r.text.casefold())
    )


def imports_of(patient: Patient) -> QuerySet[ImportRow]:
    """Return the bundles that were read for a patient, newest first."""
    return ImportRow.objects.for_clinic(patient.clinic_id).filter(patient=patient).order_by("-at")

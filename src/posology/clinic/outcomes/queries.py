"""Scores of a patient, and the risk tasks that wait for a person."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet, UUIDField

from posology.case import MeasuredScore
from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import check, not_found
from posology.clinic.outcomes.models import CompletedForm, RiskTask
from posology.clinic.patients.models import Patient
from posology.clinic.prepared import Prepared


def forms_of(patient: Patient, *, as_of: datetime) -> QuerySet[CompletedForm]:
    """Return the forms known at a moment, newest first."""
    rows = CompletedForm.objects.for_clinic(patient.clinic_id).filter(patient=patient, recorded_at__lte=as_of)
    return rows.order_by("-at", "-recorded_at")


def scores_of(patient: Patient, *, as_of: datetime) -> tuple[MeasuredScore, ...]:
    """Return the forms as scores of the case."""
    return tuple(
        MeasuredScore(row.instrument, row.total, tuple(row.answers), row.at)
        for row in forms_of(patient, as_of=as_of)
    )


_OPEN_TASKS = Prepared(
    lambda clinic: (
        RiskTask.objects.for_clinic(clinic)
        .filter(closed_at=None)
        .select_related("patient", "form", "owner")
        .order_by(F("owner").asc(nulls_first=True), "due_at")
    ),
    UUIDField(),
)


def open_risk_tasks(by: User) -> tuple[RiskTask, ...]:
    """Return the clinic's open risk tasks, unowned and soonest due first."""
    check(by, "take_risk_task")
    return tuple(_OPEN_TASKS.all(by.clinic_id))


def risk_tasks_of(patient: Patient) -> QuerySet[RiskTask]:
    """Return all risk tasks of one patient, open ones first."""
    rows = RiskTask.objects.for_clinic(patient.clinic_id).filter(patient=patient)
    return rows.select_related("form", "owner").order_by(F("closed_at").asc(nulls_first=True), "due_at")


def risk_task_for(by: User, task_id: UUID | str, *, patient: Patient | None = None) -> RiskTask:
    """Return one risk task of the person's clinic; with ``patient``, only if it is that patient's.

    Raises
    ------
    NotFound
        If there is none.
    """
    check(by, "take_risk_task")
    task = (
        RiskTask.objects.for_clinic(by.clinic_id).select_related("patient", "form").filter(pk=task_id).first()
    )
    if task is None or (patient is not None and task.patient_id != patient.pk):
        raise not_found("task")
    return task

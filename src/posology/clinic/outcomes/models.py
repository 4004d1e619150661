"""Completed forms and the tasks of risk answers: a task has an owner, a clock and an end of its own."""

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q

from posology.clinic.accounts.models import User
from posology.clinic.patients.models import Patient
from posology.clinic.scope import ScopedQuerySet, scoped

PATIENTS_CLINIC = "SELECT clinic_id FROM patients_patient WHERE id = {row}.patient_id"


class CompletedForm(models.Model):
    """One instrument, answered at one moment; a form with open items has no total."""

    append_only = True
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    instrument = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    answers = models.JSONField()
    total = models.PositiveSmallIntegerField(null=True)
    maximum = models.PositiveSmallIntegerField()
    band = models.CharField(max_length=60, null=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = scoped("patient__clinic")

    class Meta:
        indexes = [models.Index(fields=["patient", "instrument", "at"], name="form_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(total__isnull=True, band__isnull=True)
                | Q(total__gte=0, total__lte=F("maximum"), band__isnull=False),
                name="form_total_in_range",
            ),
            models.CheckConstraint(condition=Q(at__lte=F("recorded_at")), name="form_not_in_the_future"),
        ]


class OneByOne(ScopedQuerySet):
    """Risk tasks are closed one at a time, each with what was done."""

    scope_path = "patient__clinic"

    def update(self, **fields: Any) -> int:
        raise TypeError(
            "Risk tasks are never changed in bulk; use take_risk_task or close_risk_task for each."
        )

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise TypeError(
            "Risk tasks are never changed in bulk; use take_risk_task or close_risk_task for each."
        )


class RiskTask(models.Model):
    """A person must look at this answer, by a moment, whatever the total was."""

    may_change = ("owner", "closed_at", "closed_by", "closing_note")
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    form = models.ForeignKey(CompletedForm, on_delete=models.PROTECT, related_name="risk_tasks")
    item = models.PositiveSmallIntegerField()
    say = models.CharField(max_length=240)
    raised_at = models.DateTimeField()
    due_at = models.DateTimeField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    closing_note = models.CharField(max_length=500, blank=True)

    objects = models.Manager.from_queryset(OneByOne)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "item"], name="risk_task_once_an_answer"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, closing_note="")
                | (
                    Q(closed_at__isnull=False, closed_by__isnull=False, owner__isnull=False)
                    & ~Q(closing_note="")
                ),
                name="risk_task_end_is_whole",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("raised_at")), name="risk_task_has_a_clock"),
        ]

"""What is known of a patient, one row an answer; a later row counts, and no row is ever changed."""

import uuid

from django.db import models

from posology.case import Answer, OriginKind
from posology.clinic.accounts.models import User
from posology.clinic.patients.models import Patient
from posology.clinic.scope import scoped
from posology.knowledge import Route, Substance

PATIENTS_CLINIC = "SELECT clinic_id FROM patients_patient WHERE id = {row}.patient_id"
_ORIGINS = [(o.value, o.value) for o in OriginKind]


class FactRow(models.Model):
    """One answer to one question, true at a moment."""

    append_only = True
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=60)
    value = models.JSONField()
    at = models.DateTimeField()
    origin_kind = models.CharField(max_length=8, choices=_ORIGINS)
    origin_detail = models.CharField(max_length=200, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = scoped("patient__clinic")

    class Meta:
        indexes = [models.Index(fields=["patient", "key", "at"], name="fact_latest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(origin_kind__in=[o.value for o in OriginKind]), name="fact_origin"
            ),
            models.CheckConstraint(
                condition=models.Q(at__lte=models.F("recorded_at")), name="fact_not_in_the_future"
            ),
        ]


class MedicationRow(models.Model):
    """One drug as it was written down, and whether it is being taken."""

    append_only = True
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=300)
    rxnorm = models.CharField(max_length=20, null=True)
    active = models.CharField(max_length=7, choices=[(a.value, a.value) for a in Answer])
    at = models.DateTimeField()
    origin_kind = models.CharField(max_length=8, choices=_ORIGINS)
    origin_detail = models.CharField(max_length=200, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = scoped("patient__clinic")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(active__in=[a.value for a in Answer]),
                name="medication_active_is_an_answer",
            ),
            models.CheckConstraint(condition=~models.Q(text=""), name="medication_is_named"),
        ]


class ElsewhereRow(models.Model):
    """One dose of ketamine, esketamine or arketamine given elsewhere, as somebody or a file told it.

    What is empty is not known. A correction names the row whose place it takes; ``withdrawn`` says that it
    was not given, or counts already. ``at`` is the last moment at which it may have been given.
    """

    append_only = True
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    substance = models.CharField(max_length=12, blank=True)
    route = models.CharField(max_length=16, blank=True)
    dose_mg = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    weight_kg = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    at = models.DateTimeField(null=True)
    on = models.DateField(null=True)  # where the day is known and the time is not
    origin_kind = models.CharField(max_length=8, choices=_ORIGINS)
    origin_detail = models.CharField(max_length=200, blank=True)
    identifiers = models.JSONField(default=list)  # under which a file tells the same dose again
    unread = models.CharField(max_length=1000, blank=True)
    corrects = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn = models.BooleanField(default=False)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = scoped("patient__clinic")

    class Meta:
        indexes = [models.Index(fields=["patient", "recorded_at"], name="elsewhere_of_a_patient")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(substance__in=["", *(s.value for s in Substance)]),
                name="elsewhere_substance",
            ),
            models.CheckConstraint(
                condition=models.Q(route__in=["", *(r.value for r in Route)]), name="elsewhere_route"
            ),
            models.CheckConstraint(
                condition=models.Q(origin_kind__in=[o.value for o in OriginKind]), name="elsewhere_origin"
            ),
            models.CheckConstraint(
                condition=models.Q(dose_mg__isnull=True) | models.Q(dose_mg__gt=0),
                name="elsewhere_dose_above_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(weight_kg__isnull=True) | models.Q(weight_kg__gt=0),
                name="elsewhere_weight_above_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(at__isnull=True) | models.Q(at__lte=models.F("recorded_at")),
                name="elsewhere_not_in_the_future",
            ),
            models.CheckConstraint(
                condition=models.Q(on__isnull=True) | models.Q(at__isnull=False),
                name="elsewhere_day_is_placed",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn=False) | models.Q(corrects__isnull=False),
                name="elsewhere_withdrawal_names_a_row",
            ),
        ]


class ImportRow(models.Model):
    """One FHIR bundle that was read: what was understood, and what was not, and why."""

    append_only = True
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    understood = models.JSONField()
    not_understood = models.JSONField()
    imported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("patient__clinic")

"""Courses and orders. An order is its canonical text under one hash; the columns beside it are there
for the database's own constraints and are compared with the text at every reading.
"""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q

from posology.clinic.accounts.models import User
from posology.clinic.patients.models import Patient
from posology.clinic.scope import scoped

PATIENTS_CLINIC = "SELECT clinic_id FROM patients_patient WHERE id = {row}.patient_id"
ORDERS_CLINIC = (
    "SELECT p.clinic_id FROM orders_orderrow o JOIN patients_patient p ON p.id = o.patient_id "
    "WHERE o.id = {row}.order_id"
)
# Not a clinical limit: it only keeps an absurd number out of the table. Clinical limits stand in knowledge.
DOSE_BEYOND_ANY = Decimal(1000)


class CourseStatus(models.TextChoices):
    OPEN = "open"
    ENDED = "ended"


class Course(models.Model):
    """One whole treatment of one patient under one protocol."""

    may_change = ("status", "ended_on", "ended_because")
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    protocol_id = models.CharField(max_length=60)
    began_on = models.DateField()
    status = models.CharField(max_length=8, choices=CourseStatus, default=CourseStatus.OPEN)
    ended_on = models.DateField(null=True)
    ended_because = models.CharField(max_length=300, blank=True)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = scoped("patient__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(status="open"), name="course_one_open_a_patient"
            ),
            models.CheckConstraint(
                condition=Q(status="open", ended_on__isnull=True) | Q(status="ended", ended_on__isnull=False),
                name="course_end_is_paired",
            ),
        ]


class OrderStatus(models.TextChoices):
    DRAFT = "draft"
    ACTIVE = "active"
    USED = "used"
    WITHDRAWN = "withdrawn"


class OrderRow(models.Model):
    """One intended dose; ``id`` is made by the client, so a second send finds the first."""

    may_change = ("status",)
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="orders")
    body = models.TextField()  # treatment.Order.canonical()
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=9, choices=OrderStatus)
    dose_mg = models.DecimalField(max_digits=9, decimal_places=3)
    planned_on = models.DateField()
    created_at = models.DateTimeField()
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    signed_at = models.DateTimeField(null=True)

    objects = scoped("patient__clinic")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(dose_mg__gt=0, dose_mg__lte=DOSE_BEYOND_ANY), name="order_dose_in_range"
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=True, signed_at__isnull=True)
                | Q(signed_by__isnull=False, signed_at__isnull=False),
                name="order_signature_is_paired",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "withdrawn"]) | Q(signed_at__isnull=False),
                name="order_active_is_signed",
            ),
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status"),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(status="active"), name="order_one_active_a_patient"
            ),
        ]


class Signature(models.Model):
    """Who signed which hash, when, and in what meaning; it fits no other record."""

    append_only = True
    audit_clinic = ORDERS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    order = models.OneToOneField(OrderRow, on_delete=models.PROTECT, related_name="signature")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    meaning = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)

    objects = scoped("order__patient__clinic")


class OverrideRow(models.Model):
    """One hold that a prescriber decided to pass, with the reason."""

    append_only = True
    audit_clinic = ORDERS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    order = models.ForeignKey(OrderRow, on_delete=models.PROTECT, related_name="overrides")
    rule = models.CharField(max_length=120)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("order__patient__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "rule"], name="override_once_a_rule"),
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_a_reason"),
        ]


class DecisionRow(models.Model):
    """A decision that gives no dose: none of the options, or one that holds or ends; with its reason."""

    append_only = True
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    option_id = models.CharField(max_length=120, blank=True)  # empty: none of the options
    reason = models.CharField(max_length=500)
    offered = models.JSONField()  # ids of the options that stood beside it
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("patient__clinic")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="decision_has_a_reason")]

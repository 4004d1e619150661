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


class AlertAnswer(models.TextChoices):
    """What became of one finding that stood before whoever decided."""

    PASSED = "passed"  # a hold, passed with a reason
    HEEDED = "heeded"  # a caution, followed
    OVERRIDDEN = "overridden"  # a caution, not followed, with a reason
    NOTED = "noted"  # stood below, and asked for nothing
    NOT_ORDERED = "not ordered"  # none of the options was taken


class AlertRow(models.Model):
    """One finding that was shown with a signed order, or with the decision for none, and its answer.

    It is counted, so that a rule which everybody overrides is seen. ``interrupts`` says whether it stood
    in the way; what only stood below is counted apart.
    """

    append_only = True
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(OrderRow, on_delete=models.PROTECT, related_name="alerts", null=True)
    decision = models.ForeignKey(DecisionRow, on_delete=models.PROTECT, related_name="alerts", null=True)
    rule = models.CharField(max_length=120)
    level = models.CharField(max_length=7)
    interrupts = models.BooleanField()
    answer = models.CharField(max_length=11, choices=AlertAnswer)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("patient__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "rule"], name="alert_once_an_order"),
            models.UniqueConstraint(fields=["decision", "rule"], name="alert_once_a_decision"),
            models.CheckConstraint(
                condition=Q(order__isnull=False, decision__isnull=True)
                | Q(order__isnull=True, decision__isnull=False),
                name="alert_of_an_order_or_a_decision",
            ),
            models.CheckConstraint(
                condition=Q(decision__isnull=True, answer__in=["passed", "heeded", "overridden", "noted"])
                | Q(decision__isnull=False, answer="not ordered"),
                name="alert_answer",
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["passed", "overridden"]) & ~Q(reason="")
                | Q(answer__in=["heeded", "noted", "not ordered"], reason=""),
                name="alert_reason_where_it_was_passed",
            ),
            models.CheckConstraint(
                condition=Q(interrupts=True) & ~Q(answer="noted") | Q(interrupts=False, answer="noted"),
                name="alert_note_interrupts_nobody",
            ),
        ]


class Rating(models.TextChoices):
    """What a clinician thinks of one rule that interrupted one order."""

    USEFUL = "useful"
    NOT_USEFUL = "not useful"
    WRONG = "wrong"


class RatingRow(models.Model):
    """One person's rating of one rule that stood in the way of one order; a change is a new row."""

    append_only = True
    audit_clinic = ORDERS_CLINIC

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    order = models.ForeignKey(OrderRow, on_delete=models.PROTECT, related_name="ratings")
    rule = models.CharField(max_length=120)
    version = models.CharField(max_length=20)  # of the rule's file when it was rated; of a limit, the order's
    rating = models.CharField(max_length=10, choices=Rating)
    words = models.CharField(max_length=500, blank=True)
    role = models.CharField(max_length=16)  # of the person, then
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("order__patient__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "rule", "by"],
                condition=Q(replaces__isnull=True),
                name="rating_once_a_person_rule_and_order",
            ),
            models.CheckConstraint(condition=Q(rating__in=Rating.values), name="rating_is_one_of_three"),
        ]

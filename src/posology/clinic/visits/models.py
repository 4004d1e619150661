"""Visits and the acts upon them: where a visit stands is the fold of its acts, and kept nowhere else."""

from django.db import models
from django.db.models import F, Q

from posology.clinic.accounts.models import User
from posology.clinic.orders.models import PATIENTS_CLINIC, Course
from posology.clinic.patients.models import Patient
from posology.clinic.scope import scoped

LONGEST_REASON = 300


class VisitRow(models.Model):
    """One appointment of a course: its place in the protocol and the days between which it may lie."""

    append_only = True
    audit_clinic = PATIENTS_CLINIC

    id = models.UUIDField(primary_key=True)  # made of the plan's own id, so that a second send finds it
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="visits")
    number = models.PositiveSmallIntegerField()
    phase = models.CharField(max_length=60)
    phase_title = models.CharField(max_length=200)
    earliest_on = models.DateField()
    target_on = models.DateField()
    latest_on = models.DateField()
    minutes = models.PositiveSmallIntegerField()  # how long its chair is expected to be taken
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()

    objects = scoped("patient__clinic")

    class Meta:
        indexes = [models.Index(fields=["course", "number"], name="visit_by_course")]
        constraints = [
            models.CheckConstraint(
                condition=Q(earliest_on__lte=F("target_on"), target_on__lte=F("latest_on")),
                name="visit_window_in_order",
            ),
            models.CheckConstraint(condition=Q(number__gte=1, minutes__gte=1), name="visit_counts_from_one"),
        ]


class ActKind(models.TextChoices):
    PLANNED = "planned"
    MOVED = "moved"
    CANCELLED = "cancelled"


class VisitAct(models.Model):
    """What a person did with a visit; the last one tells where it stands."""

    append_only = True
    audit_clinic = (
        "SELECT p.clinic_id FROM visits_visitrow v JOIN patients_patient p ON p.id = v.patient_id "
        "WHERE v.id = {row}.visit_id"
    )

    id = models.UUIDField(primary_key=True)
    visit = models.ForeignKey(VisitRow, on_delete=models.PROTECT, related_name="acts")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=9, choices=ActKind)
    starts_at = models.DateTimeField(null=True)
    chair = models.PositiveSmallIntegerField(null=True)
    outside_window = models.BooleanField(default=False)
    because = models.CharField(max_length=LONGEST_REASON, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("visit__patient__clinic")

    class Meta:
        indexes = [models.Index(fields=["starts_at"], name="visit_act_by_time")]
        constraints = [
            models.UniqueConstraint(fields=["visit", "position"], name="visit_one_act_a_place"),
            models.CheckConstraint(
                condition=Q(kind="cancelled", starts_at__isnull=True, chair__isnull=True)
                | Q(kind__in=["planned", "moved"], starts_at__isnull=False, chair__gte=1),
                name="visit_act_has_its_place",
            ),
            models.CheckConstraint(
                condition=~Q(because="") | Q(outside_window=False) & ~Q(kind="cancelled"),
                name="visit_act_says_why",
            ),
        ]

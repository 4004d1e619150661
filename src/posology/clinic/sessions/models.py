"""Sessions and their events. The log is the truth; ``phase`` beside it is a copy for lists only."""

import uuid

from django.db import models
from django.db.models import Q

from posology.clinic.accounts.models import User
from posology.clinic.orders.models import OrderRow
from posology.clinic.patients.models import Patient
from posology.clinic.scope import scoped


class SessionRow(models.Model):
    """One supervised visit for one order."""

    may_change = ("chair", "scheduled_at", "phase")
    audit_session = "{row}.id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    order = models.OneToOneField(OrderRow, on_delete=models.PROTECT, related_name="session")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    chair = models.PositiveSmallIntegerField(null=True)
    scheduled_at = models.DateTimeField()
    phase = models.CharField(max_length=12, default="scheduled")
    created_at = models.DateTimeField()

    objects = scoped("patient__clinic")

    class Meta:
        indexes = [models.Index(fields=["patient", "scheduled_at"], name="session_by_patient")]


class EventRow(models.Model):
    """One event; its id is made by the client, its place in the log by the server."""

    append_only = True
    audit_session = "{row}.session_id"

    id = models.UUIDField(primary_key=True)
    session = models.ForeignKey(SessionRow, on_delete=models.PROTECT, related_name="events")
    position = models.PositiveIntegerField()  # order of arrival here, and so in the chain of hashes
    sequence = models.PositiveIntegerField()  # the counter of the device that recorded it
    kind = models.CharField(max_length=40)
    payload = models.TextField()  # JSON as it was hashed
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField(default=1)

    objects = scoped("session__patient__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "position"], name="event_one_place_in_the_log"),
            models.CheckConstraint(condition=Q(position__gte=1), name="event_position_from_one"),
        ]

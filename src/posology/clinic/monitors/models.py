"""Monitors, the sessions that people joined them to, the messages they sent and the readings in those.

Nothing here is the record of a session: that is its log of events. A reading of a monitor enters the log when
a person confirms it, as an event of that person which names the rows of this table that it rests on.
"""

import uuid

from django.db import models
from django.db.models import Q

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.scope import scoped
from posology.clinic.sessions.models import SessionRow

LONGEST_NAME = 240


class MonitorDevice(models.Model):
    """One source of readings by the name that it gives itself, and the chair at which a person put it."""

    may_change = ("chair",)
    audit_clinic = "{row}.clinic_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=LONGEST_NAME)
    chair = models.PositiveSmallIntegerField(null=True)  # None: at no chair
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    objects = scoped("clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="monitor_one_row_a_name"),
            models.CheckConstraint(condition=~Q(name=""), name="monitor_is_named"),
            models.CheckConstraint(condition=Q(chair__isnull=True) | Q(chair__gte=1), name="monitor_chair"),
        ]

    def __str__(self) -> str:
        return self.name


class MonitorMessage(models.Model):
    """One message as it came, byte for byte, and the answer that it was given.

    ``body`` holds each byte as the character of its number, NUL as the sign for it (``received.kept_text``).
    """

    append_only = True
    audit_clinic = "{row}.clinic_id"
    audit_hidden = ("body", "answer")  # the hash stands in the audit, and the message beside it here

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    sender = models.CharField(max_length=LONGEST_NAME)
    control_id = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    body = models.TextField()
    received_at = models.DateTimeField()
    ack = models.CharField(max_length=2)  # AA, AE or AR, whether or not the sender asked to be told
    answer = models.TextField()  # every answer in its frame, in the order sent; kept as body is
    remarks = models.TextField(blank=True)

    objects = scoped("clinic")

    class Meta:
        constraints = [
            # A monitor that starts anew counts from 1 again: the same number with another content is
            # another message, and answering it with the old answer would lose it.
            models.UniqueConstraint(
                fields=["clinic", "sender", "control_id", "sha256"], name="monitor_message_once"
            ),
            models.CheckConstraint(condition=Q(ack__in=["AA", "AE", "AR"]), name="monitor_message_ack"),
        ]
        indexes = [models.Index(fields=["clinic", "received_at"], name="monitor_message_by_time")]


class MonitorReading(models.Model):
    """One observation of a message: in a session, or in quarantine with the reason.

    ``value`` is what was told in the sign's own unit, not rounded; ``None`` where there was none. Only what
    a page asks for has an index: five rows come with each message, and each index is written for each row.
    """

    append_only = True
    audit_clinic = "{row}.clinic_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    message = models.ForeignKey(
        MonitorMessage, on_delete=models.PROTECT, related_name="readings", db_index=False
    )
    name = models.CharField(max_length=LONGEST_NAME)  # the source by its own name
    device = models.ForeignKey(
        MonitorDevice, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    chair = models.PositiveSmallIntegerField(null=True)
    session = models.ForeignKey(
        SessionRow, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=16, blank=True)  # of the quarantine; empty within a session
    sign = models.CharField(max_length=20, blank=True)
    value = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    unit = models.CharField(max_length=16, blank=True)  # UCUM
    sent = models.CharField(max_length=200, blank=True)  # value and unit as they were sent
    method = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField()  # which OBX of the message
    status = models.CharField(max_length=16, blank=True)
    marks = models.CharField(max_length=200, blank=True)  # what the device says of the value
    flags = models.CharField(max_length=200, blank=True)  # what is odd about it, words parted by commas
    why = models.TextField(blank=True)  # why there is no value, or why it is in quarantine
    measured_at = models.DateTimeField(null=True)  # by the clock of the monitor
    received_at = models.DateTimeField()  # by ours

    objects = scoped("clinic")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(session__isnull=False, reason="", chair__isnull=False, device__isnull=False)
                | (Q(session__isnull=True) & ~Q(reason="")),
                name="monitor_reading_in_a_session_or_in_quarantine",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True, unit="") | (Q(value__isnull=False) & ~Q(unit="")),
                name="monitor_reading_value_has_its_unit",
            ),
        ]
        indexes = [
            models.Index(fields=["session", "received_at"], name="monitor_reading_of_session"),
            models.Index(fields=["clinic", "name", "received_at"], name="monitor_reading_of_source"),
            models.Index(
                fields=["clinic", "received_at"],
                name="monitor_quarantine",
                condition=Q(session__isnull=True),
            ),
        ]


class Association(models.Model):
    """A monitor joined to a session by a person who looked at a live value and typed two identifiers."""

    may_change = ("ended_at", "ended_why")
    audit_session = "{row}.session_id"

    id = models.UUIDField(primary_key=True)
    device = models.ForeignKey(MonitorDevice, on_delete=models.PROTECT, related_name="associations")
    session = models.ForeignKey(SessionRow, on_delete=models.PROTECT, related_name="+")
    seen = models.ForeignKey(MonitorReading, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=40, blank=True)

    objects = scoped("device__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device"], condition=Q(ended_at__isnull=True), name="monitor_in_one_session"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_why="")
                | (Q(ended_at__isnull=False) & ~Q(ended_why="")),
                name="association_end_has_its_why",
            ),
        ]

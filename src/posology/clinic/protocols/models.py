"""A site's protocols, all of it append-only: what was written, and what was decided about it.

Nothing here is changed after it was written. A version's state is the fold of its steps and the day.
"""

import uuid

from django.db import models
from django.db.models import Q

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.scope import scoped
from posology.knowledge.lifecycle import NEED_A_REASON, VersionStep

PROTOCOLS_CLINIC = "SELECT clinic_id FROM protocols_siteprotocol WHERE id = {row}.protocol_id"
VERSIONS_CLINIC = (
    "SELECT p.clinic_id FROM protocols_siteversion v JOIN protocols_siteprotocol p ON p.id = v.protocol_id "
    "WHERE v.id = {row}.version_id"
)
STEPS = tuple(step.value for step in VersionStep)
REASONED = sorted(step.value for step in NEED_A_REASON)


class SiteProtocol(models.Model):
    """One protocol of a clinic's own, and the product's protocol that it replaces while it is in force."""

    append_only = True
    audit_clinic = "{row}.clinic_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)  # the id that the file, the courses and the orders carry
    based_on = models.CharField(max_length=60)
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()

    objects = scoped("clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="protocol_one_name_a_clinic"),
            models.UniqueConstraint(fields=["clinic", "based_on"], name="protocol_one_a_base"),
        ]


class SiteVersion(models.Model):
    """One version; ``id`` is made by the client, so a second send finds the first."""

    append_only = True
    audit_clinic = PROTOCOLS_CLINIC

    id = models.UUIDField(primary_key=True)
    protocol = models.ForeignKey(SiteProtocol, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()

    objects = scoped("protocol__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["protocol", "number"], name="version_one_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_from_one"),
        ]


class VersionText(models.Model):
    """One saved text of a version under its hash; the last is the draft as it stands."""

    append_only = True
    audit_clinic = VERSIONS_CLINIC

    id = models.UUIDField(primary_key=True)
    version = models.ForeignKey(SiteVersion, on_delete=models.PROTECT, related_name="texts")
    position = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("version__protocol__clinic")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "position"], name="text_one_position")]


class VersionStepRow(models.Model):
    """One step of a version's life: who took it, when, of which text, and why."""

    append_only = True
    audit_clinic = VERSIONS_CLINIC

    id = models.UUIDField(primary_key=True)
    version = models.ForeignKey(SiteVersion, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveIntegerField()
    step = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)  # of the text as it stood; at an approval, as it was approved
    effective_on = models.DateField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("version__protocol__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="step_one_position"),
            models.CheckConstraint(condition=Q(step__in=STEPS), name="step_is_known"),
            models.CheckConstraint(
                condition=~Q(step__in=["submit", "approve", "retire"]) | Q(effective_on__isnull=False),
                name="step_has_its_day",
            ),
            models.CheckConstraint(
                condition=~Q(step__in=REASONED) | ~Q(reason=""),
                name="step_has_a_reason",
            ),
        ]

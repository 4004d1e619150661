"""A day's staff and equipment as recorded: tables that only grow; of each kind the last entry counts."""

from django.db import models
from django.db.models import Q

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.scope import scoped

LONGEST_REASON = 300
ENTRYS_CLINIC = "SELECT clinic_id FROM duty_dutyentry WHERE id = {row}.entry_id"


class Kind(models.TextChoices):
    """What an entry tells of the day."""

    STAFF = "staff", "Staff"
    EQUIPMENT = "equipment", "Equipment"


class DutyEntry(models.Model):
    """One look at a day's staff or equipment; a later one of the same day says why it was made."""

    append_only = True
    audit_clinic = "{row}.clinic_id"

    id = models.UUIDField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()  # of the site's calendar
    kind = models.CharField(max_length=9, choices=Kind)
    number = models.PositiveSmallIntegerField()
    because = models.CharField(max_length=LONGEST_REASON, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "day", "kind", "number"], name="duty_one_a_number"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="duty_kind"),
            models.CheckConstraint(
                condition=Q(number=1, because="") | (Q(number__gt=1) & ~Q(because="")),
                name="duty_changed_with_a_reason",
            ),
        ]


class DutyPerson(models.Model):
    """That a person has one role on the day of an entry."""

    append_only = True
    audit_clinic = ENTRYS_CLINIC

    entry = models.ForeignKey(DutyEntry, on_delete=models.PROTECT, related_name="people")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40)  # of the knowledge file

    objects = scoped("entry__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "person", "role"], name="duty_person_once_a_role"),
            models.CheckConstraint(condition=~Q(role=""), name="duty_person_has_a_role"),
        ]


class EquipmentCheck(models.Model):
    """That one thing was looked at, and what was found."""

    append_only = True
    audit_clinic = ENTRYS_CLINIC

    entry = models.ForeignKey(DutyEntry, on_delete=models.PROTECT, related_name="checks")
    item = models.CharField(max_length=40)  # of the knowledge file
    ready = models.BooleanField()
    note = models.CharField(max_length=LONGEST_REASON, blank=True)

    objects = scoped("entry__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "item"], name="equipment_once_an_entry"),
            models.CheckConstraint(condition=~Q(item=""), name="equipment_is_named"),
            models.CheckConstraint(condition=Q(ready=True) | ~Q(note=""), name="equipment_says_what_fails"),
        ]


class DutyDecision(models.Model):
    """That a prescriber goes on without something that only holds; good for the entry that lacks it."""

    append_only = True
    audit_clinic = ENTRYS_CLINIC

    id = models.UUIDField(primary_key=True)
    entry = models.ForeignKey(DutyEntry, on_delete=models.PROTECT, related_name="decisions")
    key = models.CharField(max_length=40)  # of the knowledge file
    because = models.CharField(max_length=LONGEST_REASON)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("entry__clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "key"], name="duty_decided_once"),
            models.CheckConstraint(condition=~Q(because="") & ~Q(key=""), name="duty_decision_says_why"),
        ]


class DutySetting(models.Model):
    """Whether the site keeps this record; the last row counts, and without one it is kept."""

    append_only = True
    audit_clinic = "{row}.clinic_id"

    id = models.UUIDField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    kept = models.BooleanField()
    because = models.CharField(max_length=LONGEST_REASON)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = scoped("clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "number"], name="duty_setting_one_a_number"),
            models.CheckConstraint(condition=~Q(because=""), name="duty_setting_says_why"),
        ]

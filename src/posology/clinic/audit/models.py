"""The audit's own tables: append-only, chained by hash, without foreign keys into anything."""

from django.db import models


class AuditEntry(models.Model):
    """One change of one row, as the database's trigger wrote it.

    ``old`` and ``new`` are JSON as text, so that the hash can be computed again byte by byte;
    ``at`` is the database's own clock as ISO text in UTC.
    """

    chain = models.CharField(max_length=80)
    position = models.BigIntegerField()
    table = models.CharField(max_length=63, db_column="table_name")
    row_id = models.CharField(max_length=64)
    action = models.CharField(max_length=6)
    old = models.TextField(null=True)
    new = models.TextField(null=True)
    actor = models.CharField(max_length=120)
    purpose = models.CharField(max_length=120)
    at = models.CharField(max_length=27)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_entry"
        constraints = [models.UniqueConstraint(fields=["chain", "position"], name="audit_entry_one_chain")]
        indexes = [models.Index(fields=["table", "row_id"], name="audit_entry_row")]


class RecordView(models.Model):
    """One look at one patient's record: who, when, and at which page."""

    append_only = True
    audit_clinic = "SELECT clinic_id FROM patients_patient WHERE id = {row}.patient_id"

    patient_id = models.UUIDField()
    actor = models.CharField(max_length=120)
    page = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        db_table = "audit_view"
        indexes = [models.Index(fields=["patient_id", "at"], name="audit_view_patient")]

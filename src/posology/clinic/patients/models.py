"""Patients. A manager that raises when a query forgets whose patients it reads."""

import uuid

from django.db import models

from posology.case import Sex
from posology.clinic.accounts.models import Clinic
from posology.clinic.scope import scoped


class Patient(models.Model):
    """One person in treatment at one clinic; the id is made by whoever registers them."""

    audit_clinic = "{row}.clinic_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    born_on = models.DateField()
    sex = models.CharField(max_length=8, choices=[(s.value, s.value) for s in Sex])
    identifier = models.CharField(max_length=40)
    registered_at = models.DateTimeField()

    objects = scoped("clinic")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "identifier"], name="patient_identifier_in_clinic"),
            models.CheckConstraint(condition=models.Q(sex__in=[s.value for s in Sex]), name="patient_sex"),
            models.CheckConstraint(
                condition=~models.Q(family_name="") & ~models.Q(given_name="") & ~models.Q(identifier=""),
                name="patient_is_named",
            ),
        ]
        indexes = [models.Index(fields=["clinic", "family_name", "given_name"], name="patient_by_name")]

    def __str__(self) -> str:
        return f"{self.family_name.upper()}, {self.given_name}"

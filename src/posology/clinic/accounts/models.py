"""Clinics and people. One person, one account; a role decides what it may do."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Clinic(models.Model):
    """One site: its name, its zone for showing times, its jurisdiction and its chairs."""

    audit_clinic = "{row}.id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=120, unique=True)
    zone = models.CharField(max_length=64, default="UTC")
    jurisdiction = models.CharField(max_length=2, default="US")
    chairs = models.PositiveSmallIntegerField(default=4)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(jurisdiction__in=["US", "EU", "UK"]), name="clinic_jurisdiction"
            ),
            models.CheckConstraint(condition=models.Q(chairs__gte=1, chairs__lte=50), name="clinic_chairs"),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person is in the clinic."""

    NURSE = "nurse", "Nurse"
    PRESCRIBER = "prescriber", "Prescriber"
    DIRECTOR = "director", "Medical director"
    ADMINISTRATOR = "administrator", "IT administrator"


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None, **fields: Any) -> "User":
        """Make an account; without a password nobody can sign in to it."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """One person."""

    audit_clinic = "{row}.clinic_id"
    audit_hidden = ("password",)

    last_login = None  # a sign-in is a fact of its own, not a change of the person
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    username = models.CharField(max_length=80, unique=True)
    full_name = models.CharField(max_length=120)
    role = models.CharField(max_length=16, choices=Role)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name", "role", "clinic"]

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role")]

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        return self.full_name


class SignInAttempt(models.Model):
    """One try to sign in. The typed name stands here only as a hash: people type passwords there too."""

    append_only = True
    audit_clinic = "NULL"

    account = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    succeeded = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "at"], name="attempt_by_account"),
            models.Index(fields=["address", "at"], name="attempt_by_address"),
        ]

"""Making clinics and accounts."""

from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import Clinic, Role, User
from posology.clinic.audit import action
from posology.knowledge.names import why_no_name
from posology.quantities import DomainError


class AccountError(DomainError):
    """An account that cannot be made."""

    code = "account"


@action
def open_clinic(
    *, name: str, zone: str, jurisdiction: str = "US", chairs: int = 4, by: Any, at: datetime
) -> Clinic:
    """Make a clinic; done by the system when a site is set up."""
    if Clinic.objects.filter(name=name).exists():
        raise AccountError("A clinic of this name exists already. Choose another name.")
    return Clinic.objects.create(name=name, zone=zone, jurisdiction=jurisdiction, chairs=chairs)


@action
def make_user(
    *, username: str, full_name: str, role: Role, clinic: Clinic, password: str, by: User | str, at: datetime
) -> User:
    """Make an account for one person."""
    if isinstance(by, User):
        permissions.check(by, "manage_users")
        permissions.check_same_clinic(by, clinic.pk, what="clinic")
    for name in (full_name, username):
        # A name that hides or imitates a letter would pass for a second person (requirement SR-16).
        if (why_not := why_no_name(name)) is not None:
            raise AccountError(why_not)
    if User.objects.filter(username=username).exists():
        raise AccountError("An account of this name exists already. Choose another name.")
    try:
        validate_password(password)
    except ValidationError as fault:
        raise AccountError(" ".join(fault.messages)) from None
    return User.objects.create_user(username, password, full_name=full_name, role=role, clinic=clinic)

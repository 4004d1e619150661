"""People of a clinic."""

from django.db.models import QuerySet

from posology.clinic.accounts.models import Clinic, User


def staff(clinic: Clinic) -> QuerySet[User]:
    """Return the people who can sign in at a clinic, by name."""
    return User.objects.filter(clinic=clinic, is_active=True).order_by("full_name")

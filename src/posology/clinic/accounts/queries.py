"""People of a clinic."""

from django.db.models import QuerySet

from posology.clinic.accounts.models import Clinic, User
from posology.knowledge.lifecycle import same_person


def staff(clinic: Clinic) -> QuerySet[User]:
    """Return the people who can sign in at a clinic, by name."""
    return User.objects.filter(clinic=clinic, is_active=True).order_by("full_name")


def is_one_person(one: User, other: User) -> bool:
    """Say whether two accounts are, or by their names may be, of one person (requirement SR-16)."""
    mine, theirs = ((u.username, u.full_name) for u in (one, other))
    return one.pk == other.pk or same_person(mine, theirs)


def other_accounts_of(user: User) -> tuple[User, ...]:
    """Return the other accounts of a clinic in use that may be of the same person, by name."""
    return tuple(other for other in staff(user.clinic).exclude(pk=user.pk) if is_one_person(user, other))

"""Who is signed in, found with their clinic in one question to the database: every request asks it."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import UUIDField

from posology.clinic.accounts.models import User
from posology.clinic.prepared import Prepared

_WITH_CLINIC = Prepared(lambda key: User.objects.select_related("clinic").filter(pk=key), UUIDField())


class Staff(ModelBackend):
    """Django's own way to sign in."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the person of a sign-in, if the account is still active."""
        user = _WITH_CLINIC.one(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None

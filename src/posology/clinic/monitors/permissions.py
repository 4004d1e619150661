"""Who may look at monitors, put one at a chair, and join one to a session."""

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import User


def check_can_view(by: User) -> None:
    """Refuse a person who may not look at what monitors send."""
    permissions.check(by, "view_monitors")


def check_can_place(by: User) -> None:
    """Refuse a person who may not put a monitor at a chair."""
    permissions.check(by, "place_monitor")


def check_can_join(by: User) -> None:
    """Refuse a person who may not join a monitor to a session."""
    permissions.check(by, "join_monitor")

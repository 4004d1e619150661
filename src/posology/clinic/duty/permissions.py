"""Who may look at a day's record, write it, decide about it, and set whether it is kept."""

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import User

VIEW, RECORD, DECIDE, SET = "view_duty", "record_duty", "decide_duty", "set_duty"


def may(by: User, action: str) -> bool:
    """Say whether a person's role allows it."""
    return permissions.may(by, action)


def check_can(by: User, action: str) -> None:
    """Refuse what the role does not allow.

    Raises
    ------
    NotPermitted
        Naming who may.
    """
    permissions.check(by, action)

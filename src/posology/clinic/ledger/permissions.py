"""Who may look at the ledger, write into it, and settle what does not add up."""

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import User

VIEW, KEEP, SETTLE = "view_ledger", "keep_ledger", "settle_discrepancy"


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

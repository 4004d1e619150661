"""Who may write which event."""

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import User
from posology.treatment import EventKind

# What lets something pass that was held up is a prescriber's.
OVERRIDES = frozenset({EventKind.GATE_OVERRIDDEN, EventKind.DISCHARGE_OVERRIDDEN, EventKind.PRESSURE_DECIDED})


def may_record(by: User, kind: EventKind) -> bool:
    """Say whether a person may write an event of this kind."""
    return permissions.may(by, "override_event" if kind in OVERRIDES else "record_event")


def check_can_record(by: User, kind: EventKind) -> None:
    """Refuse a person who may not write an event of this kind."""
    permissions.check(by, "override_event" if kind in OVERRIDES else "record_event")

"""One session, from order to discharge: orders, worksheets, events and their fold, due readings, policies.

Decides whether the state allows a step; knows no user, no database and no clock.
"""

from posology.treatment.events import (
    GENESIS,
    Event,
    EventError,
    FieldFault,
    NeedsConfirmation,
    canonical,
    chain_hash,
    dump_payload,
    load_payload,
    read_payload,
)
from posology.treatment.fields import Payload, Related, Scale
from posology.treatment.orders import Order, OverriddenHold
from posology.treatment.payloads import PAYLOADS, EventKind
from posology.treatment.replay import ReplayError, known_at, replay
from posology.treatment.session_state import Conflict, Entry, SessionState, Withdrawn
from posology.treatment.states import FINAL, TRANSITIONS, SessionPhase, as_mermaid

__all__ = [
    "FINAL",
    "GENESIS",
    "PAYLOADS",
    "TRANSITIONS",
    "Conflict",
    "Entry",
    "Event",
    "EventError",
    "EventKind",
    "FieldFault",
    "NeedsConfirmation",
    "Order",
    "OverriddenHold",
    "Payload",
    "Related",
    "ReplayError",
    "Scale",
    "SessionPhase",
    "SessionState",
    "Withdrawn",
    "as_mermaid",
    "canonical",
    "chain_hash",
    "dump_payload",
    "known_at",
    "load_payload",
    "read_payload",
    "replay",
]

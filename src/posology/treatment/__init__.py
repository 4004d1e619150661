"""One session, from order to discharge: orders, worksheets, events and their fold, due readings, policies.

Decides whether the state allows a step; knows no user, no database and no clock.
"""

from posology.treatment.dosing import (
    STARTS_BY,
    check_given_as_ordered,
    check_infusion_rate,
    check_may_give_device,
    may_give_device,
    next_device_at,
)
from posology.treatment.due import Due, DueStatus, due_readings, next_due, next_of
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
from posology.treatment.gate import GateItem, GateKind, Holding, gate_items, is_answered, missing_readings
from posology.treatment.leaving import (
    Unmet,
    check_may_discharge,
    clock_start,
    leaves_at,
    may_discharge,
    unmet_discharge,
)
from posology.treatment.orders import NoDose, Order, OverriddenHold, order_of_option
from posology.treatment.payloads import PAYLOADS, EventKind
from posology.treatment.policies import (
    Identifiers,
    NotAllowed,
    Obstacle,
    Signature,
    Start,
    check_may_start,
    check_transition,
    may_start,
    may_transition,
    obstacles_to_start,
    open_gate_items,
)
from posology.treatment.recording import check_may_record
from posology.treatment.replay import ReplayError, Running, known_at, replay
from posology.treatment.session_state import Conflict, Entry, SessionState, Withdrawn
from posology.treatment.sheet import (
    CheckFailed,
    DeviceStep,
    Line,
    LineKind,
    Worksheet,
    WorksheetError,
    check_pump,
    check_second_person,
)
from posology.treatment.states import FINAL, TRANSITIONS, SessionPhase, as_mermaid
from posology.treatment.worksheet import worksheet

__all__ = [
    "FINAL",
    "GENESIS",
    "PAYLOADS",
    "STARTS_BY",
    "TRANSITIONS",
    "CheckFailed",
    "Conflict",
    "DeviceStep",
    "Due",
    "DueStatus",
    "Entry",
    "Event",
    "EventError",
    "EventKind",
    "FieldFault",
    "GateItem",
    "GateKind",
    "Holding",
    "Identifiers",
    "Line",
    "LineKind",
    "NeedsConfirmation",
    "NoDose",
    "NotAllowed",
    "Obstacle",
    "Order",
    "OverriddenHold",
    "Payload",
    "Related",
    "ReplayError",
    "Running",
    "Scale",
    "SessionPhase",
    "SessionState",
    "Signature",
    "Start",
    "Unmet",
    "Withdrawn",
    "Worksheet",
    "WorksheetError",
    "as_mermaid",
    "canonical",
    "chain_hash",
    "check_given_as_ordered",
    "check_infusion_rate",
    "check_may_discharge",
    "check_may_give_device",
    "check_may_record",
    "check_may_start",
    "check_pump",
    "check_second_person",
    "check_transition",
    "clock_start",
    "due_readings",
    "dump_payload",
    "gate_items",
    "is_answered",
    "known_at",
    "leaves_at",
    "load_payload",
    "may_discharge",
    "may_give_device",
    "may_start",
    "may_transition",
    "missing_readings",
    "next_device_at",
    "next_due",
    "next_of",
    "obstacles_to_start",
    "open_gate_items",
    "order_of_option",
    "read_payload",
    "replay",
    "unmet_discharge",
    "worksheet",
]

"""The door of a live session: may this event be recorded now? One question for every kind.

An event that an offline page or a sheet of paper tells afterwards does not pass here: it has happened.
"""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction

from posology.case import Answer
from posology.knowledge import Library, load_library
from posology.treatment.dosing import (
    check_given_as_ordered,
    check_infusion_rate,
    check_may_give_device,
    check_no_more_than_ordered,
)
from posology.treatment.fields import Payload
from posology.treatment.gate import GateItem, GateKind, gate_items
from posology.treatment.jumps import check_no_jump
from posology.treatment.leaving import check_may_discharge
from posology.treatment.orders import Order
from posology.treatment.payloads import (
    AdministrationStarted,
    DeviceGiven,
    DischargeCriterion,
    DoseGiven,
    EventKind,
    GateAnswered,
    InfusionRateChanged,
    InfusionResumed,
    ReadingTaken,
    WorksheetChecked,
)
from posology.treatment.policies import (
    NotAllowed,
    Obstacle,
    Start,
    check_may_start,
    check_transition,
    worksheet_obstacles,
)
from posology.treatment.pressure import check_prescriber_decided
from posology.treatment.session_state import SessionState


def check_may_record(
    state: SessionState,
    kind: EventKind,
    payload: Payload,
    *,
    order: Order,
    author: str,
    at: datetime,
    start: Callable[[], Start],
    library: Library | None = None,
) -> None:
    """Refuse an event that the state of the session does not allow now.

    Parameters
    ----------
    state : SessionState
        The session before the event, read in the transaction that will write it.
    kind, payload
        The event.
    order : Order
        The session's order.
    author : str
        Who records it.
    at : datetime
        The moment, aware.
    start : callable
        Called only when a dose is about to begin: reads signature, patient and rules anew.
    library : Library, optional
        The knowledge; the package's own when left out.

    Raises
    ------
    NotAllowed, CheckFailed, LimitExceeded, NeedsConfirmation
        With what stands in the way.
    """
    knowledge = library or load_library()
    check_transition(state.phase, kind)
    protocol = knowledge.protocol(order.protocol_id)
    if isinstance(payload, GateAnswered):
        _check_answer(payload, gate_items(protocol, library=knowledge))
    elif isinstance(payload, WorksheetChecked):
        found = worksheet_obstacles(order, payload, author=author, library=knowledge)
        if found:
            raise NotAllowed(found)
    elif isinstance(payload, AdministrationStarted | DoseGiven):
        check_may_start(start())
        check_given_as_ordered(order, state, payload, library=knowledge)
        check_no_more_than_ordered(order, state, Fraction(payload.dose_mg), at=at)
    elif isinstance(payload, DeviceGiven):
        check_prescriber_decided(state, protocol, at, knowledge)
        check_may_give_device(state, protocol, number=payload.number, at=at)
        check_no_more_than_ordered(order, state, state.mg_per_device or Fraction(0), at=at)
    elif isinstance(payload, InfusionRateChanged | InfusionResumed):
        if isinstance(payload, InfusionResumed) or not _lowers(state, payload):
            check_prescriber_decided(state, protocol, at, knowledge)
        check_infusion_rate(order, state, payload.rate_mg_per_min, on=at, library=knowledge)
    elif isinstance(payload, ReadingTaken):
        check_no_jump(state, payload)
    elif isinstance(payload, DischargeCriterion) and payload.key not in protocol.discharge.criteria:
        raise NotAllowed(
            (Obstacle("key", f"'{payload.key}' is no criterion of {protocol.title}. Reload the page."),)
        )
    elif kind is EventKind.DISCHARGED:
        check_may_discharge(state, protocol, at)


def _lowers(state: SessionState, payload: InfusionRateChanged) -> bool:
    """Return whether a new rate is below the one that runs; less may always be given."""
    return bool(state.infusions) and payload.rate_mg_per_min < state.infusions[-1].rate_before_pause


def _check_answer(said: GateAnswered, items: tuple[GateItem, ...]) -> None:
    item = next((i for i in items if i.key == said.item and i.kind is GateKind.ANSWER), None)
    if item is None:
        raise NotAllowed((Obstacle("item", f"'{said.item}' is no question of this gate. Reload the page."),))
    if said.answer not in item.choices and said.answer != Answer.UNKNOWN:
        choices = ", ".join((*item.choices, Answer.UNKNOWN))
        raise NotAllowed(
            (Obstacle("answer", f"'{said.answer}' is no answer to it. Choose one of {choices}."),)
        )

"""All that a person at the chair looks at, at one moment: the order, the log, what is due, what is open."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posology.case import Answer
from posology.clinic.accounts.models import User
from posology.clinic.accounts.queries import staff
from posology.clinic.care.session import start_of
from posology.clinic.orders.stored import OrderAltered, order_of
from posology.clinic.protocols.signed_text import signed_text
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import event_of, event_rows, session_for
from posology.knowledge import Library, Role
from posology.knowledge.schema import ProtocolFile
from posology.protocols import Finding, Report
from posology.quantities import DomainError
from posology.treatment import (
    FINAL,
    Due,
    GateItem,
    Obstacle,
    Order,
    SessionPhase,
    SessionState,
    Start,
    Unmet,
    Worksheet,
    due_readings,
    gate_items,
    leaves_at,
    next_device_at,
    next_due,
    obstacles_to_start,
    replay,
    unmet_discharge,
    worksheet,
)

BEFORE_THE_DOSE = frozenset({SessionPhase.SCHEDULED, SessionPhase.GATE, SessionPhase.READY})


@dataclass(frozen=True, slots=True)
class Chairside:
    """One session at one moment."""

    session: SessionRow
    order: Order
    protocol: ProtocolFile
    library: Library  # with the protocol as it was when the order was signed
    state: SessionState
    rows: tuple[EventRow, ...]
    names: dict[str, str]  # of the clinic's people, by the id that an event's author has
    at: datetime
    gate: tuple[GateItem, ...]
    obstacles: tuple[Obstacle, ...]  # to the start; empty after it
    report: Report | None  # the rules, asked at this moment; before the dose only
    limits: tuple[Finding, ...]  # what the soft limits hold up, asked at this moment; before the dose only
    sheet: Worksheet | None  # as the second person checked it
    due: tuple[Due, ...]
    next_due: Due | None
    next_device_at: datetime | None
    leaves_at: datetime | None
    unmet: tuple[Unmet, ...]
    text_fault: str = ""  # why nothing more may be given by the signed text; it is still recorded by

    @property
    def is_over(self) -> bool:
        """Whether the session has come to its end."""
        return self.state.phase in FINAL

    @property
    def before_the_dose(self) -> bool:
        """Whether nothing has been given yet."""
        return self.state.phase in BEFORE_THE_DOSE

    def obstacle(self, key: str) -> Obstacle | None:
        """Return what one item of the gate still puts in the way."""
        return next((o for o in self.obstacles if o.key == key), None)


def chairside(by: User, session_id: UUID | str, *, at: datetime) -> Chairside:
    """Return one session of the person's clinic with everything that is shown at the chair.

    Raises
    ------
    NotFound
        If there is none of this id.
    OrderAltered
        If its stored order cannot be read, or no text of its protocol at all.
    """
    session = session_for(by, session_id)
    rows = tuple(event_rows(session))
    state = replay(event_of(row) for row in rows)
    order = order_of(session.order)
    text = signed_text(session.patient.clinic_id, order)
    library = text.library
    protocol = library.protocols.get(order.protocol_id) if library else None
    if library is None or protocol is None:
        raise OrderAltered(
            "The stored order names no protocol of ours, so nothing may be given from it."
            + (f" {text.fault}" if text.fault else "")
        )
    early = state.phase in BEFORE_THE_DOSE
    start, obstacles = _start(session, state, at) if early else (None, ())
    can_be_pregnant = start.can_be_pregnant if start else Answer.UNKNOWN
    return Chairside(
        session=session,
        order=order,
        protocol=protocol,
        library=library,
        state=state,
        rows=rows,
        names={str(person.pk): person.full_name for person in staff(session.patient.clinic)},
        at=at,
        gate=gate_items(protocol, library=library, can_be_pregnant=can_be_pregnant),
        obstacles=obstacles,
        report=start.report if start else None,
        limits=_limits(start),
        sheet=checked_sheet(order, state, library),
        due=due_readings(state, protocol, at),
        next_due=next_due(state, protocol, at),
        next_device_at=next_device_at(state, protocol),
        leaves_at=leaves_at(state, protocol),
        unmet=unmet_discharge(state, protocol, at) if state.phase is SessionPhase.OBSERVING else (),
        text_fault=text.fault,
    )


def checked_sheet(order: Order, state: SessionState, library: Library) -> Worksheet | None:
    """Return the worksheet that the second person checked, or nothing where none was."""
    if state.worksheet is None:
        return None
    said = state.worksheet.payload
    try:
        return worksheet(
            order, product_id=said.product_id, library=library, final_volume_mL=said.final_volume_mL
        )
    except DomainError:
        return None  # an obstacle to the start says why


def _limits(start: Start | None) -> tuple[Finding, ...]:
    try:
        return start.limits() if start else ()
    except DomainError:
        return ()  # an obstacle to the start says why


def _start(
    session: SessionRow, state: SessionState, at: datetime
) -> tuple[Start | None, tuple[Obstacle, ...]]:
    """Return what the start would be judged by now, and everything that stands in its way."""
    try:
        start = start_of(session, state, at=at, lock=False)
    except DomainError as refusal:
        return None, (Obstacle("order", str(refusal), Role.PRESCRIBER),)
    return start, obstacles_to_start(start)

"""All that a person at the chair looks at, at one moment: the order, the log, what is due, what is open."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from posology.case import Answer
from posology.clinic.accounts.models import User
from posology.clinic.accounts.queries import staff
from posology.clinic.care.session import start_of
from posology.clinic.orders.stored import OrderAltered, order_of
from posology.clinic.protocols.signed_text import signed_text
from posology.clinic.sessions.folds import Log, log_of
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import event_rows, session_for
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
    next_of,
    obstacles_to_start,
    unmet_discharge,
    worksheet,
)

BEFORE_THE_DOSE = frozenset({SessionPhase.SCHEDULED, SessionPhase.GATE, SessionPhase.READY})


@dataclass(frozen=True)
class Chairside:
    """One session at one moment. What a page asks of it is worked out when it is first asked.

    A form that only records a reading asks for next to nothing of what the page shows.
    """

    session: SessionRow
    order: Order
    protocol: ProtocolFile
    library: Library  # with the protocol as it was when the order was signed
    log: Log
    at: datetime
    text_fault: str = ""  # why nothing more may be given by the signed text; it is still recorded by

    @property
    def state(self) -> SessionState:
        """What the log tells."""
        return self.log.state

    @cached_property
    def rows(self) -> tuple[EventRow, ...]:
        """The entries of the log, as many as the state is told from."""
        return tuple(event_rows(self.session).filter(position__lte=self.log.position))

    @cached_property
    def names(self) -> dict[str, str]:
        """The clinic's people, by the id that an event's author has."""
        return {str(person.pk): person.full_name for person in staff(self.session.patient.clinic)}

    @cached_property
    def _start(self) -> tuple[Start | None, tuple[Obstacle, ...]]:
        return _start(self.session, self.state, self.at) if self.before_the_dose else (None, ())

    @cached_property
    def gate(self) -> tuple[GateItem, ...]:
        """What is looked at and asked before the dose."""
        start = self._start[0]
        can_be_pregnant = start.can_be_pregnant if start else Answer.UNKNOWN
        return gate_items(self.protocol, library=self.library, can_be_pregnant=can_be_pregnant)

    @property
    def obstacles(self) -> tuple[Obstacle, ...]:
        """What stands in the way of the start; empty after it."""
        return self._start[1]

    @property
    def report(self) -> Report | None:
        """The rules, asked at this moment; before the dose only."""
        start = self._start[0]
        return start.report if start else None

    @cached_property
    def limits(self) -> tuple[Finding, ...]:
        """What the soft limits hold up, asked at this moment; before the dose only."""
        return _limits(self._start[0])

    @cached_property
    def sheet(self) -> Worksheet | None:
        """The worksheet as the second person checked it."""
        return checked_sheet(self.order, self.state, self.library)

    @cached_property
    def due(self) -> tuple[Due, ...]:
        """What is to be measured, and what was not in time."""
        return due_readings(self.state, self.protocol, self.at)

    @cached_property
    def next_due(self) -> Due | None:
        """What is to be measured next."""
        return next_of(self.due, self.at)

    @cached_property
    def next_device_at(self) -> datetime | None:
        """From when the next device may be given."""
        return next_device_at(self.state, self.protocol)

    @cached_property
    def leaves_at(self) -> datetime | None:
        """From when the patient may leave, if all else is met."""
        return leaves_at(self.state, self.protocol)

    @cached_property
    def unmet(self) -> tuple[Unmet, ...]:
        """What still keeps the patient here; while they are watched only."""
        watched = self.state.phase is SessionPhase.OBSERVING
        return unmet_discharge(self.state, self.protocol, self.at) if watched else ()

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
    order = order_of(session.order)
    text = signed_text(session.patient.clinic_id, order)
    library = text.library
    protocol = library.protocols.get(order.protocol_id) if library else None
    if library is None or protocol is None:
        raise OrderAltered(
            "The stored order names no protocol of ours, so nothing may be given from it."
            + (f" {text.fault}" if text.fault else "")
        )
    return Chairside(session, order, protocol, library, log_of(session.pk), at, text.fault)


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

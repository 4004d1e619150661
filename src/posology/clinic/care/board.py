"""The chairs of a clinic now: who sits where, in which phase, and what is due in each, with its moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.permissions import check
from posology.clinic.care.standing import forms_due
from posology.clinic.orders.stored import order_of
from posology.clinic.outcomes.models import RiskTask
from posology.clinic.outcomes.queries import open_risk_tasks
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import library_of_order
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import BoardLine, board
from posology.clinic.visits.queries import Booked, unsigned_on
from posology.knowledge.schema import ProtocolFile
from posology.quantities import DomainError
from posology.treatment import FINAL, Order, SessionPhase, SessionState
from posology.treatment.notices import DueThing, Notice, due_things, notices

IN_ROOM = frozenset(SessionPhase) - FINAL - {SessionPhase.SCHEDULED}


@dataclass(frozen=True, slots=True)
class ChairNow:
    """One chair. Without a session it is free; ``later`` is who comes next there today."""

    number: int
    session: SessionRow | None
    order: Order | None
    state: SessionState | None
    since: datetime | None
    due: tuple[DueThing, ...]
    later: SessionRow | None


@dataclass(frozen=True, slots=True)
class Today:
    """All chairs, the sessions of the day, and what waits for a person."""

    chairs: tuple[ChairNow, ...]
    lines: tuple[BoardLine, ...]
    risks: tuple[RiskTask, ...]  # unowned first, then by their time
    forms_due: tuple[Patient, ...]
    unsigned: tuple[Booked, ...] = ()  # visits of the day whose order is not signed yet

    def notices(self, *, at: datetime, after: timedelta) -> tuple[Notice, ...]:
        """Return what is late enough, at a moment, to call for a person."""
        return notices(((c.number, c.due) for c in self.chairs), at=at, after=after)


def today(by: User, *, at: datetime) -> Today:
    """Return the clinic's chairs at a moment.

    Raises
    ------
    NotPermitted
        If this person may not see the board.
    """
    check(by, "view_board")
    clinic: Clinic = by.clinic
    day = at.astimezone(ZoneInfo(clinic.zone)).date()
    lines = board(clinic, day)
    chairs = tuple(_chair(n, lines, at) for n in range(1, clinic.chairs + 1))
    return Today(chairs, lines, open_risk_tasks(by), forms_due(by), unsigned_on(clinic, day))


def _chair(number: int, lines: tuple[BoardLine, ...], at: datetime) -> ChairNow:
    mine = [line for line in lines if line.session.chair == number and line.state.phase not in FINAL]
    mine.sort(key=lambda line: (line.state.phase not in IN_ROOM, line.session.scheduled_at))
    if not mine:
        return ChairNow(number, None, None, None, None, (), None)
    first = mine[0]
    later = mine[1].session if len(mine) > 1 else None
    order = order_of(first.session.order)
    protocol = _protocol_of(order, first.session)
    due = (
        due_things(first.state, protocol, scheduled_at=first.session.scheduled_at, at=at) if protocol else ()
    )
    return ChairNow(number, first.session, order, first.state, _since(first), due, later)


def _protocol_of(order: Order, session: SessionRow) -> ProtocolFile | None:
    """Return the protocol as it was signed; the board still shows a chair whose stored text is altered."""
    try:
        library = library_of_order(session.patient.clinic_id, order.protocol_id, order.protocol_sha256)
    except DomainError:
        return None
    return library.protocols.get(order.protocol_id)


def _since(line: BoardLine) -> datetime | None:
    state = line.state
    if state.phase is SessionPhase.SCHEDULED:
        return None
    if state.phase is SessionPhase.OBSERVING:
        return state.ended_at or state.started_at
    moments = [state.started_at or state.administration_at]
    moments += [e.at for e in state.gate[:1]] + ([state.identity.at] if state.identity else [])
    return next((m for m in moments if m is not None), None)

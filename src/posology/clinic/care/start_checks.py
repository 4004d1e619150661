"""What the clinic's own records put in the way of a start, beside the rules and the gate.

Each subject that must be asked before a dose (who is on duty, the drug's lot, a programme's enrolment)
offers one function and stands in :data:`START_CHECKS` by one line. All are asked anew at every start,
and whenever the gate is shown.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from posology.clinic.duty import gate as duty
from posology.clinic.ledger import gate as ledger
from posology.clinic.rems import gate as rems
from posology.clinic.sessions.models import SessionRow
from posology.treatment import Obstacle, Order

StartCheck = Callable[[SessionRow, Order, datetime], Iterable[Obstacle]]
"""Asked with the session, its order as signed and the moment; yields what stands in the way.

The key of an obstacle is of its subject (``duty/oximeter``), and is none of the gate's or the rules'.
"""

START_CHECKS: tuple[StartCheck, ...] = (
    rems.start_obstacles,
    duty.start_obstacles,
    ledger.start_obstacles,
)


def asked_at_start(session: SessionRow, order: Order, at: datetime) -> tuple[Obstacle, ...]:
    """Return everything that the clinic's own records put in the way of this start."""
    return tuple(obstacle for check in START_CHECKS for obstacle in check(session, order, at))

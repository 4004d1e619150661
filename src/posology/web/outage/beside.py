"""What does not fit the record, side by side: the entry, and what was recorded before it (hazard H-29)."""

from dataclasses import dataclass
from datetime import datetime

from posology.clinic.care.chairside import Chairside
from posology.web.session.log import log_of

_BEFORE = 2  # entries of the record that stand beside one that does not fit


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is read: both its clocks, and who wrote it."""

    at: datetime
    arrived_at: datetime
    what: str
    by: str


@dataclass(frozen=True, slots=True)
class Beside:
    """One entry that does not fit, why, whether it counts all the same, and the record before it."""

    entry: Line
    why: str
    counted: bool
    before: tuple[Line, ...]


def beside_of(chair: Chairside) -> tuple[Beside, ...]:
    """Return each entry that does not fit, with the last entries of the record that happened before it."""
    odd = {c.event.id: c for c in chair.state.conflicts}
    if not odd:
        return ()
    arrived = {row.pk: row.recorded_at for row in chair.rows}
    told = [(t.id, Line(t.event.at, arrived[t.id], t.event.what, t.event.by)) for t in log_of(chair)]
    made = []
    for number, (key, line) in enumerate(told):
        if key in odd:
            before = [other for k, other in told[:number] if k not in odd][-_BEFORE:]
            made.append(Beside(line, odd[key].why, odd[key].counted, tuple(before)))
    return tuple(made)

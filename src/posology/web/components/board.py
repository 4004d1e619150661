"""The board: a column a chair, what is due next, how old each value is. Scripts only repaint."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from posology.quantities import elapsed
from posology.web.components.status import Status

# When a task changes its look: due shortly before its time, overdue from it, stale long after it.
# These are the times of the board's own design, not clinical limits: those stand in the knowledge files.
DUE_BEFORE = timedelta(minutes=2)
STALE_AFTER = timedelta(minutes=5)


def due_status(due_at: datetime, now: datetime) -> Status | None:
    """Return due, overdue or stale, or nothing while the time is still far."""
    over = elapsed(due_at, now)
    if over >= STALE_AFTER:
        return Status.STALE
    if over >= timedelta(0):
        return Status.OVERDUE
    return Status.DUE if over >= -DUE_BEFORE else None


@dataclass(frozen=True, slots=True)
class Timer:
    """Time since (``counts="up"``) or time until (``"down"``) a moment, painted from the server's time.

    The server writes the text once; where scripts run they keep it current.
    """

    template: ClassVar[str] = "web/components/timer.html"
    at: datetime
    counts: str = "up"


@dataclass(frozen=True, slots=True)
class Task:
    """What is due in a chair, and when."""

    what: str
    due_at: datetime
    href: str = ""

    @property
    def timer(self) -> Timer:
        """Return the timer that runs down to it."""
        return Timer(self.due_at, counts="down")


@dataclass(frozen=True, slots=True)
class LiveValue:
    """A reading on the board: its short label, its text with the unit, and its moment."""

    label: str
    text: str
    at: datetime | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ChairCard:
    """One chair. ``phase`` empty means nobody sits there; ``locked`` hides the initials, not the times.

    ``heard_at`` is when the chair was last heard from; the card says so once ``silent`` is set by the server.
    """

    template: ClassVar[str] = "web/components/chair.html"
    chair: str
    initials: str = ""
    phase: str = ""
    phase_status: Status | None = None
    since: datetime | None = None
    tasks: tuple[Task, ...] = ()
    readings: tuple[LiveValue, ...] = ()
    href: str = ""
    locked: bool = False
    heard_at: datetime | None = None
    silent: bool = False
    note: str = ""

    @property
    def timer(self) -> Timer | None:
        """Return the timer of the phase."""
        return Timer(self.since) if self.since else None

    @property
    def in_order(self) -> tuple[Task, ...]:
        """Return the tasks, the earliest first."""
        return tuple(sorted(self.tasks, key=lambda task: task.due_at))

    @property
    def is_unread(self) -> bool:
        """Return whether nothing was measured in this chair yet."""
        return all(value.at is None for value in self.readings)

    @property
    def next_task(self) -> Task | None:
        """Return what is due next."""
        return self.in_order[0] if self.tasks else None

    @property
    def later_tasks(self) -> tuple[Task, ...]:
        """Return the two tasks after the next."""
        return self.in_order[1:3]


@dataclass(frozen=True, slots=True)
class Board:
    """All chairs; what is due next stands first, chairs with nothing due keep their order behind."""

    template: ClassVar[str] = "web/components/board.html"
    chairs: tuple[ChairCard, ...]

    @property
    def in_order(self) -> tuple[ChairCard, ...]:
        """Return the chairs, the one with the earliest task first."""
        with_task = sorted((c for c in self.chairs if c.next_task), key=lambda c: c.in_order[0].due_at)
        return (*with_task, *(c for c in self.chairs if not c.next_task))

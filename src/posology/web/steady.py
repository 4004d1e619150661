"""A clock that no step of the machine's clock moves (hazards H-32, H-33).

It reads the machine's clock once, when the server starts, and counts on with one that nobody can set and
that goes on while the machine sleeps. Where the machine's clock leaves it by more than a step is, that is
told once, by the server's log and on the board, and the steady clock goes on: an hour that the machine's
clock leaps forward never lets a patient leave an hour early. What slows or hastens the machine's clock by
little (as time services do all day) moves both alike.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

STEP = timedelta(seconds=2)
"""By how much the clocks may part before it is told; an engineering default."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stepped:
    """One step of the machine's clock: when, by the steady clock, and how far off it stands since."""

    at: datetime
    off: timedelta  # the machine's clock less the steady one

    @property
    def sentence(self) -> str:
        """Say what happened, and what to do."""
        seconds = round(abs(self.off.total_seconds()))
        far = f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"
        if self.off <= STEP and self.off >= -STEP:
            return "The server's clock was set back to where it was."
        return (
            f"The server's clock was set {far} {'ahead' if self.off > timedelta(0) else 'back'}. "
            "Times here go on as before it. Look at the wall clock, and tell whoever runs the server."
        )


class Steady:
    """The steady clock of one process.

    Parameters
    ----------
    wall : callable
        The machine's clock: an aware moment.
    counted : callable
        Seconds since some moment, by a clock that cannot be set.
    """

    def __init__(self, wall: Callable[[], datetime], counted: Callable[[], float]) -> None:
        self._wall, self._counted = wall, counted
        self._began, self._began_at = wall(), counted()
        self._off = timedelta(0)
        self._steps: list[Stepped] = []
        self._lock = Lock()

    def now(self) -> datetime:
        """Return the present moment."""
        with self._lock:
            moment = self._began + timedelta(seconds=self._counted() - self._began_at)
            off = self._wall() - moment
            if abs(off - self._off) > STEP:
                self._off = off
                self._steps.append(Stepped(moment, off))
                log.error("clock-step: the machine's clock is %+.1f s off since a step", off.total_seconds())
            return moment

    @property
    def steps(self) -> tuple[Stepped, ...]:
        """Return the steps since the server started, the latest last."""
        with self._lock:
            return tuple(self._steps)


def seconds_since_start() -> float:
    """Count seconds by a clock that cannot be set and does not stand still while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

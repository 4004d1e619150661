"""Where a running course stands: its protocol, its sessions, its place in the schedule, its interval.

A *stretch* is what was given in the phase of the last session without another phase or a long break between.
A long break begins the count anew: what comes after it is no continuation of what went before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from posology.case import Case, PastSession
from posology.knowledge import Library, number_in_force
from posology.knowledge.schema import Phase, ProtocolFile
from posology.protocols.schedule import (
    Place,
    Rung,
    current_rung,
    days_between,
    ladder,
    phase_of,
    phase_size,
    place_after,
)
from posology.quantities import day_in_zone_of


@dataclass(frozen=True, slots=True)
class Course:
    """Where a running course stands."""

    protocol: ProtocolFile
    sessions: tuple[PastSession, ...]
    days: tuple[date, ...]  # the site's day of each session
    stretch: int  # how many of the last sessions are of the running stretch
    rung: Rung
    next_place: Place | None  # where the next session stands; None when the protocol's course is at its end

    @property
    def last(self) -> PastSession:
        """The session given last."""
        return self.sessions[-1]

    @property
    def last_on(self) -> date:
        """The site's day of the last session."""
        return self.days[-1]

    @property
    def phase(self) -> Phase:
        """The phase of the last session."""
        return phase_of(self.protocol, self.last.phase)

    @property
    def next_number(self) -> int:
        """The number of the session that comes next."""
        return self.last.number + 1

    @property
    def stretch_began_on(self) -> date:
        """The site's day of the first session of the running stretch."""
        return self.days[-self.stretch]

    @property
    def kept_rung(self) -> Rung | None:
        """The rung to keep in an open-ended phase; earlier phases follow the protocol's own plan."""
        return self.rung if self.phase.interval_days else None

    @property
    def planned_gap(self) -> int | None:
        """The days to the next session at the interval that runs; ``None`` at the end of the course."""
        kept = self.kept_rung
        if kept is not None:
            return kept.days
        return None if self.next_place is None else days_between(self._last_place, self.next_place)

    @property
    def _last_place(self) -> Place:
        """Where the last session stands: one before the next in its phase, or at the phase's end."""
        after = self.next_place
        if after is not None and after.phase.id == self.phase.id:
            return Place(self.phase, after.index - 1)
        return Place(self.phase, (phase_size(self.phase) or 1) - 1)


def course_of(case: Case, library: Library, *, as_of: datetime) -> Course:
    """Return where the running course stands, from its past sessions.

    Raises
    ------
    KnowledgeError
        If its protocol is not known.
    """
    sessions = case.running_course()
    protocol = library.protocol(sessions[-1].protocol_id)
    days = tuple(day_in_zone_of(as_of, s.at) for s in sessions)
    stretch = _stretch(sessions, days, days_of_a_long_break(protocol, library, as_of=as_of))
    return Course(
        protocol,
        sessions,
        days,
        stretch,
        current_rung(protocol, sessions[-1].phase, (days[-1] - days[-2]).days if len(days) > 1 else None),
        place_after(protocol, [s.phase for s in sessions[-stretch:]]),
    )


def days_of_a_long_break(protocol: ProtocolFile, library: Library, *, as_of: datetime) -> int:
    """Return the days without a session above which a break is long.

    Never within the widest interval of the protocol and the days after which a session counts as missed.
    """
    values, on = library.adjustments.values, as_of.date()
    widest = max(rung.days for rung in ladder(protocol))
    missed = int(number_in_force(values, "missed_after_days", on=on, unit="d"))
    return max(int(number_in_force(values, "long_break_days", on=on, unit="d")), widest + missed)


def _stretch(sessions: Sequence[PastSession], days: Sequence[date], longest: int) -> int:
    count = 1
    for (before, after), (day, next_day) in zip(
        reversed(list(pairwise(sessions))), reversed(list(pairwise(days))), strict=True
    ):
        if before.phase != after.phase or (next_day - day).days > longest:
            break
        count += 1
    return count

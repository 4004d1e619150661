"""Appointments of a course: the days between which each may lie, its time there, and a missed one's rule.

A visit is an appointment and never an order. Its window comes from the protocol's own days, its smallest
interval and the days after which a session counts as missed. Nothing here knows a chair or a clock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from posology.knowledge import Library, in_force, number_in_force
from posology.knowledge.schema import Cited, ProtocolFile
from posology.protocols.schedule import (
    DAYS_EARLY,
    Place,
    Rung,
    days_between,
    phase_of,
    phase_size,
    place_after,
    plan,
)
from posology.quantities import DomainError, elapsed


class VisitsRefused(DomainError):
    """Visits that cannot be planned as asked."""

    code = "visits"


@dataclass(frozen=True, slots=True)
class Window:
    """The days between which one visit may lie; ``target`` is the day of the protocol's own plan."""

    number: int
    phase: str
    phase_title: str
    earliest: date
    target: date
    latest: date
    note: str = ""

    def holds(self, day: date) -> bool:
        """Return whether a day lies in the window; both ends belong to it."""
        return self.earliest <= day <= self.latest


@dataclass(frozen=True, slots=True)
class AfterMissed:
    """What is to be done after a missed visit, and whether a source says so or a prescriber decides."""

    say: str
    if_worse: str
    by_source: bool
    cited: Cited


class VisitState(StrEnum):
    """Where one visit stands on a day."""

    AHEAD = "ahead"
    TODAY = "today"
    KEPT = "kept"
    NOT_KEPT = "not kept"  # its day went by, and its window is still open
    MISSED = "missed"
    CANCELLED = "cancelled"


def smallest_interval(protocol: ProtocolFile, *, on: date) -> timedelta:
    """Return the smallest interval between two sessions that a protocol keeps on a day.

    Raises
    ------
    KnowledgeError
        If none is in force.
    """
    seconds = number_in_force(protocol.values, "session_interval_min", on=on, unit="s")
    return timedelta(seconds=float(seconds))


def windows(
    protocol: ProtocolFile,
    library: Library,
    *,
    first_number: int,
    first_on: date,
    count: int,
    start: Place | None = None,
    rung: Rung | None = None,
    previous_on: date | None = None,
) -> tuple[Window, ...]:
    """Return the windows of the next visits of a course.

    A window begins no more days before its target than a session still counts as given on it, and never
    inside the smallest interval after the visit before. It ends when the session counts as missed, and
    earlier where the next visit could not keep its own day any more.

    Parameters
    ----------
    first_on : date
        The target of visit ``first_number``, on the site's calendar.
    count : int
        How many; fewer come back where the protocol's course ends before.
    start, rung : Place, Rung, optional
        Where the first visit stands, and a chosen interval; as in :func:`~posology.protocols.schedule.plan`.
    previous_on : date, optional
        The day of the session or visit before the first.

    Raises
    ------
    VisitsRefused
        If the protocol's own days lie closer than its smallest interval.
    """
    wanted = plan(
        protocol, first_number=first_number, first_on=first_on, count=count + 1, rung=rung, start=start
    )
    apart = -(-smallest_interval(protocol, on=first_on) // timedelta(days=1))
    late = int(number_in_force(library.adjustments.values, "missed_after_days", on=first_on, unit="d"))
    days = [v.on for v in wanted]
    days = [previous_on, *days] if previous_on is not None else days
    for one, two in pairwise(days):
        if (two - one).days < apart:
            raise VisitsRefused(
                f"A visit on {two:%d-%b-%Y} would lie {(two - one).days} days after the one on "
                f"{one:%d-%b-%Y}, and {protocol.title} keeps {apart} days. Choose a later first day."
            )
    made: list[Window] = []
    before = previous_on
    for n, visit in enumerate(wanted[:count]):
        earliest, latest = visit.on - timedelta(days=DAYS_EARLY), visit.on + timedelta(days=late)
        if before is not None:
            earliest = max(earliest, before + timedelta(days=apart))
        if n + 1 < len(wanted):
            latest = min(latest, wanted[n + 1].on - timedelta(days=apart))
        made.append(
            Window(visit.number, visit.phase, visit.phase_title, earliest, visit.on, latest, visit.note)
        )
        before = visit.on
    return tuple(made)


def next_gap(protocol: ProtocolFile, phases: Sequence[str]) -> tuple[Place, int] | None:
    """Return the place of the visit after those of ``phases``, and the planned days to it.

    Parameters
    ----------
    phases : sequence of str
        The phase of each session given and visit standing, oldest first; at least one.

    Returns
    -------
    tuple of Place and int, or None
        ``None`` after the last session of a course that ends.
    """
    after = place_after(protocol, phases)
    if after is None:
        return None
    phase = phase_of(protocol, phases[-1])
    index = after.index - 1 if after.phase.id == phase.id else (phase_size(phase) or 1) - 1
    return after, days_between(Place(phase, index), after)


def moment_on(day: date, clock: time, zone: tzinfo) -> datetime:
    """Return the moment at which a site's clock shows a time on a day, in UTC (hazard H-31).

    Raises
    ------
    VisitsRefused
        If the clock is put forward over that time on that day.
    """
    local = datetime.combine(day, clock, tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise VisitsRefused(
            f"The clock is put forward over {clock:%H:%M} on {day:%d-%b-%Y}. Choose a time that exists."
        )
    return moment


def appoint(
    of: Sequence[Window],
    *,
    clock: time,
    zone: tzinfo,
    interval: timedelta,
    open_weekdays: Collection[int],
    not_before: datetime | None = None,
) -> tuple[datetime, ...]:
    """Give each window the open day nearest to its target, at one time of the site's clock.

    Parameters
    ----------
    interval : timedelta
        The smallest true time between two visits, across every change of the clock.
    open_weekdays : collection of int
        The days of the week on which the site treats; Monday is 0.
    not_before : datetime, optional
        A moment before which none may lie.

    Raises
    ------
    VisitsRefused
        If a window has no such day.
    """
    made: list[datetime] = []
    for window in of:
        span = range((window.latest - window.earliest).days + 1)
        days = [window.earliest + timedelta(days=n) for n in span]
        days.sort(key=lambda d: (abs((d - window.target).days), d))
        for day in days:
            if day.weekday() not in open_weekdays:
                continue
            at = moment_on(day, clock, zone)
            soon = not_before is not None and at < not_before
            if not soon and not (made and elapsed(made[-1], at) < interval):
                made.append(at)
                break
        else:
            raise VisitsRefused(
                f"Visit {window.number} may lie from {window.earliest:%a %d-%b-%Y} to "
                f"{window.latest:%a %d-%b-%Y}, and no open day of the site is among them that keeps the "
                "interval. Choose another first day or time."
            )
    return tuple(made)


def expected_minutes(protocol: ProtocolFile, *, on: date, minutes: int | None = None) -> int:
    """Return how long a chair is taken by one session, from the dose to the earliest leaving, min.

    Parameters
    ----------
    minutes : int, optional
        How long the dose of a signed order runs. Without it the longest that the protocol knows counts.
    """
    stay = protocol.discharge.minimum_min
    if protocol.discharge.clock_from != "administration_end":
        return stay
    if minutes is None:
        value = in_force(protocol.values["infusion_minutes"], on=on).value
        minutes = int(max(value)) if isinstance(value, tuple) else int(str(value))
    return stay + minutes


def after_missed(protocol: ProtocolFile, phase_id: str, library: Library) -> AfterMissed:
    """Return what is to be done after a missed visit of a phase.

    A protocol's phase may hold the rule of its source. Where it holds none a prescriber decides, in the words
    of the adjustments file; the rule of another drug or label is never copied.
    """
    rule = phase_of(protocol, phase_id).missed
    if rule is None:
        asked = library.adjustments.missed_session
        return AfterMissed(asked.do, "", False, asked)
    return AfterMissed(rule.do, rule.if_worse, True, rule)


def state_on(window: Window, *, on: date, today: date, kept: bool, cancelled: bool) -> VisitState:
    """Return where a visit stands today that is appointed for ``on``."""
    if kept:
        return VisitState.KEPT
    if cancelled:
        return VisitState.CANCELLED
    if on >= today:
        return VisitState.TODAY if on == today else VisitState.AHEAD
    return VisitState.NOT_KEPT if today <= window.latest else VisitState.MISSED

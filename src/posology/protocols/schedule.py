"""Visit days: which session comes next, on which day, and how the interval may be stepped.

A course runs through a protocol's phases in order. The *ladder* lists every interval a course may
have, from the densest to the widest; *shorten* and *lengthen* move one rung.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from posology.knowledge import Library, in_force, number_in_force
from posology.knowledge.schema import Phase, ProtocolFile
from posology.quantities import DomainError, elapsed


class TooSoon(DomainError):
    """A session that would follow the one before it inside the protocol's smallest interval."""

    code = "too-soon"


@dataclass(frozen=True, slots=True)
class Visit:
    """One planned session of a course."""

    number: int
    on: date
    phase: str
    phase_title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    """One interval a course may have: its phase and the days between sessions."""

    phase: str
    days: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the protocol a session number falls: its phase, and its place within the phase (from 0)."""

    phase: Phase
    index: int


def place_of(protocol: ProtocolFile, number: int) -> Place:
    """Return the phase in which session ``number`` (from 1) falls when a course runs as planned."""
    left = number - 1
    for phase in protocol.phases:
        size = phase_size(phase)
        if size is None or left < size:
            return Place(phase, left)
        left -= size
    last = protocol.phases[-1]
    return Place(last, left)


def phase_size(phase: Phase) -> int | None:
    """Return how many sessions a phase has, or ``None`` when it has no end."""
    return len(phase.visit_days) if phase.visit_days else phase.sessions


def ladder(protocol: ProtocolFile) -> tuple[Rung, ...]:
    """Return every interval of a protocol, densest first; a visit-day pattern stands as its shortest gap."""
    rungs: list[Rung] = []
    for phase in protocol.phases:
        if phase.visit_days:
            rungs.append(Rung(phase.id, min(_gaps(phase.visit_days))))
        elif phase.every_days:
            rungs.append(Rung(phase.id, phase.every_days))
        else:
            rungs.extend(Rung(phase.id, d) for d in sorted(phase.interval_days or ()))
    widest_first: dict[int, Rung] = {}
    for rung in rungs:
        widest_first.setdefault(rung.days, rung)
    return tuple(sorted(widest_first.values(), key=lambda r: r.days))


def _gaps(days: Sequence[int]) -> list[int]:
    return [b - a for a, b in pairwise(days)] or [1]


def current_rung(protocol: ProtocolFile, phase_id: str, last_gap_days: int | None) -> Rung:
    """Return the rung on which a course stands, from its phase and the gap between its last two sessions."""
    rungs = ladder(protocol)
    phase = phase_of(protocol, phase_id)
    usual = _usual_gap(phase)
    gap = last_gap_days if phase.interval_days and last_gap_days else usual
    mine = [r for r in rungs if r.phase == phase_id] or [r for r in rungs if r.days == usual] or list(rungs)
    return min(mine, key=lambda r: abs(r.days - gap))


def phase_of(protocol: ProtocolFile, phase_id: str) -> Phase:
    """Return the phase of that id.

    Raises
    ------
    DomainError
        If the protocol has none.
    """
    for phase in protocol.phases:
        if phase.id == phase_id:
            return phase
    known = ", ".join(p.id for p in protocol.phases)
    raise DomainError(f"'{phase_id[:40]}' is no phase of {protocol.title}. Its phases are: {known}.")


def _usual_gap(phase: Phase) -> int:
    if phase.visit_days:
        return min(_gaps(phase.visit_days))
    if phase.every_days:
        return phase.every_days
    assert phase.interval_days is not None  # a phase has exactly one pattern; the reader saw to it
    return phase.interval_days[0]


def plan_from_start(protocol: ProtocolFile, first_on: date, *, count: int) -> tuple[Visit, ...]:
    """Plan the first ``count`` sessions of a course that begins on ``first_on``, phase after phase."""
    return plan(protocol, first_number=1, first_on=first_on, count=count)


def plan(
    protocol: ProtocolFile, *, first_number: int, first_on: date, count: int, rung: Rung | None = None
) -> tuple[Visit, ...]:
    """Plan sessions from ``first_number`` on.

    Parameters
    ----------
    first_on : date
        The day of session ``first_number``.
    count : int
        How many to plan.
    rung : Rung, optional
        A chosen interval; without it the protocol's own phases decide.
    """
    visits: list[Visit] = []
    on = first_on
    for number in range(first_number, first_number + count):
        place = place_of(protocol, number)
        phase = phase_of(protocol, rung.phase) if rung else place.phase
        visits.append(Visit(number, on, phase.id, phase.title, _note(protocol, number, rung)))
        on = on + timedelta(days=rung.days if rung and not phase.visit_days else _gap_after(protocol, number))
    return tuple(visits)


def _note(protocol: ProtocolFile, number: int, rung: Rung | None) -> str:
    if rung is not None:
        return ""
    here, after = place_of(protocol, number), place_of(protocol, number + 1)
    return here.phase.checkpoint or "" if here.phase.id != after.phase.id else ""


def _gap_after(protocol: ProtocolFile, number: int) -> int:
    here, after = place_of(protocol, number), place_of(protocol, number + 1)
    if here.phase.id == after.phase.id and here.phase.visit_days:
        return here.phase.visit_days[after.index] - here.phase.visit_days[here.index]
    return _usual_gap(after.phase) if not after.phase.visit_days else _usual_gap(here.phase)


def days_until_next(protocol: ProtocolFile, number: int) -> int:
    """Return the planned days between session ``number`` and the one after it."""
    return _gap_after(protocol, number)


def check_interval(protocol: ProtocolFile, *, last_at: datetime | None, next_at: datetime) -> None:
    """Refuse a session that follows the last one too soon.

    Raises
    ------
    TooSoon
        With the smallest interval, its source, and the earliest moment allowed.
    """
    if last_at is None:
        return
    value = in_force(protocol.values["session_interval_min"], on=next_at.date())
    seconds = number_in_force(protocol.values, "session_interval_min", on=next_at.date(), unit="s")
    smallest = timedelta(seconds=float(seconds))
    gap = elapsed(last_at, next_at)
    if gap < smallest:
        earliest = last_at + smallest
        raise TooSoon(
            f"The last session was {_hours(gap)} before this one; {protocol.title} keeps {_hours(smallest)} "
            f"({', '.join(value.facts)}). The earliest moment is {earliest:%Y-%m-%d %H:%M} UTC."
        )


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 72 else f"{hours:.0f} h"


def protocols_for(library: Library, jurisdiction: str, *, on: date) -> Iterator[ProtocolFile]:
    """Yield the active protocols of a jurisdiction that are wholly in force on a day, approved ones first."""
    mine = [
        p
        for p in library.protocols.values()
        if p.status == "active"
        and (not p.jurisdictions or jurisdiction in p.jurisdictions)
        and all(min(dated) <= on for dated in p.values.values())
    ]
    yield from sorted(mine, key=lambda p: (p.approval != "approved", p.id))

"""Visit days: which session comes next, on which day, and how the interval may be stepped.

A course runs through a protocol's phases in order. The *ladder* lists every interval a course may
have, from the densest to the widest; *shorten* and *lengthen* move one rung.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from posology.knowledge import Library, in_force, number_in_force
from posology.knowledge.schema import Phase, ProtocolFile
from posology.protocols.history import Given, History
from posology.quantities import DomainError, elapsed

# How many days before its day a session still counts as given on it. One that came late does not make the
# interval wider: an engineering default, no clinical fact.
DAYS_EARLY = 2


class TooSoon(DomainError):
    """A session that would follow the one before it inside the protocol's smallest interval.

    ``keeps`` is the interval and the earliest moment in a sentence, without how long it would have been: who
    asks with a day alone, whose time is not chosen yet, says that.
    """

    code = "too-soon"

    def __init__(self, sentence: str, *, keeps: str) -> None:
        self.keeps = keeps
        super().__init__(sentence)


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
    """Return the phase in which session ``number`` (from 1) falls when a course runs as planned.

    A session after the last of a course that ends falls into its last phase; see :func:`last_session`.
    """
    left = number - 1
    for phase in protocol.phases:
        size = phase_size(phase)
        if size is None or left < size:
            return Place(phase, left)
        left -= size
    last = protocol.phases[-1]
    return Place(last, left)


def next_place(protocol: ProtocolFile, place: Place) -> Place | None:
    """Return the place after this one, or ``None`` after the last of a course that ends."""
    size = phase_size(place.phase)
    if size is None or place.index + 1 < size:
        return Place(place.phase, place.index + 1)
    ids = [phase.id for phase in protocol.phases]
    following = protocol.phases[ids.index(place.phase.id) + 1 :]
    return Place(following[0], 0) if following else None


def place_after(protocol: ProtocolFile, phases: Sequence[str]) -> Place | None:
    """Return the place of the session that follows those given.

    A course that was lengthened or shortened no longer stands where its number says: it stands in the
    phase of its last session, as many sessions into it as were given there without a break.

    Parameters
    ----------
    phases : sequence of str
        The phase of each session given, oldest first; none at all is the start.

    Returns
    -------
    Place or None
        ``None`` after the last session of a course that ends.
    """
    if not phases:
        return Place(protocol.phases[0], 0)
    phase = phase_of(protocol, phases[-1])
    run = next((i for i, p in enumerate(reversed(phases)) if p != phase.id), len(phases))
    return next_place(protocol, Place(phase, run - 1))


def phase_size(phase: Phase) -> int | None:
    """Return how many sessions a phase has, or ``None`` when it has no end."""
    return len(phase.visit_days) if phase.visit_days else phase.sessions


def last_session(protocol: ProtocolFile) -> int | None:
    """Return the number of the last session of a course that ends, ``None`` where it may go on."""
    sizes = [phase_size(phase) for phase in protocol.phases]
    return None if sizes[-1] is None else sum(size for size in sizes if size is not None)


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
    phase = phase_of(protocol, phase_id)
    if not phase.interval_days or not last_gap_days:
        return Rung(phase_id, _usual_gap(phase))
    # The phase's own intervals, not the ladder's: there a weekly maintenance is one with the weekly phase.
    kept = [d for d in phase.interval_days if d <= last_gap_days + DAYS_EARLY]
    return Rung(phase_id, max(kept, default=min(phase.interval_days)))


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
    protocol: ProtocolFile,
    *,
    first_number: int,
    first_on: date,
    count: int,
    rung: Rung | None = None,
    start: Place | None = None,
) -> tuple[Visit, ...]:
    """Plan sessions from ``first_number`` on.

    Parameters
    ----------
    first_on : date
        The day of session ``first_number``.
    count : int
        How many to plan.
    rung : Rung, optional
        A chosen interval. In a phase without an end it is kept; a phase that ends is begun anew, with its
        own days, and the phases after it follow. Without it the protocol's own phases decide.
    start : Place, optional
        Where session ``first_number`` stands in the protocol; by its number when left out.

    Returns
    -------
    tuple of Visit
        Fewer than ``count`` where the course ends before, and none after its last session.
    """
    last = last_session(protocol)
    over = start is None and last is not None and first_number > last
    place: Place | None = None if over else start or place_of(protocol, first_number)
    kept = None
    if rung is not None:
        phase = phase_of(protocol, rung.phase)
        place = Place(phase, 0)
        kept = rung.days if phase_size(phase) is None else None
    visits: list[Visit] = []
    on, number = first_on, first_number
    while place is not None and len(visits) < count:
        after = next_place(protocol, place)
        ends = after is None or after.phase.id != place.phase.id
        note = (place.phase.checkpoint or "") if ends else ""
        visits.append(Visit(number, on, place.phase.id, place.phase.title, note))
        if after is not None:
            on += timedelta(days=kept if kept is not None else days_between(place, after))
        place, number = after, number + 1
    return tuple(visits)


def days_between(here: Place, after: Place) -> int:
    """Return the planned days from a session to the one that follows it."""
    if here.phase.id == after.phase.id and here.phase.visit_days:
        return here.phase.visit_days[after.index] - here.phase.visit_days[here.index]
    return _usual_gap(here.phase if after.phase.visit_days else after.phase)


def days_until_next(protocol: ProtocolFile, number: int) -> int | None:
    """Return the planned days from session ``number`` to the one after it; ``None`` after the last."""
    last = last_session(protocol)
    if last is not None and number >= last:
        return None
    return days_between(place_of(protocol, number), place_of(protocol, number + 1))


def check_interval(protocol: ProtocolFile, *, history: History, next_at: datetime) -> None:
    """Refuse a session that follows the last one, of whatever course, too soon.

    Raises
    ------
    TooSoon
        With the smallest interval, its source, and the earliest moment allowed.
    """
    last = history.last
    if last is None:
        return
    value = in_force(protocol.values["session_interval_min"], on=next_at.date())
    seconds = number_in_force(protocol.values, "session_interval_min", on=next_at.date(), unit="s")
    smallest = timedelta(seconds=float(seconds))
    gap = elapsed(last.at, next_at)
    if gap < smallest:
        earliest = last.at.astimezone(UTC) + smallest
        keeps = (
            f"{protocol.title} keeps {_shown(smallest)} ({', '.join(value.facts)}). "
            f"The earliest moment is {earliest:%Y-%m-%d %H:%M} UTC."
        )
        raise TooSoon(f"{_last_was(last)} {_shown(gap)} before this one; {keeps}", keeps=keeps)


def _last_was(last: Given) -> str:
    """Begin the sentence of how long ago the last one was; of a day alone the end of the day counts."""
    if not last.elsewhere:
        return "The last session was"
    if last.on is None:
        return "The last dose, given elsewhere, was"
    return f"The last dose, given elsewhere on {last.on:%d-%b-%Y}, may have been"


def _shown(span: timedelta) -> str:
    """Show a span in hours, or days from three on, rounded down: a second too few is not the whole of it."""
    if span < timedelta(hours=72):
        return f"{span // timedelta(hours=1)} h"
    return f"{span // timedelta(minutes=144) / 10} days"


def protocols_for(library: Library, jurisdiction: str, *, on: date) -> Iterator[ProtocolFile]:
    """Yield the active protocols of a jurisdiction that are wholly in force on a day, approved ones first.

    A site's own protocol stands in the place of the one that it is based on.
    """
    mine = [
        p
        for p in library.protocols.values()
        if p.status == "active"
        and library.in_place_of(p.id) == p.id
        and (not p.jurisdictions or jurisdiction in p.jurisdictions)
        and all(min(dated) <= on for dated in p.values.values())
    ]
    yield from sorted(mine, key=lambda p: (p.approval != "approved", p.id))

"""Checkpoints: questions put to the prescriber on the way through a course, each with its date and source.

A prompt stops nothing, lowers nothing and chooses nothing. It says what was found, what the source asks,
and what it cannot tell.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from posology.case import MeasuredScore, PastSession
from posology.knowledge import Library, number_in_force
from posology.knowledge.schema import Checkpoint
from posology.measures import change
from posology.protocols import cite
from posology.protocols.findings import Observed
from posology.quantities import day_in_zone_of, elapsed, show_number
from posology.recommendation.course import Course
from posology.recommendation.options import Prompt
from posology.recommendation.response import INSTRUMENT, Response, responded

_THRESHOLD = "futility_fall_percent"


def prompts_of(
    course: Course,
    scores: Sequence[MeasuredScore],
    response: Response,
    library: Library,
    *,
    as_of: datetime,
) -> tuple[Prompt, ...]:
    """Return the checkpoints of a course that are due, and those that lie ahead with their dates.

    Parameters
    ----------
    scores : sequence of MeasuredScore
        Every completed form of the patient; those of PHQ-9 with a total are read.
    """
    mine = sorted(
        (s for s in scores if s.instrument == INSTRUMENT and s.total is not None), key=lambda s: s.at
    )
    made: list[Prompt] = []
    for phase in course.protocol.phases:
        for checkpoint in phase.checkpoints:
            here = phase.id == course.phase.id
            if checkpoint.asks == "benefit" and here:
                made.append(_benefit(checkpoint, course, library, as_of))
            elif checkpoint.asks == "duration":
                made.extend(_duration(checkpoint, course, mine, response, library, as_of))
            elif checkpoint.asks == "futility" and here:
                made.extend(_futility(checkpoint, course, mine, response, library, as_of))
    return tuple(sorted(made, key=lambda p: (not p.is_due, p.due_on)))


def _benefit(checkpoint: Checkpoint, course: Course, library: Library, as_of: datetime) -> Prompt:
    """Ask on its day, or as soon as the phase has no further session."""
    assert checkpoint.on_day is not None  # the reader saw to it
    due_on = course.stretch_began_on + timedelta(days=checkpoint.on_day - 1)
    ended = course.next_place is None or course.next_place.phase.id != course.phase.id
    began = course.sessions[-course.stretch]
    say = f"Day {checkpoint.on_day}, counted from session {began.number} on {course.stretch_began_on}"
    say += f", is {due_on}." + (
        " It is due with the next decision: this phase has no further session." * ended
    )
    because = (Observed("First session of the phase", f"session {began.number}", began.at, None, "session"),)
    return _prompt(checkpoint, course, library, say, due_on, ended or due_on <= as_of.date(), because)


def _duration(
    checkpoint: Checkpoint,
    course: Course,
    scores: Sequence[MeasuredScore],
    response: Response,
    library: Library,
    as_of: datetime,
) -> Iterator[Prompt]:
    """Ask so many months after the first response of the course; improvement is taken as that."""
    assert checkpoint.months is not None  # the reader saw to it
    baseline = response.baseline
    if baseline is None or not baseline.total:
        return
    good = [s for s in scores if s.at > course.sessions[0].at and responded(baseline, s, as_of)]
    if not good:
        return
    improved_on = day_in_zone_of(as_of, good[0].at)
    due_on = months_later(improved_on, checkpoint.months)
    say = (
        f"The first PHQ-9 with a response was on {improved_on}; {checkpoint.months} months later is {due_on}."
    )
    yield _prompt(
        checkpoint, course, library, say, due_on, due_on <= as_of.date(), _seen((baseline, good[0]))
    )


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), first_of_next - timedelta(days=1))


def _futility(
    checkpoint: Checkpoint,
    course: Course,
    scores: Sequence[MeasuredScore],
    response: Response,
    library: Library,
    as_of: datetime,
) -> Iterator[Prompt]:
    """Ask where the score fell too little after one session, or after each of several, and has not since.

    Only the first sessions of a course count: how a second induction begins was not studied. It is asked for
    as long as the newest score has not fallen by the threshold either, and the phase goes on.
    """
    baseline, latest = response.baseline, response.latest
    if course.stretch != len(course.sessions) or baseline is None or latest is None or not baseline.total:
        return
    assert checkpoint.after_one is not None and checkpoint.at_h is not None  # the reader saw to it
    threshold = number_in_force(library.adjustments.values, _THRESHOLD, on=as_of.date(), unit="%")
    after = {
        n: score
        for n in (*checkpoint.after_each, checkpoint.after_one)
        if (score := _score_after(n, course.sessions, scores, checkpoint.at_h)) is not None
    }
    fell = {n: change(baseline, s, on=as_of.date()).fall_percent for n, s in after.items()}
    each = all(n in fell and fell[n] < threshold for n in checkpoint.after_each)
    one = checkpoint.after_one in fell and fell[checkpoint.after_one] < threshold
    now = change(baseline, latest, on=as_of.date()).fall_percent
    if now >= threshold or not (each or one):
        return
    told = "; ".join(_told(n, after[n], fell[n], course, as_of) for n in sorted(fell))
    say = (
        f"PHQ-9 was {baseline.total} before the course; {told}. Each fall is looked at against {threshold} %."
    )
    on = day_in_zone_of(as_of, after[checkpoint.after_one if one else max(checkpoint.after_each)].at)
    seen = (baseline, *(after[n] for n in sorted(after)))
    yield _prompt(checkpoint, course, library, say, on, True, _seen(seen))


def _score_after(
    number: int, sessions: Sequence[PastSession], scores: Sequence[MeasuredScore], at_h: int
) -> MeasuredScore | None:
    """Return the form between a session and the next that lies nearest to the hours of the source."""
    if number > len(sessions):
        return None
    begins = sessions[number - 1].at
    ends = sessions[number].at if number < len(sessions) else None
    between = [s for s in scores if s.at > begins and (ends is None or s.at < ends)]
    return min(between, key=lambda s: abs(elapsed(begins, s.at) - timedelta(hours=at_h)), default=None)


def _told(number: int, score: MeasuredScore, fell: Decimal, course: Course, as_of: datetime) -> str:
    session = course.sessions[number - 1]
    hours = int(elapsed(session.at, score.at).total_seconds() // 3600)
    percent = show_number(abs(fell).quantize(Decimal("0.1")))
    moved = f"{percent} % lower" if fell > 0 else f"{percent} % higher" if fell < 0 else "unchanged"
    on = day_in_zone_of(as_of, score.at)
    return f"{score.total} on {on}, {hours} h after session {session.number} ({moved})"


def _seen(scores: Sequence[MeasuredScore]) -> tuple[Observed, ...]:
    return tuple(Observed("PHQ-9", str(s.total), s.at, None, INSTRUMENT) for s in scores)


def _prompt(
    checkpoint: Checkpoint,
    course: Course,
    library: Library,
    say: str,
    due_on: date,
    is_due: bool,
    because: tuple[Observed, ...],
) -> Prompt:
    return Prompt(
        id=f"{course.protocol.id}/{checkpoint.id}",
        title=checkpoint.title,
        say=say,
        do=checkpoint.do,
        limit=checkpoint.limit,
        due_on=due_on,
        is_due=is_due,
        because=because,
        citations=cite(checkpoint, library),
    )

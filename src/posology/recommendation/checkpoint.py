"""Checkpoints: questions put to the prescriber on the way through a course, each with its date and source.

A prompt stops nothing, lowers nothing and chooses nothing. It says what was found, what the source asks,
and what it cannot tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from posology.case import Case, MeasuredScore, PastSession
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


@dataclass(frozen=True, slots=True)
class _Asking:
    """What every checkpoint of one course is asked with; the scores are those of PHQ-9, oldest first."""

    course: Course
    scores: Sequence[MeasuredScore]
    response: Response
    library: Library
    jurisdiction: str
    as_of: datetime

    @property
    def today(self) -> date:
        """The site's day."""
        return self.as_of.date()


def prompts_of(
    course: Course, case: Case, response: Response, library: Library, *, as_of: datetime
) -> tuple[Prompt, ...]:
    """Return the checkpoints of a course that are due, and those that lie ahead with their dates."""
    scores = sorted((s for s in case.scores_of(INSTRUMENT) if s.total is not None), key=lambda s: s.at)
    asking = _Asking(course, scores, response, library, case.jurisdiction, as_of)
    made: list[Prompt] = []
    for phase in course.protocol.phases:
        for checkpoint in phase.checkpoints:
            here = phase.id == course.phase.id
            if checkpoint.asks == "benefit" and here:
                made.append(_benefit(checkpoint, asking))
            elif checkpoint.asks == "duration":
                made.extend(_duration(checkpoint, asking))
            elif checkpoint.asks == "futility" and here:
                made.extend(_futility(checkpoint, asking))
    return tuple(sorted(made, key=lambda p: (not p.is_due, p.due_on)))


def _benefit(checkpoint: Checkpoint, asking: _Asking) -> Prompt:
    """Ask on its day, or as soon as the phase has no further session."""
    assert checkpoint.on_day is not None  # the reader saw to it
    course = asking.course
    due_on = course.stretch_began_on + timedelta(days=checkpoint.on_day - 1)
    ended = course.next_place is None or course.next_place.phase.id != course.phase.id
    began = course.sessions[-course.stretch]
    say = f"Day {checkpoint.on_day}, from session {began.number} on {course.stretch_began_on}, is {due_on}."
    if ended:
        say += " It is due with the next decision: this phase has no further session."
    because = (Observed("First session of the phase", f"session {began.number}", began.at, None, "session"),)
    return _prompt(checkpoint, asking, say, due_on, ended or due_on <= asking.today, because)


def _duration(checkpoint: Checkpoint, asking: _Asking) -> Iterator[Prompt]:
    """Ask so many months after the first response of the course; improvement is taken as that."""
    months, baseline = checkpoint.months, asking.response.baseline
    assert months is not None  # the reader saw to it
    if baseline is None or not baseline.total:
        return
    began_at = asking.course.sessions[0].at
    good = [
        s for s in asking.scores if s.at > began_at and responded(baseline, s, asking.library, asking.as_of)
    ]
    if not good:
        return
    improved_on = day_in_zone_of(asking.as_of, good[0].at)
    due_on = months_later(improved_on, months)
    say = f"The first PHQ-9 with a response was on {improved_on}; {months} months later is {due_on}."
    yield _prompt(checkpoint, asking, say, due_on, due_on <= asking.today, _seen((baseline, good[0])))


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), first_of_next - timedelta(days=1))


def _futility(checkpoint: Checkpoint, asking: _Asking) -> Iterator[Prompt]:
    """Ask where the score fell too little after one session, or after each of several, and has not since.

    Only the first sessions of a course count: how a second induction begins was not studied. It is asked for
    as long as the newest score has not fallen by the threshold either, and the phase goes on.
    """
    course, baseline, latest = asking.course, asking.response.baseline, asking.response.latest
    if course.stretch != len(course.sessions) or baseline is None or latest is None:
        return
    assert checkpoint.after_one is not None and checkpoint.at_h is not None  # the reader saw to it
    values = asking.library.adjustments.values
    if asking.today < min(values[_THRESHOLD]):
        return  # nobody had found it yet on that day
    threshold = number_in_force(values, _THRESHOLD, on=asking.today, unit="%")
    after = {
        n: score
        for n in (*checkpoint.after_each, checkpoint.after_one)
        if (score := _score_after(n, course.sessions, asking.scores, checkpoint.at_h)) is not None
    }
    fell = {n: _fell(baseline, s, asking) for n, s in after.items()}
    each = all(n in fell and fell[n] < threshold for n in checkpoint.after_each)
    one = checkpoint.after_one in fell and fell[checkpoint.after_one] < threshold
    if not (each or one) or _fell(baseline, latest, asking) >= threshold:
        return
    told = "; ".join(_told(course.sessions[n - 1], after[n], fell[n], asking.as_of) for n in sorted(fell))
    say = f"PHQ-9 was {baseline.total} before the course; {told}. Each fall is held against {threshold} %."
    on = day_in_zone_of(asking.as_of, after[checkpoint.after_one if one else max(checkpoint.after_each)].at)
    yield _prompt(checkpoint, asking, say, on, True, _seen((baseline, *(after[n] for n in sorted(after)))))


def _fell(baseline: MeasuredScore, score: MeasuredScore, asking: _Asking) -> Decimal:
    return change(baseline, score, on=asking.today, library=asking.library).fall_percent


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


def _told(session: PastSession, score: MeasuredScore, fell: Decimal, as_of: datetime) -> str:
    hours = int(elapsed(session.at, score.at).total_seconds() // 3600)
    percent = show_number(abs(fell).quantize(Decimal("0.1")))
    moved = f"{percent} % lower" if fell > 0 else f"{percent} % higher" if fell < 0 else "unchanged"
    on = day_in_zone_of(as_of, score.at)
    return f"{score.total} on {on}, {hours} h after session {session.number} ({moved})"


def _seen(scores: Sequence[MeasuredScore]) -> tuple[Observed, ...]:
    return tuple(Observed("PHQ-9", str(s.total), s.at, None, INSTRUMENT) for s in scores)


def _prompt(
    checkpoint: Checkpoint,
    asking: _Asking,
    say: str,
    due_on: date,
    is_due: bool,
    because: tuple[Observed, ...],
) -> Prompt:
    return Prompt(
        id=f"{asking.course.protocol.id}/{checkpoint.id}",
        title=checkpoint.title,
        say=say,
        do=checkpoint.do,
        limit=checkpoint.limit,
        due_on=due_on,
        is_due=is_due,
        because=because,
        citations=cite(checkpoint, asking.library, asking.jurisdiction),
    )

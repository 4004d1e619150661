"""The time since the last session: on plan, a session missed, or a long break; and who decides what follows.

Esketamine's maker says what to do after a missed session. For ketamine no source does, and its rule is not
copied: there a prescriber decides. Nothing here chooses, and nothing raises a dose.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from posology.knowledge import Level, Library, Role, number_in_force
from posology.knowledge.schema import Asked
from posology.protocols import Finding, Verdict, cite
from posology.protocols.findings import Observed
from posology.recommendation.course import Course, days_of_a_long_break
from posology.recommendation.response import WORSE, Response

_DEATH = 5  # the grade, by definition of the scale (S-AE-29)


class Pause(StrEnum):
    """How long it is since the last session, by the interval that ran."""

    NONE = "none"
    MISSED = "missed"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class SinceLast:
    """The pause since the last session, what it raises, and whether the denser schedule comes first."""

    pause: Pause
    finding: Finding | None = None
    denser_first: bool = False


def since_last(
    course: Course, response: Response, library: Library, *, jurisdiction: str, as_of: datetime
) -> SinceLast:
    """Judge the time since the last session.

    Returns
    -------
    SinceLast
        A session is missed when it is more days late than the adjustments file allows; a long break is
        longer than that file's number of days, and than the widest interval of the protocol with the days
        after which a session counts as missed.
    """
    today = as_of.date()
    away = (today - course.last_on).days
    if away > days_of_a_long_break(course.protocol, library, as_of=as_of):
        asked = library.adjustments.long_break
        say = f"The last session, number {course.last.number}, was {away} days ago, on {course.last_on}."
        return SinceLast(Pause.LONG, _finding("long-break", asked, say, course, library, jurisdiction))
    gap = course.planned_gap
    if gap is None:
        return SinceLast(Pause.NONE)
    due = course.last_on + timedelta(days=gap)
    late = (today - due).days
    if late <= number_in_force(library.adjustments.values, "missed_after_days", on=today, unit="d"):
        return SinceLast(Pause.NONE)
    return _missed(course, response, library, jurisdiction, due, late)


def _missed(
    course: Course, response: Response, library: Library, jurisdiction: str, due: date, late: int
) -> SinceLast:
    """Apply the rule of the phase, from a label; where there is none, a prescriber decides."""
    asked, rule = library.adjustments.missed_session, course.phase.missed
    say = f"By the interval that ran, session {course.next_number} was due on {due}, {late} days ago."
    if rule is None:
        return SinceLast(Pause.MISSED, _finding("missed-session", asked, say, course, library, jurisdiction))
    worse = bool(rule.if_worse) and response.state in WORSE
    ruled = Asked(
        title=asked.title,
        level=Level.CAUTION,
        do=rule.if_worse if worse else rule.do,
        facts=rule.facts,
        sources=rule.sources,
        certainty=rule.certainty,
    )
    finding = _finding("missed-session", ruled, say, course, library, jurisdiction)
    return SinceLast(Pause.MISSED, finding, denser_first=worse)


def death_in(course: Course, library: Library, *, jurisdiction: str) -> Finding | None:
    """Return the stop where a death is recorded among the sessions of a course, ``None`` elsewhere."""
    dead = [s for s in course.sessions if s.worst_adverse_event_grade >= _DEATH]
    if not dead:
        return None
    asked = library.adjustments.death
    say = f"An adverse event of grade {_DEATH}, a death, is recorded for session {dead[0].number}."
    return _finding("death", asked, say, course, library, jurisdiction)


def _finding(
    rule: str, asked: Asked, say: str, course: Course, library: Library, jurisdiction: str
) -> Finding:
    level = asked.level
    seen = Observed("Last session", f"session {course.last.number}", course.last.at, None, "session")
    return Finding(
        rule=f"{library.adjustments.id}/{rule}",
        title=asked.title,
        verdict=Verdict(level.value),
        level=level,
        message=say,
        do=asked.do,
        because=(seen,),
        missing=(),
        citations=cite(asked, library, jurisdiction),
        certainty=asked.certainty,
        cleared_by=Role.PRESCRIBER if level is Level.HOLD else Role.NOBODY,
    )

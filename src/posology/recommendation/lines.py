"""One line of the adjustments file worked out for one course: its level, days, dose and reasons."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from posology.case import Case, PastSession
from posology.knowledge import Library, in_force
from posology.knowledge.schema import NextOption, ProtocolFile
from posology.protocols import Report, Verdict, Visit
from posology.protocols.dosing_weight import DosingWeight
from posology.protocols.limits import LimitExceeded
from posology.protocols.schedule import Rung, ladder, last_session, plan
from posology.quantities import DomainError, show_number
from posology.recommendation.course import Course
from posology.recommendation.doses import infusion_minutes, neighbour, numbers, propose_dose, show_level
from posology.recommendation.options import DoseChange, IntervalChange, Option, ProposedDose
from posology.recommendation.reasons import reasons
from posology.recommendation.response import Response, Tolerability, last_effective, tolerability_of
from posology.recommendation.start import VISITS_SHOWN

_WITHOUT_DOSE = {"hold", "end"}


class NotPossible(DomainError):
    """A line that this course has no dose or no interval for; the message says which, and is no fault."""

    code = "not-possible"


@dataclass(frozen=True, slots=True)
class Making:
    """Everything the options of one answer share."""

    case: Case
    course: Course
    report: Report
    weight: DosingWeight | None
    response: Response
    tolerability: Tolerability
    library: Library
    as_of: datetime


def make(line: NextOption, making: Making) -> Option:
    """Work one line out.

    Raises
    ------
    NotPossible
        If the protocol has no such dose or interval for this course.
    LimitExceeded
        If its dose would pass a limit: it is refused, never cut.
    """
    if line.dose in _WITHOUT_DOSE:
        return _option(line, making, level=None, visits=(), difference=line.title)
    level = _level(line, making)
    visits = _visits(line, making)
    return _option(line, making, level=level, visits=visits, difference=_difference(making, level, visits[0]))


# ---------------------------------------------------------------- the level
def _level(line: NextOption, making: Making) -> Decimal:
    course, as_of = making.course, making.as_of
    last = course.last.level
    if line.dose == "same":
        return last
    if line.dose == "effective":
        return _effective(making)
    if line.dose == "start":
        first = first_level(course.protocol, making.case, as_of)
        if first >= last:
            raise NotPossible(f"the first dose of a course, {_shown(making, first)}, is not below the last.")
        return first
    if line.dose == "raise":
        return _raised(making)
    lower = neighbour(course.protocol, last, up=False, as_of=as_of)
    if lower is None:
        raise NotPossible(f"the protocol has no dose below {_shown(making, last)}.")
    return lower


def first_level(protocol: ProtocolFile, case: Case, as_of: datetime) -> Decimal:
    """Return the protocol's usual first dose level for this patient's age."""
    older, age = protocol.older_adults, case.age_on(as_of.date())
    if older is not None and (age is None or age >= older.from_age):
        return older.dose_start
    return numbers(protocol, "dose_start", as_of)[0]


def _raised(making: Making) -> Decimal:
    course = making.course
    if not _may_be_raised(making):
        raise NotPossible("the protocol describes no step up.")
    higher = neighbour(course.protocol, course.last.level, up=True, as_of=making.as_of)
    if higher is None:
        raise NotPossible(f"the protocol has no dose above {_shown(making, course.last.level)}.")
    if _was_too_much(higher, making):
        raise NotPossible("this course bore that dose, or a lower one, badly.")
    return higher


def _effective(making: Making) -> Decimal:
    """Return the level of the last session that a response followed; the last level where there was none.

    Where that was a higher one it is a raise, and is proposed only where a raise would be.
    """
    course, baseline = making.course, making.response.baseline
    scores = [s for s in making.case.scores_of("phq-9") if s.total is not None]
    asked = (course.sessions, scores, baseline, making.library) if baseline else None
    found = last_effective(*asked, as_of=making.as_of) if asked else None
    level = found.level if found is not None else course.last.level
    if level > course.last.level and not (
        making.tolerability.state == "good" and _may_be_raised(making) and not _was_too_much(level, making)
    ):
        return course.last.level
    return level


def _may_be_raised(making: Making) -> bool:
    """Answer whether a protocol knows a way up; one that only ever steps down says so."""
    dated = making.course.protocol.values.get("dose_raise_allowed")
    return dated is None or in_force(dated, on=making.as_of.date()).value is True


def _was_too_much(level: Decimal, making: Making) -> bool:
    """Answer whether this course has met the level before, or a lower one, and it was badly borne."""
    return any(
        session.level <= level and _borne(session, making) == "poor" for session in making.course.sessions
    )


def _borne(session: PastSession, making: Making) -> str:
    return tolerability_of(session, making.library, as_of=making.as_of).state


# ---------------------------------------------------------------- the days
def _visits(line: NextOption, making: Making) -> tuple[Visit, ...]:
    course = making.course
    if line.interval == "restart":
        rung = _first_rung(course)
        days = min(r.days for r in ladder(course.protocol) if r.phase == rung.phase)
    elif line.interval in {"shorten", "lengthen"}:
        rung = _rung(line.interval, course)
        days = rung.days
    else:
        kept, gap = course.kept_rung, course.planned_gap
        if gap is None:
            raise NotPossible("the protocol's course is at its end; going on would be a decision of its own.")
        return _planned(making, kept, gap)
    return _planned(making, rung, days)


def _planned(making: Making, rung: Rung | None, days: int) -> tuple[Visit, ...]:
    course = making.course
    return plan(
        course.protocol,
        first_number=course.next_number,
        first_on=max(course.last_on + timedelta(days=days), making.as_of.date()),
        count=VISITS_SHOWN,
        rung=rung,
        start=course.next_place,
    )


def _first_rung(course: Course) -> Rung:
    """Return the first phase's rung, to begin it anew; a course that ends is not begun again here."""
    if last_session(course.protocol) is not None:
        raise NotPossible("the protocol's course ends; another one would be a decision of its own.")
    first = course.protocol.phases[0]
    usual = first.interval_days[0] if first.interval_days else None
    return Rung(first.id, usual or next(r.days for r in ladder(course.protocol) if r.phase == first.id))


def _rung(interval: str, course: Course) -> Rung:
    rungs = ladder(course.protocol)
    at = next((i for i, r in enumerate(rungs) if r.days == course.rung.days), 0)
    moved = at - 1 if interval == "shorten" else at + 1
    if not 0 <= moved < len(rungs):
        raise NotPossible(f"the protocol has no {'denser' if interval == 'shorten' else 'wider'} interval.")
    return rungs[moved]


# ---------------------------------------------------------------- the option
def _shown(making: Making, level: Decimal) -> str:
    return show_level(making.course.protocol, level)


def _difference(making: Making, level: Decimal, visit: Visit) -> str:
    last = making.course.last
    before = _shown(making, last.level)
    dose = f"Same dose ({before})"
    if level != last.level:
        dose = f"{'Up' if level > last.level else 'Down'} from {before} to {_shown(making, level)}"
    days = (visit.on - making.course.last_on).days
    return f"{dose}, {days} {'day' if days == 1 else 'days'} after session {last.number}."


def _dose_change(line: NextOption, level: Decimal | None, course: Course) -> DoseChange:
    """Name the change by what it does, whatever the line is called."""
    if level is None:
        return DoseChange(line.dose)
    last = course.last.level
    return DoseChange.SAME if level == last else DoseChange.RAISE if level > last else DoseChange.LOWER


def _dose(level: Decimal, making: Making) -> ProposedDose:
    """Return the dose over the minutes of the last session, or, where those are too few, the usual ones.

    Raises
    ------
    LimitExceeded
        If the protocol does not allow the level, or no infusion time of it keeps the highest rate.
    """
    course, protocol = making.course, making.course.protocol
    usual = infusion_minutes(protocol, making.as_of)
    tried = dict.fromkeys((course.last.minutes or usual[0], *usual))
    refused: LimitExceeded | None = None
    for minutes in tried:
        try:
            return propose_dose(
                protocol,
                level,
                weight=making.weight,
                minutes=minutes,
                library=making.library,
                as_of=making.as_of,
            )
        except LimitExceeded as error:
            if error.limit != "rate_ceiling":
                raise
            refused = error
    assert refused is not None  # a protocol has one infusion time at least, or none and no rate
    raise refused


def _option(
    line: NextOption, making: Making, *, level: Decimal | None, visits: tuple[Visit, ...], difference: str
) -> Option:
    course, protocol = making.course, making.course.protocol
    dose = None if level is None else _dose(level, making)
    shown = f"/{show_number(level)}" if level is not None else ""
    change = _dose_change(line, level, course)
    beside = making.library.adjustments.beside_every_raise if change is DoseChange.RAISE else ()
    return Option(
        id=f"{protocol.id}/{course.next_number}/{line.id}{shown}",
        protocol_id=protocol.id,
        protocol_version=protocol.version,
        protocol_title=protocol.title,
        approval=protocol.approval,
        substance=protocol.substance,
        route=protocol.route,
        dose_change=change,
        interval_change=IntervalChange(line.interval),
        title=line.title,
        dose=dose,
        phase=visits[0].phase if visits else course.phase.id,
        session_number=course.next_number if dose else None,
        visits=visits,
        for_=reasons(line.for_, making.library, making.case.jurisdiction),
        against=reasons((*beside, *line.against), making.library, making.case.jurisdiction),
        cautions=making.report.of(Verdict.CAUTION) if dose else (),
        blocked_by=making.report.of(Verdict.HOLD) if dose else (),
        at_session=making.report.at_session if dose else (),
        difference=difference,
    )

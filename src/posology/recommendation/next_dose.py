"""The next dose of a running course: hold, lower, same, raise; shorten, keep, lengthen; each with reasons.

Which of them are worth showing for a response and a tolerability, and what speaks for and against
each, stands in ``knowledge/data/adjustments.yaml``. Here only the sums are done. Nothing is ever
raised by itself: every line is a proposal that waits for a prescriber.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from posology.case import Case, Missing, PastSession
from posology.knowledge import Library
from posology.knowledge.schema import NextOption, ProtocolFile
from posology.protocols import Report, Verdict, Visit, assess
from posology.protocols.conditions import Context
from posology.protocols.schedule import Rung, current_rung, days_until_next, ladder, phase_of, place_of, plan
from posology.quantities import day_in_zone_of, elapsed, show_number
from posology.recommendation.doses import dosing_weight, infusion_minutes, neighbour, propose_dose, show_level
from posology.recommendation.options import DoseChange, DosingWeight, IntervalChange, Option, ProtocolAdvice
from posology.recommendation.reasons import reasons
from posology.recommendation.response import Response, Tolerability, response_of, tolerability_of
from posology.recommendation.start import VISITS_SHOWN, why_no_option

MOST_OPTIONS = 5
_WITHOUT_DOSE = {"hold", "end"}


@dataclass(frozen=True, slots=True)
class Course:
    """Where a running course stands: its protocol, its sessions, its place and its interval."""

    protocol: ProtocolFile
    sessions: tuple[PastSession, ...]
    phase: str
    rung: Rung
    last_on: date  # the site's day of the last session

    @property
    def last(self) -> PastSession:
        """The session given last."""
        return self.sessions[-1]

    @property
    def next_number(self) -> int:
        """The number of the session that comes next."""
        return self.last.number + 1


@dataclass(frozen=True, slots=True)
class _Making:
    """Everything the options of one answer share."""

    case: Case
    course: Course
    report: Report
    weight: DosingWeight | None
    library: Library
    as_of: datetime


def course_of(case: Case, library: Library, *, as_of: datetime) -> Course:
    """Return where the running course stands, from its past sessions.

    Raises
    ------
    KnowledgeError
        If its protocol is not known.
    """
    sessions = case.sessions_in_order()
    protocol = library.protocol(sessions[-1].protocol_id)
    mine = tuple(s for s in sessions if s.protocol_id == protocol.id)
    last = mine[-1]
    gap = elapsed(mine[-2].at, last.at).days if len(mine) > 1 else None
    return Course(
        protocol, mine, last.phase, current_rung(protocol, last.phase, gap), day_in_zone_of(as_of, last.at)
    )


def advise_next(
    case: Case, library: Library, *, as_of: datetime
) -> tuple[ProtocolAdvice, Response, Tolerability]:
    """Say how a running course may go on.

    Returns
    -------
    tuple of ProtocolAdvice, Response, Tolerability
        No options when response cannot be judged (a PHQ-9 is needed) or a rule stops or cannot say.
    """
    course = course_of(case, library, as_of=as_of)
    report = assess(case, course.protocol.id, as_of=as_of, library=library)
    response = response_of(case, library, as_of=as_of)
    tolerability = tolerability_of(course.last, library, as_of=as_of)
    weight = dosing_weight(course.protocol, Context(case, library, as_of, {}))
    missing = tuple(m for m in (response.missing, weight) if isinstance(m, Missing))
    if missing:
        why = response.reason if response.missing else f"{missing[0].ask} ({missing[0].why}.)"
        return ProtocolAdvice(report, (), why, missing), response, tolerability
    refusal = why_no_option(report)
    if refusal is not None:
        return ProtocolAdvice(report, (), refusal), response, tolerability
    assert not isinstance(weight, Missing)
    making = _Making(case, course, report, weight, library, as_of)
    made = [
        option for line in _worth_showing(making, response, tolerability) if (option := _make(line, making))
    ]
    return ProtocolAdvice(report, tuple(made[:MOST_OPTIONS]), None), response, tolerability


def _worth_showing(making: _Making, response: Response, tolerability: Tolerability) -> list[NextOption]:
    phase = making.course.phase
    return [
        line
        for line in making.library.adjustments.options
        if response.state in line.response
        and tolerability.state in line.tolerability
        and (not line.phases or phase in line.phases)
    ]


def _make(line: NextOption, making: _Making) -> Option | None:
    """Return one option, or ``None`` where the protocol has no such dose or interval."""
    course, protocol = making.course, making.course.protocol
    if line.dose in _WITHOUT_DOSE:
        return _option(line, making, level=None, visits=(), difference=line.title)
    level = _level(line.dose, course, making.as_of)
    if level is None:
        return None
    if line.interval in {"shorten", "lengthen"}:
        rung = _rung(line.interval, course)
        if rung is None:
            return None
        days: int = rung.days
        visits_by: Rung | None = rung
    else:
        days, visits_by = _planned_gap(course), _kept_rung(course)
    first_on = max(course.last_on + timedelta(days=days), making.as_of.date())
    visits = plan(
        protocol, first_number=course.next_number, first_on=first_on, count=VISITS_SHOWN, rung=visits_by
    )
    return _option(
        line, making, level=level, visits=visits, difference=_difference(line, course, level, visits[0])
    )


def _level(dose: str, course: Course, as_of: datetime) -> Decimal | None:
    if dose == "same":
        return course.last.level
    return neighbour(course.protocol, course.last.level, up=dose == "raise", as_of=as_of)


def _rung(interval: str, course: Course) -> Rung | None:
    rungs = ladder(course.protocol)
    at = next((i for i, r in enumerate(rungs) if r.days == course.rung.days), 0)
    moved = at - 1 if interval == "shorten" else at + 1
    return rungs[moved] if 0 <= moved < len(rungs) else None


def _kept_rung(course: Course) -> Rung | None:
    """Return the rung to keep in an open-ended phase; earlier phases follow the protocol's own plan."""
    return course.rung if phase_of(course.protocol, course.phase).interval_days else None


def _planned_gap(course: Course) -> int:
    kept = _kept_rung(course)
    return kept.days if kept else days_until_next(course.protocol, course.last.number)


def _difference(line: NextOption, course: Course, level: Decimal, visit: Visit) -> str:
    before = show_level(course.protocol, course.last.level)
    dose = {
        "same": f"Same dose ({before})",
        "raise": f"Up from {before} to {show_level(course.protocol, level)}",
        "lower": f"Down from {before} to {show_level(course.protocol, level)}",
    }[line.dose]
    days = (visit.on - course.last_on).days
    return f"{dose}, {days} {'day' if days == 1 else 'days'} after session {course.last.number}."


def _option(
    line: NextOption, making: _Making, *, level: Decimal | None, visits: tuple[Visit, ...], difference: str
) -> Option:
    course, protocol = making.course, making.course.protocol
    minutes = course.last.minutes or infusion_minutes(protocol, making.as_of)[0]
    dose = None
    if level is not None:
        dose = propose_dose(
            protocol, level, weight=making.weight, minutes=minutes, library=making.library, as_of=making.as_of
        )
    shown = f"/{show_number(level)}" if level is not None else ""
    phase = visits[0].phase if visits else place_of(protocol, course.next_number).phase.id
    return Option(
        id=f"{protocol.id}/{course.next_number}/{line.id}{shown}",
        protocol_id=protocol.id,
        protocol_version=protocol.version,
        protocol_title=protocol.title,
        approval=protocol.approval,
        substance=protocol.substance,
        route=protocol.route,
        dose_change=DoseChange(line.dose),
        interval_change=IntervalChange(line.interval),
        title=line.title,
        dose=dose,
        phase=phase,
        session_number=course.next_number if dose else None,
        visits=visits,
        for_=reasons(line.for_, making.library),
        against=reasons(line.against, making.library),
        cautions=making.report.of(Verdict.CAUTION) if dose else (),
        blocked_by=making.report.of(Verdict.HOLD) if dose else (),
        at_session=making.report.at_session if dose else (),
        difference=difference,
    )

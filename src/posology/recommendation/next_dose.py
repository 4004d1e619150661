"""The next dose of a running course: hold, lower, same, raise; shorten, keep, lengthen; each with reasons.

Which of them are worth showing for a response and a tolerability, and what speaks for and against
each, stands in ``knowledge/data/adjustments.yaml``. Here only the sums are done. Nothing is ever
raised by itself: every line is a proposal that waits for a prescriber.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from posology.case import Case, Missing, PastSession
from posology.knowledge import Library, in_force
from posology.knowledge.schema import NextOption, ProtocolFile
from posology.protocols import Report, Verdict, Visit, assess
from posology.protocols.conditions import Context
from posology.protocols.dosing_weight import CannotDose, DosingWeight, dosing_weight
from posology.protocols.limits import LimitExceeded
from posology.protocols.schedule import (
    Place,
    Rung,
    current_rung,
    days_between,
    ladder,
    phase_of,
    phase_size,
    place_after,
    plan,
)
from posology.quantities import day_in_zone_of, show_number
from posology.recommendation.doses import infusion_minutes, neighbour, propose_dose, show_level
from posology.recommendation.options import (
    DoseChange,
    IntervalChange,
    Option,
    ProposedDose,
    ProtocolAdvice,
)
from posology.recommendation.reasons import reasons
from posology.recommendation.response import Response, Tolerability, response_of, tolerability_of
from posology.recommendation.start import VISITS_SHOWN, why_no_option

MOST_OPTIONS = 5
_WITHOUT_DOSE = {"hold", "end"}
_DEATH = 5  # the grade, by definition of the scale (S-AE-29)


@dataclass(frozen=True, slots=True)
class Course:
    """Where a running course stands: its protocol, its sessions, its place and its interval."""

    protocol: ProtocolFile
    sessions: tuple[PastSession, ...]
    phase: str
    rung: Rung
    last_on: date  # the site's day of the last session
    next_place: Place | None  # where the next session stands; None when the protocol's course is at its end

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
    mine = case.running_course()
    protocol = library.protocol(mine[-1].protocol_id)
    phase = mine[-1].phase
    days = [day_in_zone_of(as_of, s.at) for s in mine]
    gap = (days[-1] - days[-2]).days if len(mine) > 1 else None
    return Course(
        protocol,
        mine,
        phase,
        current_rung(protocol, phase, gap),
        days[-1],
        place_after(protocol, [s.phase for s in mine]),
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
    try:
        weight = dosing_weight(course.protocol, Context(case, library, as_of, {}))
    except CannotDose as refused:
        return ProtocolAdvice(report, (), str(refused)), response, tolerability
    unweighed = weight if isinstance(weight, tuple) else ()
    missing = tuple(m for m in (response.missing, *unweighed) if m is not None)
    if missing:
        why = response.reason if response.missing else f"{missing[0].ask} ({missing[0].why}.)"
        return ProtocolAdvice(report, (), why, missing), response, tolerability
    refusal = _why_nothing_follows(course) or why_no_option(report)
    if refusal is not None:
        return ProtocolAdvice(report, (), refusal), response, tolerability
    assert not isinstance(weight, tuple)
    making = _Making(case, course, report, weight, library, as_of)
    made: list[Option] = []
    left_out: dict[str, None] = {}
    for line in _worth_showing(making, response, tolerability):
        try:
            option = _make(line, making)
        except LimitExceeded as error:
            left_out[f"'{line.title}' is not proposed: {error}"] = None
            continue
        if option is not None:
            made.append(option)
    advice = ProtocolAdvice(report, tuple(made[:MOST_OPTIONS]), None, left_out=tuple(left_out))
    return advice, response, tolerability


def _why_nothing_follows(course: Course) -> str | None:
    if any(session.worst_adverse_event_grade >= _DEATH for session in course.sessions):
        return f"An adverse event of grade {_DEATH}, a death, is recorded in this course. Check the record."
    return None


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
    if level is None or (line.dose == "raise" and _was_too_much(level, making)):
        return None
    if line.interval in {"shorten", "lengthen"}:
        rung = _rung(line.interval, course)
        if rung is None:
            return None
        days: int = rung.days
        visits_by: Rung | None = rung
    else:
        visits_by = _kept_rung(course)
        planned = _planned_gap(course)
        if planned is None:
            return None  # the protocol's course is at its end; going on would be a decision of its own
        days = planned
    first_on = max(course.last_on + timedelta(days=days), making.as_of.date())
    visits = plan(
        protocol,
        first_number=course.next_number,
        first_on=first_on,
        count=VISITS_SHOWN,
        rung=visits_by,
        start=course.next_place,
    )
    return _option(
        line, making, level=level, visits=visits, difference=_difference(line, course, level, visits[0])
    )


def _level(dose: str, course: Course, as_of: datetime) -> Decimal | None:
    if dose == "same":
        return course.last.level
    if dose == "raise" and not _may_be_raised(course.protocol, as_of):
        return None
    return neighbour(course.protocol, course.last.level, up=dose == "raise", as_of=as_of)


def _may_be_raised(protocol: ProtocolFile, as_of: datetime) -> bool:
    """Answer whether a protocol knows a way up; one that only ever steps down says so."""
    dated = protocol.values.get("dose_raise_allowed")
    return dated is None or in_force(dated, on=as_of.date()).value is True


def _was_too_much(level: Decimal, making: _Making) -> bool:
    """Answer whether this course has met the level before, or a lower one, and it was badly borne."""
    return any(
        session.level <= level
        and tolerability_of(session, making.library, as_of=making.as_of).state == "poor"
        for session in making.course.sessions
    )


def _rung(interval: str, course: Course) -> Rung | None:
    rungs = ladder(course.protocol)
    at = next((i for i, r in enumerate(rungs) if r.days == course.rung.days), 0)
    moved = at - 1 if interval == "shorten" else at + 1
    return rungs[moved] if 0 <= moved < len(rungs) else None


def _kept_rung(course: Course) -> Rung | None:
    """Return the rung to keep in an open-ended phase; earlier phases follow the protocol's own plan."""
    return course.rung if phase_of(course.protocol, course.phase).interval_days else None


def _planned_gap(course: Course) -> int | None:
    """Return the days to the next session at the interval that runs; ``None`` at the end of the course."""
    kept = _kept_rung(course)
    if kept is not None:
        return kept.days
    after = course.next_place
    return None if after is None else days_between(_last_place(course), after)


def _last_place(course: Course) -> Place:
    """Return where the last session stands: one before the next in its phase, or at the phase's end."""
    phase, after = phase_of(course.protocol, course.phase), course.next_place
    if after is not None and after.phase.id == phase.id:
        return Place(phase, after.index - 1)
    return Place(phase, (phase_size(phase) or 1) - 1)


def _difference(line: NextOption, course: Course, level: Decimal, visit: Visit) -> str:
    before = show_level(course.protocol, course.last.level)
    dose = {
        "same": f"Same dose ({before})",
        "raise": f"Up from {before} to {show_level(course.protocol, level)}",
        "lower": f"Down from {before} to {show_level(course.protocol, level)}",
    }[line.dose]
    days = (visit.on - course.last_on).days
    return f"{dose}, {days} {'day' if days == 1 else 'days'} after session {course.last.number}."


def _dose(level: Decimal, making: _Making) -> ProposedDose:
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
    line: NextOption, making: _Making, *, level: Decimal | None, visits: tuple[Visit, ...], difference: str
) -> Option:
    course, protocol = making.course, making.course.protocol
    dose = None if level is None else _dose(level, making)
    shown = f"/{show_number(level)}" if level is not None else ""
    phase = visits[0].phase if visits else course.phase
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

"""The next dose of a running course: hold, lower, same, raise; denser, wider, anew; each with reasons.

Which of them are worth showing for a response, a tolerability and a pause, and what speaks for and against
each, stands in ``knowledge/data/adjustments.yaml``. Here only the sums are done. Nothing is ever
raised by itself: every line is a proposal that waits for a prescriber.
"""

from dataclasses import replace
from datetime import datetime

from posology.case import Case, Missing
from posology.knowledge import Library
from posology.knowledge.schema import NextOption
from posology.protocols import Finding, Report, Verdict, assess
from posology.protocols.conditions import Context
from posology.protocols.limits import LimitExceeded
from posology.recommendation.checkpoint import prompts_of
from posology.recommendation.course import course_of
from posology.recommendation.doses import weight_for
from posology.recommendation.lines import Making, NotPossible, make
from posology.recommendation.missed import Pause, SinceLast, death_in, since_last
from posology.recommendation.options import Option, ProtocolAdvice
from posology.recommendation.response import Response, Tolerability, response_of, tolerability_of
from posology.recommendation.start import why_no_option

FEWEST_OPTIONS, MOST_OPTIONS = 3, 5


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
    response = response_of(case, library, as_of=as_of)
    tolerability = tolerability_of(course.last, library, as_of=as_of)
    since = since_last(course, response, library, jurisdiction=case.jurisdiction, as_of=as_of)
    report = _with_the_course(
        assess(case, course.protocol.id, as_of=as_of, library=library),
        (death_in(course, library, jurisdiction=case.jurisdiction), since.finding),
    )
    prompts = prompts_of(course, case, response, library, as_of=as_of)
    weight = weight_for(course.protocol, Context(case, library, as_of, {}))
    unweighed = weight if isinstance(weight, tuple) else ()
    missing = tuple(m for m in (response.missing, *unweighed) if m is not None)
    refusal = _why_nothing(report, response, missing)
    if refusal is not None:
        return ProtocolAdvice(report, (), refusal, missing, prompts=prompts), response, tolerability
    assert not isinstance(weight, tuple)
    making = Making(case, course, report, weight, response, tolerability, library, as_of)
    made, left_out = _made(_worth_showing(making, since), making)
    advice = ProtocolAdvice(report, made, None, left_out=left_out, prompts=prompts)
    return advice, response, tolerability


def _with_the_course(report: Report, found: tuple[Finding | None, ...]) -> Report:
    """Return the report with what the course itself raised; it holds or stops a dose as a rule does."""
    findings = (*(f for f in found if f is not None), *report.findings)
    return replace(report, findings=tuple(sorted(findings, key=lambda f: f.verdict.rank)))


def _why_nothing(report: Report, response: Response, missing: tuple[Missing, ...]) -> str | None:
    """Say why there are no options: a stop before a form that is wanting, and that before open questions."""
    stops = report.of(Verdict.STOP)
    if missing and not stops:
        return response.reason if response.missing else f"{missing[0].ask} ({missing[0].why}.)"
    return why_no_option(report)


def _worth_showing(making: Making, since: SinceLast) -> list[NextOption]:
    """Return the lines for this state, in the order of the file.

    After a missed session with worsening, where the label asks for it, the denser schedule stands first.
    It is chosen no more than the others.
    """
    fitting = [line for line in making.library.adjustments.options if _fits(line, making, since.pause)]
    if since.denser_first:
        fitting.sort(key=lambda line: line.interval != "shorten")
    return fitting


def _fits(line: NextOption, making: Making, pause: Pause) -> bool:
    return (
        making.response.state in line.response
        and making.tolerability.state in line.tolerability
        and (not line.phases or making.course.phase.id in line.phases)
        and pause.value in line.pauses
    )


def _made(lines: list[NextOption], making: Making) -> tuple[tuple[Option, ...], tuple[str, ...]]:
    """Return the options, and why a line was left out: of a limit always, else where few are left."""
    made: list[Option] = []
    beyond: dict[str, None] = {}
    impossible: dict[str, None] = {}
    for line in lines:
        try:
            option = make(line, making)
        except LimitExceeded as error:
            beyond[f"'{line.title}' is not proposed: {error}"] = None
        except NotPossible as why:
            impossible[f"'{line.title}' is not proposed: {why}"] = None
        else:
            if not any(_same_dose_and_day(option, other) for other in made):
                made.append(option)
    told = (*beyond, *(impossible if len(made) < FEWEST_OPTIONS else ()))
    return tuple(made[:MOST_OPTIONS]), tuple(told)


def _same_dose_and_day(option: Option, other: Option) -> bool:
    return (
        option.dose is not None
        and option.dose == other.dose
        and (option.interval_change, option.visits) == (other.interval_change, other.visits)
    )

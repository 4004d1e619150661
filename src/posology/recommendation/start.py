"""The first dose of a course: for each protocol, its report and the ways to begin."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from posology.case import Case
from posology.knowledge import Library
from posology.knowledge.schema import ProtocolFile
from posology.protocols import Report, Verdict, assess
from posology.protocols.conditions import Context
from posology.protocols.dosing_weight import DosingWeight
from posology.protocols.schedule import plan_from_start
from posology.quantities import show_number
from posology.recommendation.doses import infusion_minutes, numbers, propose_dose, show_level, weight_for
from posology.recommendation.options import (
    DoseChange,
    IntervalChange,
    Option,
    ProtocolAdvice,
    Reason,
)
from posology.recommendation.prior import effective_level, reasons_from_before
from posology.recommendation.reasons import reasons

# How many visits an option lists: enough to see an induction and the step after it.
VISITS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Beginning:
    """One way to begin: the dose level and, for an infusion, its minutes; the usual way comes first."""

    level: Decimal
    minutes: int | None
    lower: bool
    prior: bool = False  # the dose that helped in an earlier course


def advise_start(case: Case, protocol: ProtocolFile, library: Library, *, as_of: datetime) -> ProtocolAdvice:
    """Say whether a course may begin by one protocol, and how.

    A *stop* gives no option and its reason; *cannot say* gives none and what is needed; a *hold*
    gives options that cannot be signed until a permitted person clears it with a reason.
    """
    report = assess(case, protocol.id, as_of=as_of, library=library)
    refusal = why_no_option(report)
    weight = weight_for(protocol, Context(case, library, as_of, {}))
    if isinstance(weight, tuple):
        return ProtocolAdvice(report, (), f"{weight[0].ask} ({weight[0].why}.)", weight)
    if refusal is not None:
        return ProtocolAdvice(report, (), refusal)
    spoken_for = _speaks_for_lower(report, library)
    made = [
        (beginning, _option(case, protocol, report, beginning, weight, library, as_of))
        for beginning in _beginnings(protocol, case, library, as_of, lower_first=spoken_for)
    ]
    # The dose that helped before may be below the usual one, and is another beginning than the lower start.
    lower = next((option.id for beginning, option in made if beginning.lower and not beginning.prior), None)
    options = tuple(option for _, option in made)
    return ProtocolAdvice(report, options, None, lower_start=lower if spoken_for else None)


def _speaks_for_lower(report: Report, library: Library) -> bool:
    """Answer whether a caution of the report asks to consider the lower start."""
    speaking = {
        f"{file.id}/{rule.id}"
        for file in library.rules
        for rule in file.rules
        if rule.speaks_for == "lower start"
    }
    return any(finding.rule in speaking for finding in report.of(Verdict.CAUTION))


def why_no_option(report: Report) -> str | None:
    """Return the sentence that says why a protocol has no option, or ``None`` where it may have some."""
    stops = report.of(Verdict.STOP)
    if stops:
        return stops[0].message
    open_rules = [f for f in report.before_ordering if f.verdict is Verdict.CANNOT_SAY]
    if open_rules:
        count = len({m.key for f in open_rules for m in f.missing})
        return f"{count} {'question is' if count == 1 else 'questions are'} open."
    return None


def _beginnings(
    protocol: ProtocolFile, case: Case, library: Library, as_of: datetime, *, lower_first: bool
) -> Iterator[Beginning]:
    """Yield the ways to begin: the usual one, the dose that helped before, then the slower and the lower.

    Where a caution speaks for the lower start, it stands before the slower ones.
    """
    older = protocol.older_adults
    age = case.age_on(as_of.date())
    if older is not None and (age is None or age >= older.from_age):
        yield Beginning(older.dose_start, infusion_minutes(protocol, as_of)[0], lower=True)
        return
    start = numbers(protocol, "dose_start", as_of)[0]
    minutes = infusion_minutes(protocol, as_of)
    lower = numbers(protocol, "dose_start_lower", as_of) if "dose_start_lower" in protocol.values else ()
    yield Beginning(start, minutes[0], lower=False)
    before = effective_level(case, protocol, library, as_of)
    if before is not None and before not in (start, *lower):
        yield Beginning(before, minutes[0], lower=before < start, prior=True)
    slower_ones = [Beginning(start, slower, lower=False) for slower in minutes[1:]]
    lower_ones = [Beginning(level, minutes[0], lower=True) for level in lower[:1]]
    yield from (*lower_ones, *slower_ones) if lower_first else (*slower_ones, *lower_ones)


def _option(
    case: Case,
    protocol: ProtocolFile,
    report: Report,
    beginning: Beginning,
    weight: DosingWeight | None,
    library: Library,
    as_of: datetime,
) -> Option:
    dose = propose_dose(
        protocol, beginning.level, weight=weight, minutes=beginning.minutes, library=library, as_of=as_of
    )
    visits = plan_from_start(protocol, as_of.date(), count=VISITS_SHOWN)
    over = f" over {beginning.minutes} min" if beginning.minutes else ""
    for_, against = _for_and_against(protocol, beginning, library, case.jurisdiction)
    for_before, against_before = reasons_from_before(case, protocol, beginning.level, library, as_of=as_of)
    return Option(
        id=f"{protocol.id}/start/{show_number(beginning.level)}" + (f"/{beginning.minutes}" if over else ""),
        protocol_id=protocol.id,
        protocol_version=protocol.version,
        protocol_title=protocol.title,
        approval=protocol.approval,
        substance=protocol.substance,
        route=protocol.route,
        dose_change=DoseChange.START,
        interval_change=IntervalChange.START,
        title=f"Start {show_level(protocol, beginning.level)}{over}",
        dose=dose,
        phase=visits[0].phase,
        session_number=1,
        visits=visits,
        for_=(*for_before, *for_),
        against=(*against_before, *against),
        cautions=report.of(Verdict.CAUTION),
        blocked_by=report.of(Verdict.HOLD),
        at_session=report.at_session,
        difference="",
    )


def _for_and_against(
    protocol: ProtocolFile, beginning: Beginning, library: Library, jurisdiction: str
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    kept = [
        s
        for s in protocol.statements
        if s.about is None or (not beginning.prior and s.about == ("lower" if beginning.lower else "usual"))
    ]
    return (
        reasons((s for s in kept if s.side == "for"), library, jurisdiction),
        reasons((s for s in kept if s.side == "against"), library, jurisdiction),
    )

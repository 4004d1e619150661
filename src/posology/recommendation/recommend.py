"""The one question the product answers: how much, how often, and is it working?"""

from collections.abc import Iterable
from datetime import datetime

from posology.case import Case, Missing, check_case
from posology.knowledge import KnowledgeStamp, Library, load_library
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.schema import ProtocolFile
from posology.protocols import Observed, Verdict
from posology.protocols.conditions import Context, Truth, evaluate
from posology.protocols.schedule import protocols_for
from posology.quantities import check_aware
from posology.recommendation.next_dose import MOST_OPTIONS, advise_next
from posology.recommendation.options import Advice, Option, ProtocolAdvice
from posology.recommendation.prior import effective_level
from posology.recommendation.start import advise_start
from posology.recommendation.within import within_limits


def recommend(
    case: Case,
    *,
    as_of: datetime,
    library: Library | None = None,
    protocols: tuple[str, ...] | None = None,
) -> Advice:
    """Recommend how a course may begin or go on: options with their sums and reasons, or why there are none.

    Parameters
    ----------
    case : Case
        The patient's facts, scores and past sessions.
    as_of : datetime
        The moment of the decision, aware, in the site's own zone: visits are planned on the site's days.
        Nothing later is looked at.
    library : Library, optional
        The knowledge to decide by; the package's own by default.
    protocols : tuple of str, optional
        Only these protocols, when a course is to begin; all of the jurisdiction by default. A running
        course goes on by its own.

    Returns
    -------
    Advice
        Also when it refuses: every finding, what is needed, the inputs read with their dates, and the
        versions and hashes of the knowledge.

    Raises
    ------
    CaseError
        If a fact cannot be true, or is dated after ``as_of``.
    KnowledgeError
        If a protocol is not known, is refused here, or is a draft.
    """
    check_aware(as_of, what="as_of")
    library = library or load_library()
    check_case(case, library, as_of=as_of)
    if case.sessions:
        going_on, response, tolerability = advise_next(case, library, as_of=as_of)
        going_on = within_limits(going_on, case, library, as_of=as_of)
        told = " ".join((response.reason, tolerability.reason, *going_on.left_out))
        return _advice(
            (going_on,), going_on.options, response.state, told, library, as_of, scores=response.because
        )
    chosen = (
        [_not_a_draft(library.protocol(p)) for p in protocols]
        if protocols
        else _offered(case, library, as_of)
    )
    advised = tuple(
        within_limits(advise_start(case, protocol, library, as_of=as_of), case, library, as_of=as_of)
        for protocol in chosen
    )
    again = {p.id for p in chosen if effective_level(case, p, library, as_of) is not None}
    return _advice(advised, _shown(advised, again), "start", "No session yet.", library, as_of)


def _offered(case: Case, library: Library, as_of: datetime) -> list[ProtocolFile]:
    """Return the protocols to begin by: of those for one group only, none unless the patient is of it."""
    context = Context(case, library, as_of, {})
    return [
        p
        for p in protocols_for(library, case.jurisdiction, on=as_of.date())
        if p.only_where is None or evaluate(p.only_where, context).truth is Truth.TRUE
    ]


def _not_a_draft(protocol: ProtocolFile) -> ProtocolFile:
    if protocol.status == "draft":
        raise KnowledgeError(
            f"{protocol.title} is a draft, so no course begins by it. Choose a protocol that is in force."
        )
    return protocol


def _shown(advised: tuple[ProtocolAdvice, ...], again: set[str]) -> tuple[Option, ...]:
    """Return at most five options: one beginning of each protocol first, then others while there is room.

    It is the usual one, or the lower one where a caution speaks for that. A protocol by which a dose helped
    before keeps that dose beside it. Of the others the slower infusions give way first. What finds no room
    is told as possible and can be asked for by its protocol.
    """
    able = [p for p in advised if p.options]
    first = {p.report.protocol_id: _first(p) for p in able}
    both = [
        option
        for p in able
        if p.report.protocol_id in again
        for option in (first[p.report.protocol_id], *p.options[1:2])
    ]
    usual = [p.options[0] for p in able]
    others = sorted((o for p in able for o in p.options[1:]), key=lambda o: _is_slower(o, first))
    ranked = dict.fromkeys(o.id for o in (*both, *first.values(), *usual, *others))
    kept = set(list(ranked)[:MOST_OPTIONS])
    return tuple(option for p in able for option in p.options if option.id in kept)


def _first(advised: ProtocolAdvice) -> Option:
    """Return the beginning that stands for a protocol: the lower one a caution speaks for, or the usual."""
    return next((o for o in advised.options if o.id == advised.lower_start), advised.options[0])


def _is_slower(option: Option, first: dict[str, Option]) -> bool:
    dose, usual = option.dose, first[option.protocol_id].dose
    return bool(dose and usual and dose.minutes and usual.minutes and dose.minutes > usual.minutes)


def _advice(
    advised: tuple[ProtocolAdvice, ...],
    options: tuple[Option, ...],
    response: str,
    reason: str,
    library: Library,
    as_of: datetime,
    scores: tuple[Observed, ...] = (),
) -> Advice:
    return Advice(
        as_of=as_of,
        verdict=_overall(advised),
        options=options,
        protocols=advised,
        needed=_once(m for p in advised for m in (*p.missing, *p.report.missing)),
        inputs=tuple(dict.fromkeys((*scores, *_observed(advised)))),
        knowledge=_stamps(advised, library),
        response=response,
        response_reason=reason,
        overdue=library.overdue(as_of.date()),
    )


def _observed(advised: tuple[ProtocolAdvice, ...]) -> Iterable[Observed]:
    """Yield every value that a rule, the course or a checkpoint read."""
    for one in advised:
        yield from (seen for finding in one.report.findings for seen in finding.because)
        yield from (seen for prompt in one.prompts for seen in prompt.because)


def _overall(advised: tuple[ProtocolAdvice, ...]) -> Verdict:
    """Return the mildest verdict that any protocol reached; none passes above an answer without a dose."""
    verdicts = (p.verdict_before_ordering for p in advised)
    return max(verdicts, key=lambda v: v.rank, default=Verdict.CANNOT_SAY)


def _once(missing: Iterable[Missing]) -> tuple[Missing, ...]:
    return tuple({m.key + m.why: m for m in missing}.values())


def _stamps(advised: tuple[ProtocolAdvice, ...], library: Library) -> tuple[KnowledgeStamp, ...]:
    used = {stamp.id: stamp for p in advised for stamp in p.report.knowledge}
    for file in (library.adjustments, library.dosing_weights):
        used[file.id] = library.stamps[file.id]
    return tuple(used[i] for i in sorted(used))

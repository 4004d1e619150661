"""Eligibility: every rule that speaks of a protocol, asked of one case; one finding a rule."""

from datetime import datetime

from posology.case import Case, Missing, check_case
from posology.knowledge import KnowledgeStamp, Library, load_library
from posology.knowledge.jurisdictions import sources_in
from posology.knowledge.schema import AppliesTo, Cited, ProtocolFile, Rule, RulesFile
from posology.protocols.conditions import Context, Evaluation, Truth, evaluate
from posology.protocols.findings import Citation, Finding, Report, Verdict


def assess(case: Case, protocol_id: str, *, as_of: datetime, library: Library | None = None) -> Report:
    """Ask every rule that applies whether this patient may be treated by this protocol.

    Parameters
    ----------
    case : Case
        The patient's facts; those after ``as_of`` are refused.
    protocol_id : str
        Such as ``"ketamine-iv"``.
    as_of : datetime
        The moment of the decision, aware.

    Returns
    -------
    Report
        One finding a rule, gravest first. A rule whose input is missing answers *cannot say*.

    Raises
    ------
    CaseError
        If a fact cannot be true.
    KnowledgeError
        If there is no such protocol.
    """
    library = library or load_library()
    check_case(case, library, as_of=as_of)
    protocol = library.protocol(protocol_id)
    known = _answers_so_far(case, library, as_of)
    findings = []
    for file in library.rules:
        for rule in file.rules:
            if speaks_of(rule, protocol, case.jurisdiction, as_of):
                asked_of = protocol if rule.when.reads_the_protocol else None
                key = (file.id, rule.id, asked_of.id if asked_of else "")
                if key not in known:
                    context = Context(case, library, as_of, file.values, asked_of)
                    known[key] = _finding(rule, file, context)
                findings.append(known[key])
    findings.sort(key=lambda f: f.verdict.rank)
    return Report(protocol_id, case.jurisdiction, as_of, tuple(findings), stamps_for(protocol, library))


def _answers_so_far(case: Case, library: Library, as_of: datetime) -> dict[tuple[str, str, str], Finding]:
    """Return what the rules have answered of this case by this library at this moment, to be added to.

    What a rule answered for one protocol holds for all, unless its condition reads the protocol: then its
    answer is kept under that one's id. Which protocols it speaks of is asked each time.
    """
    kept = case.worked_out.get("findings")
    moment = (as_of, as_of.utcoffset())  # equal moments of two zones may be two days
    if kept is None or kept[0] is not library or kept[1] != moment:
        kept = case.worked_out["findings"] = (library, moment, {})
    answered: dict[tuple[str, str, str], Finding] = kept[2]
    return answered


def speaks_of(rule: Rule, protocol: ProtocolFile, jurisdiction: str, as_of: datetime) -> bool:
    """Answer whether a rule has anything to say of a protocol, in a jurisdiction, on a day."""
    day = as_of.date()
    if rule.in_force_from is not None and day < rule.in_force_from:
        return False
    if rule.in_force_until is not None and day >= rule.in_force_until:
        return False
    return _covers(rule.applies_to, protocol, jurisdiction)


def _covers(applies_to: AppliesTo, protocol: ProtocolFile, jurisdiction: str) -> bool:
    return (
        (not applies_to.substances or protocol.substance in applies_to.substances)
        and (not applies_to.routes or protocol.route in applies_to.routes)
        and (not applies_to.jurisdictions or jurisdiction in applies_to.jurisdictions)
        and (not applies_to.protocols or bool(protocol.names & set(applies_to.protocols)))
        and not protocol.names & set(applies_to.except_protocols)
    )


def _finding(rule: Rule, file: RulesFile, context: Context) -> Finding:
    answer = evaluate(rule.when, context)
    verdict = _verdict(rule, answer)
    return Finding(
        rule=f"{file.id}/{rule.id}",
        title=rule.title,
        verdict=verdict,
        level=rule.level,
        message=_message(rule, verdict, answer),
        do=_what_to_do(rule, verdict, answer.missing),
        because=answer.because,
        missing=answer.missing,
        citations=cite(rule, context.library, context.case.jurisdiction),
        certainty=rule.certainty,
        cleared_by=rule.cleared_by,
        each_session=rule.each_session,
    )


def _verdict(rule: Rule, answer: Evaluation) -> Verdict:
    if answer.truth is Truth.TRUE:
        return Verdict(rule.level.value)
    return Verdict.PASS if answer.truth is Truth.FALSE else Verdict.CANNOT_SAY


def _message(rule: Rule, verdict: Verdict, answer: Evaluation) -> str:
    if verdict is Verdict.PASS:
        return "; ".join(f"{o.what}: {o.shown}" for o in answer.because)[:140]
    if verdict is Verdict.CANNOT_SAY:
        return (
            f"{answer.missing[0].ask} {answer.missing[0].why.capitalize()}."[:140]
            if answer.missing
            else rule.say
        )
    return rule.say


def _what_to_do(rule: Rule, verdict: Verdict, missing: tuple[Missing, ...]) -> str:
    if verdict is Verdict.PASS:
        return ""
    if verdict is Verdict.CANNOT_SAY:
        return "Find out: " + " ".join(m.ask for m in missing)
    return rule.do


def cite(cited: Cited, library: Library, jurisdiction: str | None = None) -> tuple[Citation, ...]:
    """Return one citation a source of what cites: those to show in a jurisdiction, or all of them."""
    shown = sources_in(cited.sources, library.sources, jurisdiction) if jurisdiction else cited.sources
    return tuple(Citation(s, library.sources[s].title, cited.facts, cited.certainty) for s in shown)


def stamps_for(protocol: ProtocolFile, library: Library) -> tuple[KnowledgeStamp, ...]:
    """Return the version and hash of every file that a decision by this protocol stands on."""
    files = (protocol, library.questions, library.drugs, library.products, *library.rules)
    return tuple(library.stamps[file.id] for file in files)

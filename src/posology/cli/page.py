"""The page a clinician reads: who, what was known, what stands in the way, the options, and why.

Stops come first, then holds, cautions and what cannot be said; what passed is a number. Every number
stands beside its unit, its sum and its date.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from posology.case import Fact, Missing
from posology.cli.checkpoints import print_checkpoints
from posology.cli.console import heading
from posology.cli.given import Given, risk_answers
from posology.cli.option_page import print_option
from posology.cli.plain import SUPPORTS
from posology.cli.record_page import print_record
from posology.cli.words import CERTAINTIES, ago, briefly, count, day, moment, safe
from posology.knowledge import Library
from posology.protocols import Citation, Finding, Verdict
from posology.quantities import Quantity
from posology.recommendation import Advice

if TYPE_CHECKING:
    from posology.recommendation.curves import OptionCurve

STYLES = {
    Verdict.STOP: "bold red",
    Verdict.HOLD: "bold magenta",
    Verdict.CANNOT_SAY: "bold blue",
    Verdict.CAUTION: "bold yellow",
    Verdict.PASS: "green",
}
CHIPS = {
    Verdict.STOP: "■ STOP",
    Verdict.HOLD: "▲ HOLD",
    Verdict.CANNOT_SAY: "? CANNOT SAY",
    Verdict.CAUTION: "! CAUTION",
    Verdict.PASS: "✓ PASS",
}

_PARTS = {
    "psychiatric": "Psychiatric evaluation",
    "medical": "Medical history",
    "medication": "Medication",
    "examination": "Examination",
    "laboratory": "Laboratory",
    "session": "Asked at each session",
}


def print_page(
    out: Console,
    given: Given,
    advice: Advice,
    library: Library,
    curves: tuple["OptionCurve", ...] = (),
) -> None:
    """Print the whole recommendation, and beneath the options the curves that were asked for."""
    _print_header(out, given, advice)
    _print_flags(out, given)
    if given.record is not None:
        print_record(out, given.record, given.as_of)
    _print_verdicts(out, advice, library)
    print_checkpoints(out, advice)
    _print_findings(out, advice)
    _print_needed(out, advice, library)
    _print_options(out, given, advice, library)
    if curves:
        from posology.cli.curves_shown import print_curves

        print_curves(out, curves, as_of=given.as_of)
    _print_sources(out, advice)
    _print_footer(out, advice, library)


def chip(verdict: Verdict) -> Text:
    """Return a verdict as a sign and a word; the colour is never alone."""
    return Text(CHIPS[verdict], style=STYLES[verdict])


# ---------------------------------------------------------------- who


def _print_header(out: Console, given: Given, advice: Advice) -> None:
    out.print(Text(safe(given.label), style="bold"))
    out.print(Text("   ".join(_who(given))))
    out.print(
        Text(
            f"Recommendation as of {moment(advice.as_of)}   Jurisdiction {given.case.jurisdiction}",
            style="dim",
        )
    )


def _who(given: Given) -> Iterator[str]:
    case = given.case
    age = case.age_on(given.as_of.date())
    yield f"Born {day(case.born_on)} ({age} y)" if case.born_on else "Born: not known"
    yield f"Sex {case.sex.value}" if case.sex.value != "unknown" else "Sex: not known"
    yield _weight(case.all_of("weight"), given.as_of)
    if given.record is not None:
        numbers = [i for i in given.record.patient.identifiers if "Medical Record" in i.kind]
        if numbers:
            yield f"ID {safe(numbers[0].value)}"


def _weight(weights: tuple[Fact, ...], as_of: datetime) -> str:
    if not weights or not isinstance(weights[0].value, Quantity):
        return "Weight: not known"
    latest = weights[0]
    assert isinstance(latest.value, Quantity)
    # Both units, so that pounds taken for kilograms catch the eye (hazard H-02).
    both = f"{briefly(latest.value.to('kg'))} ({briefly(latest.value.to('[lb_av]'))})"
    return f"Weight {both}, {day(latest.at.date())}, {ago(latest.at, as_of)}"


def _print_flags(out: Console, given: Given) -> None:
    for risk in risk_answers(given):
        out.print()
        text = Text("⚑ FLAG  ", style="bold red")
        text.append(f"Item {risk.item} was answered with {risk.answer}. {risk.say}", style="default not bold")
        out.print(text)


# ---------------------------------------------------------------- verdicts and findings


def _print_verdicts(out: Console, advice: Advice, library: Library) -> None:
    heading(out, "Verdict")
    if advice.response != "start":
        out.print(Text(safe(advice.response_reason)))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(ratio=2)
    for one in advice.protocols:
        title = library.protocol(one.report.protocol_id).title
        why = one.why_no_options or count(len(one.options), "option")
        table.add_row(chip(one.verdict), Text(title), Text(safe(why)))
    out.print(table)


@dataclass(slots=True)
class _Told:
    """One finding, and the protocols in whose name it was said."""

    finding: Finding
    protocols: list[str]


def _merged(advice: Advice, verdict: Verdict) -> list[_Told]:
    """Return what was found under one verdict; what several protocols say alike stands once."""
    told: dict[tuple[str, str], _Told] = {}
    for one in advice.protocols:
        for finding in one.report.of(verdict):
            entry = told.setdefault((finding.rule, finding.message), _Told(finding, []))
            entry.protocols.append(one.report.protocol_id)
    return list(told.values())


def _print_findings(out: Console, advice: Advice) -> None:
    everywhere = len(advice.protocols)
    for verdict in (Verdict.STOP, Verdict.HOLD, Verdict.CAUTION):
        found = _merged(advice, verdict)
        if not found:
            continue
        heading(out, {Verdict.STOP: "Stops", Verdict.HOLD: "Holds", Verdict.CAUTION: "Cautions"}[verdict])
        for told in found:
            _print_finding(out, told, everywhere)
    passed = len(_merged(advice, Verdict.PASS))
    out.print()
    out.print(
        Text(
            f"✓ {count(passed, 'rule')} passed, each with the fact that decided it (--json lists them).",
            style="green",
        )
    )


def _print_finding(out: Console, told: _Told, everywhere: int) -> None:
    finding = told.finding
    line = Text.assemble(chip(finding.verdict), "  ", (finding.title, "bold"))
    if len(told.protocols) < everywhere:
        line.append(f"   for {', '.join(told.protocols)}", style="dim")
    out.print(line)
    body = Text(safe(finding.message))
    if finding.do:
        body.append(f"\n{finding.do}")
    for seen in finding.because:
        at = f", {day(seen.at.date())}" if seen.at else ""
        origin = f", {safe(seen.origin.detail)}" if seen.origin and seen.origin.detail else ""
        body.append(f"\n{seen.what}: {safe(seen.shown)}{at}{origin}", style="dim")
    tail = [_cited(finding.citations)]
    if finding.verdict is Verdict.HOLD:
        tail.append(f"cleared by: {finding.cleared_by.value}")
    if finding.unverified:
        tail.append("UNVERIFIED")
    body.append(f"\n{'   '.join(t for t in tail if t)}", style="dim")
    out.print(Padding(body, (0, 0, 0, 4)))


def _cited(citations: Iterable[Citation]) -> str:
    cited = list(citations)
    facts = ", ".join(dict.fromkeys(f for c in cited for f in c.facts))
    sources = ", ".join(dict.fromkeys(f"{c.source} [{c.certainty.value}]" for c in cited))
    return f"{sources}{f'  ({facts})' if facts else ''}"


def _print_needed(out: Console, advice: Advice, library: Library) -> None:
    """Print what is missing, once, by the part of the assessment in which it is asked."""
    if not advice.needed:
        return
    heading(out, f"Cannot say yet: {count(len(advice.needed), 'answer is needed', 'answers are needed')}")
    waiting = _waiting(advice)
    parts: dict[str, list[Missing]] = {}
    for missing in advice.needed:
        question = library.questions.questions.get(missing.key)
        parts.setdefault(_PARTS[question.part] if question else "Beside the questions", []).append(missing)
    for part, missing_here in parts.items():
        out.print(Text(part, style="bold"))
        for missing in missing_here:
            rules = waiting[missing.key]
            decides = f", decides {count(rules, 'rule')}" if rules > 1 else ""
            line = Text(f"? {safe(missing.ask)}")
            line.append(f"  {missing.why}{decides}  {missing.key}", style="dim")
            out.print(Padding(line, (0, 0, 0, 2)))


def _waiting(advice: Advice) -> Counter[str]:
    """Return how many rules wait for each missing answer."""
    pairs = {
        (missing.key, finding.rule)
        for one in advice.protocols
        for finding in one.report.of(Verdict.CANNOT_SAY)
        for missing in finding.missing
    }
    return Counter(key for key, _ in pairs)


# ---------------------------------------------------------------- options and sources


def _print_options(out: Console, given: Given, advice: Advice, library: Library) -> None:
    heading(out, "Options")
    if not advice.options:
        out.print(Text("No option is proposed. What stands in the way is said above."))
        return
    out.print(
        Text("None is chosen for you; a prescriber chooses and signs, or takes none of these.", style="dim")
    )
    for number, option in enumerate(advice.options, start=1):
        print_option(out, number, option, given.as_of, library)
    for line in _also_possible(advice, library):
        out.print()
        out.print(Text(line))
    out.print()
    out.print(
        Text.assemble(
            (f"{len(advice.options) + 1}  None of these", "bold"), "   Say why, and when to look again."
        )
    )


def _also_possible(advice: Advice, library: Library) -> Iterator[str]:
    """Yield the line that names what found no room among the options, and how to see it."""
    found: dict[str, list[str]] = {}
    for option in advice.also_possible:
        found.setdefault(option.protocol_id, []).append(option.title.lower())
    if found:
        told = "; ".join(f"{library.protocol(p).title}, {', '.join(titles)}" for p, titles in found.items())
        asked = " ".join(f"--protocol {p}" for p in found)
        yield f"Also possible, not shown for want of room: {told}. Ask for it by protocol: {asked}."


def _print_sources(out: Console, advice: Advice) -> None:
    cited: dict[str, Citation] = {}
    for one in advice.protocols:
        for finding in one.report.findings:
            if finding.verdict is not Verdict.PASS:
                cited.update({c.source: c for c in finding.citations})
    for option in advice.options:
        for reason in (*option.for_, *option.against):
            cited.update({c.source: c for c in reason.citations})
    cited.update({c.source: c for prompt in advice.prompts for c in prompt.citations})
    if not cited:
        return
    heading(out, "Sources")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for source in sorted(cited):
        table.add_row(Text(source), Text(cited[source].title, style="dim"))
    out.print(table)
    out.print(Text(CERTAINTIES, style="dim"))


def _print_footer(out: Console, advice: Advice, library: Library) -> None:
    out.print()
    files = ", ".join(f"{stamp.id} v{stamp.version}" for stamp in advice.knowledge)
    out.print(Text(f"Knowledge {library.sha256[:12]}: {files}", style="dim"))
    if advice.overdue:
        out.print(Text(f"Review is overdue: {', '.join(advice.overdue)}.", style="bold red"))
    out.print(Text(SUPPORTS, style="bold"))

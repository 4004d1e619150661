"""One option on the page: what, the dose in bold with its sum, when, for, against, and what to watch."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from posology.cli.words import ago, day, safe
from posology.knowledge import Library
from posology.protocols import Finding
from posology.quantities import Quantity
from posology.recommendation import Option, Reason
from posology.recommendation.alerts import alerts_of
from posology.recommendation.interactions import interactions_of

_VISITS_SHOWN = 8


def print_option(out: Console, number: int, option: Option, as_of: datetime, library: Library) -> None:
    """Print one option; none is set apart from the others."""
    out.print()
    line = Text(f"{number}  {option.protocol_title}", style="bold")
    line.append(f"   {option.approval}", style="default not bold")
    out.print(line)
    out.print(Padding(Text(f"{option.title}   {option.id}", style="dim"), (0, 0, 0, 3)))
    rows = Table.grid(padding=(0, 2))
    rows.add_column(no_wrap=True, style="dim")
    rows.add_column(ratio=1)
    if option.dose is not None:
        rows.add_row("DOSE", _dose(option))
        rows.add_row("Sum", Text("\n".join(_sum(option, as_of))))
    if option.difference:
        rows.add_row("Change", Text(option.difference))
    if option.visits:
        rows.add_row("Visits", _visits(option))
    rows.add_row("For", _reasons(option.for_))
    rows.add_row("Against", _reasons(option.against))
    _add_findings(rows, option, library)
    out.print(Padding(rows, (0, 0, 0, 3)))


def _add_findings(rows: Table, option: Option, library: Library) -> None:
    """Add what must be decided, what asks for an answer, what is noted, and how large interactions are."""
    alerts = alerts_of(option, library)
    for hold in alerts.decide:
        to_clear = f"To be cleared by: {hold.cleared_by.value}."
        rows.add_row(Text("▲ HOLD", style="bold magenta"), Text(f"{_told(hold)} {to_clear}"))
    for caution in alerts.interrupt:
        rows.add_row(
            Text("! Caution", style="bold yellow"), Text(f"{_told(caution)} Answer it when signing.")
        )
    for note in alerts.notes:
        rows.add_row(Text("! Note", style="yellow"), Text(_told(note)))
    for one in interactions_of(option, library):
        rows.add_row("Interaction", Text(safe(f"{one.drug}: {one.what}. {one.how_much}")))


def _told(finding: Finding) -> str:
    drugs = ", ".join(safe(seen.shown) for seen in finding.because if seen.key == "medications")
    unverified = " (unverified)" if finding.unverified else ""
    return f"{finding.message} {finding.do}{unverified}{f' Drug: {drugs}.' if drugs else ''}"


def _dose(option: Option) -> Text:
    dose = option.dose
    assert dose is not None
    text = Text(str(Quantity(dose.dose_mg, "mg")), style="bold")
    route = f" {option.substance.value}, {option.route.value}"
    over = f", over {dose.minutes} min" if dose.minutes else ""
    devices = f", in {dose.devices} device{'' if dose.devices == 1 else 's'}" if dose.devices else ""
    text.append(f"{route}{over}{devices}", style="default not bold")
    return text


def _sum(option: Option, as_of: datetime) -> Iterable[str]:
    dose = option.dose
    assert dose is not None
    for step in dose.steps:
        yield f"{step.expression} = {step.result}{f' ({step.note})' if step.note else ''}"
    if dose.weight is not None:
        at = dose.weight.measured_at
        yield f"{dose.weight.reason} Measured {day(at.date())}, {ago(at, as_of)}."


def _visits(option: Option) -> Text:
    """Return the planned days, a line a phase, and what the protocol asks for on the way."""
    shown = option.visits[:_VISITS_SHOWN]
    lines = []
    for title, group in groupby(shown, key=lambda visit: visit.phase_title):
        visits = list(group)
        first, last = visits[0].number, visits[-1].number
        numbers = f"session {first}" if first == last else f"sessions {first} to {last}"
        lines.append(f"{title}; {numbers}: {', '.join(day(visit.on) for visit in visits)}")
    further = len(option.visits) - len(shown)
    text = Text("\n".join(lines) + (f", and {further} more" if further > 0 else ""))
    for note in dict.fromkeys(visit.note for visit in option.visits if visit.note):
        text.append(f"\n{note}", style="dim")
    return text


def _reasons(reasons: Iterable[Reason]) -> Text:
    text = Text()
    for reason in reasons:
        sources = ", ".join(f"{c.source} [{c.certainty.value}]" for c in reason.citations)
        text.append(f"{chr(10) if text else ''}{reason.say}")
        text.append(f"  {sources}", style="dim")
    return text if text else Text("Nothing is recorded.", style="dim")

"""The page of a finished cohort: what was run, what came out, and how far to trust it."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from posology.cli.console import console, heading
from posology.cli.plain import SUPPORTS
from posology.cli.words import count, safe
from posology.pharmacology.cohorts import Study, Summary, prepare

_PERCENTS = (10.0, 50.0, 90.0)


def print_page(study: Study, summary: Summary, place: Path, sha256: str) -> None:
    """Print the summary of all members."""
    out = console()
    file = prepare(study).model.file
    out.print(Text(f"{summary.n:,} virtual members, {count(len(study.sessions_h), 'session')}", style="bold"))
    out.print(Text(f"{file.title}; {file.site} blood. {file.population.text}"))
    heading(out, "Middle of the cohort, with the middle 80 %")
    out.print(_table(study, summary))
    if len(study.sessions_h) > 2:
        out.print(Text("Of the sessions the first and the last; the file holds all.", style="dim"))
    heading(out, "How far to trust it")
    for line in _remarks(study, summary):
        out.print(Text(f"· {line}"))
    heading(out, "File")
    # On lines of their own and never folded, so that both can be copied.
    out.print(Text(safe(str(place))), soft_wrap=True)
    out.print(Text(f"sha256 {sha256}"), soft_wrap=True)
    _print_end(out)


def _table(study: Study, summary: Summary) -> Table:
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "right", "right"):
        table.add_column(justify=justify)
    table.add_row("", *(Text(name, style="dim") for name in ("10 %", "median", "90 %")))
    for name, one in summary.columns.items():
        if _is_shown(name, len(study.sessions_h)):
            table.add_row(Text(said(name)), *(_number(one.percentile(percent)) for percent in _PERCENTS))
    return table


def _is_shown(column: str, sessions: int) -> bool:
    """Keep the page short: of the sessions the first and the last, and a time of the peak only for one."""
    if column.endswith("_tmax_h"):
        return sessions == 1
    _, session, rest = column.partition("_session_")
    return not session or (sessions > 1 and rest.split("_")[0] in ("1", str(sessions)))


def _number(value: float) -> str:
    """Three digits that count, without powers of ten."""
    if abs(value) < 1000:
        return f"{value:#.3g}".rstrip(".")
    return f"{float(f'{value:.3g}'):,.0f}"


def said(column: str) -> str:
    """Return a column's name as a person reads it: ``ketamine_tmax_h`` is ``ketamine tmax, h``."""
    for end, unit in (
        ("_ng_h_per_mL", "ng·h/mL"),
        ("_ng_per_mL", "ng/mL"),
        ("_h", "h"),
        ("_kg", "kg"),
        ("_years", "years"),
    ):
        if column.endswith(end):
            name = column.removesuffix(end).replace("_", " ")
            return f"{name} {unit}" if "hours above" in name else f"{name}, {unit}"
    return column.replace("_", " ")


def _remarks(study: Study, summary: Summary) -> list[str]:
    prepared = prepare(study)
    told = [remark.sentence for remark in prepared.remarks]
    lines = [f"{prepared.model.file.level_of_evidence}", *told]
    for sentence, members in summary.past.items():
        if members and sentence not in told:
            lines.append(f"{members:,} of {summary.n:,} members: {sentence}")
    for name, asked, drawn in (
        ("Weights", study.weights, prepared.weights),
        ("Ages", study.ages, prepared.ages),
    ):
        if asked is not None and drawn is not None:
            lines.append(
                f"{name} outside {drawn.low:g} to {drawn.high:g} were drawn again; they do not depend on "
                "anything else that was drawn."
            )
    lines += prepared.model.file.limits
    return [safe(line) for line in dict.fromkeys(lines)]


def _print_end(out: Console) -> None:
    out.print()
    out.print(Text("Percentiles here are within 0.05 %; each member stands in the file."))
    out.print(Text(f"A virtual cohort sets no dose and waives no measurement. {SUPPORTS}"))

"""``posology check-knowledge --coverage``: every fact of the sheets, where it stands, or why it does not."""

from pathlib import Path

from posology.cli.given import CommandError
from posology.cli.knowledge import knowledge_of
from posology.cli.plain import print_json
from posology.knowledge.coverage import Coverage, CoverageRow, coverage_of

_LOST = 2  # exit code where a fact is lost or invented


def run_coverage(folder: Path | None, *, as_json: bool) -> int:
    """Print where every fact stands, and return 2 where one is not accounted for."""
    library, background = knowledge_of(folder)
    if background is None:
        raise CommandError(
            f"{folder}: there is no list of fact ids in it. Give a folder with background/fact-ids.yaml."
        )
    found = coverage_of(library, background)
    if as_json:
        facts = [{**_plain(row), "accounted_for": row.is_accounted_for} for row in found.rows]
        counts = {"accounted": found.accounted, "of": len(found.rows)}
        print_json({"facts": facts, "unknown": found.unknown, **counts})
    else:
        _print_table(found)
    return 0 if found.is_whole else _LOST


def _plain(row: CoverageRow) -> dict[str, object]:
    return {
        "fact": row.fact,
        "sheet": row.sheet,
        "certainty": row.certainty,
        "decides": row.decides,
        "shown": row.shown,
        "why_not": row.why_not,
    }


def _print_table(found: Coverage) -> None:
    from rich.table import Table
    from rich.text import Text

    from posology.cli.console import console

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Fact", "Certainty", "Decides in", "Shown in, or why not"):
        table.add_column(heading, no_wrap=heading == "Fact", overflow="fold")
    for row in found.rows:
        rest = "\n".join(row.shown) or row.why_not or ("" if row.decides else "NOT ACCOUNTED FOR")
        table.add_row(row.fact, Text(row.certainty), Text("\n".join(row.decides)), Text(rest))
    out = console()
    out.print(table)
    out.print()
    for fact in found.unknown:
        out.print(Text(f"{fact} is cited and stands in no sheet. Mend its spelling."))
    out.print(f"{found.accounted} of {len(found.rows)} accounted for")

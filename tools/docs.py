"""Build the pages under docs/reference from the knowledge files, the spec tests and the kept scores.

``python -m tools.docs`` writes them; ``--check`` says which are out of date. A page is never edited by
hand, so that no number stands in two places.
"""

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from posology.knowledge import Cited, Library, load_library
from posology.quantities import UNITS
from tools import docs_examples, docs_models, mutation_score

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
CERTAINTY = {
    "V": "read at the source",
    "S": "reported by another source",
    "D": "worked out from cited facts",
    "SEED": "the programme's own brief",
    "N": "not verified: may only hold, never permit or set a dose",
    "SITE": "a setting of each site, with a default of engineering",
}


# ---------------------------------------------------------------- words
def cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def row(*cells: Any) -> str:
    return "| " + " | ".join(cell(c) for c in cells) + " |"


def header(*names: str) -> str:
    return f"{row(*names)}\n|{'---|' * len(names)}"


def shown(value: Any, unit: str | None) -> str:
    """Write a value with its unit, the way pages do: no exponent, no trailing zero."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(shown(one, None) for one in value) + with_unit(unit)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" + with_unit(unit)
    return str(value) + with_unit(unit)


def with_unit(unit: str | None) -> str:
    return f" {UNITS[unit].shown}".rstrip() if unit else ""


def rests_on(cited: Cited) -> str:
    return f"{', '.join(cited.facts) or 'none'} ({', '.join(cited.sources)}; {cited.certainty.value})"


def of_file(file: Any) -> str:
    return (
        f"`{file.id}`, version {file.version}, {file.status}; written by {file.authored_by}, read by "
        f"{file.reviewed_by} on {file.last_review_date}; next review by {file.review_due}."
    )


def values_table(values: Mapping[str, Mapping[date, Any]]) -> Iterator[str]:
    yield header("value", "from", "is", "rests on", "note")
    for name, days in values.items():
        for day, value in days.items():
            yield row(
                name, day, shown(value.value, value.unit), rests_on(value), value.note or value.where or ""
            )


# ---------------------------------------------------------------- pages
def protocols(library: Library) -> Iterator[str]:
    yield "# Protocols\n\nWhat each route's dose is decided by. Beyond a ceiling it is refused, never cut.\n"
    for protocol in library.protocols.values():
        yield f"## {protocol.title}\n\n{of_file(protocol)}\n"
        yield from values_table(protocol.values)
        yield f"\n{header('phase', 'visits', 'rests on')}"
        for phase in protocol.phases:
            visits = f"days {', '.join(map(str, phase.visit_days))}" if phase.visit_days else ""
            apart = ", ".join(map(str, phase.interval_days or [phase.every_days]))
            yield row(phase.title, visits or f"every {apart} days", rests_on(phase))
        asked = [(c.title, f"{c.do} {c.limit}".strip(), c) for p in protocol.phases for c in p.checkpoints]
        asked += [
            (f"missed session: {p.title}", f"{p.missed.do} {p.missed.if_worse}".strip(), p.missed)
            for p in protocol.phases
            if p.missed
        ]
        if asked:
            yield f"\n{header('on the way', 'what is asked', 'rests on')}"
            yield from (row(title, do, rests_on(cited)) for title, do, cited in asked)
        if protocol.statements:
            yield f"\n{header('', 'statement', 'rests on')}"
            yield from (
                row(" ".join((s.side, *s.jurisdictions)), s.say, rests_on(s)) for s in protocol.statements
            )
        left = protocol.discharge
        yield f"\nDischarge {left.minimum_min} min or more after {left.clock_from.replace('_', ' ')}:\n"
        yield "\n".join(f"- {sentence}" for sentence in left.criteria.values()) + "\n"
    weights = library.dosing_weights
    yield f"## {weights.title}\n\n{of_file(weights)}\n"
    yield from values_table(weights.values)
    yield ""


def rules(library: Library) -> Iterator[str]:
    yield "# Rules\n\nEach speaks about one case. *Lifted by* says who may decide against it, in writing.\n"
    for file in library.rules:
        yield f"## {file.title}\n\n{of_file(file)}\n"
        yield header("rule", "verdict", "says", "what to do", "lifted by", "rests on")
        for rule in file.rules:
            yield row(rule.id, rule.level.value, rule.say, rule.do, rule.cleared_by.value, rests_on(rule))
        if file.values:
            yield ""
            yield from values_table(file.values)
        yield ""


def measures(library: Library) -> Iterator[str]:
    yield "# Measures\n\nHow questionnaires are scored. Wording is shipped only where it may be.\n"
    for measure in library.measures.values():
        yield f"## {measure.title}\n\n{of_file(measure)}\n\n{measure.notice}\n"
        yield header("band", "from", "to")
        yield from (row(band.label, band.low, band.high) for band in measure.bands)
        yield f"\nBands rest on {rests_on(measure.bands_cited)}.\n"
        yield from values_table(measure.values)
        for risk in measure.risk:
            yield f"\nItem {risk.item} above {risk.above}: {risk.say} Rests on {rests_on(risk)}."
        yield ""


def sources(library: Library) -> Iterator[str]:
    yield "# Sources\n\nHow sure a fact is:\n"
    yield "\n".join(f"- **{code}**: {words}" for code, words in CERTAINTY.items()) + "\n"
    yield header("id", "source", "where to find it", "read")
    for id_, source in library.sources.items():
        doi = f"doi:{source.doi}" if source.doi else ""
        pmid = f"PMID {source.pmid}" if source.pmid else ""
        label = f"SPL {source.set_id}" if source.set_id else ""
        places = ", ".join(filter(None, (doi, pmid, label, source.url)))
        yield row(id_, source.title, places, source.read.value)


def behaviours() -> Iterator[str]:
    yield "# Behaviours\n\nWhat is promised, each line held by a test.\n"
    for path in sorted((ROOT / "tests/spec").rglob("test_*.py")):
        module = ast.parse(path.read_text())
        yield f"## {first_line(ast.get_docstring(module)) or path.stem}\n"
        yield from (f"- {sentence}" for sentence in promises(module.body))
        yield ""


def promises(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from promises(node.body)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield first_line(ast.get_docstring(node)) or node.name.removeprefix("test_").replace("_", " ")


def first_line(docstring: str | None) -> str:
    return (docstring or "").split("\n\n")[0].replace("\n", " ").strip()


# ---------------------------------------------------------------- go
def pages() -> dict[str, str]:
    library = load_library()
    contents = {
        "protocols.md": protocols(library),
        "rules.md": rules(library),
        "measures.md": measures(library),
        "sources.md": sources(library),
        "behaviours.md": behaviours(),
        "mutants.md": mutation_score.page(mutation_score.kept(), mutation_score.accepted()),
    }
    contents |= docs_models.pages()
    note = "<!-- Made by `make docs`; edit the knowledge file or the test instead. -->\n"
    made = {name: note + "\n".join(lines).rstrip() + "\n" for name, lines in contents.items()}
    titles = {name: text.split("\n")[1].removeprefix("# ") for name, text in made.items()}
    index = "".join(f"- [{title}]({name})\n" for name, title in titles.items())
    return {"README.md": f"{note}# Reference\n\n{index}", **made}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make docs", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    asked = parser.parse_args()
    stale = []
    made = {REFERENCE / name: text for name, text in pages().items()}
    made |= {DOCS / name: text for name, text in docs_examples.pages().items()}
    for place, text in made.items():
        name = place.relative_to(DOCS)
        if not place.exists() or place.read_text() != text:
            stale.append(str(name))
            if not asked.check:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
    if asked.check and stale:
        print(f"out of date in docs: {', '.join(stale)}; run: make docs")
        return 1
    if not asked.check:
        print(f"docs: {len(stale)} of {len(made)} pages written anew")
    return 0


if __name__ == "__main__":
    sys.exit(main())

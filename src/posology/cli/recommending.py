"""``posology recommend``: one case in, the whole answer out, as a page or as JSON."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.cli.given import Given, read_given, risk_answers, unreadable
from posology.cli.plain import print_json
from posology.cli.words import safe
from posology.knowledge import Library, load_library
from posology.recommendation import Advice, recommend

if TYPE_CHECKING:
    from posology.recommendation.curves import OptionCurve


def run_recommend(
    path: Path,
    as_of: str | None,
    jurisdiction: str | None,
    protocols: tuple[str, ...],
    *,
    as_json: bool,
    with_curves: bool = False,
) -> int:
    """Print the recommendation, and return the exit code.

    An answer that could not be read leaves its question open, and the page says so; the exit code is
    then 2, so that no script takes the page for the whole record.
    """
    library = load_library()
    given = read_given(path, as_of, jurisdiction, library)
    advice = recommend(given.case, as_of=given.as_of, library=library, protocols=protocols or None)
    curves: tuple[OptionCurve, ...] = ()
    if with_curves:
        from posology.recommendation.curves import curves_for

        curves = curves_for(advice.options, given.case, as_of=given.as_of, library=library)
    if as_json:
        told = as_data(given, advice, library)
        if with_curves:
            from posology.cli.curves_shown import curves_as_data

            told["curves"] = curves_as_data(curves)
        print_json(told)
    else:
        from posology.cli.console import console
        from posology.cli.page import print_page

        print_page(console(), given, advice, library, curves)
    sys.stdout.flush()
    faults = list(unreadable(given))
    if faults:
        more = f" ({len(faults) - 1} more on the page)" if len(faults) > 1 else ""
        print(safe(f"Not all of the record could be read. {faults[0]}{more}"), file=sys.stderr)
    return 2 if faults else 0


def as_data(given: Given, advice: Advice, library: Library) -> dict[str, Any]:
    """Return everything the page stands on, for JSON."""
    used = sorted({c.source for c in _citations(advice)})
    return {
        "label": given.label,
        "case": given.case,
        "record": None
        if given.record is None
        else {
            "patient": given.record.patient,
            "understood": given.record.understood,
            "not_understood": given.record.not_understood,
        },
        "advice": advice,
        "also_possible": [option.id for option in advice.also_possible],
        "risk": list(risk_answers(given)),
        "sources": {s: library.sources[s].model_dump(mode="json") for s in used},
        "knowledge_sha256": library.sha256,
    }


def _citations(advice: Advice) -> Iterator[Any]:
    for protocol in advice.protocols:
        for finding in protocol.report.findings:
            yield from finding.citations
    for option in advice.options:
        for reason in (*option.for_, *option.against):
            yield from reason.citations
    for prompt in advice.prompts:
        yield from prompt.citations

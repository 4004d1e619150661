"""No foreign term on the command line: every golden case, in each jurisdiction, as a page and as JSON."""

import re
from io import StringIO

import pytest
from rich.console import Console

from posology.cli.given import Given, read_given
from posology.cli.page import print_page
from posology.cli.plain import print_json
from posology.cli.recommending import as_data
from posology.knowledge import load_library
from posology.quantities import DomainError
from posology.recommendation import Advice, recommend
from tests.command_line import CASES
from tests.jurisdictions import FOREIGN, foreign_terms

LIBRARY = load_library()
ALL = sorted(CASES.glob("*.yaml"))


def moved(text: str, jurisdiction: str) -> str:
    """Return a case file as if it were of another jurisdiction, without the words of its own label."""
    text = re.sub(r"^jurisdiction: \w+", f"jurisdiction: {jurisdiction}", text, count=1, flags=re.M)
    return re.sub(r"^case: .*$", 'case: "Synthetic"', text, count=1, flags=re.M)


def run_elsewhere(text: str, protocol_ids: set[str]) -> str:
    """Take out the name of a foreign protocol by which the course runs: it is the patient's record."""
    for name in protocol_ids:
        text = text.replace(LIBRARY.protocol(name).title, "").replace(name, "")
    return text


def page_of(given: Given, advice: Advice) -> str:
    """Return the page, wide enough that no name is broken over two lines."""
    out = Console(width=2000, file=StringIO())
    print_page(out, given, advice, LIBRARY)
    return out.file.getvalue()


def json_of(given: Given, advice: Advice, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the JSON as text; of the labels cited only what a page would show of them, their titles."""
    data = as_data(given, advice, LIBRARY)
    data["sources"] = {s: LIBRARY.sources[s].title for s in data["sources"]}
    print_json(data)
    return capsys.readouterr().out


@pytest.mark.parametrize("jurisdiction", sorted(FOREIGN))
def test_no_output_of_a_golden_case_speaks_of_another_jurisdiction(
    jurisdiction, tmp_path, capsys, record_property
):
    """Every golden case moved to each jurisdiction; its page, and in one of the three its JSON: 0 terms."""
    found, outputs = {}, 0
    for turn, path in enumerate(ALL):
        file = tmp_path / path.name
        file.write_text(moved(path.read_text(encoding="utf-8"), jurisdiction), encoding="utf-8")
        try:
            given = read_given(file, None, None, LIBRARY)
        except DomainError as refused:
            assert not foreign_terms(str(refused), jurisdiction)
            continue
        advice = recommend(given.case, as_of=given.as_of, library=LIBRARY)
        elsewhere = {
            s.protocol_id
            for s in given.case.sessions
            if (only := LIBRARY.protocol(s.protocol_id).jurisdictions) and jurisdiction not in only
        }
        texts = [page_of(given, advice)]
        if turn % len(FOREIGN) == sorted(FOREIGN).index(jurisdiction):
            texts.append(json_of(given, advice, capsys))
        for text in texts:
            outputs += 1
            terms = foreign_terms(run_elsewhere(text, elsewhere), jurisdiction)
            if terms:
                found[path.stem] = terms
    record_property("n", outputs)
    assert outputs > len(ALL) and not found, "\n".join(sorted({t for terms in found.values() for t in terms}))


def test_the_table_of_terms_finds_what_it_is_for():
    """A planted term of each kind is found, and a name of a document is not."""
    assert foreign_terms("Only in a REMS-certified site.", "EU") and foreign_terms("the US label", "UK")
    assert foreign_terms("NICE does not fund it", "US") and foreign_terms("the European leaflet", "US")
    assert foreign_terms("not funded in England", "EU") and not foreign_terms("not funded in England", "UK")
    assert not foreign_terms(f"SPR-US {LIBRARY.sources['SPR-US'].title}", "EU")
    assert not foreign_terms("let us see; nice; Europe/London", "EU")

"""No foreign term on the command line: every golden case, in each jurisdiction, as a page and as JSON."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from posology.cli.given import Given, read_given
from posology.cli.page import print_page
from posology.cli.plain import SUPPORTS, print_json
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


def said_in(answer: object) -> set[str]:
    """Return every text of an answer: whatever its page or its JSON can show is one of them."""
    said, open_, done = set(), [answer], set()
    while open_:
        value = open_.pop()
        if isinstance(value, str):
            said.add(str(value.value) if isinstance(value, Enum) else value)
        elif id(value) not in done:  # protocols share the findings of a rule; each is looked at once
            done.add(id(value))
            open_.extend(parts_of(value))
    return said


def parts_of(value: object) -> Iterable[object]:
    """Return what a thing is made of; of a number, a day or a moment nothing."""
    if is_dataclass(value):
        return [getattr(value, name) for name in shown_fields(type(value))]
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, tuple | list | frozenset | set) else ()


@cache
def shown_fields(kind: type) -> tuple[str, ...]:
    """Return the fields that JSON shows of a kind of thing."""
    return tuple(f.name for f in fields(kind) if f.repr)


def answer_of(given: Given, advice: Advice) -> dict[str, Any]:
    """Return what the JSON holds; of the labels cited only what a page would show of them, their titles."""
    data = as_data(given, advice, LIBRARY)
    data["sources"] = {s: LIBRARY.sources[s].title for s in data["sources"]}
    return data


def test_the_texts_of_an_answer_are_all_that_its_json_says(capsys):
    """The walk misses no text of the JSON: its numbers, days and moments are all that is left."""
    given = read_given(CASES / "next-at-49-percent.yaml", None, None, LIBRARY)
    data = answer_of(given, recommend(given.case, as_of=given.as_of, library=LIBRARY))
    print_json(data)
    written = said_in(json.loads(capsys.readouterr().out))
    names = {name for name in written if re.fullmatch(r"[a-z0-9_]+", name)}
    left = {one for one in written - names - said_in(data) if not re.fullmatch(r"[-\dT:.+]+", one)}
    assert left == {SUPPORTS}


@pytest.mark.parametrize("jurisdiction", sorted(FOREIGN))
def test_no_output_of_a_golden_case_speaks_of_another_jurisdiction(jurisdiction, tmp_path, record_property):
    """Every golden case moved to each jurisdiction: every text of its answer, and in one of the three its
    page as printed; a text that was said before is not read again. N answers and pages: 0 terms.
    """
    found, outputs, read = {}, 0, set()
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
        texts = said_in(answer_of(given, advice))
        if turn % len(FOREIGN) == sorted(FOREIGN).index(jurisdiction):
            texts.update(page_of(given, advice).splitlines())
            outputs += 1
        outputs += 1
        new = run_elsewhere(" | ".join(sorted(texts - read)), elsewhere)
        read |= set() if elsewhere else texts
        if terms := foreign_terms(new, jurisdiction):
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

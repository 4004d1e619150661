"""``posology explain``: from an id down to the documents, and up to where it is used."""

import pytest

from posology.knowledge import load_library
from posology.knowledge.background import load_background
from tests.command_line import AS_OF, SUPPORTS, refused


def test_a_fact_tells_what_it_says_how_sure_and_where_it_is_used(posology):
    words = posology("explain", "A-CI-04", "--as-of", AS_OF).words
    for expected in (
        "A-CI-04, fact",
        "SPR-EU-PL: Spravato, European Union package leaflet",
        "V read at the source",
        "rules-contraindications: rules.recent-cardiovascular-event (decides)",
    ):
        assert expected in words, expected


def test_a_rule_tells_when_it_holds_and_on_what_value(posology):
    words = posology("explain", "recent-cardiovascular-event", "--as-of", AS_OF).words
    for expected in (
        "rules-contraindications/recent-cardiovascular-event, rule",
        "Last cardiovascular event: less than 42 days (recent event) ago",
        "recent event 42 days, from 05-Mar-2019, on A-CI-04, SPR-EU-PL (read at the source)",
        "Cleared by nobody",
    ):
        assert expected in words, expected


def test_a_source_tells_its_document_and_its_facts(posology):
    data = posology("explain", "loo16", "--as-of", AS_OF, "--json").data
    assert data["explained"]["kind"] == "source" and data["supports"] == SUPPORTS
    assert "DOI 10.1111/acps.12572" in data["explained"]["sources"][0] and data["explained"]["facts"]


def test_a_fact_in_no_file_says_why(posology):
    reason = load_background().fact_ids.facts["PR-WT-06"].why_not
    assert reason is not None and reason in posology("explain", "PR-WT-06", "--as-of", AS_OF).words


def test_every_fact_rule_and_source_can_be_explained(posology, record_property):
    """A tenth of all ids, in turn (N), as JSON."""
    library, background = load_library(), load_background()
    rules = [f"{file.id}/{rule.id}" for file in library.rules for rule in file.rules]
    asked = [*background.fact_ids.facts, *rules, *library.sources][::10]
    for one in asked:
        result = posology("explain", one, "--as-of", AS_OF, "--json")
        assert result.code == 0 and result.data["explained"]["id"] == one
    record_property("n", len(asked))


@pytest.mark.parametrize("asked", ["PR-XX-99", "no-such-rule", "\x1b[31m", ""])
def test_what_is_not_there_is_refused_in_a_sentence(posology, asked):
    refused(posology("explain", asked), "There is no fact, rule or source")

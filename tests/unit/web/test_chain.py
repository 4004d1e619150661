"""The chain under a verdict or a number: closed it names facts and certainty, open it goes to the source."""

from dataclasses import replace
from datetime import date

from posology.web.components import AskedLine, Chain, ChainLink, ForceValue, ReadValue, Rest, render_component

FACT = ChainLink("PR-IV-01", "/knowledge/facts/PR-IV-01/")
SOURCE = ChainLink("SPR-US", "/knowledge/sources/SPR-US/", "United States labelling")
REST = Rest("V", (FACT,), (SOURCE,))
CHAIN = Chain(
    (REST,),
    rule=ChainLink("rules-session/fast", "/knowledge/rules/rules-session/fast/"),
    asked=(AskedLine("Any of these:"), AskedLine("Age below 18 years", 1)),
    read=(ReadValue("Age", "17 years", date(2026, 11, 24), "entered here"),),
    values=(ForceValue("Age limit", "18 years", date(2019, 3, 5), REST),),
)


def test_the_closed_line_names_the_facts_and_how_sure_they_are():
    assert CHAIN.first_named == ("PR-IV-01",) and CHAIN.certainty_words == "read at the source"


def test_of_several_kinds_the_least_sure_is_told():
    facts = (ChainLink("PR-IV-01", "#"),)
    chain = Chain((Rest("V", facts), Rest("SEED", facts), Rest("S", facts)))
    assert chain.certainty_words == "least sure: practice, not trial"
    assert Chain((Rest("V/N", facts),)).certainty_words == "least sure: not verified: a prescriber decides"


def test_more_than_three_facts_are_counted():
    facts = tuple(ChainLink(f"PR-IV-0{n}", "#") for n in range(1, 6))
    chain = Chain((Rest("D", facts),))
    assert chain.first_named == ("PR-IV-01", "PR-IV-02", "PR-IV-03") and chain.further == 2
    assert "and 2 more" in render_component(chain)


def test_a_default_of_the_site_names_its_source():
    chain = Chain((Rest("SITE", sources=(ChainLink("SITE-DEFAULT", "#"),)),))
    assert chain.first_named == ("SITE-DEFAULT",) and chain.certainty_words == "set by the site"


def test_it_opens_down_to_the_source_with_each_link():
    html = render_component(CHAIN)
    for expected in (
        "<details",
        FACT.href,
        SOURCE.href,
        "/knowledge/rules/rules-session/fast/",
        "Age below 18 years",
        "17 years",
        "24-Nov-2026",
        "05-Mar-2019",
        "read at the source",
    ):
        assert expected in html


def test_inside_what_opens_already_it_is_flat():
    assert "<details" not in render_component(replace(CHAIN, folded=False))


def test_it_is_unverified_when_a_part_is():
    assert Chain((REST, Rest("N", (FACT,)))).is_unverified and not CHAIN.is_unverified

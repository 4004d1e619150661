"""One patient, two jurisdictions: each by its own labels, in its own words, by the rule of its day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from posology.case import Answer, Case
from posology.knowledge import load_library
from posology.knowledge.jurisdictions import said_in, sources_in
from posology.knowledge.schema import Source, Statement
from posology.protocols import Verdict
from posology.recommendation import Advice, recommend
from tests.cases import NOW, complete_case, offered_case, with_scores, with_sessions

LIBRARY = load_library()
NASAL = {"US": "esketamine-nasal-us", "EU": "esketamine-nasal-eu", "UK": "esketamine-nasal-eu"}
JURISDICTIONS = ("US", "EU", "UK")


def nasal(case: Case, where: str, as_of: datetime = NOW) -> Advice:
    return recommend(replace(case, jurisdiction=where), as_of=as_of, protocols=(NASAL[where],))


def first_doses(advice: Advice) -> set[Decimal]:
    return {o.dose.dose_mg for o in advice.options if o.dose is not None}


def spoke(advice: Advice, verdict: Verdict) -> set[str]:
    return {f.rule.split("/")[1] for p in advice.protocols for f in p.report.of(verdict)}


@pytest.mark.parametrize(("where", "dose_mg"), [("US", 56), ("EU", 28), ("UK", 28)])
def test_the_same_patient_of_65_starts_with_another_dose(where, dose_mg):
    """PR-ESK-33: no separate first dose in the one label, 28 mg from 65 years on in the other."""
    case = complete_case(born_on=NOW.date().replace(year=NOW.year - 65))
    assert first_doses(nasal(case, where)) == {Decimal(dose_mg)}


@pytest.mark.parametrize("where", JURISDICTIONS)
def test_under_65_the_first_dose_is_the_same_everywhere(where):
    assert first_doses(nasal(complete_case(), where)) == {Decimal(56)}


@pytest.mark.parametrize(("days", "stops"), [(0, True), (35, True), (41, True), (42, False), (200, False)])
@pytest.mark.parametrize("where", JURISDICTIONS)
def test_a_heart_attack_within_six_weeks_stops_in_europe_and_holds_in_america(where, days, stops):
    """PR-ESK-36, A-CI-04: a contraindication of one label; the other leaves it to the prescriber."""
    case = complete_case({"cardiovascular_event_on": NOW.date() - timedelta(days=days)})
    advice = nasal(case, where)
    if where == "US" or not stops:
        assert advice.options and all(o.blocked_by for o in advice.options)
        assert spoke(advice, Verdict.STOP) == set()
    else:
        assert advice.options == () and spoke(advice, Verdict.STOP) == {"recent-cardiovascular-event"}
    assert "cardiovascular-event-within-a-year" in spoke(advice, Verdict.HOLD)


@pytest.mark.parametrize(("where", "held_by"), [("US", set()), ("EU", {"oral-antidepressant-eu"})])
def test_monotherapy_is_allowed_in_one_only(where, held_by):
    """PR-ESK-01, PR-ESK-30: alone since January 2025, or together with an SSRI or SNRI."""
    advice = nasal(complete_case({"oral_antidepressant": Answer.NO}), where)
    assert {r for r in spoke(advice, Verdict.HOLD) if "antidepressant" in r} == held_by
    assert all(bool(o.blocked_by) == bool(held_by) for o in advice.options)


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (datetime(2024, 6, 3, 15, tzinfo=UTC), True),
        (datetime(2025, 1, 20, 15, tzinfo=UTC), True),
        (datetime(2025, 1, 21, 15, tzinfo=UTC), False),
    ],
)
def test_a_case_of_2024_computes_by_the_rule_of_2024(day, holds):
    """PR-REG-03: alone from the announcement of 21 January 2025 on; until then not."""
    case = complete_case({"oral_antidepressant": Answer.NO}, at=day - timedelta(hours=1))
    advice = nasal(case, "US", as_of=day)
    assert ("oral-antidepressant-us-until-2025" in spoke(advice, Verdict.HOLD)) == holds


# ---------------------------------------------------------------- words and sources
@pytest.mark.parametrize("where", JURISDICTIONS)
def test_every_option_has_a_reason_for_and_against_everywhere(where, record_property):
    """Leaving out what is said elsewhere leaves no option bare: every line and start of every protocol."""
    tried = 0
    for line in LIBRARY.adjustments.options:
        assert said_in(line.for_, where) and said_in(line.against, where), line.id
        tried += 1
    for protocol in LIBRARY.protocols.values():
        if protocol.status != "active" or (protocol.jurisdictions and where not in protocol.jurisdictions):
            continue
        case = offered_case(protocol, jurisdiction=where)
        options = recommend(case, as_of=NOW, protocols=(protocol.id,)).options
        assert options and all(o.for_ and o.against for o in options), protocol.id
        tried += len(options)
    record_property("n", tried)


def test_what_only_one_country_decides_is_said_there_alone():
    """PR-REG-08 is England's funding: said in the United Kingdom, not in the rest of Europe."""
    said = {
        where: any("England" in r.say for o in nasal(complete_case(), where).options for r in o.against)
        for where in JURISDICTIONS
    }
    assert said == {"US": False, "EU": False, "UK": True}


def test_a_statement_without_jurisdictions_is_said_everywhere():
    everywhere = Statement(say="Everywhere.", sources=("SITE-DEFAULT",), certainty="SITE")
    one = everywhere.model_copy(update={"say": "One.", "jurisdictions": ("UK",)})
    assert [s.say for s in said_in((everywhere, one), "EU")] == ["Everywhere."]
    assert [s.say for s in said_in((everywhere, one), "UK")] == ["Everywhere.", "One."]


@pytest.mark.parametrize(
    ("cited", "where", "shown"),
    [
        (("SPR-US", "SPR-EU"), "EU", ("SPR-EU",)),  # the own label stands for the other
        (("SPR-US", "SPR-EU"), "US", ("SPR-US",)),
        (("SPR-US", "SPR-EU-PL"), "UK", ("SPR-EU-PL",)),
        (("SPR-US",), "EU", ("SPR-US",)),  # no other was read: shown, and its title says whose it is
        (("KET-US", "SPR-EU"), "EU", ("KET-US", "SPR-EU")),  # labels of two drugs
        (("REMS-FDA", "KET-US", "ASA-KET"), "EU", ("KET-US", "ASA-KET")),  # a scheme of another country
        (("REMS-FDA", "KET-US", "ASA-KET"), "US", ("REMS-FDA", "KET-US", "ASA-KET")),
        (("REMS-FDA",), "EU", ("REMS-FDA",)),  # never without any ground
        (("FAVA20", "SITE-DEFAULT"), "UK", ("FAVA20", "SITE-DEFAULT")),
    ],
)
def test_the_own_label_stands_for_anothers(cited, where, shown):
    assert sources_in(cited, LIBRARY.sources, where) == shown


def test_every_label_says_in_its_title_whose_it_is():
    whose = {"US": "United States", "EU": "European Union", "HK": "Hong Kong"}
    labels: list[Source] = [s for s in LIBRARY.sources.values() if s.label_of is not None]
    assert len(labels) >= 5
    assert all(whose[s.jurisdictions[0]] in s.title for s in labels)


@pytest.mark.parametrize("where", ["EU", "UK"])
def test_a_course_by_anothers_protocol_is_not_continued(where):
    """A patient who moved: no dose by the other country's label, and a question which one to go on by."""
    case = complete_case({"height": None})
    case = with_sessions(case, "esketamine-nasal-us", 4, level="56", last_at=NOW - timedelta(days=4))
    case = with_scores(case, 20, (NOW - timedelta(hours=2), 12))
    here, there = recommend(case, as_of=NOW), recommend(replace(case, jurisdiction=where), as_of=NOW)
    assert here.options and there.options == ()
    assert "protocol" in {m.key for m in there.needed} and there.verdict is Verdict.CANNOT_SAY

"""The knowledge pages: every value with its day and its source, and nothing that looks surer than it is."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils.html import escape

from posology.clinic.accounts.models import Role
from posology.knowledge import load_library
from posology.knowledge.background import load_background
from posology.knowledge.condition_words import value_text
from posology.protocols.eligibility import speaks_of
from posology.web.components.text import day_text
from posology.web.knowledge.view_models import tallies
from tests import factories
from tests.cases import NOW
from tests.integration.web.walk import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> factories.Site:
    return factories.site()


def look(site: factories.Site, name: str = "knowledge", at=NOW, asked: str = "", **kwargs: str) -> str:
    with time_machine.travel(at, tick=False):
        response = signed_in(site.nurse).get(reverse(name, kwargs=kwargs) + asked)
    assert response.status_code == 200
    return text_of(response)


def shown_in(file, site: factories.Site) -> str:
    """The jurisdiction whose rules a protocol's page shows: the clinic's, or the protocol's own first."""
    here = site.clinic.jurisdiction
    return here if not file.jurisdictions or here in file.jurisdictions else file.jurisdictions[0]


def test_every_protocol_and_measure_is_listed_with_its_review_and_its_certainty(site):
    html = look(site, asked="?packs=all")
    library = load_library()
    for file in (*library.protocols.values(), *library.measures.values()):
        assert escape(file.title) in html and day_text(file.review_due) in html
        assert " · ".join(f"{t.code} {t.count}" for t in tallies(file)) in html
    assert html.count("Not yet signed off by a clinician") >= len(library.protocols) + len(library.measures)


def test_a_file_past_its_review_day_says_so(site):
    late = max(p.review_due for p in load_library().protocols.values()) + timedelta(days=1)
    html = look(site, at=NOW.replace(year=late.year, month=late.month, day=late.day))
    assert "Review overdue" in html and "Review overdue" not in look(site)


def test_a_protocol_shows_every_value_by_its_day_with_its_grounds(site, record_property):
    """Each value, phase, statement, criterion, rule and source of each protocol (N statements)."""
    library, shown = load_library(), 0
    for name, file in library.protocols.items():
        html = look(site, "protocol", protocol=name)
        for dated in file.values.values():
            for day, value in dated.items():
                assert day_text(day) in html and escape(value_text(value)) in html
                assert all(fact in html for fact in value.facts) and all(s in html for s in value.sources)
                shown += 1
        for statement in file.statements:
            assert escape(statement.say) in html
        for sentence in file.discharge.criteria.values():
            assert escape(sentence) in html
        rules = [
            rule
            for rules in library.rules
            for rule in rules.rules
            if speaks_of(rule, file, shown_in(file, site), NOW)
        ]
        assert rules and all(escape(rule.say) in html for rule in rules)
        assert html.count(">unverified<") == sum(rule.certainty == "N" for rule in rules)
        shown += len(file.statements) + len(file.discharge.criteria) + len(rules)
    record_property("n", shown)
    assert shown > 250


def test_a_protocol_that_is_none_is_not_found(site):
    client = signed_in(site.nurse)
    assert client.get(reverse("protocol", kwargs={"protocol": "no-such"})).status_code == 404


def test_every_role_may_read_the_knowledge(site):
    for role in Role:
        assert signed_in(site.person(role)).get(reverse("knowledge")).status_code == 200


# ---------------------------------------------------------------- whose pack is shown


def test_only_the_clinics_own_pack_is_shown_until_the_switch(site):
    """Rules, files and facts of another jurisdiction: out of sight at first, then each with its label."""
    own, every = look(site, "rules"), look(site, "rules", asked="?packs=all")
    assert site.clinic.jurisdiction == "US"
    assert reverse("rule", args=["rules-cautions", "age-65-us"]) in own
    foreign = reverse("rule", args=["rules-cautions", "age-65-eu"])
    assert foreign not in own and foreign in every and "EU, UK" in every
    front = look(site)
    assert "Europe" not in front and "treatment-resistant depression, Europe" in look(
        site, asked="?packs=all"
    )


def test_a_protocol_of_another_jurisdiction_says_that_it_is_not_offered_here(site):
    html = look(site, "protocol", protocol="esketamine-nasal-eu")
    assert "Another jurisdiction" in html and "not offered in US" in html
    assert "Another jurisdiction" not in look(site, "protocol", protocol="esketamine-nasal-us")


# ---------------------------------------------------------------- narrowing and searching


@pytest.mark.parametrize(
    ("asked", "there", "gone"),
    [
        ("?level=stop", "under-18", "hypertension"),
        ("?part=rules-session", "heart-rate", "under-18"),
        ("?substance=esketamine", "extreme-obesity-nasal", "aneurysm-or-avm-racemic"),
        ("?route=oral", "oral-inhibitor", "extreme-obesity-nasal"),
        ("?certainty=N", "earlier-intolerance", "hypertension"),
        ("?q=A-CI-01", "aneurysm-or-avm", "hypertension"),
        ("?q=sleep+apnea", "sleep-apnea", "hypertension"),
    ],
)
def test_rules_are_narrowed(site, asked, there, gone):
    html = look(site, "rules", asked=asked)
    assert f"/{there}/" in html and f"/{gone}/" not in html


def test_a_choice_that_is_not_offered_counts_as_none(site):
    assert look(site, "rules", asked="?level=nonsense").count("/knowledge/rules/rules-") > 90


def test_the_search_finds_ids_first_and_words_anywhere(site):
    html = look(site, "knowledge-search", asked="?q=PR-IV-01")
    assert reverse("fact", args=["PR-IV-01"]) in html
    for asked, expected in (
        ("?q=lii+2023", reverse("trial", args=["lii-2023"])),
        ("?q=SPR-US", reverse("source", args=["SPR-US"])),
        ("?q=heart-rate", reverse("rule", args=["rules-session", "heart-rate"])),
        ("?q=lorazepam", f"{reverse('drugs')}?q=lorazepam"),
    ):
        assert expected in look(site, "knowledge-search", asked=asked), asked
    assert "Nothing was found" in look(site, "knowledge-search", asked="?q=zzzz")


def test_what_was_typed_is_shown_as_text_and_never_runs(site):
    html = look(site, "knowledge-search", asked="?q=%3Cscript%3Ealert(1)%3C/script%3E&packs=%22%3E")
    assert "<script>alert" not in html and "&lt;script&gt;" in html


def test_facts_come_a_hundred_a_page(site):
    first, last = look(site, "facts", asked="?packs=all"), look(site, "facts", asked="?packs=all&page=99")
    assert first.count('href="/knowledge/facts/') >= 100 and "Show the next 100" in first
    assert "Show the next 100" not in last and "Show the 100 before" in last


# ---------------------------------------------------------------- single pages


def test_a_rule_shows_when_it_holds_what_it_says_and_who_clears_it(site):
    html = look(site, "rule", file="rules-contraindications", rule="cardiovascular-event-within-a-year")
    for expected in (
        "Last cardiovascular event: less than 365 days (untested event) ago",
        "a prescriber, with a reason",
        "in force from",
        reverse("fact", args=["A-CI-04"]),
        reverse("source", args=["JNJ-CV"]),
        "read at the source",
    ):
        assert expected in html, expected


def test_a_fact_that_is_in_no_file_says_why(site):
    reason = load_background().fact_ids.facts["PR-WT-06"].why_not
    assert reason and escape(reason) in look(site, "fact", fact="PR-WT-06")


def test_a_fact_names_its_source_and_every_place_that_uses_it(site):
    html = look(site, "fact", fact="A-CI-04")
    assert reverse("rule", args=["rules-contraindications", "recent-cardiovascular-event"]) in html
    assert "Recent event: 42 days" in html and reverse("source", args=["SPR-EU-PL"]) in html


def test_an_unverified_fact_is_marked_wherever_it_stands(site, record_property):
    """Every fact of which a part was not verified: its page says so (N facts)."""
    background, n = load_background(), 0
    for key, entry in background.fact_ids.facts.items():
        if "N" in entry.codes:
            assert "nobody has checked" in look(site, "fact", fact=key), key
            n += 1
    record_property("n", n)
    assert n > 30


def test_the_list_of_what_is_not_verified_tells_what_it_holds_up(site):
    html = look(site, "unverified")
    for file in load_library().rules:
        for rule in file.rules:
            if rule.certainty == "N":
                assert reverse("rule", args=[file.id, rule.id]) in html and escape(rule.say) in html


def test_a_source_names_its_document_and_the_facts_that_rest_on_it(site):
    html = look(site, "source", source="JANIK25")
    source = load_library().sources["JANIK25"]
    assert escape(source.title) in html and reverse("fact", args=["PR-ESK-09"]) in html
    assert "Posology second reader" in html


def test_every_site_setting_shows_its_default_and_its_bounds(site):
    html = look(site, "site-settings")
    for key, setting in load_background().settings.settings.items():
        assert f'id="{key}"' in html and escape(setting.title) in html


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("fact", {"fact": "PR-XX-99"}),
        ("source", {"source": "NOBODY99"}),
        ("trial", {"study": "no-such"}),
        ("rule", {"file": "rules-session", "rule": "no-such"}),
        ("rule", {"file": "no-such", "rule": "heart-rate"}),
        ("knowledge-file", {"file": "no-such"}),
    ],
)
def test_what_is_not_there_is_not_found(site, name, kwargs):
    assert signed_in(site.nurse).get(reverse(name, kwargs=kwargs)).status_code == 404


def test_the_drugs_page_tells_size_and_direction_by_route(site, record_property):
    """Every measured size of an interaction: the drug, the route, the ratio, and where it was read (N)."""
    sizes = [size for file in load_library().rules for size in file.sizes]
    html = look(site, "drugs")
    for size in sizes:
        assert f"× {size.auc_ratio.normalize():f}" in html and size.drug.capitalize() in html
        assert all(reverse("fact", args=[fact]) in html for fact in size.facts)
    nasal = look(site, "drugs", asked="?route=nasal&q=rifampin")
    assert "× 0.72, less" in nasal and "× 0.14" not in nasal
    record_property("n", len(sizes))
    assert len(sizes) >= 10

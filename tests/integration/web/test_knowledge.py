"""The knowledge pages: every value with its day and its source, and nothing that looks surer than it is."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils.html import escape

from posology.clinic.accounts.models import Role
from posology.knowledge import load_library
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

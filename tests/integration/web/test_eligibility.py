"""Eligibility: a verdict a rule, the chain to its source, and a way to answer what is missing."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from posology.case import Answer
from posology.clinic.care.queries import advice_for
from posology.knowledge import load_library
from tests import factories
from tests.cases import NOW
from tests.integration.web.walk import World, signed_in, text_of

pytestmark = pytest.mark.django_db


def page_of(here: World, patient, protocol: str = "ketamine-iv", at=NOW) -> str:
    url = reverse("eligibility", kwargs={"patient": patient.pk})
    with time_machine.travel(at, tick=False):
        response = signed_in(here.site.prescriber).get(f"{url}?protocol={protocol}")
    assert response.status_code == 200
    return text_of(response)


def test_every_protocol_of_the_jurisdiction_has_its_tab(here):
    page = page_of(here, here.patient)
    asked = [p.report.protocol_id for p in advice_for(here.patient, as_of=NOW).protocols]
    assert len(asked) >= 4 and all(f"?protocol={name}" in page for name in asked)
    running = page_of(here, here.treated)
    assert all(f"?protocol={name}" in running for name in asked)


def test_a_rule_opens_its_chain_down_to_the_source(here):
    """Every finding of a protocol: rule id, fact ids, source and certainty stand on the page."""
    report = next(
        p.report
        for p in advice_for(here.patient, as_of=NOW).protocols
        if p.report.protocol_id == "ketamine-iv"
    )
    page = page_of(here, here.patient)
    for finding in report.findings:
        assert f"<code>{finding.rule}</code>" in page
        for citation in finding.citations:
            assert citation.source in page and all(fact in page for fact in citation.facts)


def test_stops_stand_first_then_holds_then_cautions_and_passes_are_folded(here):
    spoiled = dict.fromkeys(("aneurysm_or_avm", "hypertension", "psychosis_now"), Answer.YES)
    factories.assess_fully(here.site, here.patient, spoiled, at=NOW + timedelta(minutes=6))
    page = page_of(here, here.patient, "esketamine-nasal-us", NOW + timedelta(minutes=7))
    rows = re.findall(r'<li class="verdict verdict--(\w+)"', page.split("rules passed")[0])
    order = {"stop": 0, "hold": 1, "caution": 2, "unknown": 3}
    ranks = [order[tone] for tone in rows]
    assert ranks == sorted(ranks) and ranks[0] == 0
    assert re.search(r"\d+ rules passed", page)
    assert "Nobody may pass it." in page and "A prescriber may pass it" in page


@pytest.mark.hazard("H-14")
def test_what_is_missing_leads_to_its_field(here, record_property):
    """Every link from a missing item, of every protocol: the field is there, and empty (N = all of them)."""
    bare = factories.patient(here.site, family_name="Bare")
    client, followed = signed_in(here.site.prescriber), set()
    for protocol in load_library().protocols:
        page = page_of(here, bare, protocol)
        assert "Cannot say before this is known" in page
        followed |= set(re.findall(r'href="([^"]+/assessment/[^"]+#id_\w+)"', page))
    for link in followed:
        url, field = link.split("#")
        assert f'id="{field}"' in text_of(client.get(url)), link
    record_property("n", len(followed))
    assert len(followed) > 40


def test_what_passed_by_a_value_shows_the_value_and_its_day(here):
    page = page_of(here, here.patient)
    assert "124\u00a0mmHg" in page and "24-Nov-2026" in page


def test_a_record_that_cannot_be_true_is_a_sentence_and_no_fault(here, monkeypatch):
    from posology.case import CaseError
    from posology.web.eligibility import views

    def refuse(*_: object, **__: object) -> None:
        raise CaseError("The Weight is dated ahead. Correct its date.")

    monkeypatch.setattr(views, "eligibility_of", refuse)
    response = signed_in(here.site.nurse).get(reverse("eligibility", kwargs={"patient": here.patient.pk}))
    assert response.status_code == 409 and "Correct its date." in text_of(response)

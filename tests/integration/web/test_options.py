"""Options side by side: none chosen beforehand, none hidden, and what is missing one click away."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from posology.case import Answer
from posology.clinic.accounts.models import User
from posology.clinic.care.queries import advice_for
from posology.clinic.orders.models import Course, DecisionRow
from posology.clinic.patients.models import Patient
from posology.knowledge import load_library
from posology.quantities import Quantity
from tests import factories
from tests.cases import NOW
from tests.integration.web.chair import Chair, chair, filled_inputs, inputs, undone
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> factories.Site:
    return factories.site()


def assessed(site: factories.Site, changes: dict[str, Any] | None = None) -> Patient:
    patient = factories.patient(site)
    factories.assess_fully(site, patient, changes)
    return patient


def look(by: User, patient: Patient, at=NOW) -> str:
    with time_machine.travel(at, tick=False):
        response = signed_in(by).get(reverse("options", kwargs={"patient": patient.pk}))
    assert response.status_code == 200
    return text_of(response)


def after_a_session(given: Chair, answers: list[int | None], grade: str = "") -> tuple[Patient, Any]:
    """Let a treated patient go, score them later, and answer again what grows old; return the moment."""
    seat, site = replace(given, clients={}, seen_at={}), given.site
    if grade:
        seat.done("adverse_event", term="Nausea", grade=grade, serious="no", related="yes")
    seat.see_all_criteria().wait(minutes=61).measure().done("discharged", with_escort="yes")
    later = seat.at + timedelta(days=3)
    factories.fill_form(site, seat.patient, answers, at=later)
    factories.assess_fully(site, seat.patient, at=later)
    return seat.patient, later + timedelta(minutes=1)


@pytest.mark.hazard("H-21")
def test_no_option_is_preselected_in_any_state(site, record_property):
    """Start, hold, stop, cannot say, an empty choice sent, and every response x tolerability (N pages)."""
    states = [
        (assessed(site), NOW),
        (assessed(site, {"capacity_to_consent": Answer.NO}), NOW),
        (assessed(site, {"aneurysm_or_avm": Answer.YES}), NOW),
        (factories.patient(site), NOW),
    ]
    people = (site.nurse, site.prescriber, site.director)
    pages = [(look(by, p, at), p) for p, at in states for by in people]
    given = chair(site=site).to_observation()
    for answers in ([0] * 9, [1] * 8 + [0], [2] * 8 + [0], [3] * 9):
        for grade in ("", "2", "3"):
            with undone():  # the one session goes on twelve ways, each as if the others had not been
                patient, at = after_a_session(given, answers, grade)
                pages += [(look(by, patient, at), patient) for by in people]
    client = signed_in(site.prescriber)
    with time_machine.travel(NOW, tick=False):
        url = reverse("options", kwargs={"patient": states[0][0].pk})
        empty = client.post(url, hidden_of(client.get(url), url))
    assert empty.status_code == 422 and "Choose one of the cards" in text_of(empty)
    pages.append((text_of(empty), states[0][0]))
    with_cards = 0
    for html, _ in pages:
        assert filled_inputs(html) == []
        radios = re.findall(r'<input type="radio" name="option" value="([^"]+)"', html)
        assert len(radios) == len(set(radios)) and (not radios or radios[-1] == "none")
        with_cards += bool(radios)
    record_property("n", len(pages))
    assert with_cards >= 40 and len(pages) == 49


@pytest.mark.hazard("H-21")
def test_every_card_carries_its_reasons_its_inputs_and_its_sources(site, record_property):
    patient = assessed(site)
    html = look(site.prescriber, patient)
    advice = advice_for(patient, as_of=NOW)
    cards = re.findall(r'<article class="option[ "].*?</article>', html, re.DOTALL)
    assert len(cards) == len(advice.options) + 1 and 3 <= len(advice.options) <= 5
    for card, option in zip(cards, advice.options, strict=False):
        assert option.dose and card.count('class="dose-amount"') == 1
        assert f"{Quantity(option.dose.dose_mg, 'mg')}</span></strong>" in card
        assert all(f'datetime="{visit.on}"' in card for visit in option.visits[:4])
        for reason in (*option.for_, *option.against):
            assert all(c.source in card and c.certainty.value in card for c in reason.citations)
        if option.dose.weight:
            assert "72\u00a0kg" in card and "Weighed on 24-Nov-2026" in card
    record_property("n", len(advice.options))


@pytest.mark.hazard("H-21")
def test_none_of_these_costs_no_more_than_any_option(site):
    """The same two steps lead to the next page, and none asks there for less than any dose (N = 6)."""
    patient, client = assessed(site), signed_in(site.prescriber)
    url = reverse("options", kwargs={"patient": patient.pk})
    asked = {}
    with time_machine.travel(NOW, tick=False):
        values = re.findall(r'type="radio" name="option" value="([^"]+)"', text_of(client.get(url)))
        for value in values:
            sent = client.post(url, {**hidden_of(client.get(url), url), "option": value})
            assert sent.status_code == 302
            asked[value] = inputs(text_of(client.get(sent["Location"])).split("<main")[1])
    assert asked.pop("none") <= min(asked.values())


def test_a_nurse_reads_the_cards_and_a_prescriber_chooses(site):
    patient = assessed(site)
    html = look(site.nurse, patient)
    assert "<fieldset disabled>" in html and "A prescriber chooses and signs" in html
    url = reverse("options", kwargs={"patient": patient.pk})
    assert signed_in(site.nurse).post(url, {"option": "none"}).status_code == 403


def test_a_hold_is_shown_to_everyone_and_may_be_chosen_by_a_prescriber_alone(site):
    patient = assessed(site, {"capacity_to_consent": Answer.NO})
    held = re.compile(r'name="option" value="ketamine-iv/[^"]+"( disabled)?')
    nurse, prescriber = look(site.nurse, patient), look(site.prescriber, patient)
    assert held.search(nurse)[1] == " disabled" and held.search(prescriber)[1] is None
    assert "capacity to consent" in nurse and "Held: choosing it asks for your reason" in prescriber


def test_a_stopped_protocol_stands_below_with_its_reason(site):
    html = look(site.prescriber, assessed(site, {"aneurysm_or_avm": Answer.YES}))
    below = html.split("Other protocols, and why they are not offered")[1]
    assert "Nasal esketamine" in below and "aneurysm" in below and "A-CI-01" in below


def test_what_is_missing_links_to_the_place_where_it_is_answered(site, record_property):
    """Every open question of a patient of whom nothing is known: the link leads to the field (N links)."""
    patient = factories.patient(site)
    html = look(site.prescriber, patient)
    assert "Not enough is known yet" in html and 'name="option"' not in html
    links = set(re.findall(r'href="(/patients/[^"]+/assessment/[^"#]+/)#([^"]+)"', html))
    assert {key.removeprefix("id_") for _, key in links} <= set(load_library().questions.questions)
    client = signed_in(site.nurse)
    with time_machine.travel(NOW, tick=False):
        pages = {url: text_of(client.get(url)) for url, _ in links}
        assert all(f'id="{anchor}"' in pages[url] for url, anchor in links)
    record_property("n", len(links))
    assert len(links) > 30


def test_without_a_score_since_the_session_the_way_leads_to_the_form(site):
    seat = chair(site=site).to_observation().see_all_criteria().wait(minutes=61).measure()
    seat.done("discharged", with_escort="yes")
    html = look(site.prescriber, seat.patient, seat.at + timedelta(days=1))
    assert reverse("form", kwargs={"patient": seat.patient.pk, "instrument": "phq-9"}) in html
    assert "No PHQ-9 since session 1" in html


def test_the_next_options_say_in_words_what_differs(site):
    patient, at = after_a_session(chair(site=site).to_observation(), [1] * 9)
    html = look(site.prescriber, patient, at)
    assert "Same dose (0.5\u00a0mg/kg)" in html and "after session 1" in html
    assert "PHQ-9 16 → 9" in html


def test_the_option_to_end_the_course_ends_it_with_the_reason(site):
    patient, at = after_a_session(chair(site=site).to_observation(), [3] * 9)
    option = next(o for o in advice_for(patient, as_of=at).options if o.dose_change == "end")
    url = reverse("sign", kwargs={"patient": patient.pk, "option": option.id})
    with time_machine.travel(at, tick=False):
        client = signed_in(site.prescriber)
        page = client.get(url)
        assert "No dose is ordered" in text_of(page) and filled_inputs(text_of(page)) == []
        form = {
            **hidden_of(page, url),
            "reason": "No benefit after the first session; the patient prefers to stop.",
        }
        assert [client.post(url, form).status_code for _ in range(2)] == [302, 302]
    course = Course.objects.for_clinic(site.clinic).get()
    assert course.status == "ended" and "No benefit" in course.ended_because
    assert DecisionRow.objects.for_clinic(site.clinic).get().option_id == option.id


def test_an_order_that_waits_is_told_before_anything_is_chosen(site):
    """Without it the refusal came only after product, identifiers and password."""
    patient = assessed(site)
    assert "signed and not given yet" not in look(site.prescriber, patient)
    signed = factories.signed_order(site, patient)
    page = look(site.prescriber, patient)
    assert "is signed and not given yet, so another cannot be signed" in page
    assert reverse("order", kwargs={"order": signed.order.pk}) in page


@pytest.mark.hazard("H-21")
def test_what_has_no_room_among_the_cards_is_named_and_one_click_away(site):
    """Every option that is possible stands among the cards or in one line, and its own page can be signed."""
    patient, client = assessed(site), signed_in(site.prescriber)
    advice = advice_for(patient, as_of=NOW)
    html = look(site.prescriber, patient)
    line = html.split("Also possible, not shown for want of room:", 1)[1].split("</p>", 1)[0]
    for option in advice.also_possible:
        assert f'href="?protocol={option.protocol_id}"' in line and option.title.lower() in line
    first = advice.also_possible[0]
    with time_machine.travel(NOW, tick=False):
        url = reverse("options", kwargs={"patient": patient.pk})
        narrowed = text_of(client.get(url, {"protocol": first.protocol_id}))
        signing = client.get(reverse("sign", kwargs={"patient": patient.pk, "option": first.id}))
    shown = re.findall(r'name="option" value="([^"]+)"', narrowed)
    mine = [o.id for p in advice.protocols for o in p.options if o.protocol_id == first.protocol_id]
    assert shown == [*mine, "none"] and "Show every protocol" in narrowed
    assert signing.status_code == 200 and first.title.split(" over ")[0].split()[-2] in text_of(signing)

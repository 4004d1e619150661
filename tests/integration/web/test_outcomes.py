"""Questionnaires entered by staff: nothing chosen beforehand, and a risk answer reaches a person."""

import re
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.outcomes.models import CompletedForm, RiskTask
from posology.clinic.patients.models import Patient
from posology.knowledge import load_library
from tests import factories
from tests.cases import NOW
from tests.integration.web.chair import faults_of, filled_inputs, inputs
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db

MEASURES = ("phq-9", "gad-7")


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site() -> factories.Site:
    return factories.site()


@pytest.fixture
def patient(site) -> Patient:
    return factories.patient(site)


def address(patient: Patient, instrument: str = "phq-9") -> str:
    return reverse("form", kwargs={"patient": patient.pk, "instrument": instrument})


def send(
    site: factories.Site, patient: Patient, answers: dict[int, int], instrument: str = "phq-9", **more: str
) -> Any:
    client, url = signed_in(site.nurse), address(patient, instrument)
    form = {**hidden_of(client.get(url), url), **{f"item_{n}": str(a) for n, a in answers.items()}, **more}
    return client.post(url, form)


def forms(site: factories.Site) -> Any:
    return CompletedForm.objects.for_clinic(site.clinic)


@pytest.mark.hazard("H-24")
@pytest.mark.parametrize("instrument", MEASURES)
def test_no_answer_is_chosen_when_the_page_is_made(site, patient, instrument, record_property):
    """All items on one page, none chosen, also when earlier answers are on record (N fields)."""
    measure = load_library().measures[instrument]
    factories.fill_form(site, patient, [1] * len(measure.items), instrument=instrument)
    html = text_of(signed_in(site.nurse).get(address(patient, instrument)))
    assert filled_inputs(html) == []
    assert all((item.text or item.short) in html for item in measure.items)
    assert measure.notice.split(",")[0] in html
    record_property("n", inputs(html))
    assert inputs(html) == len(measure.items) * len(measure.answers) + 1


@pytest.mark.parametrize("instrument", MEASURES)
def test_a_whole_form_is_scored_and_leads_to_the_next_options(site, patient, instrument):
    count = len(load_library().measures[instrument].items)
    sent = send(site, patient, dict.fromkeys(range(1, count + 1), 0) | {1: 3}, instrument)
    assert sent.status_code == 302 and sent["Location"] == reverse("options", kwargs={"patient": patient.pk})
    assert forms(site).get().total == 3 and forms(site).get().band == "minimal"


@pytest.mark.hazard("H-19")
def test_every_answer_about_death_raises_a_task_and_says_whom_to_call(site, patient, record_property):
    """Item 9 at 1, 2 and 3, alone, in a partial form, and in a whole one (N = 9): a task, and names."""
    tried = 0
    for answer in (1, 2, 3):
        for others in ({}, {1: 0, 2: 0}, dict.fromkeys(range(1, 9), 0)):
            sent = send(site, patient, {**others, 9: answer})
            page = text_of(signed_in(site.nurse).get(sent["Location"]))
            tried += 1
            assert "Call now" in page and site.prescriber.full_name in page and "16:00" in page
            assert reverse("options", kwargs={"patient": patient.pk}) in page
            assert RiskTask.objects.for_clinic(site.clinic).count() == tried
    send(site, patient, dict.fromkeys(range(1, 10), 0))
    assert RiskTask.objects.for_clinic(site.clinic).count() == tried, "an answer of 0 asks for nobody"
    record_property("n", tried)


def test_a_partial_form_is_kept_and_not_scored_and_says_why(site, patient):
    sent = send(site, patient, {1: 2, 2: 1})
    page = text_of(signed_in(site.nurse).get(sent["Location"]))
    assert "PHQ-9: not scored" in page and "7 of 9 items not answered (3, 4, 5, 6, 7, 8, 9)" in page
    row = forms(site).get()
    assert row.total is None and row.answers[:3] == [2, 1, None]


def test_an_empty_form_and_a_wrong_time_are_refused_and_the_answers_kept(site, patient):
    assert send(site, patient, {}).status_code == 422
    refused = send(site, patient, {1: 2}, clock="25:00")
    assert refused.status_code == 422 and "cannot be read" in faults_of(refused)
    assert re.search(r'name="item_1" value="2" checked', text_of(refused))
    assert 'value="25:00"' in text_of(refused) and forms(site).count() == 0
    assert send(site, patient, {1: 9}).status_code == 422


@pytest.mark.hazard("H-25")
def test_a_form_that_is_sent_twice_is_recorded_once(site, patient, record_property):
    """With a risk answer, five times, minutes apart: one form, one task, the same answer."""
    client, url = signed_in(site.nurse), address(patient)
    form = {**hidden_of(client.get(url), url), **{f"item_{n}": "1" for n in range(1, 10)}}
    answers = []
    for minute in range(5):
        with time_machine.travel(NOW.replace(minute=minute), tick=False):
            answers.append(client.post(url, form))
    assert {(a.status_code, a["Location"]) for a in answers} == {(302, answers[0]["Location"])}
    assert forms(site).count() == 1 and RiskTask.objects.for_clinic(site.clinic).count() == 1
    record_property("n", len(answers))


@pytest.mark.hazard("H-01")
def test_a_form_of_another_patient_or_another_tab_is_not_recorded(site, patient, record_property):
    other = factories.patient(site, family_name="Example", given_name="Bo")
    client, url = signed_in(site.nurse), address(patient)
    form = {**hidden_of(client.get(url), url), "item_1": "1"}
    for named in (str(other.pk), ""):
        assert client.post(url, {**form, "patient": named}).status_code == 409
    client.get(reverse("patient", kwargs={"patient": other.pk}))
    refused = client.post(url, form)
    assert refused.status_code == 409 and forms(site).count() == 0
    again = hidden_of(refused, url)
    assert again["item_1"] == "1" and client.post(url, again).status_code == 302
    record_property("n", 3)


def test_a_director_reads_and_does_not_fill_in(site, patient):
    html = text_of(signed_in(site.director).get(address(patient)))
    assert 'name="item_1"' not in html
    assert signed_in(site.director).post(address(patient), {}).status_code == 403


def test_an_instrument_or_a_result_that_is_none_is_not_found(site, patient):
    client = signed_in(site.nurse)
    assert client.get(address(patient, "phq-10")).status_code == 404
    assert client.get(f"{address(patient)}?done=1").status_code == 404
    other = factories.fill_form(site, factories.patient(site, given_name="Bo"))
    assert client.get(f"{address(patient)}?done={other.pk}").status_code == 404

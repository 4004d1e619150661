"""What is written at the chair: readings, devices, events, corrections, and the way to the door."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from posology.knowledge import Route
from posology.treatment import SessionPhase
from tests.cases import NOW
from tests.integration.web.chair import NORMAL, Chair, chair, faults_of
from tests.integration.web.walk import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def iv() -> Chair:
    return chair()


# ---------------------------------------------------------------- readings


@pytest.mark.hazard("H-42")
def test_an_odd_value_is_asked_about_in_place_and_kept_when_it_is_confirmed(iv):
    odd = {**NORMAL, "systolic": "182", "diastolic": "96"}
    form = iv.form("readings")
    asked = iv.post("readings", {**form, **odd})
    html = text_of(asked)
    assert asked.status_code == 422 and "Confirm 182/96\u00a0mmHg" in html and iv.events() == 0
    assert 'value="182"' in html and 'value="96"' in html and 'value="98"' in html
    tick = re.search(r'name="(confirm_[^"]+)"', html)
    assert tick and not re.search(r'name="confirm_[^"]+"[^>]*checked', html)
    other = iv.post("readings", {**form, **odd, "systolic": "192", tick[1]: "yes"})
    assert other.status_code == 422, "the tick confirms the values it names, and no others"
    assert iv.post("readings", {**form, **odd, tick[1]: "yes"}).status_code == 302
    assert iv.state.readings[0].payload.systolic == 182 and iv.state.readings[0].payload.confirmed_extreme


@pytest.mark.hazard("H-42")
@pytest.mark.parametrize(
    "typed",
    [
        {"systolic": "78", "diastolic": "124"},
        {"spo2": "101"},
        {"heart_rate": "400"},
        {"heart_rate": "-70"},
        {"heart_rate": "70.5"},
    ],
)
def test_an_impossible_value_is_refused_beside_its_box(iv, typed):
    refused = iv.send("readings", **{**NORMAL, **typed})
    assert refused.status_code == 422 and iv.events() == 0
    assert all(f'value="{value}"' in text_of(refused) for value in typed.values())


@pytest.mark.hazard("H-07")
@pytest.mark.parametrize("typed", ["７５", "0,5", "7_5", "1e2", "٧٥", "NaN"])
def test_a_number_of_another_grammar_is_refused(iv, typed):
    refused = iv.send("readings", **{**NORMAL, "heart_rate": typed})
    assert refused.status_code == 422 and iv.events() == 0 and "not a number we can read" in text_of(refused)


def test_a_reading_may_be_told_with_the_time_at_which_it_was_taken(iv):
    iv.done("readings", **NORMAL, clock="14:50")
    assert iv.state.readings[0].at == NOW - timedelta(minutes=10)
    refused = iv.send("readings", **NORMAL, clock="2pm")
    assert refused.status_code == 422 and 'value="2pm"' in text_of(refused)


def test_the_next_planned_reading_is_named_with_its_time(iv):
    html = text_of(iv.ready().start().wait(minutes=9).open())
    assert "10 min, due now" in html and "15:10" in html


# ---------------------------------------------------------------- nasal


@pytest.mark.hazard("H-13")
def test_the_second_device_waits_for_the_rest_and_a_lost_spray_is_not_given_again():
    """Four minutes: refused; five: taken; a third: refused (N = 3)."""
    seat = chair(Route.NASAL).ready().start()
    seat.done("device_given", lot="L-1", complete="no", note="Sneezed.")
    assert "Rest:" in text_of(seat.open()) and "15:05" in text_of(seat.open())
    refused = seat.wait(minutes=4).send("device_given", lot="L-1", complete="yes")
    assert refused.status_code == 422 and "rest is not over" in faults_of(refused)
    form = {**seat.wait(minutes=1).form("device_given"), "lot": "L-1", "complete": "yes"}
    assert seat.post("device_given", form).status_code == 302
    assert seat.state.phase is SessionPhase.OBSERVING and seat.state.delivered_is_least
    third = {**seat.form("note_written"), "number": "3", "lot": "L-1", "complete": "yes"}
    assert seat.post("device_given", third).status_code == 422
    assert len(seat.state.devices) == 2


# ---------------------------------------------------------------- what is written down


def test_grade_seriousness_and_relation_are_three_questions(iv):
    refused = iv.send("adverse_event", term="Nausea", grade="2")
    assert refused.status_code == 422
    assert "Serious: nothing is entered" in faults_of(refused) and "Related: nothing is entered" in faults_of(
        refused
    )
    assert 'value="Nausea"' in text_of(refused) and re.search(r'value="2" checked', text_of(refused))
    iv.done("adverse_event", term="Nausea", grade="2", serious="no", related="unknown")
    assert iv.state.adverse_events[0].payload.related == "unknown"


def test_a_correction_keeps_the_first_entry_struck_through(iv):
    iv.done("readings", **NORMAL)
    entry = iv.state.readings[0]
    form = {**iv.form("corrected", f"?correct={entry.event_id}"), "how": "change", "systolic": "134"}
    missing = iv.post("corrected", form)
    assert missing.status_code == 422 and "Reason: nothing is entered" in faults_of(missing)
    assert iv.post("corrected", {**form, "reason": "Typed wrong."}).status_code == 302
    now = iv.state.readings[0].payload
    assert (now.systolic, now.diastolic, now.heart_rate) == (134, 78, 70)
    html = text_of(iv.open())
    assert re.search(r"<s>124/78[^<]*mmHg", html) and "Typed wrong." in html and "134/78" in html


def test_an_entry_that_did_not_happen_is_taken_back_and_stays_readable(iv):
    iv.done("note_written", text="Slept.")
    entry = iv.state.notes[0]
    form = iv.form("corrected", f"?correct={entry.event_id}")
    iv.post("corrected", {**form, "how": "withdraw", "reason": "Another patient."})
    assert iv.state.notes == () and "<s>Note: Slept.</s>" in text_of(iv.open())


def test_an_odd_value_in_a_correction_is_confirmed_too(iv):
    iv.done("readings", **NORMAL)
    entry = iv.state.readings[0]
    form = {
        **iv.form("corrected", f"?correct={entry.event_id}"),
        "how": "change",
        "systolic": "190",
        "reason": "Typed wrong.",
    }
    asked = iv.post("corrected", form)
    tick = re.search(r'name="(confirm_[^"]+)"', text_of(asked))
    assert asked.status_code == 422 and tick and "Confirm 190/78" in text_of(asked)
    assert iv.post("corrected", {**form, tick[1]: "on"}).status_code == 302
    assert iv.state.readings[0].payload.systolic == 190


# ---------------------------------------------------------------- the way home


@pytest.mark.hazard("H-30")
def test_the_door_lists_only_what_is_unmet_and_opens_when_the_stay_is_over():
    """59:59 after the end: no form to leave and a refusal; 60:00: the form (N = 2)."""
    seat = chair().to_observation().see_all_criteria()
    early = text_of(seat.wait(minutes=59, seconds=59).measure().open())
    assert "59 min of 60 min" in early and "met-" not in early and "/discharged/" not in early
    form = {**seat.form("note_written"), "with_escort": "yes"}
    refused = seat.post("discharged", form)
    assert refused.status_code == 422 and seat.state.phase is SessionPhase.OBSERVING
    html = text_of(seat.wait(seconds=1).open())
    assert "The patient may leave" in html and "/discharged/" in html
    seat.done("discharged", with_escort="yes")


def test_only_a_prescriber_lets_a_patient_leave_with_something_unmet():
    seat = chair().to_observation()
    assert "/discharge_overridden/" not in text_of(seat.open())
    nurse = {**seat.form("note_written"), "reason": "In a hurry."}
    assert seat.post("discharge_overridden", nurse).status_code == 403
    seat.done("discharge_overridden", by=seat.site.prescriber, reason="Transferred to the ward.")
    seat.done("discharged", with_escort="no")


def test_a_hold_at_the_chair_is_passed_by_a_prescriber_with_a_reason(iv):
    iv.identify_and_answer(**{"answer-escort_home": "no"}).measure().check()
    assert "/gate_overridden/" not in text_of(iv.open())
    page = iv.open(by=iv.site.prescriber)
    assert "/gate_overridden/" in text_of(page)
    empty = iv.send("gate_overridden", by=iv.site.prescriber)
    assert empty.status_code == 422
    while "/gate_overridden/" in text_of(iv.open(by=iv.site.prescriber)):
        iv.done("gate_overridden", by=iv.site.prescriber, reason="The ward collects the patient.")
    assert "/infusion_started/" in text_of(iv.open())
    iv.start()


def test_a_director_looks_and_writes_nothing(iv):
    html = text_of(iv.open(by=iv.site.director))
    assert "<form" not in html.split("<main")[1]
    form = {**iv.form("note_written"), "text": "Seen."}
    assert iv.post("note_written", form, by=iv.site.director).status_code == 403


def test_a_form_of_a_kind_that_is_none_is_not_found(iv):
    address = reverse("session-event", kwargs={"session": iv.session_id, "kind": "note_written"})
    assert iv.client().post(address.replace("note_written", "no_such_kind"), {}).status_code == 404
    assert iv.post("note_written", {**iv.form("note_written"), "text": "x", "id": "1"}).status_code == 400

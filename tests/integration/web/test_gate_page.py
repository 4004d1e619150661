"""The gate as a form: groups that one word answers, questions that are asked alone, who clears what."""

import re

import pytest

from posology.clinic.care.chairside import chairside
from posology.knowledge import Route
from posology.treatment import EventKind, GateKind
from posology.treatment.gate import TOGETHER
from tests.integration.web.chair import chair, faults_of, filled_inputs
from tests.integration.web.walk import text_of

ALONE = {"suicidal_ideation", "written_consent", "pregnant"}


def identifiers(seat) -> dict[str, str]:
    return {"record_number": seat.patient.identifier, "born_on": "14-Mar-1981"}


@pytest.mark.hazard("H-24")
@pytest.mark.parametrize("route", [Route.INTRAVENOUS, Route.NASAL, Route.INTRAMUSCULAR])
def test_one_word_for_a_group_records_the_answer_that_stands_beside_each_line(db, route, record_property):
    """Each line under its own id, with the answer no rule waits for; nothing is chosen beforehand."""
    seat = chair(route)
    html = text_of(seat.open())
    assert not filled_inputs(html)
    so = {"together-arranged": "so", "together-state": "so"}
    seat.done("gate", **identifiers(seat), **so)
    gate = {i.key: i for i in _gate(seat) if i.kind is GateKind.ANSWER}
    grouped = {key for key, item in gate.items() if item.group}
    said = {e.payload.item: e.payload.answer for e in seat.state.gate}
    assert said == {key: gate[key].usual for key in grouped}
    assert not grouped & ALONE
    left = {f"answer-{key}": {"suicidal_ideation": "none", "pregnant": "no"}.get(key, "yes") for key in ALONE}
    seat.done("gate", **{name: value for name, value in left.items() if name.removeprefix("answer-") in gate})
    seat.measure().check().start()
    record_property("n", len(grouped))


def _gate(seat):
    return chairside(seat.site.nurse, seat.session_id, at=seat.at).gate


def test_a_line_answered_otherwise_beside_the_one_word_is_asked_about(db):
    seat = chair()
    said = {"together-arranged": "so", "answer-escort_home": "no"}
    response = seat.send("gate", **identifiers(seat), **said)
    assert response.status_code == 422 and "answered otherwise" in text_of(response), faults_of(response)
    assert seat.events() == 0
    assert re.search(r'name="together-arranged" value="apart" checked', text_of(response))


def test_a_group_says_nothing_of_a_question_that_did_not_stand_on_the_page(db):
    seat = chair()
    form = {**seat.form("gate"), **identifiers(seat), "together-arranged": "so"}
    form.pop("id-escort_home")
    assert seat.post("gate", form).status_code == 302
    answered = {e.payload.item for e in seat.state.gate}
    assert "fasting_met" in answered and "escort_home" not in answered


def test_what_is_in_the_way_says_who_clears_it(db):
    """A nurse, a prescriber, nobody: as the rule of each answer has it."""
    seat = chair(Route.NASAL)
    seat.identify_and_answer(
        **{"answer-fasting_met": "no", "answer-escort_home": "no", "answer-staff_and_equipment": "no"}
    ).measure().check()
    html = text_of(seat.open())
    assert "A nurse clears it" in html and "A prescriber clears it" in html and "Nobody may pass it" in html
    assert html.count("/gate_overridden/") == 0  # a nurse passes nothing
    by = text_of(seat.open(by=seat.site.prescriber))
    assert 'value="staff_and_equipment"' not in by and 'value="escort_home"' in by


def test_one_by_one_answers_are_recorded_as_they_were_given(db):
    seat = chair()
    seat.done("gate", **identifiers(seat), **{"together-state": "apart", "answer-urinary_symptoms": "yes"})
    assert [(e.payload.item, e.payload.answer) for e in seat.state.gate] == [("urinary_symptoms", "yes")]
    assert {row.kind for row in seat.state.entries} == {EventKind.IDENTITY_CHECKED, EventKind.GATE_ANSWERED}


@pytest.mark.parametrize("route", [Route.INTRAVENOUS, Route.NASAL, Route.INTRAMUSCULAR, Route.ORAL])
def test_a_usual_gate_is_eight_taps_at_most_with_the_question_on_pregnancy_too(db, route):
    """One tap a box, a group and a question that stands alone, and one to send."""
    form = re.search(r'<form class="form form--gate".*?</form>', text_of(chair(route).open()), re.DOTALL)
    assert form is not None
    names = set(re.findall(r'name="((?:answer|together)-\w+)"', form[0]))
    grouped = {f"answer-{key}" for keys in TOGETHER.values() for key in keys}
    boxes = {"record_number", "born_on"}
    assert len(boxes | (names - grouped) | {"answer-pregnant"}) + 1 <= 8

"""The gate's items: from the questions and the rules, and the answers that hold the dose up."""

import pytest

from posology.case import Answer
from posology.knowledge import load_library
from posology.treatment import GateKind, gate_items, is_answered, missing_readings
from tests.sessions import Log, make_order, through_gate

LIBRARY = load_library()
PROTOCOLS = tuple(LIBRARY.protocols)
NASAL_US = ("esketamine-nasal-us", "esketamine-mdsi-us")
MUST = {
    *("identity", "written_consent", "escort_home", "fasting_met", "medication_list_complete"),
    *("suicidal_ideation", "pregnant", "baseline_readings", "staff_and_equipment"),
}


def items(protocol_id: str, **kwargs):
    return {item.key: item for item in gate_items(LIBRARY.protocol(protocol_id), **kwargs)}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_gate_asks_what_every_gate_must(name):
    found = items(name)
    assert next(iter(found)) == "identity"
    assert set(found) >= MUST


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_question_of_each_session_that_a_rule_reads_is_asked(name):
    asked = items(name)
    for key, question in LIBRARY.questions.questions.items():
        if question.each_session and question.kind != "quantity" and key != "nasal_drug_timing_met":
            if question.asked_for.routes and name not in NASAL_US:
                assert key not in asked
                continue
            assert key in asked
            assert asked[key].facts == question.facts


def test_what_a_programmes_form_asks_is_read_out_together_where_the_programme_holds():
    for name in NASAL_US:
        together = [item for item in items(name).values() if item.key.endswith("_today")]
        assert {item.group for item in together} == {"state"}
        assert [item.usual for item in together] == ["no"] * 5
        assert {fact for item in together for fact in item.facts} == {"S-PMF-02", "S-PMF-03"}


def test_a_nasal_question_is_asked_for_the_nasal_route_alone():
    for name in PROTOCOLS:
        nasal = LIBRARY.protocol(name).route == "nasal"
        assert ("nasal_drug_timing_met" in items(name)) == nasal


def test_pregnancy_is_left_out_only_where_it_cannot_be():
    assert "pregnant" in items("ketamine-iv", can_be_pregnant=Answer.YES)
    assert "pregnant" in items("ketamine-iv", can_be_pregnant=Answer.UNKNOWN)
    assert "pregnant" not in items("ketamine-iv", can_be_pregnant=Answer.NO)


@pytest.mark.hazard("H-15")
def test_a_pregnancy_holds_every_dose_up(record_property):
    """Every protocol: *yes* is a stop for esketamine, and a prescriber's decision for ketamine."""
    for name in PROTOCOLS:
        holding = items(name)["pregnant"].holding["yes"]
        assert holding.may_be_passed == (LIBRARY.protocol(name).substance == "ketamine")
    record_property("n", len(PROTOCOLS))


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_answers_that_hold_are_those_of_the_rules(name):
    found = items(name)
    assert set(found["escort_home"].holding) == {"no"}
    assert found["escort_home"].holding["no"].rules == ("rules-session/no-way-home",)
    assert set(found["suicidal_ideation"].holding) == {"plan_or_intent"}
    assert set(found["intoxicated_or_withdrawing"].holding) == {"yes"}
    assert set(found["urinary_symptoms"].holding) == set()
    ready = found["staff_and_equipment"].holding
    assert set(ready) == {"no"} and not ready["no"].may_be_passed
    assert ready["no"].rules == ("rules-session/staff-and-equipment",)
    for item in found.values():
        assert set(item.holding) <= set(item.choices)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_item_has_a_sentence_and_rests_on_facts(name):
    for item in items(name).values():
        assert item.sentence[-1] in ".?"
        assert item.key == "identity" or (item.facts and item.sources)
        assert all(source in LIBRARY.sources for source in item.sources)


@pytest.mark.hazard("H-14")
def test_a_blank_and_an_unknown_answer_no_item(record_property):
    """Every protocol × every item: not answered before, not by *unknown*, not by a word that is no choice;
    answered by each of its choices.
    """
    tried = 0
    for name in PROTOCOLS:
        protocol = LIBRARY.protocol(name)
        for item in gate_items(protocol):
            assert not is_answered(item, Log().state, protocol)
            tried += 1
            if item.kind is not GateKind.ANSWER:
                continue
            for answer in (*item.choices, "unknown", "maybe", "YES"):
                log = Log()
                log.add("gate_answered", 1, item=item.key, answer=answer)
                assert is_answered(item, log.state, protocol) == (answer in item.choices)
                tried += 1
    record_property("n", tried)


def test_the_identity_and_the_readings_are_answered_by_their_own_events():
    protocol = LIBRARY.protocol("ketamine-iv")
    state = through_gate(make_order()).state
    found = items("ketamine-iv")
    assert is_answered(found["identity"], state, protocol)
    assert is_answered(found["baseline_readings"], state, protocol)
    assert not missing_readings(state, protocol)


@pytest.mark.hazard("H-24")
def test_a_reading_after_the_start_does_not_answer_the_gate():
    """N = 1."""
    protocol = LIBRARY.protocol("ketamine-iv")
    log = through_gate(make_order(), without=["baseline_readings"])
    log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    log.reading(11)
    assert missing_readings(log.state, protocol) == protocol.monitoring.readings


@pytest.mark.parametrize("name", PROTOCOLS)
def test_readings_are_called_as_people_call_them(name):
    said = items(name)["baseline_readings"].sentence
    assert "oxygen saturation" in said and "spo2" not in said


@pytest.mark.hazard("H-14")
@pytest.mark.hazard("H-24")
def test_what_may_be_answered_by_one_word_is_the_answer_that_no_rule_waits_for(record_property):
    """Every question of every gate: a group records no answer that holds, and none that is not an answer;
    suicidal thoughts, pregnancy, consent and whatever is new are asked alone.
    """
    tried = 0
    for name in PROTOCOLS:
        for item in items(name).values():
            tried += 1
            if item.group:
                assert item.usual in item.choices
                assert item.usual not in item.holding
            else:
                assert item.key not in {"escort_home", "fasting_met", "intoxicated_or_withdrawing"}
        assert not any(items(name)[key].group for key in ("suicidal_ideation", "pregnant", "written_consent"))
    record_property("n", tried)


@pytest.mark.parametrize(
    ("name", "key", "answer", "who"),
    [
        ("ketamine-iv", "staff_and_equipment", "no", "nobody"),
        ("ketamine-iv", "escort_home", "no", "prescriber"),
        ("ketamine-iv", "pregnant", "yes", "prescriber"),
        ("esketamine-nasal-us", "pregnant", "yes", "nobody"),
        ("esketamine-nasal-us", "fasting_met", "no", "nurse"),
    ],
)
def test_who_clears_an_answer_is_what_its_rules_say(name, key, answer, who):
    assert items(name)[key].holding[answer].cleared_by == who

"""What a fold makes of the odd: doses out of turn, corrections of corrections, copies that differ."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from posology.treatment import EventKind, ReplayError, Scale, SessionPhase, SessionState, read_payload, replay
from tests.sessions import Log, at, infusion, make_order, through_gate


def test_no_events_are_a_session_that_was_scheduled():
    assert replay([]) == SessionState()
    assert replay([]).phase is SessionPhase.SCHEDULED


def test_events_of_two_sessions_are_refused():
    one, other = Log(), Log(session_id=uuid4(), name="other")
    one.add("note_written", 1, text="a")
    other.add("note_written", 1, text="b")
    with pytest.raises(ReplayError, match="more than one session"):
        replay(one.events + other.events)


@pytest.mark.hazard("H-25")
def test_a_copy_with_other_content_is_listed_and_does_not_count():
    """The copy that was stored first counts, in both orders of arrival. N = 2."""
    log = Log()
    first = log.add("note_written", 1, text="first")
    other = replace(
        first,
        payload=read_payload("note_written", {"text": "other"}),
        recorded_at=first.recorded_at + timedelta(seconds=1),
    )
    for events in ((first, other), (other, first)):
        state = replay(events)
        assert [n.payload.text for n in state.notes] == ["first"]
        assert [c.event for c in state.conflicts] == [other]


def test_a_dose_out_of_turn_counts_and_is_listed():
    """A tablet that did not hear of the cancellation: the drug is in the patient, and the record shows it."""
    log = through_gate(make_order())
    log.add("session_cancelled", 8, reason="No escort.")
    log.add("administration_started", 9, dose_mg="36", lot="L1", minutes=40)
    state = log.state
    assert state.phase is SessionPhase.RUNNING
    assert state.delivered_mg(at(19)) == 9
    assert [(c.event.kind, c.counted) for c in state.conflicts] == [(EventKind.ADMINISTRATION_STARTED, True)]
    log.add("infusion_stopped", 20, reason="Cancelled elsewhere.")
    assert log.state.phase is SessionPhase.OBSERVING


@pytest.mark.parametrize("phase", ["scheduled", "gate", "ready", "running", "observing", "discharged"])
def test_an_injection_counts_wherever_it_is_recorded(phase):
    order = make_order()
    log = Log() if phase == "scheduled" else through_gate(order, until_worksheet=phase not in {"gate"})
    if phase in {"running", "observing", "discharged"}:
        log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    if phase in {"observing", "discharged"}:
        log.add("infusion_stopped", 50, reason="Through.")
    if phase == "discharged":
        log.add("discharged", 200, with_escort=True)
    before = log.state
    assert before.phase == phase
    log.add("dose_given", 300, dose_mg="20", lot="L9")
    after = log.state
    assert after.delivered_exact(at(300)) == before.delivered_exact(at(300)) + 20
    assert bool(after.conflicts) == (phase != "ready")
    assert "L9" in after.lots


def test_a_worksheet_withdrawn_after_the_start_does_not_hide_the_infusion():
    log = infusion()
    check = next(e for e in log.events if e.kind is EventKind.WORKSHEET_CHECKED)
    log.add("corrected", 60, event_id=str(check.id), reason="Another chair's.", withdrawn=True)
    state = log.state
    assert state.delivered_mg(at(60)) == 36
    assert state.phase is SessionPhase.OBSERVING
    assert [c.counted for c in state.conflicts] == [True]
    assert [w.event for w in state.withdrawn] == [check]


def test_a_device_within_an_infusion_is_listed_and_the_infusion_goes_on():
    log = through_gate(make_order())
    log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    log.add("device_given", 12, number=1, lot="D", complete=True)
    state = log.state
    assert state.phase is SessionPhase.RUNNING
    assert state.delivered_is_least
    assert len(state.conflicts) == 1
    assert state.delivered_mg(at(30)) == 18


def test_a_pause_without_an_infusion_changes_nothing():
    log = through_gate(make_order("esketamine-nasal-us", "56"))
    log.add("administration_started", 10, dose_mg="56", lot="L1", devices=2)
    log.add("infusion_paused", 11)
    assert log.state.phase is SessionPhase.RUNNING
    assert log.state.conflicts[0].why == "It speaks of an infusion, and none is running."


def test_the_answers_to_a_gate_item_give_way_to_the_latest():
    log = Log()
    log.add("gate_answered", 1, item="escort_home", answer="no")
    log.add("gate_answered", 2, item="fasting_met", answer="yes")
    log.add("gate_answered", 3, item="escort_home", answer="yes")
    assert log.state.gate_answer("escort_home").payload.answer == "yes"
    assert [e.payload.item for e in log.state.gate] == ["fasting_met", "escort_home"]
    assert len(log.state.entries) == 3
    assert log.state.gate_answer("nothing") is None


# ---------------------------------------------------------------- corrections


def corrected(**said):
    log = Log()
    reading = log.add("reading_taken", 1, systolic=142, diastolic=80)
    log.add("corrected", 5, event_id=str(reading.id), reason="Misread.", **said)
    return log, reading


NEW = {"event_kind": "reading_taken", "payload": {"systolic": 124, "diastolic": 80}}


def test_a_corrected_reading_says_the_new_and_keeps_the_old():
    log, reading = corrected(**NEW)
    entry = log.state.readings[0]
    assert entry.payload.systolic == 124
    assert entry.original == reading and entry.is_corrected
    assert entry.correction.author == "nurse-1"
    assert entry.event_id == reading.id


def test_a_correction_may_move_an_event():
    log, reading = corrected(occurred_at=at(3).isoformat())
    entry = log.state.readings[0]
    assert entry.at == at(3)
    assert entry.payload == reading.payload
    assert entry.original.occurred_at == at(1)


def test_a_withdrawn_event_is_gone_from_the_readings_and_stays_on_record():
    log, reading = corrected(withdrawn=True)
    assert log.state.readings == ()
    assert [w.event for w in log.state.withdrawn] == [reading]
    assert log.state.withdrawn[0].correction.payload.reason == "Misread."


def test_the_latest_correction_decides():
    log, reading = corrected(**NEW)
    log.add("corrected", 6, event_id=str(reading.id), reason="Again.", event_kind="reading_taken",
            payload={"systolic": 130, "diastolic": 80})  # fmt: skip
    assert log.state.readings[0].payload.systolic == 130
    assert len(log.state.corrections) == 2


def test_a_withdrawn_correction_lets_the_entry_stand():
    log, reading = corrected(**NEW)
    log.add("corrected", 6, event_id=str(log.events[1].id), reason="It was right.", withdrawn=True)
    assert log.state.readings[0].payload == reading.payload
    assert not log.state.readings[0].is_corrected
    assert not log.state.conflicts


def test_a_withdrawal_of_a_withdrawal_gives_the_correction_back():
    log, _ = corrected(**NEW)
    log.add("corrected", 6, event_id=str(log.events[1].id), reason="It was right.", withdrawn=True)
    log.add("corrected", 7, event_id=str(log.events[2].id), reason="It was wrong.", withdrawn=True)
    assert log.state.readings[0].payload.systolic == 124


def test_a_correction_of_another_kind_is_listed_and_does_nothing():
    log, reading = corrected(event_kind="note_written", payload={"text": "?"})
    assert log.state.readings[0].payload == reading.payload
    assert "and the event it names is 'reading_taken'" in log.state.conflicts[0].why


def test_a_correction_whose_event_has_not_arrived_waits_for_it():
    log, reading = corrected(**NEW)
    early = replay(log.events[1:])
    assert early.conflicts[0].why == "It corrects an event that has not arrived."
    assert replay(log.events).readings[0].payload.systolic == 124
    assert not replay(log.events).conflicts
    assert reading.id not in {e.event_id for e in early.entries}


def test_a_correction_is_withdrawn_and_not_corrected():
    log, _ = corrected(**NEW)
    log.add("corrected", 6, event_id=str(log.events[1].id), reason="Earlier.", occurred_at=at(2).isoformat())
    assert log.state.conflicts[0].why == "A correction is not corrected; it can only be withdrawn."


def test_a_correction_cannot_withdraw_one_that_was_written_after_it():
    log, reading = corrected(**NEW)
    late = log.add("corrected", 4, event_id=str(log.events[1].id), reason="?", withdrawn=True)
    assert [c.event for c in log.state.conflicts] == [late]
    assert log.state.readings[0].payload != reading.payload


def test_a_corrected_start_moves_the_delivered_dose():
    log = through_gate(make_order())
    start = log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    assert log.state.delivered_mg(at(30)) == 18
    log.add("corrected", 31, event_id=str(start.id), reason="By the pump.", occurred_at=at(20).isoformat())
    assert log.state.delivered_mg(at(30)) == 9
    assert log.state.started_at == at(20)


def test_a_withdrawn_discharge_brings_the_patient_back():
    log = infusion()
    leave = log.add("discharged", 120, with_escort=True)
    log.add("corrected", 121, event_id=str(leave.id), reason="Another chair.", withdrawn=True)
    assert log.state.phase is SessionPhase.OBSERVING
    assert log.state.discharged_at is None


# ---------------------------------------------------------------- equal moments


@pytest.mark.hazard("H-27")
def test_cause_comes_before_effect_among_equal_moments():
    """A whole session typed in afterwards, all at one moment and backwards: no conflict. N = 2."""
    whole = infusion().events
    for order in (whole, whole[::-1]):
        typed = [replace(e, occurred_at=at(0), sequence=1) for e in order]
        state = replay(typed)
        assert state.phase is SessionPhase.OBSERVING
        assert not state.conflicts


def test_the_device_counter_orders_what_may_alternate():
    log = through_gate(make_order())
    log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    log.add("infusion_paused", 20)
    log.add("infusion_resumed", 20)
    log.add("infusion_paused", 20)
    assert log.state.phase is SessionPhase.PAUSED
    assert not log.state.conflicts


def test_what_views_ask_is_answered():
    log = through_gate(make_order())
    log.add("gate_overridden", 3, rule="rules-session/pressure-above-guide", reason="Settling.")
    log.add("scale_scored", 4, scale="nausea", value=1)
    log.add("scale_scored", 6, scale="nausea", value=2)
    state = log.state
    assert state.overrides("rules-session/pressure-above-guide", "other")
    assert not state.overrides("other")
    assert state.latest_score(Scale.NAUSEA).payload.value == 2
    assert state.latest_score(Scale.CADSS) is None
    assert state.criterion("alert") is None
    assert state.mg_per_device is None
    assert state.delivered_mg(at(100)) == Decimal(0)
    assert state.started_at is None

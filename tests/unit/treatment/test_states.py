"""The one table of phases: every phase has an owner and an exit or is final; the rest is refused."""

from itertools import product

import pytest

from posology.treatment import (
    FINAL,
    TRANSITIONS,
    EventKind,
    NotAllowed,
    SessionPhase,
    as_mermaid,
    check_transition,
    may_transition,
)
from posology.treatment.states import OWNERS


def test_every_phase_has_an_owner_and_a_regular_exit_or_is_final():
    for phase in SessionPhase:
        exits = {s.to for (p, _), s in TRANSITIONS.items() if p is phase and not s.irregular} - {phase}
        assert OWNERS[phase]
        assert bool(exits) != (phase in FINAL), phase


def test_every_phase_can_be_reached_by_regular_steps():
    reached = {SessionPhase.SCHEDULED}
    while True:
        found = {s.to for (p, _), s in TRANSITIONS.items() if p in reached and not s.irregular} | reached
        if found == reached:
            break
        reached = found
    assert reached == set(SessionPhase)


def test_from_every_phase_a_session_can_come_to_an_end():
    leads = {phase: {s.to for (p, _), s in TRANSITIONS.items() if p is phase} for phase in SessionPhase}
    for phase in SessionPhase:
        seen, open_ = set(), {phase}
        while open_:
            seen |= open_
            open_ = set().union(*(leads[p] for p in open_)) - seen
        assert seen & FINAL, phase


@pytest.mark.hazard("H-25")
@pytest.mark.hazard("H-26")
def test_no_regular_step_begins_a_dose_twice(record_property):
    """Every phase × every event that begins a dose: regular from *ready* alone."""
    begins = (EventKind.ADMINISTRATION_STARTED, EventKind.DOSE_GIVEN)
    for phase, kind in product(SessionPhase, begins):
        assert may_transition(phase, kind) == (phase is SessionPhase.READY)
    record_property("n", len(SessionPhase) * len(begins))


@pytest.mark.requirement("SR-17")
def test_what_is_not_in_the_table_is_refused(record_property):
    """Every phase × every kind of event: allowed where a regular step stands, refused everywhere else."""
    refused = 0
    for phase, kind in product(SessionPhase, EventKind):
        step = TRANSITIONS.get((phase, kind))
        if step is not None and not step.irregular:
            check_transition(phase, kind)
            continue
        with pytest.raises(NotAllowed) as caught:
            check_transition(phase, kind)
        assert caught.value.obstacles[0].key == "transition"
        refused += 1
    assert refused
    record_property("n", len(SessionPhase) * len(EventKind))


def test_what_is_seen_can_be_written_down_in_every_phase():
    for phase, kind in product(SessionPhase, ("reading_taken", "adverse_event", "note_written", "corrected")):
        assert TRANSITIONS[phase, EventKind(kind)].to is phase


def test_a_recorded_dose_counts_from_every_phase_but_a_running_one():
    """Whatever the phase said, the drug is in the patient: no event that gives is without a step."""
    for phase in SessionPhase:
        assert (phase, EventKind.DOSE_GIVEN) in TRANSITIONS
        assert (phase, EventKind.DEVICE_GIVEN) in TRANSITIONS
        amid = phase in {SessionPhase.RUNNING, SessionPhase.PAUSED, SessionPhase.RESTING}
        assert ((phase, EventKind.ADMINISTRATION_STARTED) in TRANSITIONS) != amid


def test_the_diagram_tells_every_phase_and_both_ends():
    drawn = as_mermaid()
    assert drawn.startswith("stateDiagram-v2\n    [*] --> scheduled\n")
    for phase in SessionPhase:
        assert phase in drawn
    assert drawn.count("--> [*]") == len(FINAL)
    assert "cancelled --> running : administration started (irregular)" in drawn

"""A session held open tells what replaying all of its events tells, after each event, however they come."""

from random import Random
from uuid import uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.treatment import ReplayError, Running, replay
from tests.properties.test_replay import sessions, whole_session
from tests.sessions import NAMES, Log


def agrees_all_the_way(events) -> None:
    held = Running()
    for count, event in enumerate(events, start=1):
        held.take(event)
        assert held.state == replay(events[:count])
    assert held.events == tuple(events)


@pytest.mark.property
@pytest.mark.hazard("H-27")
@pytest.mark.hazard("H-45")
def test_a_session_held_open_agrees_with_its_replay(record_property):
    """A whole session with corrections, as it came and in seeded orders with copies, after every event."""
    random, events, tried = Random(45), whole_session().events, 300
    agrees_all_the_way(events)
    for _ in range(tried):
        sent = events + random.sample(events, 3)
        random.shuffle(sent)
        agrees_all_the_way(sent)
    record_property("n", (tried + 1) * len(events))


@pytest.mark.property
@settings(max_examples=150, deadline=None)
@given(events=sessions(), random=st.randoms(use_true_random=False))
def test_any_session_held_open_agrees_with_its_replay(events, random):
    """Whatever the events are, also where half of them were there from the start."""
    agrees_all_the_way(events)
    sent = random.sample(events, len(events))
    held = Running(sent[: len(sent) // 2])
    held.take(*sent[len(sent) // 2 :])
    assert held.state == replay(sent)


@pytest.mark.property
def test_an_event_of_another_session_is_refused_and_changes_nothing():
    """Two sessions never share a state."""
    held = Running(whole_session().events)
    before = held.state
    other = Log(session_id=uuid5(NAMES, "another")).add("note_written", 300, text="Elsewhere.")
    with pytest.raises(ReplayError):
        held.take(other)
    assert held.state == before

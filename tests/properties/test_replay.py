"""A session is the fold of its events: the same for every order of arrival and any number of copies."""

import os
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from random import Random
from uuid import uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.treatment import Event, EventKind, SessionPhase, known_at, read_payload, replay
from tests.sessions import (
    NAMES,
    SESSION,
    Log,
    all_criteria,
    at,
    check_worksheet,
    infusion,
    make_order,
    through_gate,
)

MINUTES = st.integers(0, 200)
ARRIVALS = int(os.environ.get("POSOLOGY_ARRIVALS", "5000"))  # 100,000 for the published figure


def whole_session() -> Log:
    """Return a session with all in it: a pause, a late entry, corrections, a withdrawal, a discharge."""
    order = make_order()
    log = through_gate(order)
    log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    log.reading(20)
    log.add("infusion_paused", 22, reason="Pressure.")
    wrong = log.add("reading_taken", 23, systolic=142, diastolic=88, lag_s=900)
    log.add("infusion_resumed", 27)
    log.add("adverse_event", 30, term="nausea", grade=1, serious=False, related="yes")
    said = {"event_kind": "reading_taken", "payload": {"systolic": 124, "diastolic": 88}}
    first = log.add("corrected", 31, event_id=str(wrong.id), reason="Misread.", **said)
    log.add("corrected", 32, event_id=str(first.id), reason="It was right.", withdrawn=True)
    note = log.add("note_written", 33, text="Wrong chair.")
    log.add("corrected", 34, event_id=str(note.id), reason="Wrong chair.", withdrawn=True)
    stop = log.add("infusion_stopped", 56, reason="Through.", complete=True)
    log.add("corrected", 57, event_id=str(stop.id), reason="By the pump.", occurred_at=at(55).isoformat())
    log.reading(115)
    all_criteria(log, "ketamine-iv", 116)
    log.add("discharged", 117, with_escort=True)
    return log


@pytest.mark.property
@pytest.mark.hazard("H-27")
@pytest.mark.hazard("H-45")
@pytest.mark.parametrize("start", range(0, 22, 2))
def test_six_events_give_one_state_in_each_of_their_orders(start, record_property):
    """All 720 orders of six neighbouring events of a whole session, after those before them."""
    events = whole_session().events
    before, six = events[:start], events[start : start + 6]
    expected = replay((*before, *six))
    orders = list(permutations(six))
    assert all(replay((*before, *order)) == expected for order in orders)
    assert all(replay((*order, *before)) == expected for order in orders[::7])
    record_property("n", len(orders) + len(orders[::7]))


@pytest.mark.property
@pytest.mark.faults
@pytest.mark.hazard("H-27")
@pytest.mark.hazard("H-45")
def test_a_whole_session_gives_one_state_in_any_order(record_property):
    """Seeded random orders of all events, each with some of them sent twice."""
    random, events, tried = Random(27), whole_session().events, ARRIVALS
    expected = replay(events)
    assert expected.phase is SessionPhase.DISCHARGED
    assert not expected.conflicts
    for _ in range(tried):
        sent = events + random.sample(events, 5)
        random.shuffle(sent)
        assert replay(sent) == expected
    record_property("n", tried)


@pytest.mark.property
@pytest.mark.hazard("H-25")
def test_an_event_sent_again_changes_nothing(record_property):
    """Each event of a session sent again, 2 to 50 times, with later clocks of the server: the first copy
    counts, and the state is the same.
    """
    events = whole_session().events
    expected, tried = replay(events), 0
    for event in events:
        for times in (2, 3, 50):
            again = [
                replace(event, recorded_at=event.recorded_at + timedelta(seconds=n)) for n in range(times)
            ]
            assert replay([*reversed(again), *events]) == expected
            tried += 1
    record_property("n", tried)


@pytest.mark.property
@pytest.mark.hazard("H-25")
def test_a_second_start_under_another_id_gives_no_second_dose(record_property):
    """A second start, device or dose under an id of its own, at each minute of the session: the delivered
    dose of an infusion stays, and the second is listed as a conflict.
    """
    order, tried = make_order(), 0
    for minute in range(10, 50):
        log = through_gate(order)
        log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
        log.add("administration_started", minute, dose_mg="36", lot="L1", minutes=40, author="nurse-2")
        state = log.state
        assert state.delivered_mg(at(500)) == 36
        assert [c.counted for c in state.conflicts] == [False]
        tried += 1
    record_property("n", tried)


KINDS = {
    "gate_answered": lambda n: {"item": f"item-{n % 3}", "answer": "yes" if n % 2 else "no"},
    "infusion_paused": lambda n: {},
    "infusion_resumed": lambda n: {},
    "infusion_rate_changed": lambda n: {"rate_mg_per_min": f"{0.1 + n / 10:.1f}"},
    "infusion_stopped": lambda n: {"reason": "Stopped."},
    "administration_started": lambda n: {"dose_mg": 36, "lot": "L", "minutes": 40},
    "device_given": lambda n: {"number": 1 + n % 3, "lot": "L", "complete": bool(n % 2)},
    "dose_given": lambda n: {"dose_mg": 10 + n, "lot": "L"},
    "reading_taken": lambda n: {"systolic": 120 + n, "diastolic": 70},
    "note_written": lambda n: {"text": f"Note {n}"},
    "discharge_criterion": lambda n: {"key": f"key-{n % 2}", "met": bool(n % 3)},
    "discharged": lambda n: {"with_escort": True},
    "session_cancelled": lambda n: {"reason": "No."},
    "identity_checked": lambda n: {"record_number": f"A-{n}", "born_on": "1981-03-14"},
    "worksheet_checked": lambda n: {
        "product_id": "ketamine-50",
        "lot": "L",
        "typed_devices": n,
        "checked_by": "b",
    },
}


@st.composite
def sessions(draw: st.DrawFn) -> list[Event]:
    """Draw any events at all, sane or not, with corrections of any of them."""
    drawn = draw(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), MINUTES, st.integers(0, 9)), max_size=12))
    events = [made(i, kind, minute, KINDS[kind](n)) for i, (kind, minute, n) in enumerate(drawn)]
    for i in range(draw(st.integers(0, 3)) if events else 0):
        target = draw(st.sampled_from(events))
        said: dict[str, object] = {"event_id": str(target.id), "reason": "Mended."}
        if target.kind is EventKind.CORRECTED or draw(st.booleans()):
            said["withdrawn"] = True
        else:
            said |= {"occurred_at": at(draw(MINUTES)).isoformat()}
            if draw(st.booleans()):
                kind = target.kind.value
                said |= {"event_kind": kind, "payload": KINDS[kind](draw(st.integers(0, 9)))}
        events.append(made(100 + i, "corrected", draw(MINUTES), said))
    return events


def made(number: int, kind: str, minute: int, data: dict[str, object]) -> Event:
    return Event(
        id=uuid5(NAMES, f"drawn-{number}"),
        session_id=SESSION,
        sequence=number % 4,
        kind=EventKind(kind),
        payload=read_payload(kind, data),
        occurred_at=at(minute),
        recorded_at=at(minute + number),
        author="nurse-1",
    )


@pytest.mark.property
@pytest.mark.hazard("H-25")
@pytest.mark.hazard("H-27")
@pytest.mark.hazard("H-45", n=400)
@settings(max_examples=400)
@given(events=sessions(), random=st.randoms(use_true_random=False))
def test_any_events_at_all_give_one_state_and_none_is_lost(events, random):
    """N = 400 drawn sessions: any order and copies give the same state, and every event stands in it."""
    state = replay(events)
    shuffled = events + random.sample(events, len(events) // 2)
    random.shuffle(shuffled)
    assert replay(shuffled) == state
    assert ids_in(state) == {e.id for e in events}


def ids_in(state) -> set:
    """Return the id of every event that the state still tells."""
    return (
        {e.event_id for e in state.entries}
        | {c.event.id for c in state.conflicts}
        | {w.event.id for w in state.withdrawn}
    )


@pytest.mark.property
@pytest.mark.hazard("H-45")
def test_what_was_known_when_can_be_told_again(record_property):
    """At each moment at which the server stored something: the state from what it had by then."""
    events = whole_session().events
    by_arrival = sorted(events, key=lambda e: e.recorded_at)
    for n, event in enumerate(by_arrival, start=1):
        known = known_at(events, event.recorded_at)
        together = [e for e in by_arrival if e.recorded_at <= event.recorded_at]
        assert len(together) >= n
        assert replay(known) == replay(together)
    assert known_at(events, at(-1)) == ()
    record_property("n", len(events))


@pytest.mark.property
def test_a_late_entry_falls_where_it_happened_and_not_where_it_arrived():
    log = infusion()
    log.add("reading_taken", 25, systolic=150, diastolic=92, lag_s=7200)
    log.add("reading_taken", 30, systolic=130, diastolic=82)
    assert [e.payload.systolic for e in log.state.readings] == [124, 150, 130]


@pytest.mark.property
def test_a_second_check_of_the_worksheet_takes_the_place_of_the_first():
    order = make_order()
    log = through_gate(order)
    check_worksheet(log, order, lot="L2")
    assert log.state.worksheet.payload.lot == "L2"
    assert log.state.phase is SessionPhase.READY

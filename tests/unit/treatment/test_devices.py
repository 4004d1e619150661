"""Nasal devices: counted one by one, five minutes apart, a lost spray recorded, never given again (H-13)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from posology.knowledge import load_library
from posology.treatment import (
    NotAllowed,
    SessionPhase,
    check_may_give_device,
    may_give_device,
    next_device_at,
)
from tests.sessions import Log, at, make_order, through_gate

US = load_library().protocol("esketamine-nasal-us")
EU = load_library().protocol("esketamine-nasal-eu")
REST = 5  # minutes; fact PR-ESK-12, written out here on purpose


def begun(level: str, protocol_id: str = "esketamine-nasal-us") -> Log:
    order = make_order(protocol_id, level)
    log = through_gate(order)
    log.add("administration_started", 10, dose_mg=level, lot="L1", devices=order.devices)
    return log


@dataclass
class Table:
    """What the table of H-13 says, kept apart from the code: used, whole, ended, and when the next may be."""

    planned: int
    used: int = 0
    whole: int = 0
    stopped: bool = False
    last_min: int | None = None

    def may_give(self, minute: int) -> bool:
        rested = self.last_min is None or minute - self.last_min >= REST
        return not self.stopped and self.used < self.planned and rested

    def give(self, minute: int, whole: bool) -> None:
        self.used, self.whole, self.last_min = self.used + 1, self.whole + whole, minute

    @property
    def phase(self) -> SessionPhase:
        if self.stopped or self.used == self.planned:
            return SessionPhase.OBSERVING
        return SessionPhase.RESTING if self.used else SessionPhase.RUNNING


# What can be done: a whole or a lost spray after the rest or one minute too soon, and a stop.
ACTS = {
    "whole": (REST, True),
    "lost": (REST, False),
    "whole, early": (REST - 1, True),
    "lost, early": (REST - 1, False),
    "stop": (1, None),
}


@pytest.mark.hazard("H-13")
@pytest.mark.parametrize(("level", "planned"), [("56", 2), ("84", 3)])
def test_every_sequence_of_device_events_goes_as_the_table_says(level, planned, record_property):
    """All sequences of up to six acts (whole, lost, each also too early, stop): what may be given, what was
    used, the total and the phase are the table's; what may not be given is refused before it is recorded.
    """
    tried = sum(1 for _ in sequences(6, beginning(level), Table(planned), ()))
    assert tried == sum(len(ACTS) ** length for length in range(1, 7))
    record_property("n", tried)


def sequences(
    longest: int, log: Log, table: Table, acts: tuple[str, ...], minute: int = 10
) -> Iterator[None]:
    """Go on from what these acts led to, with each act in turn, and yield once a sequence.

    What leads to a sequence's last act was looked at as a sequence of its own; it is not gone through again.
    """
    if len(acts) == longest:
        return
    for act, (after, _) in ACTS.items():
        mine, so_far = Log(list(log.events)), replace(table)
        take(act, mine, so_far, minute + after, (*acts, act))
        yield
        yield from sequences(longest, mine, so_far, (*acts, act), minute + after)


def take(act: str, log: Log, table: Table, minute: int, acts: tuple[str, ...]) -> None:
    """Do one more act, where it may be done, and hold the state against the table."""
    whole = ACTS[act][1]
    if whole is None:
        if table.phase is not SessionPhase.OBSERVING:
            log.add("infusion_stopped", minute, reason="No more.")
            table.stopped = True
    else:
        may = may_give_device(log.state, US, number=table.used + 1, at=at(minute))
        assert may == table.may_give(minute), acts
        if may:
            log.add("device_given", minute, number=table.used + 1, lot="L1", complete=whole)
            table.give(minute, whole)
    state = log.state
    assert state.phase is table.phase, acts
    assert not state.conflicts
    assert len(state.devices) == table.used <= table.planned
    assert state.delivered_exact(at(999)) == 28 * table.whole <= 28 * table.planned
    assert state.delivered_is_least == (table.whole != table.used)


def beginning(level: str) -> Log:
    """Return what every sequence begins with: identity, the second person's check, the start."""
    events = begun(level).events
    return Log([events[0], *events[-2:]])


@pytest.mark.hazard("H-13")
def test_the_rest_is_over_to_the_second(record_property):
    """Each second of the ten minutes after a device: refused before 5 min, allowed from 5:00."""
    log = begun("84")
    log.add("device_given", 20, number=1, lot="L1", complete=True)
    state = log.state
    assert next_device_at(state, US) == at(25)
    for second in range(601):
        allowed = may_give_device(state, US, number=2, at=at(20) + timedelta(seconds=second))
        assert allowed == (second >= 300)
    record_property("n", 601)


def test_a_rest_that_is_not_over_says_how_long_it_lasts():
    log = begun("56")
    log.add("device_given", 10, number=1, lot="L1", complete=True)
    with pytest.raises(NotAllowed, match="3 min are left") as caught:
        check_may_give_device(log.state, US, number=2, at=at(12.5))
    assert caught.value.obstacles[0].key == "rest"


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_device_out_of_turn_is_refused(number):
    log = begun("84")
    log.add("device_given", 10, number=1, lot="L1", complete=True)
    with pytest.raises(NotAllowed, match="The next is device 2"):
        check_may_give_device(log.state, US, number=number, at=at(30))


@pytest.mark.hazard("H-13")
def test_a_lost_spray_is_not_given_again():
    """After two devices of 56 mg, one of them lost, no third is allowed, at whatever time. N = 120."""
    log = begun("56")
    log.add("device_given", 10, number=1, lot="L1", complete=False, note="Sneezed.")
    log.add("device_given", 15, number=2, lot="L1", complete=True)
    state = log.state
    assert state.delivered_mg(at(20)) == 28
    assert state.delivered_is_least
    for minute in range(15, 135):
        with pytest.raises(NotAllowed, match="a lost spray is not given again"):
            check_may_give_device(state, US, number=3, at=at(minute))


def test_no_device_before_the_start_and_none_after_a_stop():
    order = make_order("esketamine-nasal-us", "56")
    assert not may_give_device(through_gate(order).state, US, number=1, at=at(10))
    log = begun("56")
    log.add("infusion_stopped", 12, reason="The patient asks to stop.")
    assert not may_give_device(log.state, US, number=1, at=at(30))
    assert next_device_at(log.state, US) is None


def test_one_european_device_ends_the_dose():
    """28 mg, one device, from 65 years on (PR-ESK-33)."""
    log = begun("28", "esketamine-nasal-eu")
    check_may_give_device(log.state, EU, number=1, at=at(10))
    log.add("device_given", 10, number=1, lot="L1", complete=True)
    assert log.state.phase is SessionPhase.OBSERVING
    assert log.state.delivered_mg(at(11)) == 28


@pytest.mark.hazard("H-26")
def test_one_device_recorded_by_two_people_counts_once():
    """Each device of 84 mg recorded twice, by two nurses under two ids. N = 3."""
    log = begun("84")
    for number in (1, 2, 3):
        log.add("device_given", 10 + 5 * number, number=number, lot="L1", complete=True)
        log.add("device_given", 10.2 + 5 * number, number=number, lot="L1", complete=True, author="nurse-2")
    state = log.state
    assert len(state.devices) == 3
    assert state.delivered_mg(at(99)) == 84
    assert [c.counted for c in state.conflicts] == [False] * 3


def test_a_device_too_many_counts_and_is_listed():
    log = begun("56")
    for number in (1, 2, 3):
        log.add("device_given", 10 + 5 * number, number=number, lot="L1", complete=True)
    state = log.state
    assert state.delivered_mg(at(99)) == 84
    assert state.ended_at == at(25)
    assert [c.counted for c in state.conflicts] == [True]


def test_a_device_recorded_before_the_one_that_comes_first_is_listed_until_that_arrives():
    log = begun("56")
    log.add("device_given", 15, number=2, lot="L1", complete=True)
    assert log.state.conflicts[0].counted
    log.add("device_given", 10, number=1, lot="L1", complete=True)
    assert not log.state.conflicts
    assert log.state.first_device_at == at(10)

"""Too many notices are believed by nobody: how many a normal session makes; a planted one is seen."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from posology.knowledge import load_library
from posology.treatment import SessionPhase, replay
from posology.treatment.notices import NOTICE_AFTER, NOTICE_BOUNDS, DueThing, Notice, due_things, notices
from tests.sessions import T0, Log, at, make_order, through_gate

pytestmark = pytest.mark.property

SESSIONS = 500
STARTED = 10  # min after the session opened
LOOKS_AGAIN = timedelta(minutes=1)
ORDERS = {
    "ketamine-iv": make_order(),
    "ketamine-im": make_order("ketamine-im"),
    "esketamine-nasal-us": make_order("esketamine-nasal-us", "56"),
}


@dataclass
class Nurse:
    """A nurse who does each thing near its time, as a hand does: some seconds before or a minute after.

    ``forgets`` is the number of the set of readings that is planted as late, counted from 1.
    """

    luck: random.Random
    forgets: int | None = None
    done_at: dict[tuple[str, datetime], datetime] = field(default_factory=dict)
    planted: list[DueThing] = field(default_factory=list)
    sets: int = 0

    def when(self, thing: DueThing) -> datetime:
        key = (thing.what, thing.due_at)
        if key not in self.done_at:
            late_min = max(-2.0, self.luck.gauss(0.3, 0.8))
            if thing.what == "readings":
                self.sets += 1
                if self.sets == self.forgets:
                    self.planted.append(thing)
                    late_min = self.luck.uniform(2.5, 9)
            if thing.what == "next-device":
                late_min = max(0, late_min)  # never before the rest is over
            self.done_at[key] = thing.due_at + timedelta(minutes=late_min)
        return self.done_at[key]


@dataclass
class Played:
    found: set[Notice]
    hours: float
    nurse: Nurse


def begun(protocol_id: str) -> Log:
    order = ORDERS[protocol_id]
    log = through_gate(order)
    if order.minutes:
        log.add(
            "administration_started", STARTED, dose_mg=str(order.dose_mg), lot="L1", minutes=order.minutes
        )
    elif order.devices:
        log.add("administration_started", STARTED, dose_mg="56", lot="L1", devices=2)
        log.add("device_given", STARTED, number=1, lot="L1", complete=True)
    else:
        log.add("dose_given", STARTED, dose_mg=str(order.dose_mg), lot="L1")
    return log


def play(protocol_id: str, nurse: Nurse) -> Played:
    """Play one session from its start to the moment at which the patient leaves."""
    protocol, log = load_library().protocol(protocol_id), begun(protocol_id)
    found: set[Notice] = set()
    now = at(STARTED)
    state, told = replay(log.events), len(log.events)
    while True:
        if len(log.events) > told:
            state, told = replay(log.events), len(log.events)
        things = due_things(state, protocol, scheduled_at=T0, at=now)
        thing = min(things, key=nurse.when)
        if nurse.when(thing) > now + LOOKS_AGAIN:
            now += LOOKS_AGAIN
            found |= set(notices([(1, due_things(state, protocol, scheduled_at=T0, at=now))], at=now))
            continue
        now = max(now, nurse.when(thing))
        found |= set(notices([(1, due_things(state, protocol, scheduled_at=T0, at=now))], at=now))
        if thing.what == "may-leave":
            assert state.phase is SessionPhase.OBSERVING
            return Played(found, (now - at(STARTED)) / timedelta(hours=1), nurse)
        minute = (now - T0) / timedelta(minutes=1)
        if thing.what == "readings":
            log.reading(minute)
        elif thing.what == "infusion-ends":
            log.add("infusion_stopped", minute, reason="The dose is in.", complete=True)
        else:
            log.add("device_given", minute, number=2, lot="L1", complete=True)


@pytest.mark.hazard("H-40")
def test_a_normal_session_calls_less_than_once_an_hour(record_property):
    """500 sessions of three routes, everything done near its time: each notice here is one too many."""
    played = [play(list(ORDERS)[n % 3], Nurse(random.Random(n))) for n in range(SESSIONS)]
    unneeded, hours = sum(len(p.found) for p in played), sum(p.hours for p in played)
    record_property("n", SESSIONS)
    record_property("unneeded_per_session_hour", round(unneeded / hours, 3))
    assert hours > SESSIONS
    assert unneeded / hours <= 1


@pytest.mark.hazard("H-40")
@pytest.mark.hazard("H-37")
def test_every_planted_lateness_is_seen(record_property):
    """One set of readings in each of 500 sessions comes 2.5 to 9 min late: a notice stands for it by then."""
    seen = 0
    for n in range(SESSIONS):
        one = play(list(ORDERS)[n % 3], Nurse(random.Random(n), forgets=1 if n % 3 == 2 else 1 + n // 3 % 3))
        (thing,) = one.nurse.planted
        seen += Notice(1, "readings", thing.due_at) in one.found
    record_property("n", SESSIONS)
    assert seen == SESSIONS


def test_a_missed_set_is_not_wiped_out_by_the_next_one():
    """Nobody measures for half an hour: it is one notice, of the first set that was missed."""
    protocol, log = load_library().protocol("ketamine-iv"), begun("ketamine-iv")
    for minute in range(STARTED + 12, STARTED + 40):
        things = due_things(replay(log.events), protocol, scheduled_at=T0, at=at(minute))
        assert notices([(3, things)], at=at(minute)) == (Notice(3, "readings", at(STARTED + 10)),)
    log.reading(STARTED + 39)
    things = due_things(replay(log.events), protocol, scheduled_at=T0, at=at(STARTED + 39))
    assert notices([(3, things)], at=at(STARTED + 39)) == ()


@pytest.mark.parametrize("after", [*NOTICE_BOUNDS, NOTICE_AFTER])
def test_a_notice_begins_at_its_moment_and_not_before(after):
    things = [DueThing("readings", at(20))]
    assert notices([(1, things)], at=at(20) + after - timedelta(microseconds=1), after=after) == ()
    assert notices([(1, things)], at=at(20) + after, after=after) == (Notice(1, "readings", at(20)),)


def test_a_patient_who_comes_late_or_stays_longer_calls_for_nobody():
    things = [DueThing("session-begins", at(0)), DueThing("may-leave", at(0))]
    assert notices([(1, things)], at=at(600)) == ()


def test_the_same_thing_in_two_lists_is_one_notice():
    things = [DueThing("readings", at(0)), DueThing("readings", at(0), "10 min")]
    assert len(notices([(1, things), (1, things)], at=at(30))) == 1

"""May the patient leave? Not one second early, and not with a criterion unmet (hazard H-30)."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from posology.knowledge import load_library
from posology.treatment import (
    NotAllowed,
    check_may_discharge,
    clock_start,
    leaves_at,
    may_discharge,
    replay,
    unmet_discharge,
)
from tests.sessions import Log, all_criteria, at, infusion, make_order, through_gate

LIBRARY = load_library()


def given(name: str, *, lag_s: float = 0) -> Log:
    """Return a session in which the dose was given at minute 10 (an infusion from 10 to 50)."""
    level = {"nasal": "56", "sublingual": "10"}.get(LIBRARY.protocol(name).route, "0.5")
    order = make_order(name, level)
    log = through_gate(order)
    if name == "ketamine-iv":
        log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40, lag_s=lag_s)
        log.add("infusion_stopped", 50, reason="Through.", lag_s=lag_s)
    elif order.devices:
        log.add("administration_started", 9, dose_mg=level, lot="L1", devices=order.devices, lag_s=lag_s)
        for n in range(order.devices):
            log.add("device_given", 10 + 5 * n, number=n + 1, lot="L1", complete=True, lag_s=lag_s)
    else:
        log.add("dose_given", 10, dose_mg=str(order.dose_mg), lot="L1", lag_s=lag_s)
    return log


def recovered(name: str, *, lag_s: float = 0) -> Log:
    """Return the same with every reading taken and every criterion met, long before the time is over."""
    log = given(name, lag_s=lag_s)
    started_at = log.state.started_at  # no reading moves it
    for minute in range(0, 400, 5):
        if at(minute) > started_at:
            log.reading(minute)
    all_criteria(log, name, (log.state.ended_at - at(0)) / timedelta(minutes=1) + 1)
    return log


# The minutes are the sheets' own: S-DSCH-01 (2 h from the first device), S-DSCH-03 (60 min after the end).
MINIMUM = {
    **{"esketamine-nasal-us": 120, "esketamine-nasal-eu": 120, "ketamine-iv": 60},
    **{"esketamine-mdsi-us": 120, "esketamine-mdsi-eu": 120, "ketamine-sc": 120, "ketamine-sl": 120},
}


@pytest.mark.hazard("H-30")
@pytest.mark.parametrize("name", LIBRARY.protocols)
def test_the_stay_is_over_to_the_second(name, record_property):
    """Each second of the last and the next two minutes: refused before, allowed from the full time on."""
    protocol = LIBRARY.protocol(name)
    state = recovered(name).state
    minimum = protocol.discharge.minimum_min
    assert minimum == MINIMUM.get(name, minimum)
    start = {"first_device": at(10), "administration_end": at(50), "dose": at(10)}[
        protocol.discharge.clock_from
    ]
    assert leaves_at(state, protocol) == start + timedelta(minutes=minimum)
    for second in range(-120, 121):
        moment = start + timedelta(minutes=minimum, seconds=second)
        assert may_discharge(state, protocol, moment) == (second >= 0), second
    record_property("n", 241)


@pytest.mark.hazard("H-30")
def test_119_59_is_refused_and_120_00_allowed():
    """And the sentence says how long the patient has been here. N = 2."""
    protocol = LIBRARY.protocol("esketamine-nasal-us")
    state = recovered("esketamine-nasal-us").state
    with pytest.raises(NotAllowed) as caught:
        check_may_discharge(state, protocol, at(10) + timedelta(minutes=119, seconds=59))
    assert "119 min 59 s of 120 min since the first device" in str(caught.value)
    (unmet,) = unmet_discharge(state, protocol, at(10) + timedelta(minutes=119, seconds=59))
    assert (unmet.key, unmet.minutes_done, unmet.minutes_needed) == ("minimum_stay", 119, 120)
    check_may_discharge(state, protocol, at(130))


@pytest.mark.hazard("H-30")
def test_no_way_of_telling_the_start_lets_a_patient_leave_early(record_property):
    """Late, moved, doubled and irregular entries, in every protocol: never before the minimum after the last
    true moment.
    """
    tried = 0
    for name in LIBRARY.protocols:
        protocol = LIBRARY.protocol(name)
        minimum = timedelta(minutes=protocol.discharge.minimum_min)
        whole = recovered(name)
        base = clock_start(whole.state, protocol)
        ends = {
            "first_device": "device_given",
            "administration_end": "infusion_stopped",
            "dose": "dose_given",
        }
        told = next(e for e in whole.events if e.kind == ends[protocol.discharge.clock_from])
        moved = recovered(name)
        moved.add("corrected", 200, event_id=str(told.id), reason="Later.", occurred_at=at(70).isoformat())
        late = replace(told, recorded_at=told.occurred_at + timedelta(hours=2))
        variants = {
            "late": (replay([late if e is told else e for e in whole.events]), base),
            "copied": (replay([*whole.events, late]), base),
            "moved": (moved.state, at(70)),
        }
        if name != "ketamine-iv":
            extra = recovered(name)
            extra.add("dose_given", 90, dose_mg="5", lot="L1")
            variants["irregular"] = (extra.state, at(90))
        for words, (state, true_start) in variants.items():
            early = unmet_discharge(state, protocol, true_start + minimum - timedelta(seconds=1))
            assert "minimum_stay" in {u.key for u in early}, (name, words)
            tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-30")
@pytest.mark.parametrize("lag_s", [-60, -30, -1, 0, 1, 30, 60])
def test_a_tablet_that_runs_wrong_lets_nobody_leave_early(lag_s):
    """The device's clock up to 60 s before or behind the server's: by both clocks the time is full. N = 7."""
    protocol = LIBRARY.protocol("esketamine-nasal-us")
    state = recovered("esketamine-nasal-us", lag_s=lag_s).state
    later = max(at(10), at(10) + timedelta(seconds=lag_s))
    assert leaves_at(state, protocol) == later + timedelta(minutes=120)


@pytest.mark.hazard("H-30")
@pytest.mark.hazard("H-31")
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_a_change_of_summer_time_does_not_shorten_the_stay(zone, record_property):
    """The same stay told in local time over both changes of a year, at every 10 min around them."""
    protocol = LIBRARY.protocol("esketamine-nasal-us")
    events, tried = recovered("esketamine-nasal-us").events, 0
    changes = {
        "Europe/Berlin": ("2026-03-29T01:00", "2026-10-25T01:00"),
        "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
        "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    }
    for change in changes[zone]:
        moment = at(0).fromisoformat(change + ":00+00:00")
        for step in range(-18, 7):
            shift = moment + timedelta(minutes=10 * step) - at(10)
            local = [_shifted(e, shift, ZoneInfo(zone)) for e in events]
            state = replay(local)
            full = at(130) + shift
            assert may_discharge(state, protocol, full.astimezone(ZoneInfo(zone)))
            early = (full - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
            assert not may_discharge(state, protocol, early)
            tried += 1
    record_property("n", tried)


def _shifted(event, shift, zone):
    return replace(
        event,
        occurred_at=(event.occurred_at + shift).astimezone(zone),
        recorded_at=(event.recorded_at + shift).astimezone(zone),
    )


@pytest.mark.hazard("H-30")
def test_each_criterion_alone_keeps_the_patient(record_property):
    """Every protocol × criterion: never asked, not met, seen before the dose had ended; listed, alone."""
    tried = 0
    for name, protocol in LIBRARY.protocols.items():
        whole = recovered(name)
        full = leaves_at(whole.state, protocol) + timedelta(minutes=30)
        for key in protocol.discharge.criteria:
            left_out = [e for e in whole.events if getattr(e.payload, "key", None) != key]
            for log in (
                left_out,
                [*left_out, _criterion(whole, 199, key, False)],
                [*left_out, _criterion(whole, 9.5, key, True)],
            ):
                state = replay(log)
                refused = {u.key for u in unmet_discharge(state, protocol, full)} - {"conflicts"}
                assert refused == {key}, (name, key)
                tried += 1
    record_property("n", tried)


def _criterion(whole: Log, minute: float, key: str, met: bool):
    event = whole.add("discharge_criterion", minute, key=key, met=met)
    whole.events.pop()
    return event


def test_a_criterion_no_longer_met_keeps_the_patient():
    log = recovered("ketamine-iv")
    log.add("discharge_criterion", 105, key="alert", met=False)
    assert {u.key for u in unmet_discharge(log.state, LIBRARY.protocol("ketamine-iv"), at(150))} == {"alert"}


def test_a_reading_that_is_due_keeps_the_patient():
    log = given("ketamine-iv")
    all_criteria(log, "ketamine-iv", 60)
    (unmet,) = unmet_discharge(log.state, LIBRARY.protocol("ketamine-iv"), at(115))
    assert unmet.key == "readings"
    assert "blood pressure, heart rate, oxygen saturation, respiratory rate, sedation" in unmet.sentence
    log.reading(114)
    assert may_discharge(log.state, LIBRARY.protocol("ketamine-iv"), at(115))


def test_a_conflict_keeps_the_patient_until_it_is_settled():
    log = recovered("ketamine-iv")
    odd = log.add("infusion_paused", 60)
    protocol = LIBRARY.protocol("ketamine-iv")
    assert {u.key for u in unmet_discharge(log.state, protocol, at(150))} == {"conflicts"}
    log.add("corrected", 61, event_id=str(odd.id), reason="Another chair.", withdrawn=True)
    assert may_discharge(log.state, protocol, at(150))


def test_a_prescriber_may_let_the_patient_leave_with_a_reason():
    protocol = LIBRARY.protocol("ketamine-iv")
    log = given("ketamine-iv")
    log.add("discharge_overridden", 70, reason="Taken over by the hospital.")
    assert not may_discharge(log.state, protocol, at(69))
    assert may_discharge(log.state, protocol, at(70))
    assert unmet_discharge(log.state, protocol, at(70))


def test_a_word_given_before_the_dose_had_ended_does_not_count():
    log = infusion()
    log.add("discharge_overridden", 60, reason="Taken over by the hospital.")
    stop = next(e for e in log.events if e.kind == "infusion_stopped")
    log.add("corrected", 90, event_id=str(stop.id), reason="By the pump.", occurred_at=at(80).isoformat())
    assert not may_discharge(log.state, LIBRARY.protocol("ketamine-iv"), at(100))


@pytest.mark.hazard("H-30")
@pytest.mark.parametrize("phase", ["scheduled", "ready", "running", "resting", "discharged"])
def test_nobody_leaves_out_of_another_phase(phase):
    """Not even with a prescriber's word. N = 5."""
    name = "esketamine-nasal-us" if phase == "resting" else "ketamine-iv"
    log = {"scheduled": Log, "discharged": lambda: recovered(name)}.get(phase, lambda: given(name))()
    keep = {"ready": 0, "running": 1, "resting": 2}.get(phase)
    if keep is not None:
        first = next(i for i, e in enumerate(log.events) if e.kind == "administration_started")
        log.events = log.events[: first + keep]
    if phase == "discharged":
        log.add("discharged", 150, with_escort=True)
    assert log.state.phase == phase
    assert unmet_discharge(log.state, LIBRARY.protocol(name), at(500))[0].key == "phase"
    assert not may_discharge(log.state, LIBRARY.protocol(name), at(500))


def test_an_infusion_whose_end_is_not_told_keeps_the_patient():
    protocol = LIBRARY.protocol("ketamine-iv")
    log = through_gate(make_order())
    log.add("dose_given", 10, dose_mg="36", lot="L1")
    state = log.state
    assert state.ended_at == at(10)
    nasal = LIBRARY.protocol("esketamine-nasal-us")
    assert "is not recorded" in unmet_discharge(state, nasal, at(500))[0].sentence
    assert leaves_at(state, nasal) is None
    assert leaves_at(state, protocol) is not None

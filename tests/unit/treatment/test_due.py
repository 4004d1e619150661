"""Due readings: the protocol's own times, due 2 min before, overdue at the time, done when all are taken."""

from datetime import timedelta

import pytest

from posology.knowledge import load_library
from posology.treatment import DueStatus, due_readings, next_due
from tests.sessions import Log, at, infusion, make_order, through_gate

LIBRARY = load_library()
IV, IM, ORAL = (LIBRARY.protocol(f"ketamine-{r}") for r in ("iv", "im", "oral"))
NASAL = LIBRARY.protocol("esketamine-nasal-us")


def planned(state, protocol, minutes):
    """Return the minutes after the first of the drug at which readings are planned, up to the next."""
    start = state.started_at
    return [
        (d.due_at - start) / timedelta(minutes=1)
        for d in due_readings(state, protocol, at(minutes))
        if d.due_at
    ]


def injected() -> Log:
    log = through_gate(make_order("ketamine-im"))
    log.add("dose_given", 10, dose_mg="36", lot="L1")
    return log


def sprayed() -> Log:
    log = through_gate(make_order("esketamine-nasal-us", "56"))
    log.add("administration_started", 9, dose_mg="56", lot="L1", devices=2)
    log.add("device_given", 10, number=1, lot="L1", complete=True)
    log.add("device_given", 15, number=2, lot="L1", complete=True)
    return log


def test_an_infusion_is_watched_every_10_min_then_every_15_to_60():
    """The suggested default S-VIT-09, after a clinic's own series S-VIT-03."""
    state = infusion().state
    assert planned(state, IV, 500) == [10, 20, 30, 55, 70, 85, 100]


def test_an_injection_is_watched_at_the_suggested_times():
    """S-VIT-08: 5, 10, 20, 30, 45, 60 min, then every 15 min until ready."""
    assert planned(injected().state, IM, 10 + 50)[:6] == [5, 10, 20, 30, 45, 60]


def test_a_nasal_dose_is_watched_at_40_min_and_before_leaving():
    """S-VIT-01, S-VIT-02; counted from the first device (S-DSCH-05)."""
    assert planned(sprayed().state, NASAL, 500) == [40, 120]


def test_an_oral_dose_is_watched_over_two_hours():
    log = through_gate(make_order("ketamine-oral", product_id="ketamine-50"))
    log.add("dose_given", 10, dose_mg="36", lot="L1")
    assert planned(log.state, ORAL, 500) == [30, 60, 90, 120]


def test_only_the_next_reading_lies_ahead():
    state = sprayed().state
    assert planned(state, NASAL, 11) == [40]
    assert planned(state, NASAL, 51) == [40, 120]


def test_before_the_dose_the_first_set_is_asked_for():
    log = through_gate(make_order(), without=["baseline_readings"])
    first = next_due(log.state, IV, at(3))
    assert (first.what, first.due_at, first.status) == ("Before the dose", None, DueStatus.DUE)
    assert first.missing == IV.monitoring.readings
    log.add("reading_taken", 4, systolic=120, diastolic=80, heart_rate=70)
    assert next_due(log.state, IV, at(5)).missing == ("spo2", "respiratory_rate", "sedation")
    log.reading(5)
    assert next_due(log.state, IV, at(6)) is None


def test_a_dose_without_a_reading_before_it_says_so_for_ever():
    log = through_gate(make_order("ketamine-im"), without=["baseline_readings"])
    log.add("dose_given", 10, dose_mg="36", lot="L1")
    assert due_readings(log.state, IM, at(300))[0].status is DueStatus.OVERDUE
    assert next_due(log.state, IM, at(12)).what == "5 min"


def test_half_a_blood_pressure_is_none():
    log = through_gate(make_order(), without=["baseline_readings"])
    log.add("reading_taken", 4, systolic=120)
    assert "blood_pressure" in next_due(log.state, IV, at(5)).missing


@pytest.mark.parametrize(
    ("second", "status"),
    [
        (0, "upcoming"),
        (37 * 60 + 59, "upcoming"),
        (38 * 60, "due"),
        (39 * 60 + 59, "due"),
        (40 * 60, "overdue"),
    ],
)
def test_it_is_due_two_minutes_before_and_overdue_at_its_time(second, status):
    state = sprayed().state
    due = due_readings(state, NASAL, at(10) + timedelta(seconds=second))
    assert due[1].status == status
    assert due[1].due_at == at(50)


@pytest.mark.parametrize(
    ("minute", "done"), [(47.9, False), (48, True), (50, True), (127.9, True), (128, False)]
)
def test_a_reading_counts_from_two_minutes_before_its_time_until_the_next_is_due(minute, done):
    log = sprayed()
    log.reading(minute)
    assert (due_readings(log.state, NASAL, at(200))[1].status is DueStatus.DONE) == done


def test_a_set_may_be_taken_in_parts():
    log = sprayed()
    log.add("reading_taken", 49, systolic=120, diastolic=80)
    log.add("reading_taken", 51, heart_rate=70, spo2=98, respiratory_rate=14)
    assert next_due(log.state, NASAL, at(52)).missing == ("sedation",)
    log.add("scale_scored", 52, scale="moaa_s", value=5)
    assert next_due(log.state, NASAL, at(53)).due_at == at(130)


def test_a_missed_reading_stays_overdue_and_the_next_is_asked_for():
    state = sprayed().state
    assert next_due(state, NASAL, at(60)).due_at == at(50)
    assert next_due(state, NASAL, at(128)).due_at == at(130)
    assert due_readings(state, NASAL, at(300))[1].status is DueStatus.OVERDUE


def test_nothing_is_due_after_the_patient_left():
    log = infusion()
    log.add("discharged", 115, with_escort=True)
    assert planned(log.state, IV, 500) == [10, 20, 30, 55, 70, 85, 100]
    assert all(d.due_at is None or d.due_at <= at(115) for d in due_readings(log.state, IV, at(500)))
    early = infusion()
    early.add("discharged", 70, with_escort=True)
    assert planned(early.state, IV, 500) == [10, 20, 30, 55]


def test_a_paused_infusion_is_watched_on():
    log = through_gate(make_order())
    log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    log.add("infusion_paused", 15)
    assert planned(log.state, IV, 66) == [10, 20, 30, 40, 50, 60]


def test_an_infusion_that_is_never_ended_does_not_plan_for_ever():
    log = through_gate(make_order())
    log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    assert len(due_readings(log.state, IV, at(60 * 24 * 30))) < 80


@pytest.mark.hazard("H-45")
def test_a_late_reading_answers_the_time_at_which_it_was_taken():
    """A set taken at 40 min and sent at 130 min answers the first time and not the second. N = 1."""
    log = sprayed()
    log.add(
        "reading_taken",
        50,
        systolic=120,
        diastolic=80,
        heart_rate=70,
        spo2=98,
        respiratory_rate=14,
        lag_s=5400,
    )
    log.add("scale_scored", 50, scale="moaa_s", value=5, lag_s=5400)
    first, second = due_readings(log.state, NASAL, at(140))[1:]
    assert (first.status, second.status) == (DueStatus.DONE, DueStatus.OVERDUE)

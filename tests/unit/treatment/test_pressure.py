"""Pressure in a session: measured again, paused, decided by a prescriber; symptoms before any number."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from posology.knowledge import load_library
from posology.knowledge.schema import Value
from posology.treatment import NotAllowed
from posology.treatment.payloads import ReadingTaken
from posology.treatment.pressure import (
    ChairLimits,
    PressureStep,
    chair_limits,
    check_prescriber_decided,
    low_saturation,
    pressure_now,
)
from posology.treatment.recording import check_may_record
from tests.sessions import DAY, Log, at, make_order, through_gate

LIBRARY = load_library()
LIMITS = ChairLimits(Decimal(170), Decimal(105), Decimal(4), Decimal(93), False)
NONE = ChairLimits(None, None, None, Decimal(93), True)
CALM, REPEAT, PAUSE, EMERGENCY = PressureStep


def running() -> Log:
    log = through_gate(make_order())
    log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    return log


def site_protocol(**own: str):
    """Return the infusion's protocol as a site has it that set these values."""
    base = LIBRARY.protocol("ketamine-iv")
    units = {"intra_session_repeat": "min", "saturation_alert": "%"}
    values = {
        name: {
            date(2026, 1, 1): Value(
                value=number, unit=units.get(name, "mm[Hg]"), sources=["SITE-DEFAULT"], certainty="SITE"
            )
        }
        for name, number in own.items()
    }
    return base.model_copy(update={"values": {**base.values, **values}})


def test_no_number_is_a_limit_before_a_site_has_signed_its_own():
    """Neither the forum's numbers nor the recalled ones of a trial are anybody's default."""
    limits = chair_limits(LIBRARY.protocol("ketamine-iv"), DAY, LIBRARY)
    assert (limits.systolic, limits.diastolic, limits.repeat_min) == (None, None, None)
    assert limits.saturation == 93 and limits.is_suggested
    log = running()
    log.reading(20, systolic=235, diastolic=140, confirmed_extreme=True)
    log.reading(24, systolic=235, diastolic=140, confirmed_extreme=True)
    assert pressure_now(log.state, limits).step is CALM


def test_a_site_sets_its_limits_in_its_own_protocol():
    own = site_protocol(
        intra_session_systolic=170, intra_session_diastolic=105, intra_session_repeat=4, saturation_alert=94
    )
    assert chair_limits(own, DAY, LIBRARY) == ChairLimits(170, 105, 4, 94, False)
    assert chair_limits(own, date(2025, 12, 31), LIBRARY).systolic is None


@pytest.mark.parametrize(
    ("systolic", "diastolic", "step"),
    [(170, 105, CALM), (171, 90, REPEAT), (150, 106, REPEAT), (171, 106, REPEAT)],
)
def test_above_the_limit_in_either_value_is_measured_again(systolic, diastolic, step):
    log = running()
    log.reading(20, systolic=systolic, diastolic=diastolic)
    now = pressure_now(log.state, LIMITS)
    assert now.step is step
    assert now.repeat_at == (at(24) if step is REPEAT else None)


def test_a_pressure_before_the_dose_is_the_gates_and_starts_no_flow():
    log = through_gate(make_order())
    log.reading(8, systolic=175, diastolic=106)
    log.add("administration_started", 10, dose_mg="36", lot="L1", minutes=40)
    assert pressure_now(log.state, LIMITS).step is CALM


# The flow as a table, written down by itself: state × what happens → state. "go on" leads to calm.
TABLE = {
    CALM: {"calm": CALM, "high": REPEAT, "symptoms": EMERGENCY, "none": CALM, "wait": CALM},
    REPEAT: {"calm": CALM, "high": PAUSE, "symptoms": EMERGENCY, "none": REPEAT, "wait": REPEAT},
    PAUSE: {"calm": PAUSE, "high": PAUSE, "symptoms": EMERGENCY, "none": PAUSE, "wait": PAUSE},
    EMERGENCY: dict.fromkeys(("calm", "high", "symptoms", "none", "wait"), EMERGENCY),
}
HAPPENS = {
    "calm": ("reading_taken", {"systolic": 130, "diastolic": 80}),
    "high": ("reading_taken", {"systolic": 176, "diastolic": 90}),
    "symptoms": ("symptoms_checked", {"present": True, "which": "Chest pain."}),
    "none": ("symptoms_checked", {"present": False}),
    "wait": ("pressure_decided", {"way": "wait", "reason": "Watch on."}),
    "go on": ("pressure_decided", {"way": "go_on", "reason": "Looked at; well."}),
}


@pytest.mark.hazard("H-42")
def test_every_sequence_goes_as_the_table_says(record_property):
    """All sequences of up to four of six happenings: the step is the table's, and only a prescriber's word
    leads out of an emergency, or out of a pause.
    """
    tried = 0
    for length in range(1, 5):
        for sequence in product(HAPPENS, repeat=length):
            log, step = running(), CALM
            for minute, what in enumerate(sequence, start=11):
                kind, data = HAPPENS[what]
                log.add(kind, minute, **data)
                step = CALM if what == "go on" else TABLE[step][what]
            assert pressure_now(log.state, LIMITS).step is step, sequence
            tried += 1
    record_property("n", tried)


@pytest.mark.parametrize(
    ("kind", "data", "refused"),
    [
        ("infusion_resumed", {}, True),
        ("infusion_rate_changed", {"rate_mg_per_min": "1.2"}, True),
        ("infusion_rate_changed", {"rate_mg_per_min": "0.4"}, False),
        ("infusion_stopped", {"reason": "Symptoms."}, False),
        ("reading_taken", {"systolic": 150, "diastolic": 90}, False),
    ],
)
def test_no_more_is_given_until_a_prescriber_has_decided(kind, data, refused):
    """Symptoms need no limit of the site: resume and a higher rate are refused, less and a stop are not."""
    log = running()
    log.add("infusion_paused", 20)
    log.add("symptoms_checked", 21, present=True)

    def record() -> None:
        event = log.add(kind, 22, **data)
        log.events.pop()
        check_may_record(
            log.state, event.kind, event.payload, order=make_order(), author="nurse-1", at=at(22), start=None
        )

    if refused:
        with pytest.raises(NotAllowed, match="until a prescriber has decided") as found:
            record()
        assert found.value.obstacles[0].cleared_by == "prescriber"
        log.add("pressure_decided", 21.5, way="go_on", reason="Seen: an anxious moment, it passed.")
    if kind != "infusion_rate_changed":
        record()


def test_symptoms_that_are_written_after_a_decision_were_not_known_to_it():
    """Chest pain of minute 24, told at 27, is not answered by the decision of minute 25."""
    log = running()
    log.add("symptoms_checked", 22, present=True)
    log.add("pressure_decided", 25, way="go_on", reason="Looked; it went by.")
    assert pressure_now(log.state, NONE).step is CALM
    log.add("symptoms_checked", 24, lag_s=180, present=True)
    assert pressure_now(log.state, NONE).step is EMERGENCY
    log.add("pressure_decided", 28, way="go_on", reason="Seen too.")
    assert pressure_now(log.state, NONE).step is CALM


def test_twice_above_the_limit_waits_for_the_prescriber_too():
    own = site_protocol(intra_session_systolic=170)
    log = running()
    log.reading(20, systolic=176)
    check_prescriber_decided(log.state, own, at(21), LIBRARY)
    log.reading(24, systolic=178)
    with pytest.raises(NotAllowed, match="above the limit twice"):
        check_prescriber_decided(log.state, own, at(25), LIBRARY)
    log.reading(29, systolic=128)
    with pytest.raises(NotAllowed, match="above the limit twice"):
        check_prescriber_decided(log.state, own, at(30), LIBRARY)
    log.add("pressure_decided", 31, way="go_on", reason="It came down; well.")
    check_prescriber_decided(log.state, own, at(32), LIBRARY)


def test_half_a_reading_ends_no_flow():
    half = ChairLimits(Decimal(170), Decimal(105), None, None, False)
    assert half.answers(ReadingTaken(systolic=130, diastolic=80))
    assert not half.answers(ReadingTaken(heart_rate=70))
    assert ChairLimits(None, None, None, None, False).answers(ReadingTaken(heart_rate=70))


def test_saturation_is_flagged_below_its_limit_and_not_at_it():
    for spo2, low in ((93, False), (92, True)):
        log = running()
        log.reading(20, spo2=spo2)
        assert (low_saturation(log.state, NONE) is not None) == low
    log.reading(22, spo2=95)
    assert low_saturation(log.state, NONE) is None

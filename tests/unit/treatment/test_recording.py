"""The door of a live session: each kind of event meets its own policy; the start reads all anew."""

from collections.abc import Callable

import pytest

from posology.knowledge import load_library
from posology.protocols.findings import Report
from posology.protocols.limits import LimitExceeded
from posology.treatment import CheckFailed, EventKind, NotAllowed, Start, check_may_record, read_payload
from tests.sessions import Log, all_criteria, at, check_worksheet, make_order, start_of, through_gate

ORDER = make_order()
NASAL = make_order("esketamine-nasal-us", "56")
STARTED = {"dose_mg": "36", "lot": "L1", "minutes": 40, "pump_rate_mL_per_h": "75"}
CHECKED = {"product_id": "ketamine-10", "lot": "L1", "typed_volume_mL": "3.6", "checked_by": "nurse-2"}


def record(
    log: Log, kind: str, minute: float, *, order=ORDER, start: Callable[[], Start] | None = None, **data
):
    """Ask whether an event may be recorded, and return which obstacles are named."""
    state = log.state
    check_may_record(
        state,
        EventKind(kind),
        read_payload(kind, data),
        order=order,
        author="nurse-1",
        at=at(minute),
        start=start or (lambda: start_of(order, state, at(minute))),
    )


def refused(log: Log, kind: str, minute: float, **data) -> set[str]:
    with pytest.raises(NotAllowed) as caught:
        record(log, kind, minute, **data)
    return {o.key for o in caught.value.obstacles}


def running() -> Log:
    log = through_gate(ORDER)
    log.add("administration_started", 10, **STARTED)
    return log


def test_a_whole_session_passes_event_by_event():
    log = Log()
    for event in [*running().events, *later().events]:
        data = event.payload.model_dump(mode="json", exclude_none=True)
        record(log, event.kind, (event.occurred_at - at(0)).total_seconds() / 60, **data)
        log.events.append(event)
    assert log.state.phase == "discharged"
    assert not log.state.conflicts


def later() -> Log:
    log = Log(name="later")
    for minute in (20, 30, 40):
        log.reading(minute)
    log.add("infusion_paused", 41)
    log.add("infusion_resumed", 42, rate_mg_per_min="0.9")
    log.add("infusion_stopped", 51, reason="Through.")
    for minute in (66, 81, 96, 111):
        log.reading(minute)
    all_criteria(log, "ketamine-iv", 111)
    log.add("discharged", 112, with_escort=True)
    return log


def test_what_does_not_follow_is_refused_before_anything_else_is_asked():
    def never() -> Start:
        raise AssertionError("the start was read")

    assert refused(Log(), "administration_started", 1, start=never, **STARTED) == {"transition"}
    assert refused(running(), "administration_started", 11, start=never, **STARTED) == {"transition"}


@pytest.mark.hazard("H-28")
def test_the_start_is_judged_by_what_is_read_at_that_moment():
    """Signed and gone through, and then the order or the rules are no longer what they were. N = 2."""
    log = through_gate(ORDER)
    record(log, "administration_started", 10, **STARTED)
    unsigned = start_of(ORDER, log.state, at(10), signature=None)
    assert refused(log, "administration_started", 10, start=lambda: unsigned, **STARTED) == {"signature"}
    stale = start_of(ORDER, log.state, at(10), report=Report("ketamine-iv", "US", at(1), (), ()))
    assert refused(log, "administration_started", 10, start=lambda: stale, **STARTED) == {"rules"}


@pytest.mark.hazard("H-11")
def test_a_start_is_held_against_worksheet_and_pump():
    """Another dose, another lot, another pump rate. N = 3."""
    log = through_gate(ORDER)
    assert refused(log, "administration_started", 10, **STARTED | {"dose_mg": "360"}) == {"dose_mg"}
    assert refused(log, "administration_started", 10, **STARTED | {"lot": "L2"}) == {"lot"}
    with pytest.raises(CheckFailed):
        record(log, "administration_started", 10, **STARTED | {"pump_rate_mL_per_h": "7.5"})


@pytest.mark.hazard("H-05")
def test_a_check_of_the_wrong_vial_is_refused_at_once():
    """Each of the other two strengths, with the volume that would be right for it. N = 2."""
    log = through_gate(ORDER, until_worksheet=False)
    record(log, "worksheet_checked", 5, **CHECKED)
    for product_id, volume in (("ketamine-50", "0.72"), ("ketamine-100", "0.36")):
        other = CHECKED | {"product_id": product_id, "typed_volume_mL": volume}
        assert refused(log, "worksheet_checked", 5, **other) == {"worksheet"}


def test_a_second_person_who_is_the_first_is_refused_at_once():
    log = through_gate(ORDER, until_worksheet=False)
    assert refused(log, "worksheet_checked", 5, **CHECKED | {"checked_by": "nurse-1"}) == {"second_person"}


@pytest.mark.parametrize(
    ("item", "answer", "key"),
    [
        ("escort_home", "perhaps", "answer"),
        ("escort_home", "none", "answer"),
        ("weight", "yes", "item"),
        ("identity", "yes", "item"),
        ("baseline_readings", "yes", "item"),
        ("nasal_drug_timing_met", "yes", "item"),
    ],
)
def test_an_answer_that_the_gate_does_not_know_is_refused(item, answer, key):
    assert refused(Log(), "gate_answered", 1, item=item, answer=answer) == {key}


def test_unknown_is_an_answer():
    record(Log(), "gate_answered", 1, item="escort_home", answer="unknown")


@pytest.mark.hazard("H-13")
def test_a_device_too_early_is_refused():
    """N = 1."""
    log = through_gate(NASAL)
    log.add("administration_started", 10, dose_mg="56", lot="L1", devices=2)
    given = {"lot": "L1", "complete": True}
    record(log, "device_given", 10, order=NASAL, number=1, **given)
    log.add("device_given", 10, number=1, **given)
    assert refused(log, "device_given", 14.9, order=NASAL, number=2, **given) == {"rest"}
    record(log, "device_given", 15, order=NASAL, number=2, **given)


def test_a_device_before_the_start_does_not_follow():
    given = {"number": 1, "lot": "L1", "complete": True}
    assert refused(through_gate(NASAL), "device_given", 10, order=NASAL, **given) == {"transition"}


@pytest.mark.hazard("H-11")
def test_a_rate_above_the_highest_is_refused():
    """A new rate, and one at the resumption. N = 2."""
    log = running()
    with pytest.raises(LimitExceeded):
        record(log, "infusion_rate_changed", 11, rate_mg_per_min="9")
    log.add("infusion_paused", 12)
    with pytest.raises(LimitExceeded):
        record(log, "infusion_resumed", 13, rate_mg_per_min="9")
    record(log, "infusion_resumed", 13)


@pytest.mark.hazard("H-30")
def test_a_discharge_is_held_against_the_minimum_stay():
    """N = 1."""
    log = running()
    log.add("infusion_stopped", 50, reason="Through.")
    assert "minimum_stay" in refused(log, "discharged", 60, with_escort=True)


def test_a_criterion_of_another_protocol_is_refused():
    log = running()
    log.add("infusion_stopped", 50, reason="Through.")
    assert refused(log, "discharge_criterion", 60, key="juggles", met=True) == {"key"}
    for key in load_library().protocol("ketamine-iv").discharge.criteria:
        record(log, "discharge_criterion", 60, key=key, met=False)


def test_what_is_seen_is_recorded_at_any_time():
    for log in (Log(), running()):
        record(log, "note_written", 1, text="Resting.")
        record(log, "adverse_event", 1, term="nausea", grade=2, serious=False, related="yes")


def test_the_worksheet_may_be_checked_again_until_the_start():
    log = through_gate(ORDER)
    record(log, "worksheet_checked", 6, **CHECKED | {"lot": "L2"})
    check_worksheet(log, ORDER, lot="L2")
    assert refused(running(), "worksheet_checked", 11, **CHECKED) == {"transition"}

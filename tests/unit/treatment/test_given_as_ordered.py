"""Is it given as it was ordered? Another route, dose, lot or rate, or more than was ordered: refused."""

from decimal import Decimal
from fractions import Fraction

import pytest

from posology.protocols.limits import LimitExceeded
from posology.treatment import (
    CheckFailed,
    NotAllowed,
    check_given_as_ordered,
    check_infusion_rate,
    read_payload,
)
from posology.treatment.dosing import check_no_more_than_ordered, most_given
from tests.sessions import Log, at, through_gate
from tests.unit.treatment.ordered import ORDERS, ready

STARTS = {
    "ketamine-iv": (
        "administration_started",
        {"dose_mg": "36", "lot": "L1", "minutes": 40, "pump_rate_mL_per_h": "75"},
    ),
    "ketamine-im": ("dose_given", {"dose_mg": "36", "lot": "L1"}),
    "ketamine-oral": ("dose_given", {"dose_mg": "36", "lot": "L1"}),
    "esketamine-nasal-us": ("administration_started", {"dose_mg": "56", "lot": "L1", "devices": 2}),
    "esketamine-nasal-eu": ("administration_started", {"dose_mg": "28", "lot": "L1", "devices": 1}),
}


def give(name: str, given: str) -> None:
    kind, data = STARTS[given]
    check_given_as_ordered(ORDERS[name], ready(name), read_payload(kind, data))


@pytest.mark.hazard("H-10")
def test_a_dose_begins_by_its_own_route_alone(record_property):
    """Every order × the start of every protocol: taken where route and dose are the order's, else refused."""
    tried = 0
    for name in ORDERS:
        for given in STARTS:
            tried += 1
            if STARTS[given] == STARTS[name]:
                give(name, given)
                continue
            with pytest.raises(NotAllowed):
                give(name, given)
    record_property("n", tried)


@pytest.mark.hazard("H-11")
@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"dose_mg": "360"}, "dose_mg"),
        ({"dose_mg": "3.6"}, "dose_mg"),
        ({"dose_mg": "36.5"}, "dose_mg"),
        ({"lot": "L2"}, "lot"),
        ({"minutes": 4}, "minutes"),
        ({"minutes": 39}, "minutes"),
        ({"minutes": None, "rate_mg_per_min": "0.91"}, "rate_mg_per_min"),
        ({"minutes": None, "rate_mg_per_min": "54"}, "rate_mg_per_min"),
    ],
)
def test_a_start_that_is_not_the_order_is_refused(change, key):
    """Dose × 10, ÷ 10 and + a step, another lot, other minutes, a rate off by more than 1 %. N = 8."""
    kind, data = STARTS["ketamine-iv"]
    with pytest.raises(NotAllowed) as caught:
        check_given_as_ordered(ORDERS["ketamine-iv"], ready(), read_payload(kind, data | change))
    assert {o.key for o in caught.value.obstacles} == {key}


@pytest.mark.hazard("H-11")
@pytest.mark.parametrize("pump", [None, "1.25", "0.9", "54", "73.4", "76.6", "750"])
def test_a_pump_that_was_not_read_back_or_differs_is_refused(pump):
    """Nothing typed back, mL/min, mg/min, mg/h, 2.1 % to each side, ten times. N = 7."""
    kind, data = STARTS["ketamine-iv"]
    with pytest.raises(CheckFailed):
        check_given_as_ordered(
            ORDERS["ketamine-iv"], ready(), read_payload(kind, data | {"pump_rate_mL_per_h": pump})
        )


def test_a_rate_may_be_told_instead_of_the_minutes():
    kind, data = STARTS["ketamine-iv"]
    told = data | {"minutes": None, "rate_mg_per_min": "0.9"}
    check_given_as_ordered(ORDERS["ketamine-iv"], ready(), read_payload(kind, told))


def test_a_start_without_the_second_persons_check_is_refused():
    kind, data = STARTS["ketamine-im"]
    with pytest.raises(NotAllowed, match="second person"):
        check_given_as_ordered(ORDERS["ketamine-im"], Log().state, read_payload(kind, data))


@pytest.mark.hazard("H-11")
def test_a_new_rate_above_the_highest_is_refused(record_property):
    """0.1 to 9.0 mg/min by 0.1 for 72 kg: the highest is 0.025 mg/kg/min, 1.8 mg/min (PR-IV-04)."""
    order = ORDERS["ketamine-iv"]
    log = through_gate(order)
    log.add("administration_started", 10, dose_mg=str(order.dose_mg), lot="L1", minutes=order.minutes)
    for tenths in range(1, 91):
        rate = Decimal(tenths) / 10
        for state in (log.state, Log().state):
            if tenths <= 18:
                check_infusion_rate(order, state, rate, on=at(20))
            else:
                with pytest.raises(LimitExceeded):
                    check_infusion_rate(order, state, rate, on=at(20))
    check_infusion_rate(order, log.state, None, on=at(20))
    record_property("n", 180)


@pytest.mark.hazard("H-11")
def test_an_infusion_does_not_resume_at_a_rate_that_nobody_asked():
    """N = 1: paper told 2 mg/min for 72 kg, above 0.025 mg/kg/min; without a new rate it would go on so."""
    order = ORDERS["ketamine-iv"]
    log = through_gate(order)
    log.add("administration_started", 10, dose_mg=str(order.dose_mg), lot="L1", minutes=order.minutes)
    log.add("infusion_rate_changed", 12, rate_mg_per_min="2")
    log.add("infusion_paused", 14, reason="The patient asked for it.")
    with pytest.raises(LimitExceeded, match="highest"):
        check_infusion_rate(order, log.state, None, on=at(16))
    check_infusion_rate(order, log.state, Decimal("0.9"), on=at(16))


def test_an_infusion_that_has_run_out_does_not_resume():
    order = ORDERS["ketamine-iv"]
    log = through_gate(order)
    log.add("administration_started", 10, dose_mg=str(order.dose_mg), lot="L1", minutes=order.minutes)
    log.add("infusion_paused", 50, reason="The pump is empty.")
    with pytest.raises(LimitExceeded, match="no more than was ordered") as caught:
        check_infusion_rate(order, log.state, None, on=at(52))
    assert caught.value.limit == "session_total"


def test_a_session_gives_no_more_than_was_ordered():
    """36 mg ordered and 18 mg in after 20 of 40 min: 18 mg more may follow, and not 18.001 mg."""
    order = ORDERS["ketamine-iv"]
    log = through_gate(order)
    log.add("administration_started", 10, dose_mg=str(order.dose_mg), lot="L1", minutes=order.minutes)
    assert (order.dose_mg, log.state.delivered_exact(at(30))) == (36, 18)
    check_no_more_than_ordered(order, log.state, Fraction(18), at=at(30))
    with pytest.raises(LimitExceeded, match="new order"):
        check_no_more_than_ordered(order, log.state, Fraction("18.001"), at=at(30))


def test_a_partial_spray_counts_as_its_device_and_unknown_content_as_all():
    order = ORDERS["esketamine-nasal-us"]
    log = through_gate(order)
    log.add("administration_started", 10, dose_mg="56", lot="L1", devices=2)
    log.add("device_given", 10, number=1, lot="L1", complete=False)
    assert most_given(log.state, at(11)) == 28
    assert log.state.delivered_exact(at(11)) == 0
    told = Log()
    told.add("device_given", 10, number=1, lot="L1", complete=True)
    assert most_given(told.state, at(11)) is None
    with pytest.raises(LimitExceeded):
        check_no_more_than_ordered(order, told.state, Fraction(28), at=at(11))

"""The start of an infusion at its highest rate: the tolerance of a reading never lifts it over the limit."""

from decimal import Decimal

import pytest

from posology.protocols.limits import LimitExceeded
from posology.treatment import check_given_as_ordered, dosing
from posology.treatment.payloads import AdministrationStarted
from tests.sessions import make_order, through_gate

KILOGRAMS = range(40, 161)


def start(order, **changes):
    fields = {"dose_mg": order.dose_mg, "lot": "L1", "minutes": None} | changes
    check_given_as_ordered(order, through_gate(order).state, AdministrationStarted(**fields))


@pytest.mark.property
@pytest.mark.hazard("H-11")
@pytest.mark.hazard("H-12")
def test_no_reading_lifts_a_start_over_the_highest_rate(record_property):
    """1 mg/kg in 40 min for 40 to 160 kg: the sheet's own 75 mL/h starts, and what lies above it by less than
    the 2 % of the pump or the 1 % of a told rate does not; at half the dose both do."""
    tried = 0
    for kg in KILOGRAMS:
        order = make_order("ketamine-iv", "1", str(kg), minutes=40, product_id="ketamine-50")
        start(order, minutes=40, pump_rate_mL_per_h=Decimal(75))
        for pump in ("75.1", "76", "76.5"):
            with pytest.raises(LimitExceeded, match="highest rate"):
                start(order, minutes=40, pump_rate_mL_per_h=Decimal(pump))
        rate = order.dose_mg / 40
        start(order, rate_mg_per_min=rate, pump_rate_mL_per_h=Decimal(75))
        for more in ("1.000001", "1.005", "1.01"):
            with pytest.raises(LimitExceeded, match="highest rate"):
                start(order, rate_mg_per_min=rate * Decimal(more), pump_rate_mL_per_h=Decimal(75))
        half = make_order("ketamine-iv", "0.5", str(kg), minutes=40, product_id="ketamine-50")
        start(half, minutes=40, pump_rate_mL_per_h=Decimal("76.5"))
        start(half, rate_mg_per_min=half.dose_mg / 40 * Decimal("1.01"), pump_rate_mL_per_h=Decimal(75))
        tried += 10
    record_property("n", tried)


@pytest.mark.hazard("H-12")
def test_without_its_check_a_reading_would_pass(monkeypatch):
    """Planted, N = 2: the limit not asked at the start, and both a pump and a told rate start above it."""
    monkeypatch.setattr(dosing, "_check_highest_rate", lambda *_: None)
    order = make_order("ketamine-iv", "1", "72", minutes=40, product_id="ketamine-50")
    start(order, minutes=40, pump_rate_mL_per_h=Decimal("76.5"))
    start(order, rate_mg_per_min=order.dose_mg / 40 * Decimal("1.01"), pump_rate_mL_per_h=Decimal(75))

"""Every dose that can be ordered, from 30.0 to 250.0 kg by 0.1 kg: rounding never lifts one over a limit.

The expected values are worked out in whole numbers (tenths of a kilogram, thousandths of mg/kg), apart
from the code under test.
"""

from decimal import Decimal
from itertools import product

import pytest

from posology.knowledge import load_library
from posology.knowledge.schema import ProtocolFile
from posology.protocols.limits import LimitExceeded, allowed_levels, check_dose, dose_for_level, limit_in
from posology.quantities import Quantity
from posology.treatment import WorksheetError, worksheet
from tests.sessions import DAY, VIALS, make_order

WEIGHTS = range(300, 2501)  # tenths of a kilogram
BY_WEIGHT = ("ketamine-iv", "ketamine-im", "ketamine-oral")
STEPS = ("0.1", "0.25", "0.5", "1", "2.5")


def with_step(protocol: ProtocolFile, step: str) -> ProtocolFile:
    """Return the protocol of a site that measures in another step."""
    dated = protocol.values["dose_step"]
    changed = {day: value.model_copy(update={"value": Decimal(step)}) for day, value in dated.items()}
    return protocol.model_copy(update={"values": {**protocol.values, "dose_step": changed}})


def thousandths(level: Decimal) -> int:
    scaled = level * 1000
    assert scaled == int(scaled)
    return int(scaled)


@pytest.mark.property
@pytest.mark.hazard("H-12")
@pytest.mark.parametrize("name", BY_WEIGHT)
def test_no_rounded_dose_lies_over_its_level_or_ceiling(name, record_property):
    """Weights 30.0 to 250.0 kg by 0.1 × listed levels × five measuring steps: 0 over the limit, and each
    dose the largest multiple of its step that is not over.
    """
    tried = 0
    for step in STEPS:
        protocol = with_step(load_library().protocol(name), step)
        step_units = thousandths(Decimal(step)) * 10  # of 0.0001 mg
        ceiling = thousandths(limit_in(protocol, "dose_ceiling", "mg/kg", DAY))
        for level, tenths in product(allowed_levels(protocol, DAY), WEIGHTS):
            dose_mg = dose_for_level(protocol, level, Decimal(tenths) / 10, DAY)
            units = int(dose_mg * 10_000)
            exact = thousandths(level) * tenths
            assert units <= exact <= ceiling * tenths
            assert units == exact // step_units * step_units
            tried += 1
    record_property("n", tried)


@pytest.mark.property
@pytest.mark.hazard("H-12")
def test_no_infusion_passes_above_the_highest_rate(record_property):
    """Weights 30.0 to 250.0 kg by 0.1 × levels × times: refused where dose > ceiling × weight × time, and
    allowed elsewhere, without one exception.
    """
    protocol = load_library().protocol("ketamine-iv")
    per_min = int(limit_in(protocol, "rate_ceiling", "mg/kg/min", DAY) * 1_000_000)
    tried = over = 0
    for level, tenths in product(allowed_levels(protocol, DAY), WEIGHTS):
        weight = Decimal(tenths) / 10
        dose_mg = dose_for_level(protocol, level, weight, DAY)
        for minutes in (3, 19, 30, 39, 40, 60):
            too_fast = int(dose_mg * 10) * 1_000_000 > per_min * tenths * minutes
            try:
                check_dose(
                    protocol,
                    level=level,
                    dose_mg=dose_mg,
                    weight_kg=weight,
                    minutes=minutes,
                    devices=None,
                    on=DAY,
                )
                assert not too_fast
            except LimitExceeded:
                assert too_fast
                over += 1
            tried += 1
    assert 0 < over < tried
    record_property("n", tried)


@pytest.mark.property
@pytest.mark.hazard("H-05")
@pytest.mark.hazard("H-12")
@pytest.mark.parametrize("product_id", VIALS)
@pytest.mark.parametrize("name", BY_WEIGHT)
def test_what_is_drawn_is_the_dose_within_the_smallest_volume(name, product_id, record_property):
    """Weights 30.0 to 250.0 kg by 0.1 × listed levels × each strength: mL × strength is never more than the
    dose, and short of it by less than what 0.01 mL holds; the rate gives back what was drawn within 1 %.
    """
    library = load_library()
    protocol = library.protocol(name)
    if product_id not in protocol.products:
        with pytest.raises(WorksheetError):
            worksheet(make_order(name, product_id=product_id), product_id=product_id)
        record_property("n", 1)
        return
    strength = int(library.products.products[product_id].strength_mg_per_mL)
    tried = 0
    for level, tenths in product(allowed_levels(protocol, DAY), WEIGHTS):
        order = make_order(name, level, Decimal(tenths) / 10, product_id=product_id)
        final = Decimal(50) if order.minutes else None
        try:
            sheet = worksheet(order, product_id=product_id, final_volume_mL=final)
        except WorksheetError as error:
            holds = library.products.products[product_id].volume_mL
            assert order.dose_mg > strength * holds, error
            continue
        hundredths = int(sheet.vial_volume_mL * 100)
        assert hundredths * strength <= int(order.dose_mg * 100) < (hundredths + 1) * strength
        assert sheet.drawn_mg == sheet.vial_volume_mL * strength <= order.dose_mg
        if sheet.rate_mL_per_h is not None:
            infused_mL = sheet.rate_mL_per_h * order.minutes / 60
            assert Decimal("0.99") * final <= infused_mL <= final
            assert sheet.rate_mg_per_min * order.minutes == sheet.drawn_mg
        tried += 1
    assert tried
    record_property("n", tried)


@pytest.mark.property
@pytest.mark.hazard("H-11")
def test_rate_times_time_is_the_dose_or_the_sheet_is_refused(record_property):
    """Weights × levels × times × volumes × strengths: rate × time within 1 % of the volume, or refused."""
    tried = refused = 0
    volumes = (None, "1", "3.3", "10", "47", "50", "100", "250")
    for level, kg, minutes, volume, product_id in product(
        ("0.1", "0.3", "0.5"), range(30, 251, 20), (40, 45, 60, 100), volumes, VIALS
    ):
        order = make_order("ketamine-iv", level, str(kg), minutes=minutes, product_id=product_id)
        tried += 1
        try:
            sheet = worksheet(
                order, product_id=product_id, final_volume_mL=None if volume is None else Decimal(volume)
            )
        except WorksheetError:
            refused += 1
            continue
        whole = sheet.final_volume_mL if sheet.final_volume_mL is not None else sheet.vial_volume_mL
        infused = sheet.rate_mL_per_h * minutes / 60
        assert abs(infused - whole) * 100 <= whole, Quantity(infused, "mL")
        assert sheet.rate_mg_per_min * minutes == sheet.drawn_mg
    assert 0 < refused < tried
    record_property("n", tried)

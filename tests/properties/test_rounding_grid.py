"""Every rounding between a weight and a pump: a seeded part of what ``make fuzz ARGS=--grid`` asks whole.

The judge (``tools.fuzz.rounding``) counts in whole numbers and reads the YAML files alone. The fault of
hazard H-12, rounding half up after the limit, and its kin at the syringe, the pump and on the page are
planted below, and each is seen.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest

from posology.knowledge import load_library
from posology.knowledge.background import load_background
from posology.protocols.dosing_weight import DosingWeight
from posology.protocols.limits import LimitExceeded
from posology.protocols.limits import dose as dose_room
from posology.quantities import Quantity
from posology.recommendation import doses as proposals
from posology.recommendation.options import Step
from posology.treatment import preparation, worksheet
from posology.treatment.sheet import Worksheet
from tests.sessions import make_order
from tools.fuzz import grid, rounding
from tools.fuzz.grid import PARTS, Task, tasks
from tools.fuzz.grid_running import run, run_task

SEED = 20261124


def part(name: str) -> list[Task]:
    return [task for task in tasks(thin=197, thin_sheets=400, seed=SEED) if task.part == name]


@pytest.mark.property
@pytest.mark.hazard("H-12")
@pytest.mark.parametrize("name", PARTS)
def test_no_rounding_lifts_anything_over_its_limit(name, record_property):
    """A seeded part of every level × step × strength × bench × dilution, and every weight at which a dose
    grows by the product's own step: 0 over the limit."""
    pieces = part(name)
    told = run(pieces, say=False)
    assert told.found == []
    assert told.asked[name] >= len(pieces) > 0
    record_property("n", told.asked[name])


@pytest.mark.property
@pytest.mark.hazard("H-12")
def test_the_thinned_grid_leaves_no_step_and_no_strength_out():
    """Each protocol × day × step, and each product × volume step, has its piece; N = all of them."""
    whole, thin = list(tasks()), list(tasks(thin=197, thin_sheets=400, seed=SEED))
    assert [t._replace(thin=1, seed=1) for t in thin] == whole
    assert {t.step for t in thin if t.part == "doses"} == set(grid.STEPS)
    for protocol in rounding.by_weight():
        products = {t.product for t in thin if (t.part, t.protocol) == ("sheets of every weight", protocol)}
        assert products == set(load_library().protocol(protocol).products)


# ---------------------------------------------------------------- the faults, planted
def half_up(number: Fraction) -> int:
    return int(number + Fraction(1, 2))


def rounded_after_the_limit(protocol, level, weight_kg, on):
    """The fault of H-12: the limit is asked of the sum, and the sum is rounded half up afterwards."""
    exact = Fraction(level) * Fraction(weight_kg)
    if Fraction(level) > Fraction(dose_room.limit_in(protocol, "dose_ceiling", "mg/kg", on)):
        raise LimitExceeded("Above the ceiling.", limit="dose_ceiling")
    step = dose_room.limit_in(protocol, "dose_step", "mg", on)
    return half_up(exact / Fraction(step)) * step


def too_much_drawn(order, product, strength, bench):
    step = bench.number("volume_step", "mL")
    return half_up(Fraction(order.dose_mg) / Fraction(strength) / Fraction(step)) * step


def too_fast_a_pump(minutes, final, bench):
    step = bench.number("pump_rate_step", "mL/h")
    return half_up(Fraction(final) * 60 / minutes / Fraction(step)) * step


def to_the_nearest(sheet, rate_mL_per_h):
    final = sheet.final_volume_mL or sheet.vial_volume_mL
    exact = Fraction(rate_mL_per_h) * Fraction(sheet.drawn_mg) / Fraction(final) / 60
    return (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


def shown_to_the_nearest(protocol, level, dose_mg, weight, minutes, *_):
    rate = (dose_mg / minutes).quantize(Decimal("0.001"), ROUND_HALF_EVEN)
    return (Step("Rate", "", str(Quantity(rate, "mg/min"))),)


def nothing(*_, **__):
    return None


PLANTS = {
    "round half up after the limit": ("doses", dose_room, "dose_for_level", rounded_after_the_limit),
    "no check of the sum": ("doses", dose_room, "_check_sum", nothing),
    "no check of the rate": ("infusions", dose_room, "check_infusion", nothing),
    "too much drawn": ("sheets of every weight", preparation, "_vial_volume", too_much_drawn),
    "too much drawn by any step": (
        "sheets of every dose and bench",
        preparation,
        "_vial_volume",
        too_much_drawn,
    ),
    "the pump rounded up": ("sheets of every dose and bench", preparation, "_pump_rate", too_fast_a_pump),
    "a typed rate rounded": ("rates typed at the pump", Worksheet, "mg_per_min_at", to_the_nearest),
    "a shown rate rounded": ("rates that are shown", proposals, "_sum", shown_to_the_nearest),
    "no check of the devices": ("totals", dose_room, "check_devices", nothing),
}


@pytest.mark.property
@pytest.mark.hazard("H-12")
@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_rounding_is_seen(plant, monkeypatch):
    """Each fault planted in turn, N = 9: the part of the grid that asks for it finds it."""
    name, room, what, fault = PLANTS[plant]
    monkeypatch.setattr(room, what, fault)
    pieces = [task for task in part(name) if task.protocol != "ketamine-sc"]
    found = [line for task in pieces[:: max(1, len(pieces) // 12)] for line in run_task(task)[3]]
    assert found and not any("CRASHED" in line for line in found)


# ---------------------------------------------------------------- two that the grid found
@pytest.mark.hazard("H-12")
def test_a_rate_that_is_shown_is_not_above_the_highest():
    """61.5 mg for 61.5 kg in 40 min is 1.5375 mg/min, 0.025 mg/kg/min exactly; 1.538 would be above it."""
    kg = Decimal("61.5")
    weight = DosingWeight(kg, "actual", grid.NOW, "Actual body weight.", kg)
    proposed = proposals.propose_dose(
        load_library().protocol("ketamine-iv"),
        Decimal(1),
        weight=weight,
        minutes=40,
        library=load_library(),
        as_of=grid.NOW,
    )
    assert proposed.steps[-1].result == "1.5375\u00a0mg/min"


@pytest.mark.hazard("H-12")
def test_a_typed_rate_is_rounded_up_before_the_limit_is_asked():
    """32.4 kg, 0.3 mL of 10 mg/mL in 50 mL: 810 mL/h is 0.81 mg/min, the highest; a millionth is more."""
    order = make_order("ketamine-iv", "0.1", "32.4", product_id="ketamine-10")
    sheet = worksheet(order, product_id="ketamine-10", final_volume_mL=Decimal(50))
    assert sheet.mg_per_min_at(Decimal(810)) == Decimal("0.81")
    assert sheet.mg_per_min_at(Decimal("810.000001")) == Decimal("0.810001")


# ---------------------------------------------------------------- the judge and the grid themselves
@pytest.mark.parametrize(
    ("level", "kg", "step", "dose"),
    [(500, "72", 50, 3600), (500, "72.9", 50, 3600), (500, "73", 50, 3650), (750, "30.1", 25, 2250)],
)
def test_the_judge_rounds_as_by_hand(level, kg, step, dose):
    """0.5 × 72.9 = 36.45 → 36 mg by 0.5; 0.75 × 30.1 = 22.575 → 22.5 mg by 0.25."""
    weight = int(Decimal(kg) * rounding.KG)
    assert rounding.dose_of(level, weight, step) == dose
    assert not rounding.is_over(dose, level, weight) and rounding.is_over(dose + step, level, weight)


def test_a_boundary_is_the_lightest_weight_of_its_dose():
    """0.3 mg/kg by 0.5 mg: 10 mg are reached at 33.33… kg, rounded up to the last digit."""
    edges = list(rounding.boundaries(300, 50, 33 * rounding.KG, 34 * rounding.KG))
    assert edges == [3_333_333_334]
    assert [rounding.dose_of(300, edges[0] - n, 50) for n in (0, 1)] == [1000, 950]


def test_the_grid_spans_what_a_site_may_choose():
    """Its steps and times begin and end where the site settings do, and hold the product's own."""
    settings = load_background().settings.settings
    spans = {"dose_step": (grid.STEPS, 100), "volume_step": (grid.VOLUME_STEPS, 100)}
    spans |= {"pump_rate_step": (grid.PUMP_STEPS, 100), "iv_infusion_minutes": (grid.MINUTES, 1)}
    for name, (values, in_one) in spans.items():
        assert (settings[name].low * in_one, settings[name].high * in_one) == (values[0], values[-1]), name
    own = {"dose_step": grid.OWN_STEP, "volume_step": grid.OWN_VOLUME, "pump_rate_step": grid.OWN_PUMP}
    assert {name: settings[name].default * 100 for name in own} == own

"""The one place where a dose meets its limits: each limit refuses, on every cell of a grid."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from posology.knowledge import load_library
from posology.knowledge.errors import NotInForce
from posology.knowledge.schema import ProtocolFile
from posology.protocols.limits import (
    LimitExceeded,
    allowed_levels,
    check_dose,
    check_rate,
    dose_for_level,
    limit_in,
    tenfold_question,
)

DAY = date(2026, 11, 24)
PROTOCOLS = ("ketamine-iv", "ketamine-im", "ketamine-oral", "esketamine-nasal-us", "esketamine-nasal-eu")
BY_WEIGHT = PROTOCOLS[:3]


def protocol(name: str) -> ProtocolFile:
    return load_library().protocol(name)


def given(name: str, level: Decimal, weight_kg: Decimal, **changes: object) -> dict[str, object]:
    """Return the arguments of a check that passes."""
    file = protocol(name)
    dose_mg = dose_for_level(file, level, weight_kg, DAY)
    return {
        "level": level,
        "dose_mg": dose_mg,
        "weight_kg": weight_kg if file.dose_basis == "mg/kg" else None,
        "minutes": 40 if file.route == "intravenous" else None,
        "devices": int(dose_mg / 28) if file.route == "nasal" else None,
        "on": DAY,
    } | changes


def refused(name: str, **arguments: object) -> str:
    """Return which limit refuses."""
    with pytest.raises(LimitExceeded) as caught:
        check_dose(protocol(name), **arguments)  # type: ignore[arg-type]
    assert caught.value.may_override == "nobody"
    return caught.value.limit


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_listed_level_is_allowed(name):
    for level in allowed_levels(protocol(name), DAY):
        check_dose(protocol(name), **given(name, level, Decimal("72")))


def test_a_level_above_the_ceiling_is_refused_with_its_source():
    with pytest.raises(LimitExceeded) as caught:
        check_dose(
            protocol("ketamine-iv"),
            **given("ketamine-iv", Decimal("0.5"), Decimal(72)) | {"level": Decimal("1.01")},
        )
    assert caught.value.limit == "dose_ceiling"
    assert "PR-IV-09" in caught.value.facts
    assert "FAVA20" in caught.value.sources
    assert "Nobody may override it" in str(caught.value)
    assert caught.value.code == "limit"


def test_a_level_below_the_lowest_is_refused_with_a_sentence_of_its_own():
    with pytest.raises(LimitExceeded, match="a point may have slipped") as caught:
        dose_for_level(protocol("ketamine-iv"), Decimal("0.09"), Decimal(72), DAY)
    assert caught.value.limit == "dose_floor"


def test_the_ceiling_itself_is_allowed_and_the_smallest_step_above_is_not():
    for name in BY_WEIGHT:
        ceiling = limit_in(protocol(name), "dose_ceiling", "mg/kg", DAY)
        dose_for_level(protocol(name), ceiling, Decimal(80), DAY)
        with pytest.raises(LimitExceeded):
            dose_for_level(protocol(name), ceiling + Decimal("0.000001"), Decimal(80), DAY)


@pytest.mark.parametrize("total", ["28", "42", "57", "112", "55.9"])
def test_a_nasal_total_that_the_us_label_does_not_know_is_refused(total):
    arguments = given("esketamine-nasal-us", Decimal(56), Decimal(72))
    limit = refused("esketamine-nasal-us", **arguments | {"level": Decimal(total), "dose_mg": Decimal(total)})
    assert limit in {"dose_levels", "dose_ceiling", "dose_floor"}


def test_28_mg_is_a_european_total_and_no_american_one():
    """The EU label starts those of 65 and over at 28 mg (PR-ESK-33); the US label has none (PR-ESK-10)."""
    check_dose(protocol("esketamine-nasal-eu"), **given("esketamine-nasal-eu", Decimal(28), Decimal(72)))
    with pytest.raises(LimitExceeded):
        dose_for_level(protocol("esketamine-nasal-us"), Decimal(28), None, DAY)


def test_a_nasal_level_and_dose_that_differ_are_refused():
    arguments = given("esketamine-nasal-us", Decimal(56), Decimal(72), dose_mg=Decimal(84), devices=3)
    assert refused("esketamine-nasal-us", **arguments) == "dose_levels"


@pytest.mark.parametrize("devices", [None, 0, 1, 3, True, -2])
def test_devices_that_do_not_add_up_to_the_dose_are_refused(devices):
    assert (
        refused(
            "esketamine-nasal-us", **given("esketamine-nasal-us", Decimal(56), Decimal(72), devices=devices)
        )
        == "devices"
    )


def test_a_dose_above_the_sum_or_a_whole_step_below_is_refused():
    arguments = given("ketamine-iv", Decimal("0.5"), Decimal("72.3"))
    assert arguments["dose_mg"] == Decimal("36.0")
    assert refused("ketamine-iv", **arguments | {"dose_mg": Decimal("36.2")}) == "weight"
    assert refused("ketamine-iv", **arguments | {"dose_mg": Decimal("35.5")}) == "weight"
    assert refused("ketamine-iv", **arguments | {"dose_mg": Decimal("35.9")}) == "dose_step"


@pytest.mark.parametrize("weight", [None, Decimal(0), Decimal(-70), Decimal("NaN"), Decimal("Infinity")])
def test_a_dose_by_weight_without_a_weight_is_refused(weight):
    arguments = given("ketamine-iv", Decimal("0.5"), Decimal(72)) | {"weight_kg": weight}
    assert refused("ketamine-iv", **arguments) in {"weight", "number"}


@pytest.mark.parametrize("minutes", [None, 0, -40, True, 40.0])
def test_an_infusion_without_whole_minutes_is_refused(minutes):
    assert (
        refused("ketamine-iv", **given("ketamine-iv", Decimal("0.5"), Decimal(72), minutes=minutes))
        == "minutes"
    )


def test_the_highest_rate_is_allowed_and_a_minute_less_is_refused():
    """1 mg/kg in 40 min is 0.025 mg/kg/min, the highest studied (PR-IV-04)."""
    check_dose(protocol("ketamine-iv"), **given("ketamine-iv", Decimal(1), Decimal(72)))
    assert (
        refused("ketamine-iv", **given("ketamine-iv", Decimal(1), Decimal(72), minutes=39)) == "rate_ceiling"
    )


def test_a_rate_alone_is_held_against_the_same_ceiling():
    file = protocol("ketamine-iv")
    check_rate(file, rate_mg_per_min=Decimal("1.8"), weight_kg=Decimal(72), on=DAY)
    with pytest.raises(LimitExceeded, match=r"highest rate"):
        check_rate(file, rate_mg_per_min=Decimal("1.800001"), weight_kg=Decimal(72), on=DAY)


def test_a_limit_is_that_of_its_day():
    """0.75 mg/kg stood in a review of 2017 and 1.0 mg/kg in a trial of 2020 (PR-IV-02, PR-IV-03)."""
    file = protocol("ketamine-iv")
    assert dose_for_level(file, Decimal("0.75"), Decimal(80), date(2019, 12, 31)) == 60
    with pytest.raises(LimitExceeded):
        dose_for_level(file, Decimal(1), Decimal(80), date(2019, 12, 31))
    assert dose_for_level(file, Decimal(1), Decimal(80), date(2020, 1, 1)) == 80
    with pytest.raises(NotInForce):
        dose_for_level(file, Decimal("0.5"), Decimal(80), date(2015, 12, 31))


SPOILED = [
    *(Decimal(text) for text in ("NaN", "sNaN", "Infinity", "-Infinity", "0", "-0", "-0.5")),
    *(float("nan"), float("inf"), 0.5, True, "0.5", None),
]


@pytest.mark.hazard("H-08")
def test_no_number_that_is_none_passes_a_limit(record_property):
    """Every number of a dose × NaN, sNaN, ±∞, 0, −0, below 0, float, bool, text, nothing: refused, N of N."""
    tried = 0
    for name, field, value in product(PROTOCOLS, ("level", "dose_mg"), SPOILED):
        level = allowed_levels(protocol(name), DAY)[0]
        with pytest.raises(LimitExceeded):
            check_dose(protocol(name), **given(name, level, Decimal(72)) | {field: value})
        tried += 1
    for name, value in product(BY_WEIGHT, SPOILED):
        with pytest.raises(LimitExceeded):
            check_dose(protocol(name), **given(name, Decimal("0.5"), Decimal(72)) | {"weight_kg": value})
        tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-06")
def test_a_dose_ten_times_as_large_is_refused_and_a_tenth_too(record_property):
    """Every protocol × listed level × weight from 30 to 250 kg by 0.5 kg: the dose in mg × 10 and ÷ 10, and
    ± one step, with its level and weight as they were; all refused.
    """
    tried = 0
    for name in PROTOCOLS:
        file = protocol(name)
        step = limit_in(file, "dose_step", "mg", DAY)
        for level, half_kilos in product(allowed_levels(file, DAY), range(60, 501)):
            right = given(name, level, Decimal(half_kilos) / 2)
            for slipped in (
                right["dose_mg"] * 10,
                right["dose_mg"] / 10,
                right["dose_mg"] + step,
                right["dose_mg"] - step,
            ):
                with pytest.raises(LimitExceeded):
                    check_dose(file, **right | {"dose_mg": slipped})
                tried += 1
    record_property("n", tried)


@pytest.mark.hazard("H-06")
def test_a_level_whose_point_slipped_is_refused_or_asked_about(record_property):
    """Every protocol × listed level × 10 and ÷ 10, the dose worked out anew from it: refused, or where the
    slip gives another allowed level (0.1 and 1 mg/kg of the infusion) both are asked about.
    """
    tried, asked = 0, set()
    for name in PROTOCOLS:
        file = protocol(name)
        for level in allowed_levels(file, DAY):
            for slipped in (level * 10, level / 10):
                tried += 1
                try:
                    dose_for_level(file, slipped, Decimal(72), DAY)
                except LimitExceeded:
                    continue
                question = tenfold_question(file, slipped, DAY)
                assert question is not None and "allowed here too" in question
                assert tenfold_question(file, level, DAY) is not None
                asked.add((name, float(level), float(slipped)))
    assert asked == {("ketamine-iv", 0.1, 1.0), ("ketamine-iv", 1.0, 0.1)}
    record_property("n", tried)


def test_a_level_that_no_slip_can_reach_is_not_asked_about():
    for level in ("0.2", "0.3", "0.5", "0.75"):
        assert tenfold_question(protocol("ketamine-iv"), Decimal(level), DAY) is None


@pytest.mark.hazard("H-10")
def test_what_belongs_to_another_route_is_refused(record_property):
    """Every protocol × {infusion time, devices} that its route does not have: refused."""
    tried = 0
    for name in PROTOCOLS:
        file = protocol(name)
        right = given(name, allowed_levels(file, DAY)[0], Decimal(72))
        for field, value in (("minutes", 40), ("devices", 2)):
            if right[field] is None:
                assert refused(name, **right | {field: value}) == field
                tried += 1
    record_property("n", tried)

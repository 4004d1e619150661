"""Whatever the body and the policy: never more than by actual weight, and never a weight out of nothing."""

from dataclasses import replace
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.case import Case, Fact, Sex
from posology.knowledge import Library, build_library
from posology.protocols.conditions import Context
from posology.protocols.dosing_weight import DosingWeight, dosing_weight, ideal_weight_kg
from posology.protocols.limits import dose_for_level
from posology.quantities import Quantity
from tests.cases import NOW, STAFF
from tests.knowledge.changed import changed

POLICIES = ("actual", "ideal-if-bmi-30", "ideal", "actual-capped")
LEVEL = Decimal("0.5")
DAY = NOW.date()


@cache
def library_with(policy: str) -> Library:
    old = "  dosing_weight_policy:\n    2000-01-01: {value: actual,"
    cap = "{value: 90, unit: kg, sources: [SITE-DEFAULT], certainty: SITE}"
    new = f"  dosing_weight_cap:\n    2000-01-01: {cap}\n{old.replace('actual', policy)}"
    return build_library(changed("ketamine-iv.yaml", old, new))


def measured(kg: Quantity, height: Quantity, sex: Sex) -> Case:
    facts = (Fact("weight", kg, NOW, STAFF), Fact("height", height, NOW, STAFF))
    return Case(None, sex, "US", facts)


def weight_by(policy: str, case: Case) -> object:
    library = library_with(policy)
    return dosing_weight(library.protocol("ketamine-iv"), Context(case, library, NOW, {}))


def dose_of(weight: DosingWeight, policy: str) -> Decimal:
    return dose_for_level(library_with(policy).protocol("ketamine-iv"), LEVEL, weight.kg, DAY)


@pytest.mark.hazard("H-02")
@pytest.mark.hazard("H-12")
def test_no_policy_gives_more_than_the_actual_weight(record_property):
    """Weights 30 to 250 kg × heights 140 to 215 cm × both sexes × policies: none above the actual."""
    tried = 0
    for kg in range(300, 2501, 37):
        for mm in range(1400, 2151, 25):
            for sex in (Sex.MALE, Sex.FEMALE):
                weight, height = Quantity(Decimal(kg) / 10, "kg"), Quantity(Decimal(mm) / 10, "cm")
                case = measured(weight, height, sex)
                most = dose_for_level(
                    library_with("actual").protocol("ketamine-iv"), LEVEL, weight.magnitude, DAY
                )
                for policy in POLICIES:
                    found = weight_by(policy, case)
                    tried += 1
                    if not isinstance(found, DosingWeight):
                        assert policy.startswith("ideal") and mm < 1524, (kg, mm, policy)
                        continue
                    assert 0 < found.kg <= weight.magnitude and dose_of(found, policy) <= most
    record_property("n", tried)


@given(st.integers(6000, 8600), st.sampled_from([Sex.MALE, Sex.FEMALE]))
@settings(max_examples=200, deadline=None)
def test_taller_is_never_lighter(hundredths_in, sex):
    library = library_with("ideal")
    this = ideal_weight_kg(Decimal(hundredths_in) / 100, sex, library, on=DAY)
    taller = ideal_weight_kg(Decimal(hundredths_in + 1) / 100, sex, library, on=DAY)
    assert this is not None and taller is not None and this <= taller


@given(
    st.decimals("50", "200", places=1),
    st.decimals("60", "80", places=1),
    st.sampled_from(POLICIES),
    st.sampled_from([Sex.MALE, Sex.FEMALE]),
)
@settings(max_examples=200, deadline=None)
def test_inches_and_centimetres_give_one_weight(kg, inches, policy, sex):
    """The same body in other units gets the same dosing weight (hazard H-02)."""
    weight, height = Quantity(kg, "kg"), Quantity(inches, "[in_i]")
    here = weight_by(policy, measured(weight, height, sex))
    there = weight_by(policy, measured(weight, height.to("cm"), sex))
    assert isinstance(here, DosingWeight) and isinstance(there, DosingWeight) and here.kg == there.kg


@given(st.integers(900, 1523), st.sampled_from([Sex.MALE, Sex.FEMALE]), st.decimals("60", "200", places=1))
@settings(max_examples=200, deadline=None)
def test_below_the_first_height_nothing_is_made_up(mm, sex, kg):
    """From 90 cm to 1 mm under 60 inches: the ideal weight cannot be said (hazard H-22)."""
    case = measured(Quantity(kg, "kg"), Quantity(Decimal(mm) / 10, "cm"), sex)
    assert isinstance(weight_by("ideal", case), tuple)


@given(
    st.sampled_from([Sex.OTHER, Sex.UNKNOWN]), st.integers(1530, 2100), st.decimals("100", "200", places=1)
)
@settings(max_examples=100, deadline=None)
def test_without_a_sex_of_the_formula_nothing_is_made_up(sex, mm, kg):
    case = measured(Quantity(kg, "kg"), Quantity(Decimal(mm) / 10, "cm"), sex)
    missing = weight_by("ideal", case)
    assert isinstance(missing, tuple) and [m.key for m in missing] == ["sex"]
    male = weight_by("ideal", replace(case, sex=Sex.MALE))
    female = weight_by("ideal", replace(case, sex=Sex.FEMALE))
    assert isinstance(male, DosingWeight) and isinstance(female, DosingWeight) and female.kg < male.kg

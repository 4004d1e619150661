"""Why a dose is computed from this weight, word for word, and what is asked where none can be chosen.

Every sum is worked out by hand; blanks are plain ones here.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from posology.case import Case, Missing, Sex
from posology.knowledge import Library, load_library
from posology.knowledge.schema import Value
from posology.protocols.conditions import Context
from posology.protocols.dosing_weight import (
    CannotDose,
    DosingWeight,
    dosing_weight,
    ideal_weight_kg,
    policy_of,
)
from posology.protocols.limits.values import value_of
from posology.quantities import Quantity
from tests.cases import NOW, complete_case
from tests.refusals import plain

LIBRARY = load_library()
IV = LIBRARY.protocol("ketamine-iv")
DAY = NOW.date()
EVER = date(2000, 1, 1)
IDEAL_OF_180 = "50 + 2.3 × (70.87 − 60) = 75 kg (male, height in inches)"
SEX_ASK = "Is the patient female or male? The ideal weight has a form for these two only."


def library_with(policy: str, cap: dict[date, str] | None = None) -> Library:
    """Return the library in which the infusion names another policy, and a site's caps by their day."""
    named = value_of(IV, "dosing_weight_policy", DAY)
    values = {**IV.values, "dosing_weight_policy": {EVER: named.model_copy(update={"value": policy})}}
    if cap is not None:
        values["dosing_weight_cap"] = {
            on: Value(value=Decimal(kg), unit="kg", sources=("SITE-DEFAULT",), certainty=named.certainty)
            for on, kg in cap.items()
        }
    changed = IV.model_copy(update={"values": values})
    return replace(LIBRARY, protocols={**LIBRARY.protocols, IV.id: changed})


def person(kg: str | None, tall: str | None, sex: Sex = Sex.MALE, unit: str = "cm") -> Case:
    changes = {
        "weight": None if kg is None else Quantity(Decimal(kg), "kg"),
        "height": None if tall is None else Quantity(Decimal(tall), unit),
    }
    return replace(complete_case(changes), sex=sex)  # type: ignore[arg-type]


def asked(policy: str, case: Case, cap: dict[date, str] | None = None, as_of=NOW):
    library = library_with(policy, cap)
    return dosing_weight(library.protocol(IV.id), Context(case, library, as_of, {}))


def chosen(policy: str, case: Case, cap: dict[date, str] | None = None) -> tuple[Decimal, str]:
    """Return the weight and its reason, all else of it checked."""
    weight = asked(policy, case, cap)
    assert isinstance(weight, DosingWeight)
    assert (weight.policy, weight.measured_at) == (policy, NOW - timedelta(hours=1))
    (measured,) = (f.value for f in case.facts if f.key == "weight")
    assert isinstance(measured, Quantity) and weight.actual_kg == measured.magnitude
    return weight.kg, plain(weight.reason)


def cannot(act: Callable[[], object]) -> str:
    with pytest.raises(CannotDose) as caught:
        act()
    assert caught.value.code == "cannot-dose"
    return plain(caught.value)


# ---------------------------------------------------------------- why this weight


@pytest.mark.parametrize(
    ("policy", "kg", "cm", "used", "reason"),
    [
        ("actual", "80", "180", "80", "Actual body weight; BMI 24.7 kg/m²."),
        ("actual", "80", None, "80", "Actual body weight."),
        ("ideal-if-bmi-30", "80", "180", "80", "Actual body weight; BMI 24.7 kg/m², below 30 kg/m²."),
        (
            "ideal-if-bmi-30",
            "97.2",  # a BMI of 30
            "180",
            "75",
            f"Ideal body weight: {IDEAL_OF_180}; BMI 30 kg/m², actual weight 97.2 kg, height 180 cm of "
            "2026-11-24.",
        ),
        (
            "ideal",
            "120",
            "180",
            "75",
            f"Ideal body weight: {IDEAL_OF_180}; BMI 37 kg/m², actual weight 120 kg, height 180 cm of "
            "2026-11-24.",
        ),
        (
            "ideal",
            "75",
            "180",
            "75",
            f"Ideal body weight: {IDEAL_OF_180}; BMI 23.1 kg/m², actual weight 75 kg, height 180 cm of "
            "2026-11-24.",
        ),
        (
            "ideal",
            "60",
            "190",
            "60",
            "Actual body weight, since the ideal weight would be more: 50 + 2.3 × (74.8 − 60) = 84 kg (male, "
            "height in inches); BMI 16.6 kg/m², actual weight 60 kg, height 190 cm of 2026-11-24. "
            "Never above actual.",
        ),
    ],
)
def test_the_reason_shows_the_sum(policy, kg, cm, used, reason):
    assert chosen(policy, person(kg, cm)) == (Decimal(used), reason)


def test_a_womans_ideal_weight_has_its_own_base():
    """45.5 + 2.3 × 4.96 = 56.908."""
    _, reason = chosen("ideal", person("90", "165", Sex.FEMALE))
    assert "45.5 + 2.3 × (64.96 − 60) = 56.9 kg (female, height in inches)" in reason


@pytest.mark.parametrize(
    ("kg", "used", "reason"),
    [
        ("99.9", "99.9", "Actual body weight, not above this site's cap of 100 kg."),
        ("100", "100", "Actual body weight, not above this site's cap of 100 kg."),
        ("120", "100", "Capped at 100 kg by this site; actual weight 120 kg."),
    ],
)
def test_a_cap_is_named_with_what_it_does(kg, used, reason):
    assert chosen("actual-capped", person(kg, "180"), {EVER: "100"}) == (Decimal(used), reason)


def test_the_cap_is_that_of_the_day():
    caps = {EVER: "100", DAY: "90", DAY + timedelta(days=1): "80"}
    assert chosen("actual-capped", person("120", "180"), caps)[0] == 90


def test_a_cap_is_read_in_kilograms():
    """200 lb are 90.718474 kg."""
    library = library_with("actual-capped", {EVER: "100"})
    protocol = library.protocol(IV.id)
    in_pounds = protocol.values["dosing_weight_cap"][EVER].model_copy(
        update={"value": Decimal(200), "unit": "[lb_av]"}
    )
    values = {**protocol.values, "dosing_weight_cap": {EVER: in_pounds}}
    mine = protocol.model_copy(update={"values": values})
    weight = dosing_weight(mine, Context(person("120", "180"), library, NOW, {}))
    assert isinstance(weight, DosingWeight) and weight.kg == Decimal("90.718474")


def test_the_day_of_the_height_is_one_of_the_site():
    """11:00 UTC is midnight in Auckland: measured on the day that has begun there."""
    at = NOW.replace(hour=12).astimezone(ZoneInfo("Pacific/Auckland"))
    assert (at.hour, at.day) == (1, NOW.day + 1)
    case = person("120", "180")
    facts = tuple(replace(f, at=NOW.replace(hour=11, minute=0)) for f in case.facts)
    weight = asked("ideal", replace(case, facts=facts), as_of=at)
    assert isinstance(weight, DosingWeight) and f"of {at.date()}." in weight.reason


# ---------------------------------------------------------------- the formula


@pytest.mark.parametrize(
    ("inches", "kg"),
    [
        ("60", "50"),
        ("60.5", "51.1"),  # 51.15, a tie, goes down
        ("60.155", "50.3"),  # 60.15, since a tie goes down: 50.345
        ("60.156", "50.4"),  # 60.16: 50.368
        ("72", "77.6"),
    ],
)
def test_the_ideal_weight_is_rounded_with_ties_down(inches, kg):
    assert ideal_weight_kg(Decimal(inches), Sex.MALE, LIBRARY, on=DAY) == Decimal(kg)


def test_the_sum_that_is_shown_is_the_sum_that_is_done():
    """A height between two hundredths of an inch: the lower stands in the sum."""
    _, reason = chosen("ideal", person("90", "60.155", unit="[in_i]"))
    assert "50 + 2.3 × (60.15 − 60) = 50.3 kg" in reason


@pytest.mark.parametrize(("inches", "sex"), [("59.99", Sex.MALE), ("70", Sex.OTHER), ("70", Sex.UNKNOWN)])
def test_where_the_formula_is_not_defined_there_is_no_ideal_weight(inches, sex):
    assert ideal_weight_kg(Decimal(inches), sex, LIBRARY, on=DAY) is None


# ---------------------------------------------------------------- what is asked for


@pytest.mark.parametrize(
    ("policy", "kg", "cm", "keys"),
    [
        ("actual", None, None, ["weight"]),
        ("actual-capped", None, None, ["weight"]),
        ("ideal-if-bmi-30", None, "180", ["weight"]),
        ("ideal-if-bmi-30", None, None, ["weight", "height"]),
        ("ideal", None, "180", ["weight"]),
        ("ideal", None, None, ["weight", "height"]),
        ("ideal", None, "150", ["weight", "height"]),
        ("ideal", "90", None, ["height"]),
        ("ideal-if-bmi-30", "90", None, ["height"]),
    ],
)
def test_all_that_a_policy_lacks_is_asked_for_at_once_and_nothing_more(policy, kg, cm, keys):
    missing = asked(policy, person(kg, cm), {EVER: "100"})
    assert isinstance(missing, tuple) and [m.key for m in missing] == keys


@pytest.mark.parametrize("sex", [Sex.OTHER, Sex.UNKNOWN])
def test_a_sex_that_the_formula_does_not_know_is_asked_for(sex):
    assert asked("ideal", person("120", "180", sex)) == (Missing("sex", SEX_ASK, f"recorded as {sex.value}"),)


def test_a_height_below_the_first_is_asked_about():
    (missing,) = asked("ideal", person("60", "152.39"))
    assert (missing.key, missing.ask, plain(missing.why)) == (
        "height",
        "Is the height right? If it is, the site has to choose another dosing weight for this patient.",
        "152.39 cm; the ideal weight is defined from 152.4 cm (60 in) on",
    )


# ---------------------------------------------------------------- what cannot be followed


def test_a_policy_that_is_not_known_is_named_beside_those_that_are():
    library = library_with("lean")
    said = (
        "Intravenous racemic ketamine asks for the dosing weight 'lean', which is not known here. "
        "Use one of actual, ideal-if-bmi-30, ideal, actual-capped."
    )
    assert cannot(lambda: policy_of(library.protocol(IV.id), DAY)) == said
    assert cannot(lambda: asked("lean", person("80", "180"))) == said


@pytest.mark.parametrize("cap", [None, {DAY + timedelta(days=1): "100"}])
def test_a_cap_that_is_not_set_on_the_day_is_refused(cap):
    assert cannot(lambda: asked("actual-capped", person("80", "180"), cap)) == (
        "Intravenous racemic ketamine caps the dosing weight, and no cap is set. No source gives one: the "
        "site sets its own, or chooses another dosing weight."
    )
    assert chosen("actual-capped", person("80", "180"), {DAY: "70"})[0] == 70


@pytest.mark.parametrize("kg", ["0", "-1", "80.1"])
def test_a_dosing_weight_outside_of_the_actual_one_cannot_be_made(kg):
    assert cannot(lambda: DosingWeight(Decimal(kg), "ideal", NOW, "", Decimal(80))) == (
        f"A dosing weight of {kg.replace('-', '−')} kg does not lie between nothing and the actual 80 kg. "
        "Check the numbers of the policy 'ideal'."
    )


@pytest.mark.parametrize("kg", ["0.1", "1", "80"])
def test_a_dosing_weight_up_to_the_actual_one_can(kg):
    assert DosingWeight(Decimal(kg), "ideal", NOW, "", Decimal(80)).kg == Decimal(kg)

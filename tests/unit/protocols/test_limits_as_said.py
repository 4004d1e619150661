"""What is said when one dose does not keep a limit: which one, in which words, on what ground, at which edge.

Every sentence is worked out by hand from the protocols' values; blanks are plain ones here.
"""

from decimal import Decimal
from functools import partial

import pytest

from posology.protocols.limits import check_dose, check_rate, dose_for_level, tenfold_question
from posology.protocols.limits.values import weight_of
from tests.refusals import DAY, EU, IM, IN_2019, INFUSION, IV, NO_GROUND, SPRAYS, US, plain, refused

STEP_OF_SITE = ((), ("SITE-DEFAULT",))
DEVICE = (("PR-ESK-11",), ("SPR-US",))
MUSCLE = INFUSION | {"minutes": None}


# ---------------------------------------------------------------- too much, too little


def test_a_dose_above_the_ceiling_names_the_ceiling_of_its_day():
    assert refused(partial(check_dose, IV, **INFUSION | {"level": Decimal("1.01")})) == (
        "dose_ceiling",
        "1.01 mg/kg is above 1 mg/kg, the ceiling of Intravenous racemic ketamine. Choose 1 mg/kg or less.",
        ("PR-IV-03", "PR-IV-09", "PR-ADJ-07"),
        ("FAVA20",),
    )
    assert refused(partial(dose_for_level, IV, Decimal("0.76"), Decimal(72), IN_2019)) == (
        "dose_ceiling",
        "0.76 mg/kg is above 0.75 mg/kg, the ceiling of Intravenous racemic ketamine. "
        "Choose 0.75 mg/kg or less.",
        ("PR-IV-02", "PR-IV-07"),
        ("ANDR17",),
    )


def test_a_dose_below_the_lowest_asks_whether_a_point_slipped():
    said = (
        "dose_floor",
        "0.09 mg/kg is below 0.1 mg/kg, the lowest dose of Intravenous racemic ketamine; a point may have "
        "slipped. Check the number, and choose a dose from the protocol's list.",
        ("PR-IV-02", "PR-IV-03", "PR-IV-08"),
        ("FAVA20", "ANDR17", "LOO16"),
    )
    assert refused(partial(check_dose, IV, **INFUSION | {"level": Decimal("0.09")})) == said
    assert dose_for_level(IV, Decimal("0.1"), Decimal(72), DAY) == 7
    lower = refused(partial(dose_for_level, IV, Decimal("0.09"), Decimal(72), IN_2019))
    assert (lower.facts, lower.sources) == (("PR-IV-02", "PR-IV-07", "PR-IV-08"), ("ANDR17", "LOO16"))


def test_a_nasal_level_below_the_lowest_is_not_rounded_to_nothing_first():
    assert refused(partial(dose_for_level, US, Decimal(20), None, DAY)).limit == "dose_floor"


def test_a_total_that_a_label_does_not_know_is_answered_with_those_it_knows():
    assert refused(partial(check_dose, US, **SPRAYS | {"level": Decimal(57), "dose_mg": Decimal(57)})) == (
        "dose_levels",
        "57 mg is no total of Nasal esketamine for treatment-resistant depression, United States. "
        "Choose 56 mg or 84 mg.",
        ("PR-ESK-03", "PR-ESK-10"),
        ("SPR-US",),
    )
    told = refused(partial(dose_for_level, EU, Decimal(57), None, DAY))
    assert told.sentence.endswith("Choose 28 mg, 56 mg or 84 mg.")


def test_a_nasal_dose_that_is_not_its_level_is_refused():
    assert refused(partial(check_dose, US, **SPRAYS | {"dose_mg": Decimal(84), "devices": 3})) == (
        "dose_levels",
        "The dose is 84 mg and its level 56 mg; the two are one total here. Choose the dose again.",
        ("PR-ESK-03", "PR-ESK-10"),
        ("SPR-US",),
    )


# ---------------------------------------------------------------- the sum with the weight


@pytest.mark.parametrize(
    ("weight", "dose", "limit", "sentence"),
    [
        # 0.5 × 72.3 = 36.15; 0.5 × 73 = 36.5, of which 36 is a whole step below.
        (
            "72.3",
            "36.5",
            "weight",
            "36.5 mg is more than 0.5 mg/kg × 72.3 kg; doses are rounded down. "
            "Work the dose out again from the weight.",
        ),
        (
            "73",
            "36",
            "weight",
            "36 mg is 0.5 mg or more below 0.5 mg/kg × 73 kg; a point may have slipped. "
            "Work the dose out again from the weight.",
        ),
        (
            "72.3",
            "36.1",
            "dose_step",
            "36.1 mg is no multiple of 0.5 mg, the step in which Intravenous racemic ketamine is measured. "
            "Round it down to the step.",
        ),
    ],
)
def test_a_dose_that_is_not_its_sum_is_refused(weight, dose, limit, sentence):
    other = {"weight_kg": Decimal(weight), "dose_mg": Decimal(dose)}
    assert refused(partial(check_dose, IV, **INFUSION | other)) == (limit, sentence, *STEP_OF_SITE)


@pytest.mark.parametrize(("weight", "dose"), [("72", "36"), ("72.3", "36"), ("72.9", "36"), ("73", "36.5")])
def test_a_dose_that_is_its_sum_rounded_down_passes(weight, dose):
    check_dose(IV, **INFUSION | {"weight_kg": Decimal(weight), "dose_mg": Decimal(dose)})
    assert dose_for_level(IV, Decimal("0.5"), Decimal(weight), DAY) == Decimal(dose)


def test_a_dose_below_one_step_is_refused_and_one_step_is_not():
    """0.1 × 4.9 = 0.49 mg."""
    assert refused(partial(dose_for_level, IV, Decimal("0.1"), Decimal("4.9"), DAY)) == (
        "dose_step",
        "The dose comes to less than 0.5 mg, the smallest step that can be measured. Check the weight.",
        *STEP_OF_SITE,
    )
    assert dose_for_level(IV, Decimal("0.1"), Decimal(5), DAY) == Decimal("0.5")
    assert dose_for_level(IV, Decimal("0.1"), Decimal(10), DAY) == 1


def test_a_missing_weight_is_asked_for():
    said = (
        "weight",
        "Intravenous racemic ketamine is dosed by weight, and no weight is given. Weigh the patient.",
        *NO_GROUND,
    )
    assert refused(partial(check_dose, IV, **INFUSION | {"weight_kg": None})) == said
    assert refused(partial(dose_for_level, IV, Decimal("0.5"), None, DAY)) == said
    assert refused(partial(weight_of, IV, None)) == said


def test_no_dose_is_computed_from_more_than_the_actual_weight():
    said = (
        "weight",
        "The dosing weight of 72 kg is above the actual 71.9 kg, and no dose is computed from more than "
        "that. Work the dose out again from the weight.",
        *NO_GROUND,
    )
    assert refused(partial(check_dose, IV, **INFUSION, actual_kg=Decimal("71.9"))) == said
    for enough in ("72", "72.1"):
        check_dose(IV, **INFUSION, actual_kg=Decimal(enough))


def test_a_weight_has_no_say_where_the_dose_is_a_total():
    check_dose(US, **SPRAYS | {"weight_kg": Decimal(80)}, actual_kg=Decimal(70))
    check_dose(US, **SPRAYS, actual_kg=Decimal(70))


# ---------------------------------------------------------------- a slip of the point


def test_a_level_that_a_slip_can_reach_is_asked_about_by_name():
    assert plain(tenfold_question(IV, Decimal("0.1"), DAY)) == (
        "0.1 mg/kg is a tenth of 1 mg/kg, which is allowed here too. Read the point aloud: "
        "is 0.1 mg/kg meant?"
    )
    assert plain(tenfold_question(IV, Decimal(1), DAY)) == (
        "1 mg/kg is ten times 0.1 mg/kg, which is allowed here too. Read the point aloud: is 1 mg/kg meant?"
    )


@pytest.mark.parametrize("level", ["0.101", "0.2", "0.99"])
def test_a_level_just_beside_the_edge_is_not_asked_about(level):
    assert tenfold_question(IV, Decimal(level), DAY) is None


def test_a_slip_that_the_limits_of_its_day_refuse_is_not_asked_about():
    assert tenfold_question(IV, Decimal("0.1"), IN_2019) is None


# ---------------------------------------------------------------- devices


@pytest.mark.parametrize(
    ("devices", "begins"),
    [
        (None, "No number of devices for 56 mg,"),
        (1, "1 device for 56 mg,"),
        (3, "3 devices for 56 mg,"),
        (2.0, "2.0 devices for 56 mg,"),
    ],
)
def test_devices_that_are_not_the_dose_are_named(devices, begins):
    assert refused(partial(check_dose, US, **SPRAYS | {"devices": devices})) == (
        "devices",
        f"{begins} at 28 mg a device, is not the dose. Work the number of devices out again.",
        *DEVICE,
    )


def test_yes_is_no_number_of_devices_where_one_is_the_dose():
    one = SPRAYS | {"level": Decimal(28), "dose_mg": Decimal(28)}
    check_dose(EU, **one | {"devices": 1})
    said = refused(partial(check_dose, EU, **one | {"devices": True}))
    assert said.sentence.startswith("True device for 28 mg")


def test_devices_by_another_route_are_to_be_taken_away():
    assert refused(partial(check_dose, IV, **INFUSION | {"devices": 2})) == (
        "devices",
        "A number of devices (2 devices) is given, and Intravenous racemic ketamine uses none. Take it away.",
        *NO_GROUND,
    )


# ---------------------------------------------------------------- time and rate


@pytest.mark.parametrize("minutes", [0, -1, True, 40.0])
def test_what_is_no_infusion_time_is_named(minutes):
    assert refused(partial(check_dose, IV, **INFUSION | {"minutes": minutes})) == (
        "minutes",
        f"The infusion time is {minutes} min, so the rate is not known. Give the minutes, above 0.",
        *NO_GROUND,
    )


def test_a_missing_infusion_time_is_named():
    said = refused(partial(check_dose, IV, **INFUSION | {"minutes": None}))
    assert said.sentence == (
        "The infusion time is missing, so the rate is not known. Give the minutes, above 0."
    )


def test_one_minute_is_a_time_and_too_fast():
    assert refused(partial(check_dose, IV, **INFUSION | {"minutes": 1})) == (
        "rate_ceiling",
        "0.5 mg/kg/min for 72 kg is above 0.025 mg/kg/min, the highest rate of Intravenous racemic ketamine. "
        "Infuse over more minutes.",
        ("PR-IV-04", "PR-IV-09"),
        ("FAVA20",),
    )


def test_an_infusion_time_by_another_route_is_to_be_taken_away():
    check_dose(IM, **MUSCLE)
    assert refused(partial(check_dose, IM, **MUSCLE | {"minutes": 40})) == (
        "minutes",
        "An infusion time of 40 min is given, and Intramuscular racemic ketamine is not infused. "
        "Take it away.",
        *NO_GROUND,
    )


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        ("1.80072", "0.02501"),  # 0.02501 mg/kg/min for 72 kg exactly
        ("1.8007200001", "0.02502"),
        ("1.8000001", "0.02501"),
        ("3.6", "0.05"),
    ],
)
def test_a_rate_above_the_highest_is_shown_rounded_up(rate, shown):
    said = refused(partial(check_rate, IV, rate_mg_per_min=Decimal(rate), weight_kg=Decimal(72), on=DAY))
    assert said.sentence.startswith(f"{shown} mg/kg/min for 72 kg is above 0.025 mg/kg/min,")


def test_the_highest_rate_is_that_of_the_day():
    """0.0125 mg/kg/min until 2019 (PR-IV-01); 0.9 mg/min is that for 72 kg."""
    check_rate(IV, rate_mg_per_min=Decimal("0.9"), weight_kg=Decimal(72), on=IN_2019)
    said = refused(
        partial(check_rate, IV, rate_mg_per_min=Decimal("0.901"), weight_kg=Decimal(72), on=IN_2019)
    )
    assert (said.limit, said.facts, said.sources) == ("rate_ceiling", ("PR-IV-01",), ("MURR13A", "SINGH16"))

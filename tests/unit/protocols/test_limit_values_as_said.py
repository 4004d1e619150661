"""What is said of the numbers of a dose, of a whole session, and of the values that limits are read from."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from posology.knowledge import KnowledgeError
from posology.knowledge.schema import ProtocolFile, Value
from posology.protocols.limits import (
    LimitExceeded,
    allowed_levels,
    check_dose,
    check_session_total,
    dose_for_level,
    limit_in,
)
from posology.protocols.limits.values import check_number, either, floor_of, in_mg, value_of
from tests.refusals import DAY, IM, IN_2019, INFUSION, IV, NO_GROUND, US, plain, refused

# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (Decimal(0), "The weight is 0, which is not a number above 0. Enter the value again."),
        (Decimal("-0.5"), "The weight is -0.5, which is not a number above 0. Enter the value again."),
        (Decimal("NaN"), "The weight is NaN, which is not a number above 0. Enter the value again."),
        (
            Decimal("Infinity"),
            "The weight is Infinity, which is not a number above 0. Enter the value again.",
        ),
        (0.5, "The weight is 0.5, which is not an exact number. Give a decimal."),
        (True, "The weight is True, which is not an exact number. Give a decimal."),
        ("72", "The weight is '72', which is not an exact number. Give a decimal."),
        (None, "The weight is None, which is not an exact number. Give a decimal."),
    ],
)
def test_what_is_no_number_is_named(number, sentence):
    assert refused(partial(check_number, number, "weight")) == ("number", sentence, *NO_GROUND)


@pytest.mark.parametrize("number", [Decimal("0.000001"), Decimal(1), 1, 72])
def test_an_exact_number_above_nothing_passes(number):
    check_number(number, "weight")


@pytest.mark.parametrize(
    ("change", "begins"),
    [
        ({"level": Decimal(0)}, "The dose level in mg/kg is 0,"),
        ({"dose_mg": Decimal(0)}, "The dose in mg is 0,"),
        ({"weight_kg": Decimal(0)}, "The weight in kg is 0,"),
        ({"actual_kg": Decimal(0)}, "The actual weight in kg is 0,"),
    ],
)
def test_each_number_of_a_dose_has_its_name(change, begins):
    said = refused(partial(check_dose, IV, **INFUSION | change))
    assert (said.limit, said.sentence.split(" which")[0]) == ("number", begins)


def test_each_number_of_a_level_has_its_name():
    said = refused(partial(dose_for_level, IV, Decimal(0), Decimal(72), DAY))
    assert said.sentence.startswith("The dose level in mg/kg is 0,")
    said = refused(partial(dose_for_level, US, Decimal(0), None, DAY))
    assert said.sentence.startswith("The dose level in mg is 0,")
    said = refused(partial(dose_for_level, IV, Decimal("0.5"), Decimal(0), DAY))
    assert said.sentence.startswith("The weight in kg is 0,")


# ---------------------------------------------------------------- one session in all


def test_a_session_gives_the_order_to_the_last_drop_and_no_more():
    check = partial(check_session_total, ordered_mg=Decimal(36))
    check(so_far_mg=Fraction(18), more_mg=Fraction(18))
    check(so_far_mg=Fraction(0), more_mg=Fraction(36))
    check(so_far_mg=Fraction(35), more_mg=Fraction(1, 2))
    ends = "of 36 mg may be in already, and a session gives no more than was ordered. Stop here; "
    for so_far, more, shown in (
        (Fraction(18), Fraction(18001, 1000), "18 mg"),
        (Fraction(20), Fraction(36), "20 mg"),
        (Fraction(36), Fraction(1, 1000), "36 mg"),
        (Fraction(180001, 10000), Fraction(18), "18.001 mg"),
        (Fraction(53, 3), Fraction(0), "17.667 mg"),
        (Fraction(1), Fraction(-1), "1 mg"),
    ):
        assert refused(partial(check, so_far_mg=so_far, more_mg=more)) == (
            "session_total",
            f"{shown} {ends}a further dose needs a new order.",
            *NO_GROUND,
        )


# ---------------------------------------------------------------- the values that limits are read from


def valued(name: str, **fields: Any) -> ProtocolFile:
    """Return the infusion protocol with other values under one name."""
    value = value_of(IV, name, DAY).model_copy(update=fields)
    return IV.model_copy(update={"values": {**IV.values, name: {date(2000, 1, 1): value}}})


def test_a_limit_is_read_in_the_unit_that_is_asked():
    assert limit_in(IV, "dose_ceiling", "mg/kg", DAY) == 1
    assert limit_in(IV, "dose_ceiling", "ug/kg", DAY) == 1000
    assert limit_in(IV, "session_interval_min", "s", DAY) == 172_800
    assert limit_in(US, "device_rest", "s", DAY) == 300


def test_levels_are_read_in_the_basis_of_their_protocol():
    in_ug = valued("dose_levels", value=(Decimal(100), Decimal(500)), unit="ug/kg")
    assert allowed_levels(in_ug, DAY) == (Decimal("0.1"), Decimal("0.5"))
    assert floor_of(in_ug, DAY) == Decimal("0.1")
    assert allowed_levels(valued("dose_levels", unit=None), DAY)[-1] == 1
    assert allowed_levels(valued("dose_levels", value=("low", Decimal("0.5"))), DAY) == (Decimal("0.5"),)
    assert allowed_levels(valued("dose_levels", value=Decimal("0.5")), DAY) == ()
    assert floor_of(IV, IN_2019) == Decimal("0.1")
    assert allowed_levels(IV, IN_2019)[-1] == Decimal("0.75")


@pytest.mark.parametrize("fields", [{"value": True}, {"unit": None}])
def test_a_limit_that_is_no_number_with_a_unit_stops_the_question(fields):
    with pytest.raises(KnowledgeError) as caught:
        limit_in(valued("dose_ceiling", **fields), "dose_ceiling", "mg/kg", DAY)
    assert str(caught.value) == (
        "The value 'dose_ceiling' of ketamine-iv is not a number with a unit. Mend the file."
    )


def test_a_limit_that_a_protocol_lacks_stops_the_question():
    with pytest.raises(KnowledgeError) as caught:
        limit_in(IM, "rate_ceiling", "mg/kg/min", DAY)
    assert str(caught.value) == (
        "ketamine-im has no value 'rate_ceiling', so the dose cannot be checked. Add it to the file."
    )


def test_amounts_and_choices_are_shown_as_they_are_read():
    assert plain(in_mg(Decimal("36.50"))) == "36.5 mg"
    assert [either(w) for w in (["28"], ["56", "84"], ["28", "56", "84"])] == [
        "28",
        "56 or 84",
        "28, 56 or 84",
    ]


# ---------------------------------------------------------------- the refusal itself

GROUNDED = value_of(IV, "dose_ceiling", DAY)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "Too much. Nobody may override it."),
        (
            GROUNDED.model_copy(update={"facts": ("F-1", "F-2"), "sources": ("S-1",)}),
            "Too much. The limit rests on F-1, F-2, S-1. Nobody may override it.",
        ),
        (
            GROUNDED.model_copy(update={"facts": (), "sources": ("S-1",)}),
            "Too much. The limit rests on S-1. Nobody may override it.",
        ),
        (
            GROUNDED.model_copy(update={"facts": ("F-1",), "sources": (), "cleared_by": "prescriber"}),
            "Too much. The limit rests on F-1. Only a prescriber, with a reason, may override it.",
        ),
    ],
)
def test_a_refusal_says_its_ground_and_who_may_pass_it(value: Value | None, says: str):
    told = LimitExceeded("Too much.", limit="dose_ceiling", value=value)
    assert str(told) == says
    assert told.limit == "dose_ceiling"
    assert told.facts == (value.facts if value else ())
    assert told.sources == (value.sources if value else ())
    assert told.may_override == ((value and value.cleared_by) or "nobody")

"""The sum of a dose as it is shown, and what is asked where none can be worked out: word for word."""

from dataclasses import replace
from decimal import Decimal

import pytest

from posology.case import Case, Missing
from posology.knowledge import load_library
from posology.protocols.conditions import Context
from posology.protocols.dosing_weight import DosingWeight
from posology.protocols.limits import Intended, LimitExceeded
from posology.recommendation.doses import (
    infusion_minutes,
    neighbour,
    numbers,
    propose_dose,
    show_level,
    weight_for,
)
from posology.recommendation.options import ProposedDose
from tests.cases import NOW, complete_case
from tests.refusals import plain
from tests.unit.protocols.test_dosing_weight_as_said import library_with

LIBRARY = load_library()
IV = LIBRARY.protocol("ketamine-iv")
NASAL = LIBRARY.protocol("esketamine-nasal-eu")


def weighing(kg: str, actual: str | None = None) -> DosingWeight:
    return DosingWeight(Decimal(kg), "actual", NOW, "Actual body weight.", Decimal(actual or kg))


def proposed(
    protocol: str, level: str, *, kg: str | None = None, minutes: int | None = None, actual: str | None = None
) -> ProposedDose:
    return propose_dose(
        LIBRARY.protocol(protocol),
        Decimal(level),
        weight=weighing(kg, actual) if kg else None,
        minutes=minutes,
        library=LIBRARY,
        as_of=NOW,
    )


def steps(dose: ProposedDose) -> list[tuple[str, ...]]:
    return [(s.label, plain(s.expression), plain(s.result), plain(s.note)) for s in dose.steps]


# ---------------------------------------------------------------- the sum
@pytest.mark.parametrize(
    ("protocol", "level", "kg", "minutes", "told"),
    [
        (
            "ketamine-iv",
            "0.5",
            "72",
            40,
            [("Dose", "0.5 mg/kg × 72 kg", "36 mg", ""), ("Rate", "36 mg ÷ 40 min", "0.9 mg/min", "")],
        ),
        (
            "ketamine-iv",
            "0.5",
            "71.9",  # 35.95 mg, down to 35.5; over 60 min 0.59166…, down as well
            60,
            [
                ("Dose", "0.5 mg/kg × 71.9 kg = 35.95 mg", "35.5 mg", "rounded down to steps of 0.5 mg"),
                ("Rate", "35.5 mg ÷ 60 min", "0.5916 mg/min", ""),
            ],
        ),
        ("ketamine-im", "0.25", "72", None, [("Dose", "0.25 mg/kg × 72 kg", "18 mg", "")]),
        (
            "ketamine-oral",
            "0.75",
            "71.9",  # 53.925 mg
            None,
            [("Dose", "0.75 mg/kg × 71.9 kg = 53.925 mg", "53.5 mg", "rounded down to steps of 0.5 mg")],
        ),
        ("esketamine-nasal-eu", "28", None, None, [("Dose", "1 device × 28 mg", "28 mg", "not by weight")]),
        ("esketamine-nasal-eu", "56", None, None, [("Dose", "2 devices × 28 mg", "56 mg", "not by weight")]),
        ("esketamine-nasal-us", "84", None, None, [("Dose", "3 devices × 28 mg", "84 mg", "not by weight")]),
        ("ketamine-sl", "10", None, None, []),
    ],
)
def test_each_sum_is_shown_as_it_is_done(protocol, level, kg, minutes, told):
    assert steps(proposed(protocol, level, kg=kg, minutes=minutes)) == told


def test_a_dose_is_asked_of_every_limit_as_it_is_proposed():
    dose = proposed("ketamine-iv", "0.5", kg="70", actual="90", minutes=40)
    assert dose == ProposedDose(
        Decimal(35), Decimal("0.5"), "mg/kg", weighing("70", "90"), 40, None, dose.steps
    )
    assert dose.intended(3) == Intended(
        Decimal("0.5"), Decimal(35), Decimal(70), 40, None, 3, actual_kg=Decimal(90)
    )
    spray = proposed("esketamine-nasal-us", "84")
    assert spray.basis == "mg"
    assert spray.intended(1) == Intended(Decimal(84), Decimal(84), None, None, 3, 1, actual_kg=None)


def test_a_dose_too_fast_is_refused_and_not_cut():
    with pytest.raises(LimitExceeded, match="Infuse over more minutes"):
        proposed("ketamine-iv", "1.0", kg="72", minutes=20)


def test_an_actual_weight_beyond_all_measure_is_refused():
    """The dosing weight is in order; the actual one beside it is no number that a scale could give."""
    with pytest.raises(LimitExceeded, match="actual weight in kg is Infinity, which is not a number above 0"):
        proposed("ketamine-im", "0.5", kg="70", actual="Infinity")


@pytest.mark.parametrize(
    ("level", "up", "found"),
    [
        ("0.5", True, "0.75"),
        ("0.5", False, "0.4"),
        ("0.6", True, "0.75"),  # between two levels: the next one either way
        ("0.6", False, "0.5"),
        ("1.0", True, None),
        ("0.1", False, None),
    ],
)
def test_a_step_goes_to_the_next_level_and_no_further(level, up, found):
    found_level = neighbour(IV, Decimal(level), up=up, as_of=NOW)
    assert found_level == (None if found is None else Decimal(found))


def test_numbers_are_those_of_the_day():
    """In 2018 infusions had one time and no level above 0.75 mg/kg."""
    assert infusion_minutes(IV, NOW) == (40, 60)
    assert infusion_minutes(LIBRARY.protocol("ketamine-im"), NOW) == (None,)
    then = NOW.replace(year=2018)
    assert infusion_minutes(IV, then) == (40,)
    assert max(numbers(IV, "dose_levels", then)) == Decimal("0.75")
    assert numbers(IV, "dose_start", NOW) == (Decimal("0.5"),)


def test_a_word_or_an_answer_is_no_number():
    value = IV.values["dose_start"][min(IV.values["dose_start"])]
    for said in (True, "actual"):
        dated = {min(IV.values["dose_start"]): value.model_copy(update={"value": said})}
        assert numbers(IV.model_copy(update={"values": {"dose_start": dated}}), "dose_start", NOW) == ()


def test_a_level_is_shown_in_the_basis_of_its_protocol():
    assert plain(show_level(IV, Decimal("0.50"))) == "0.5 mg/kg"
    assert plain(show_level(NASAL, Decimal(56))) == "56 mg"


# ---------------------------------------------------------------- what a dose lacks
def asked(protocol, case: Case, library=LIBRARY):
    return weight_for(protocol, Context(case, library, NOW, {}))


def test_a_protocol_of_another_jurisdiction_has_no_dose_here():
    assert asked(NASAL, complete_case()) == (
        Missing(
            "protocol",
            "By which protocol of this jurisdiction (US) is the patient to be treated?",
            "esketamine-nasal-eu is none of them",
        ),
    )
    for here in ("EU", "UK"):
        assert asked(NASAL, complete_case(jurisdiction=here)) is None


def test_a_policy_that_cannot_be_followed_is_for_the_site_to_decide():
    library = library_with("lean")
    (missing,) = asked(library.protocol(IV.id), complete_case(), library)
    assert (missing.key, missing.why) == ("dosing_weight_policy", "for the site to decide")
    assert missing.ask == (
        "Intravenous racemic ketamine asks for the dosing weight 'lean', which is not known here. "
        "Use one of actual, ideal-if-bmi-30, ideal, actual-capped."
    )


def test_the_devices_are_counted_by_the_product_that_has_some():
    """A product without a device dose before the spray's own is passed over."""
    other = next(k for k, p in LIBRARY.products.products.items() if p.device_mg is None)
    both = NASAL.model_copy(update={"products": (other, *NASAL.products)})
    dose = propose_dose(both, Decimal(56), weight=None, minutes=None, library=LIBRARY, as_of=NOW)
    assert dose.devices == 2


def test_of_the_library_given_the_device_counts():
    """Devices of 14 mg in the library given: four, which the label's limit then refuses."""
    products = {
        key: p.model_copy(update={"device_mg": Decimal(14)}) if p.device_mg else p
        for key, p in LIBRARY.products.products.items()
    }
    library = replace(LIBRARY, products=LIBRARY.products.model_copy(update={"products": products}))
    with pytest.raises(LimitExceeded, match="4 devices"):
        propose_dose(NASAL, Decimal(56), weight=None, minutes=None, library=library, as_of=NOW)

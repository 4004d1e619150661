"""A curve beside each option: the dose of the option, the person of the case, and nothing decided by it."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from posology.case import Answer, Choice, Medication
from posology.knowledge import Route, Substance, load_library
from posology.pharmacology.errors import OutsideDomain
from posology.pharmacology.people import ChildPugh
from posology.pharmacology.regimens import devices, infusion, rate_profile, single
from posology.pharmacology.simulation import simulate
from posology.recommendation import recommend
from posology.recommendation.curve_people import AgeNotKnown, subject_of
from posology.recommendation.curves import curve_for, curves_for
from posology.recommendation.dose_curves import Drawn, NoCurve, curve_of, planned, rows_of
from tests.cases import NOW, STAFF, complete_case

LIBRARY = load_library()
RACEMATE, S_FORM = Substance.KETAMINE, Substance.ESKETAMINE
DOSES = {
    "a vein": infusion(RACEMATE, 36, 40),
    "a vein, off the grid": infusion(RACEMATE, 36, 43.7),
    "a muscle": single(RACEMATE, Route.INTRAMUSCULAR, 36),
    "the skin": single(RACEMATE, Route.SUBCUTANEOUS, 36),
    "the mouth": single(RACEMATE, Route.ORAL, 36),
    "the nose": devices(3, mg_each=28, rest_minutes=5),
    "the nose, with long rests": devices(3, mg_each=28, rest_minutes=19),
    "a vein, in steps": rate_profile(RACEMATE, [(0, 0.2, 60), (0.2, 0.31, 0), (0.31, 0.7, 40), (0.7, 1, 2)]),
}


def advised(case):
    return recommend(case, as_of=NOW, library=LIBRARY)


def person_of(case):
    return subject_of(case, as_of=NOW, library=LIBRARY).person


# ---------------------------------------------------------------- options


def test_every_option_with_a_dose_has_a_curve_of_exactly_that_dose(record_property):
    case = complete_case()
    advice = advised(case)
    options = (*advice.options, *advice.also_possible)
    curves = curves_for(options, case, as_of=NOW, library=LIBRARY)
    assert [one.option_id for one in curves] == [option.id for option in options]
    for option, one in zip(options, curves, strict=True):
        assert one.curve is not None, one.refused
        regimen = one.curve.simulation.regimen
        assert regimen.total_mg == pytest.approx(float(option.dose.dose_mg), rel=1e-12)
        assert (regimen.substance, regimen.routes) == (option.substance, (option.route,))
        if option.dose.minutes:
            assert regimen.end_h * 60 == pytest.approx(option.dose.minutes)
    record_property("n", len(options))
    assert {option.route for option in options} >= {Route.INTRAVENOUS, Route.NASAL, Route.INTRAMUSCULAR}


def test_the_rest_between_devices_is_the_protocols_own():
    case = complete_case()
    option = next(o for o in advised(case).options if o.route is Route.NASAL)
    doses = curve_for(option, case, as_of=NOW).curve.simulation.regimen.doses
    assert [dose.device for dose in doses] == [1, 2]
    assert doses[1].start_h * 60 == pytest.approx(5)  # PR-ESK-12


def test_the_advice_is_the_same_with_and_without_its_curves():
    case = complete_case()
    before = advised(case)
    curves_for(before.options, case, as_of=NOW, library=LIBRARY)
    assert advised(complete_case()) == before == advised(case)


def test_a_hold_has_no_curve_and_says_so():
    case = complete_case()
    option = replace(advised(case).options[0], dose=None)
    assert curve_for(option, case, as_of=NOW).refused == "It gives no dose, so there is no curve."


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("pregnant", Answer.YES, "pregnan"),
        ("kidney", Choice("dialysis"), "dialysis"),
        ("liver_class", Choice("child_pugh_c"), "Child-Pugh C"),
    ],
)
def test_for_whom_no_model_was_made_there_is_one_sentence_and_no_curve(key, value, words):
    options = advised(complete_case()).options
    case = complete_case({key: value})
    for one in curves_for(options, case, as_of=NOW, library=LIBRARY):
        assert one.curve is None
        assert words in one.refused
        assert one.refused.endswith(".") and "\n" not in one.refused


def test_a_recommendation_alone_needs_no_arrays():
    asked = (
        "import sys; import posology.recommendation; import posology.recommendation.recommend;"
        "sys.exit(any(m == 'numpy' or m.startswith('posology.pharmacology') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


# ---------------------------------------------------------------- doses


@pytest.mark.parametrize("name", DOSES)
def test_a_scaled_curve_is_the_curve_of_the_scaled_dose(name):
    """Half of it and 1.3 times of it: every number of the scaled answer, against a run of its own."""
    subject, dose = subject_of(complete_case(), as_of=NOW, library=LIBRARY), DOSES[name]
    drawn = Drawn(members=64)
    drawn.curve(dose, subject)
    for by in (0.5, 1.3):
        other = type(dose)(tuple(replace(one, amount_mg=one.amount_mg * by) for one in dose.doses))
        scaled, own = drawn.curve(other, subject), curve_of(other, subject, members=64)
        assert scaled.simulation.regimen == other
        assert scaled.simulation.remarks == own.simulation.remarks
        for analyte in own.simulation.analytes:
            pairs = [
                (scaled.simulation.members_ng_per_mL[analyte], own.simulation.members_ng_per_mL[analyte]),
                (scaled.simulation.typical_ng_per_mL[analyte], own.simulation.typical_ng_per_mL[analyte]),
                (scaled.simulation.exposures[analyte].Cmax, own.simulation.exposures[analyte].Cmax),
                (scaled.simulation.exposures[analyte].AUC, own.simulation.exposures[analyte].AUC),
                (scaled.simulation.hours_above(analyte, 50.0), own.simulation.hours_above(analyte, 50.0)),
            ]
            for found, wanted in pairs:
                np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)
        assert scaled.peak.Cmax_ng_per_mL == pytest.approx(own.peak.Cmax_ng_per_mL, rel=1e-9)


def test_a_scaled_dose_past_a_bound_is_refused_like_a_run_of_its_own():
    subject, drawn = subject_of(complete_case(), as_of=NOW, library=LIBRARY), Drawn(members=64)
    drawn.curve(DOSES["the nose"], subject)
    with pytest.raises(OutsideDomain, match="this model is not run"):
        drawn.curve(devices(3, mg_each=50, rest_minutes=5), subject)


@pytest.mark.parametrize("name", DOSES)
def test_the_peak_lies_within_a_tenth_of_a_percent_of_the_exact_one(name):
    curve = curve_of(DOSES[name], subject_of(complete_case(), as_of=NOW, library=LIBRARY), members=0)
    exact = curve.simulation.exposures[curve.simulation.analytes[0]]
    assert curve.peak.Cmax_ng_per_mL == pytest.approx(float(exact.Cmax[-1]), rel=1e-3)
    assert curve.peak.tmax_h == pytest.approx(float(exact.tmax_h[-1]), abs=5 / 3600)


def test_the_rows_are_the_curve_at_its_looks_and_the_bands_lie_around_it():
    curve = curve_of(DOSES["a vein"], subject_of(complete_case(), as_of=NOW, library=LIBRARY))
    rows = {row.t_min: row for row in rows_of(curve)}
    again = simulate(
        curve.simulation.model.id,
        DOSES["a vein"],
        curve.simulation.person,
        t_h=np.array([0.0, 40 / 60, 2.0]),
        members=0,
    ).typical_ng_per_mL["ketamine"]
    assert [rows[m].typical_ng_per_mL for m in (0, 40, 120)] == pytest.approx(again.tolist(), abs=1e-9)
    for row in rows.values():
        low, high = row.middle_80_ng_per_mL
        wider = row.middle_95_ng_per_mL
        assert wider[0] <= low <= high <= wider[1]


def test_the_second_opinion_is_of_the_same_site_and_substance_or_absent():
    subject = subject_of(complete_case(), as_of=NOW, library=LIBRARY)
    for dose in DOSES.values():
        curve = curve_of(dose, subject, members=0)
        if curve.beside is not None:
            assert curve.beside.site == curve.simulation.site
            assert curve.beside.model.id != curve.simulation.model.id
    assert curve_of(DOSES["a vein"], subject, members=0).beside is not None
    assert curve_of(DOSES["the nose"], subject, members=0).level is None  # a range of another substance


@pytest.mark.parametrize(
    ("route", "rest"),
    [(Route.INTRAVENOUS, {}), (Route.NASAL, {}), (Route.NASAL, {"devices": 2})],
)
def test_a_dose_without_its_minutes_or_devices_is_refused(route, rest):
    substance = S_FORM if route is Route.NASAL else RACEMATE
    with pytest.raises(NoCurve, match=r"no curve is drawn\. Give"):
        planned(substance, route, Decimal(56), **rest)


# ---------------------------------------------------------------- persons


def test_what_a_case_says_of_the_person_reaches_the_model_and_the_rest_stays_unknown():
    person = person_of(complete_case({"liver_class": Choice("child_pugh_b")}))
    assert (person.weight_kg, person.age_years) == (72.0, 45.0)
    assert (person.child_pugh, person.pregnant, person.dialysis) == (ChildPugh.B, False, False)
    assert person.intensive_care is None
    asked = ("weight", "liver_class", "kidney", "pregnant", "can_be_pregnant")
    assert person_of(complete_case({"kidney": Choice("impaired")})).kidney_impaired is True
    assert person.kidney_impaired is False
    unknown = person_of(complete_case(dict.fromkeys(asked)))
    assert unknown == type(unknown)(age_years=45.0)


def test_without_an_age_no_curve_is_drawn():
    """Under 18 years none is, so an age that is not known holds it up."""
    case = complete_case(born_on=None)
    with pytest.raises(AgeNotKnown, match="The day of birth is not known, so no curve is drawn"):
        person_of(case)


def test_who_can_not_be_pregnant_is_not_pregnant():
    assert person_of(complete_case({"pregnant": None})).pregnant is False
    asked = complete_case({"pregnant": None, "can_be_pregnant": Answer.YES})
    assert person_of(asked).pregnant is None


def test_a_value_that_is_too_old_is_unknown_here_too():
    case = complete_case(at=NOW - timedelta(days=4000))
    assert person_of(case) == type(person_of(case))(age_years=45.0)


def test_the_weight_is_the_actual_one_with_its_day_whatever_the_policy():
    case = complete_case()
    option = next(o for o in advised(case).options if o.dose and o.dose.weight)
    ideal = replace(option.dose.weight, kg=Decimal(60), policy="ideal")
    subject = subject_of(case, as_of=NOW, library=LIBRARY, weight=ideal)
    assert subject.person.weight_kg == 72.0
    assert subject.weighed_at == ideal.measured_at


@pytest.mark.parametrize(
    ("text", "active", "drugs"),
    [
        ("Rifampin 600 mg", Answer.YES, ("rifampin",)),
        ("rifampicin", Answer.UNKNOWN, ("rifampin",)),
        ("Rifampin 600 mg", Answer.NO, ()),
        ("sertraline 50 mg", Answer.YES, ()),
    ],
)
def test_a_drug_that_changes_the_curve_widens_it_unless_it_was_stopped(text, active, drugs):
    drug = Medication(text, None, active, NOW - timedelta(hours=2), STAFF)
    assert person_of(replace(complete_case(), medications=(drug,))).drugs == drugs

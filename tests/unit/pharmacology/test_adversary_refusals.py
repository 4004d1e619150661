"""What could slip past a refusal: an answer in another form, a bolus before a pause, more than the plan."""

import dataclasses

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.effects import (
    Rise,
    _effect_numbers,
    _effect_site,
    dissociation_shape,
    pressure_shape,
)
from posology.pharmacology.errors import Mixed, ModelError, OutsideDomain
from posology.pharmacology.model import load
from posology.pharmacology.people import ChildPugh, Person
from posology.pharmacology.population import draw_cohort, draw_occasion
from posology.pharmacology.regimens import Dose, Regimen, devices, infusion, rate_profile, single
from posology.pharmacology.simulation import simulate

VENOUS, NASAL, FILM = "ketamine-otto-2021", "esketamine-perez-ruixo-2021", "esketamine-simons-2022"
RACEMATE, S_FORM = Substance.KETAMINE, Substance.ESKETAMINE
SOMEBODY = Person(weight_kg=70, age_years=25)
STANDARD = infusion(RACEMATE, 35, 40)
SPRAY = devices(2, mg_each=28, rest_minutes=5)
LOOKS = np.arange(0, 181) / 60


def sentences(model, regimen, person=SOMEBODY, **asked):
    shown = simulate(model, regimen, person, members=0, **asked)
    return [remark.sentence for remark in shown.remarks]


# ------------------------------------------------------------------------------------------------ the person
@pytest.mark.hazard("H-22")
@pytest.mark.parametrize("state", ["pregnant", "dialysis", "intensive_care"])
def test_a_yes_in_another_form_is_a_yes_or_is_refused(record_property, state):
    with pytest.raises(OutsideDomain, match=r"Decide without one\."):
        simulate(VENOUS, STANDARD, dataclasses.replace(SOMEBODY, **{state: np.True_}), members=0)
    for value in (1, "yes", "no", 0.0):
        with pytest.raises(OutsideDomain, match="neither yes nor no"):
            dataclasses.replace(SOMEBODY, **{state: value})
    record_property("n", 5)


@pytest.mark.hazard("H-22")
def test_a_liver_class_given_as_text_is_that_class(record_property):
    with pytest.raises(OutsideDomain, match="With Child-Pugh C nobody was studied"):
        simulate(VENOUS, STANDARD, Person(70, 25, child_pugh="C"), members=0)
    assert Person(child_pugh="B").child_pugh is ChildPugh.B
    for text in ("c", "D", ""):
        with pytest.raises(OutsideDomain, match="There is no Child-Pugh class"):
            Person(child_pugh=text)
    record_property("n", 5)


@pytest.mark.parametrize("text", ["Japanese", "chinese", ""])
def test_an_unknown_study_population_is_refused_and_not_left_out(text):
    with pytest.raises(OutsideDomain, match="There is no study population"):
        Person(study_population=text)


def test_one_drug_is_not_a_list_of_letters():
    with pytest.raises(OutsideDomain, match="no list of names"):
        Person(drugs="rifampin")


# ------------------------------------------------------------------------------------------------ the dose
@pytest.mark.hazard("H-22")
@pytest.mark.parametrize("model", [VENOUS, "ketamine-clements-1981", "ketamine-domino", FILM])
def test_a_bolus_is_not_hidden_by_what_follows_it(record_property, model):
    at_once = [Dose(RACEMATE, Route.INTRAVENOUS, 20, hour) for hour in (0.0, 0.5)]
    for doses in (at_once, [at_once[0], *infusion(RACEMATE, 30, 40, at_h=0.1).doses]):
        with pytest.raises(OutsideDomain, match="rapid bolus, which no model here describes"):
            simulate(model, Regimen(tuple(doses)), SOMEBODY, members=0)
    record_property("n", 2)


FAST = {
    "one bolus": [(0, 1 / 30, 600)],
    "two boluses an hour apart": [(0, 1 / 30, 600), (1, 1 + 1 / 30, 600)],
    "two of 90 s within 40 minutes": [(0, 0.025, 400), (0.6, 0.625, 400)],
    "three boluses": [(0, 1 / 30, 600), (1, 1 + 1 / 30, 600), (2, 2 + 1 / 30, 600)],
    "a bolus before an infusion": [(0, 1 / 60, 600), (1 / 60, 0.7, 40)],
}


@pytest.mark.hazard("H-22")
@pytest.mark.parametrize("steps", FAST.values(), ids=FAST)
def test_a_pause_or_a_slow_remainder_makes_no_bolus_slow(record_property, steps):
    """One bolus is refused, so one after another is too; models that were held against none are told."""
    with pytest.raises(OutsideDomain, match="it says nothing of a rapid bolus"):
        simulate(VENOUS, rate_profile(RACEMATE, steps), SOMEBODY, members=0)
    for model in ("ketamine-clements-1981", "ketamine-domino"):
        assert any("is unchecked below" in said for said in sentences(model, rate_profile(RACEMATE, steps)))
    told = sentences(FILM, rate_profile(RACEMATE, steps))
    assert any("with a faster infusion the true peak is not held by data" in said for said in told)
    record_property("n", 4)


def test_two_short_infusions_are_told_as_one_is():
    for steps in ([(0, 0.15, 120)], [(0, 0.15, 120), (2, 2.15, 120)]):
        told = sentences(VENOUS, rate_profile(RACEMATE, steps))
        assert any("with a faster infusion the true peak lies higher" in said for said in told)


@pytest.mark.parametrize(
    "steps",
    [[(0, 2 / 3, 52.5)], [(0, 0.25, 50), (0.5, 0.9, 40)], [(0, 0.05, 50), (0.3, 0.9, 50)]],
    ids=["standard", "paused", "paused soon"],
)
def test_a_usual_infusion_with_a_pause_is_not_called_fast(steps):
    told = sentences(VENOUS, rate_profile(RACEMATE, steps))
    assert not any("bolus" in sentence or "faster" in sentence for sentence in told)


@pytest.mark.parametrize(
    "step", [(0.5, 0.6, float("nan")), (0.5, 0.6, -10.0), (0.6, 0.5, 10.0), (0.5, float("inf"), 1.0)]
)
def test_a_stretch_that_makes_no_sense_is_refused_and_not_left_out(step):
    with pytest.raises(OutsideDomain, match="what was given is not known"):
        rate_profile(RACEMATE, [(0.0, 0.5, 50.0), step])


def test_an_infusion_has_one_rate_at_a_time():
    with pytest.raises(OutsideDomain, match="one rate at a time"):
        rate_profile(RACEMATE, [(0.0, 0.5, 50.0), (0.2, 0.7, 50.0)])
    assert rate_profile(RACEMATE, [(0.0, 0.5, 50.0), (0.5, 0.7, 0.0), (0.7, 0.9, 5.0)]).total_mg == 26.0


@pytest.mark.parametrize("route", [one for one in Route if one is not Route.INTRAVENOUS])
def test_a_length_that_no_model_would_use_is_refused(route):
    with pytest.raises(OutsideDomain, match="take only an infusion into a vein to last"):
        Dose(S_FORM, route, 28, 0.0, 0.5)


@pytest.mark.hazard("H-22")
def test_devices_that_are_all_the_first_are_refused(record_property):
    """Three first devices would come out a third too high."""
    for numbers in ([1, 1, 1], [2, 3], [1, 3], [2, 1]):
        doses = tuple(Dose(S_FORM, Route.NASAL, 28, i / 12, device=n) for i, n in enumerate(numbers))
        with pytest.raises(ModelError, match="Number them from 1 in each session"):
            simulate(NASAL, Regimen(doses), SOMEBODY, members=0)
    simulate(NASAL, SPRAY.repeated([0.0, 72.0]), SOMEBODY, members=0)
    record_property("n", 5)


@pytest.mark.parametrize("rest", [-5.0, float("nan")])
def test_a_rest_that_is_no_time_is_refused(rest):
    with pytest.raises(OutsideDomain, match="Give 0 or more"):
        devices(2, mg_each=28, rest_minutes=rest)


def test_until_no_hour_is_not_until_nothing():
    with pytest.raises(OutsideDomain, match="no number"):
        STANDARD.until(float("nan"))


# ------------------------------------------------------------------------------- what was given, and the plan
@pytest.mark.hazard("H-22")
@pytest.mark.parametrize(
    ("model", "given", "plan", "refused"),
    [
        (VENOUS, infusion(Substance.ARKETAMINE, 35, 40), STANDARD, Mixed),
        (VENOUS, single(S_FORM, Route.NASAL, 28), STANDARD, OutsideDomain),
        (NASAL, devices(5, mg_each=28, rest_minutes=5), SPRAY, OutsideDomain),
    ],
    ids=["another substance", "another route", "more than any plan"],
)
def test_a_plan_lends_its_bounds_to_no_other_dose(record_property, model, given, plan, refused):
    with pytest.raises(refused):
        simulate(model, given, SOMEBODY, plan=plan, members=0)
    record_property("n", 1)


def test_a_stretch_that_was_fast_is_drawn_where_the_plan_was_not():
    """What a pump did in a session is shown as it was, and held against what was planned."""
    given = rate_profile(RACEMATE, FAST["a bolus before an infusion"])
    shown = simulate(VENOUS, given, SOMEBODY, plan=STANDARD, members=0)
    assert shown.typical_ng_per_mL["ketamine"].max() > 50


def test_a_part_of_a_plan_may_be_short_and_small():
    for minutes in (1e-9, 0.1, 3.0):
        so_far = STANDARD.until(minutes / 60)
        if so_far is not None:
            simulate(VENOUS, so_far, SOMEBODY, plan=STANDARD, members=0)
    assert STANDARD.until(1e-11) is None


# ------------------------------------------------------------------------------------------ numbers and sizes
@pytest.mark.parametrize(
    ("regimen", "person"),
    [
        (infusion(RACEMATE, 1e308, 40), SOMEBODY),
    ],
    ids=["amount"],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_curve_without_numbers_is_refused(regimen, person):
    with pytest.raises(OutsideDomain, match="comes to no number"):
        simulate(VENOUS, regimen, person, members=0)


def test_what_would_fill_the_memory_is_refused_before_anything_is_drawn():
    weekly = STANDARD.repeated([168.0 * week for week in range(104)])
    for regimen, members in ((STANDARD, 10_000_000), (weekly, 1000)):
        with pytest.raises(ModelError, match="Give fewer members or times"):
            simulate(VENOUS, regimen, SOMEBODY, members=members)


def test_a_seed_below_zero_is_refused():
    with pytest.raises(ModelError, match="Give a seed of 0 or more"):
        simulate(VENOUS, STANDARD, SOMEBODY, members=10, seed=-1)


@pytest.mark.parametrize("level", [float("nan"), float("inf"), -1.0])
def test_hours_above_no_level_are_not_counted(level):
    with pytest.raises(OutsideDomain, match="Give a number of 0 or more"):
        simulate(VENOUS, STANDARD, SOMEBODY, members=0).hours_above("ketamine", level)


# ------------------------------------------------------------------------------------------------- the shapes
@pytest.mark.hazard("H-22")
@pytest.mark.parametrize(
    "person",
    [
        {"child_pugh": ChildPugh.C}, {"pregnant": True}, {"dialysis": True}, {"intensive_care": True},
        {"age_years": 17.0},
    ],
)  # fmt: skip
def test_no_shape_is_drawn_for_those_who_get_no_curve(record_property, person):
    who = dataclasses.replace(SOMEBODY, **person)
    with pytest.raises(OutsideDomain):
        dissociation_shape(STANDARD, who, LOOKS, members=10)
    with pytest.raises(OutsideDomain):
        pressure_shape(STANDARD, who, LOOKS, model=VENOUS)
    record_property("n", 2)


def test_a_liver_that_clears_less_lengthens_the_shapes_too():
    sick = dataclasses.replace(SOMEBODY, child_pugh=ChildPugh.B)
    at_2_h = LOOKS.searchsorted(2.0)
    more, usual = (dissociation_shape(STANDARD, who, LOOKS, members=10) for who in (sick, SOMEBODY))
    assert more.typical[at_2_h] > 1.2 * usual.typical[at_2_h]
    assert any(remark.what == "liver" for remark in more.remarks)
    later, sooner = (pressure_shape(STANDARD, who, LOOKS, model=VENOUS) for who in (sick, SOMEBODY))
    assert later.systolic_mmHg[at_2_h] > 1.05 * sooner.systolic_mmHg[at_2_h]


def test_a_window_that_ends_before_the_peak_is_not_stretched_to_it():
    """After ten of forty minutes the shape stands at a third of its height, and not at all of it."""
    whole = pressure_shape(STANDARD, SOMEBODY, LOOKS, model=VENOUS)
    begun = pressure_shape(STANDARD, SOMEBODY, LOOKS[:11], model=VENOUS)
    np.testing.assert_allclose(begun.systolic_mmHg, whole.systolic_mmHg[:11], rtol=1e-12)
    assert begun.systolic_mmHg[-1] < whole.systolic_mmHg.max() / 2


def test_a_rise_that_nobody_measured_is_refused():
    with pytest.raises(OutsideDomain, match="Give what was measured"):
        Rise(float("nan"), 5.0)


def test_the_effect_and_a_session_are_drawn_apart():
    """They once shared a stream of random numbers, since a short key is filled up with zeros."""
    file, site = load(FILM).file, _effect_site()
    _, c50 = _effect_numbers(site, 1000, 7)
    wide = np.log(float(site.c50.high / site.c50.low)) / (2 * 1.959963984540054)
    of_effect = np.round(np.log(c50[:-1] / c50[-1]) / wide, 9)
    for session in range(1, 5):
        drawn = draw_occasion(file, draw_cohort(file, 1000, seed=7), session)
        for name, values in drawn.items():
            variance = float(file.parameters[name].between_occasion.variance)
            assert not np.isin(of_effect, np.round(values / np.sqrt(variance), 9)).any()

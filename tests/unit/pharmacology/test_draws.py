"""Who the members of a cohort are: the spread that was published, the same members every time."""

import dataclasses

import numpy as np
import pytest

from posology.knowledge.models import pk_covariates, pk_models
from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.errors import ModelError, OutsideDomain
from posology.pharmacology.exposure import auc_to_infinity
from posology.pharmacology.model import load
from posology.pharmacology.people import ChildPugh, Person
from posology.pharmacology.population import BLOCK, bands, draw_cohort, draw_occasion, typical
from posology.pharmacology.regimens import devices, infusion, single
from posology.pharmacology.simulation import simulate

VENOUS = pk_models()["ketamine-otto-2021"]
NASAL = pk_models()["esketamine-perez-ruixo-2021"]
FILM = pk_models()["esketamine-simons-2022"]
SOMEBODY = Person(weight_kg=70, age_years=40)
BY_VEIN = infusion(Substance.KETAMINE, 35, 40)
BY_NOSE = devices(2, mg_each=28, rest_minutes=5)


def test_the_covariance_is_the_published_one():
    """Ω of the venous model, within three standard errors of 100,000 members (section 4.2 of the sheet)."""
    n = 100_000
    d = draw_cohort(VENOUS, n, seed=3).deviations
    published = {
        ("V1", "V1"): 0.0842, ("CL", "CL"): 0.0260, ("V1", "CL"): 0.0226,
        ("Vn", "Vn"): 0.0404, ("CLn", "CLn"): 0.103, ("Vn", "CLn"): 0.0446,
        ("V1", "Vn"): 0.0, ("CL", "CLn"): 0.0,
    }  # fmt: skip
    for (one, other), expected in published.items():
        error = np.sqrt((published[one, one] * published[other, other] + expected**2) / n)
        assert np.mean(d[one] * d[other]) == pytest.approx(expected, abs=3 * error)


def test_the_spread_of_a_parameter_is_its_published_cv():
    """29.6, 16.2, 20.3 and 33.0 %, by sqrt(exp(ω²) − 1)."""
    p = load(VENOUS.id).parameters(SOMEBODY, draw_cohort(VENOUS, 100_000, seed=4), changes={})
    for name, percent in (("V1", 29.6), ("CL", 16.2), ("Vn", 20.3), ("CLn", 33.0)):
        assert 100 * np.std(p[name]) / np.mean(p[name]) == pytest.approx(percent, rel=0.02)
        assert np.median(p[name]) == pytest.approx(load(VENOUS.id).values[name], rel=0.01)


def test_a_fraction_stays_a_fraction():
    """FRn varies on the logit; a factor on top, for a study population, does not lift it above the whole."""
    model = load(NASAL.id)
    for who in (SOMEBODY, dataclasses.replace(SOMEBODY, study_population="japanese")):
        taken = model.parameters(who, draw_cohort(NASAL, 50_000, seed=5), changes={})["FRn"]
        assert 0 < taken.min() < taken.max() <= 1
    assert np.median(model.parameters(SOMEBODY, draw_cohort(NASAL, 50_000, seed=5), changes={})["FRn"]) == (
        pytest.approx(0.54, abs=0.01)
    )


def test_the_first_members_do_not_depend_on_how_many_follow():
    few, many = draw_cohort(VENOUS, 10, seed=6), draw_cohort(VENOUS, 3 * BLOCK + 7, seed=6)
    for name, values in few.deviations.items():
        np.testing.assert_array_equal(values, many.deviations[name][:10])


def test_a_block_drawn_alone_is_the_same_to_the_last_bit():
    many = draw_cohort(VENOUS, 3 * BLOCK, seed=6)
    alone = draw_cohort(VENOUS, BLOCK, seed=6, first=2 * BLOCK)
    for name, values in alone.deviations.items():
        np.testing.assert_array_equal(values, many.deviations[name][2 * BLOCK :])


def test_another_seed_is_another_cohort_and_the_same_seed_the_same():
    first, again, other = (draw_cohort(VENOUS, 50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.deviations["CL"], again.deviations["CL"])
    assert not (first.deviations["CL"] == other.deviations["CL"]).any()


@pytest.mark.parametrize(("members", "first"), [(0, 0), (10, 7)])
def test_a_cohort_that_cannot_be_drawn_is_refused(members, first):
    with pytest.raises(ModelError, match="Ask for at least one, and begin at a multiple of 1000"):
        draw_cohort(VENOUS, members, seed=1, first=first)


def test_a_model_without_a_spread_has_no_band():
    with pytest.raises(ModelError, match="published without a spread between persons, so it has no band"):
        draw_cohort(pk_models()["ketamine-domino"], 10, seed=1)
    shown = simulate("ketamine-domino", BY_VEIN, SOMEBODY)
    assert not shown.has_band
    assert shown.bands("ketamine") == ()
    assert (shown.median_ng_per_mL("ketamine") == shown.typical_ng_per_mL["ketamine"]).all()


def test_where_a_spread_is_missing_in_the_paper_the_larger_of_the_tried_ones_is_taken():
    wide, narrow = (draw_cohort(NASAL, 5000, seed=8, wide=wide) for wide in (True, False))
    assert np.std(wide.deviations["kmet"]) == pytest.approx(0.30, rel=0.05)
    assert (narrow.deviations["kmet"] == 0).all()


def test_sessions_of_one_person_differ_as_published_and_those_of_the_typical_one_do_not():
    cohort = draw_cohort(FILM, 20_000, seed=9).with_typical()
    first, second = (draw_occasion(FILM, cohort, occasion) for occasion in (1, 2))
    assert np.var(first["F1"][:-1]) == pytest.approx(0.060, rel=0.05)
    assert abs(np.corrcoef(first["F1"][:-1], second["F1"][:-1])[0, 1]) < 0.03
    assert {values[-1] for values in first.values()} == {0.0}
    assert draw_occasion(VENOUS, draw_cohort(VENOUS, 5, seed=9), 1) == {}
    assert draw_occasion(FILM, typical(FILM), 1) == {}


def test_a_cohort_of_another_model_is_refused():
    with pytest.raises(ModelError, match="Spreads of two models are not mixed"):
        simulate(NASAL.id, BY_NOSE, SOMEBODY, cohort=draw_cohort(VENOUS, 10, seed=1))


def test_a_band_holds_its_share_of_the_cohort():
    shown = simulate(VENOUS.id, BY_VEIN, SOMEBODY, members=2000)
    curves = shown.members_ng_per_mL["ketamine"]
    for band in shown.bands("ketamine"):
        inside = (curves >= band.low[:, None]) & (curves <= band.high[:, None])
        np.testing.assert_allclose(inside[1:].mean(axis=1), band.percent / 100, atol=0.002)


def test_a_rank_between_two_members_is_taken_in_proportion():
    made, median = bands(np.array([[3.0, 1.0, 2.0, 4.0]]), (50.0,))
    assert median[0] == 2.5
    assert (made[0].low[0], made[0].high[0]) == (1.75, 3.25)


# ---------------------------------------------------------------- what changes a curve
def exposure(model, regimen, **more):
    who = dataclasses.replace(SOMEBODY, **more)
    return simulate(model, regimen, who, members=400, seed=11).exposures


def test_child_pugh_b_changes_the_exposures_as_the_sheet_works_out():
    """m = 0.26 on the liver: nasal 28 mg AUC × 2.03, 84 mg × 2.2, nasal Cmax × 1.05, oral AUC × 3.8."""
    one, three = (devices(n, mg_each=28, rest_minutes=5) for n in (1, 3))
    mouth = single(Substance.ESKETAMINE, Route.ORAL, 60)
    area, height = {}, {}
    for name, regimen in (("one", one), ("three", three), ("mouth", mouth)):
        sick, well = (
            simulate(NASAL.id, regimen, dataclasses.replace(SOMEBODY, child_pugh=liver), members=0)
            for liver in (ChildPugh.B, ChildPugh.NONE)
        )
        area[name] = auc_to_infinity(sick.parts, "ketamine")[0] / auc_to_infinity(well.parts, "ketamine")[0]
        height[name] = sick.exposures["ketamine"].Cmax[0] / well.exposures["ketamine"].Cmax[0]
    assert area == pytest.approx({"one": 2.03, "three": 2.2, "mouth": 3.8}, rel=0.04)
    assert height["one"] == pytest.approx(1.05, abs=0.01)


@pytest.mark.parametrize(
    ("model", "regimen"),
    [
        (VENOUS.id, BY_VEIN),
        (FILM.id, single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50)),
        ("ketamine-clements-1981", BY_VEIN),
    ],
    ids=["mammillary", "delayed metabolites", "rate constants"],
)
def test_child_pugh_b_raises_exposure_in_every_structure_and_says_that_it_is_derived(model, regimen):
    sick = simulate(model, regimen, dataclasses.replace(SOMEBODY, child_pugh=ChildPugh.B), members=0)
    well = simulate(model, regimen, SOMEBODY, members=0)
    assert sick.exposures["ketamine"].AUC[-1] > 1.3 * well.exposures["ketamine"].AUC[-1]
    assert any("It is derived: the curve is less sure." in remark.sentence for remark in sick.remarks)


def test_a_drug_widens_the_band_from_no_effect_to_all_that_was_reported():
    mouth = single(Substance.ESKETAMINE, Route.ORAL, 20)
    alone = exposure(NASAL.id, mouth)["ketamine"].AUC
    beside = exposure(NASAL.id, mouth, drugs=("clarithromycin",))["ketamine"].AUC
    ratios = beside[:-1] / alone[:-1]
    assert (ratios.min(), ratios.max()) == (pytest.approx(1.0, abs=0.02), pytest.approx(2.6, abs=0.02))
    assert beside[-1] == alone[-1]


def test_a_drug_reported_by_another_route_alone_changes_nothing_and_an_unknown_one_is_refused():
    assert (
        exposure(VENOUS.id, BY_VEIN, drugs=("clarithromycin",))["ketamine"].AUC
        == exposure(VENOUS.id, BY_VEIN)["ketamine"].AUC
    ).all()
    with pytest.raises(OutsideDomain, match="Nothing is known here of what 'aspirin' changes in the curve"):
        exposure(VENOUS.id, BY_VEIN, drugs=("aspirin",))


@pytest.mark.parametrize(("weight", "low", "high"), [(50, 1.0, 1.09), (75, 1.0, 1.0), (110, 0.83, 1.0)])
def test_weight_stays_out_of_a_nasal_curve_and_widens_its_band_at_the_extremes(weight, low, high):
    usual = exposure(NASAL.id, BY_NOSE, weight_kg=75)["ketamine"].AUC
    here = exposure(NASAL.id, BY_NOSE, weight_kg=weight)["ketamine"].AUC
    ratios = here / usual
    assert ratios[-1] == 1.0
    assert (ratios.min(), ratios.max()) == (pytest.approx(low, abs=0.005), pytest.approx(high, abs=0.005))


@pytest.mark.parametrize("drug", sorted({one.with_ for one in pk_covariates().fold_changes if not one.organ}))
def test_every_drug_of_the_file_can_be_asked(drug):
    mouth = single(Substance.ESKETAMINE, Route.ORAL, 20)
    for model, regimen in ((NASAL.id, mouth), (NASAL.id, BY_NOSE), (VENOUS.id, BY_VEIN)):
        shown = simulate(model, regimen, dataclasses.replace(SOMEBODY, drugs=(drug,)), members=30)
        assert np.isfinite(shown.members_ng_per_mL["ketamine"]).all()


@pytest.mark.parametrize("organ", sorted({one.with_ for one in pk_covariates().fold_changes if one.organ}))
def test_an_organ_is_no_drug(organ):
    """A class of liver or kidney disease has its own place; named as a drug it would be counted wrongly."""
    with pytest.raises(OutsideDomain, match=f"'{organ}'"):
        simulate(NASAL.id, BY_NOSE, dataclasses.replace(SOMEBODY, drugs=(organ,)), members=0)


def test_the_liver_carries_less_from_sixty_on():
    """Qh falls by 2.19 L/h a year above 60."""
    model = load(NASAL.id)
    flows = [
        model.parameters(Person(weight_kg=70, age_years=age), typical(NASAL), changes={})["Qh"][0]
        for age in (45, 60, 61, 70)
    ]
    assert flows == pytest.approx([151, 151, 151 - 2.19, 151 - 21.9])


def test_a_study_population_is_offered_and_never_on_by_itself():
    model = load(NASAL.id)
    p = {
        who: model.parameters(dataclasses.replace(SOMEBODY, study_population=who), typical(NASAL), changes={})
        for who in (None, "asian", "japanese")
    }
    assert [p[who]["kel"][0] / p[None]["kel"][0] for who in p] == pytest.approx([1, 0.36, 0.36])
    assert [p[who]["FRn"][0] / p[None]["FRn"][0] for who in p] == pytest.approx([1, 1, 1.34])


def test_weight_scales_what_the_paper_scaled():
    model = load(VENOUS.id)
    heavy, usual = (
        model.parameters(Person(weight_kg=kg, age_years=40), typical(VENOUS), changes={}) for kg in (140, 70)
    )
    ratios = {name: heavy[name][0] / usual[name][0] for name in usual}
    assert {name: round(ratio, 6) for name, ratio in ratios.items() if ratio != 1} == {
        "V1": 2.0, "CL": round(2**0.75, 6), "Vn": 2.0, "CLn": round(2**0.75, 6),
    }  # fmt: skip

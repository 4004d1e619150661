"""What must hold of every curve, whatever the model, the person and the regimen."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.exposure import auc_to_infinity, exposures
from posology.pharmacology.levels import time_above
from posology.pharmacology.model import load
from posology.pharmacology.people import Person
from posology.pharmacology.population import draw_cohort
from posology.pharmacology.regimens import Dose, Regimen, devices, infusion, rate_profile, single
from posology.pharmacology.simulation import simulate
from posology.pharmacology.standing import Part
from posology.pharmacology.stepping import Input
from posology.pharmacology.stepping import simulate as run
from posology.pharmacology.structures import mammillary

SOMEBODY = Person(weight_kg=81.5, age_years=66)
LOOKS = np.array([0.0, 0.1, 0.25, 0.5, 0.7, 1.0, 2.0, 5.0, 11.0, 24.0, 80.0])
SUBSTANCE, ROUTE = Substance, Route

# Every structure and every route of a primary model; second opinions by vein.
WAYS = {
    "by vein": ("ketamine-otto-2021", infusion(SUBSTANCE.KETAMINE, 40, 40)),
    "into muscle": ("ketamine-otto-2021", single(SUBSTANCE.KETAMINE, ROUTE.INTRAMUSCULAR, 40)),
    "under the skin": ("ketamine-otto-2021", single(SUBSTANCE.ESKETAMINE, ROUTE.SUBCUTANEOUS, 20)),
    "by nose": ("esketamine-perez-ruixo-2021", devices(3, mg_each=28, rest_minutes=7)),
    "by mouth": ("esketamine-perez-ruixo-2021", single(SUBSTANCE.KETAMINE, ROUTE.ORAL, 60)),
    "film": ("esketamine-simons-2022", single(SUBSTANCE.ESKETAMINE, ROUTE.SUBLINGUAL, 60)),
    "two compartments": ("ketamine-clements-1981", infusion(SUBSTANCE.KETAMINE, 40, 25)),
    "three fast ones": ("ketamine-domino", infusion(SUBSTANCE.KETAMINE, 40, 25)),
}
positive = st.floats(min_value=0.02, max_value=50.0)


def curves(model: str, regimen: Regimen, *, t_h: np.ndarray = LOOKS, members: int = 20, plan=None):
    cohort = None
    if any(one.between for one in load(model).file.parameters.values()):
        cohort = draw_cohort(load(model).file, members, seed=5)
    return simulate(model, regimen, SOMEBODY, t_h=t_h, cohort=cohort, members=0, plan=plan)


def everyone(shown, analyte: str) -> np.ndarray:
    """All members' curves with the typical one as the last column."""
    typical = shown.typical_ng_per_mL[analyte][:, None]
    return np.hstack((shown.members_ng_per_mL.get(analyte, typical[:, :0]), typical))


@given(
    V1=positive,
    CL=positive,
    V2=positive,
    Q2=positive,
    V3=positive,
    Q3=positive,
    dose=positive,
    hours=positive,
)
@settings(max_examples=200, deadline=None)
def test_everything_infused_is_cleared(V1, CL, V2, Q2, V3, Q3, dose, hours):
    """CL × AUC(0, ∞) equals the dose, whatever the parameters (mass balance)."""
    numbers = {"V1": V1, "CL": CL, "V2": V2, "Q2": Q2, "V3": V3, "Q3": Q3}
    p = {name: np.array([value]) for name, value in numbers.items()}
    part = Part(mammillary(p), (Input("central", dose, 0.0, hours),))
    assert CL * auc_to_infinity([part], "ketamine")[0] == pytest.approx(dose, rel=1e-9)


@given(V1=positive, CL=positive, V2=positive, Q2=positive, Vn=positive, CLn=positive, until=positive)
@settings(max_examples=100, deadline=None)
def test_what_is_given_is_in_the_body_or_has_left_it(V1, CL, V2, Q2, Vn, CLn, until):
    """What the parent has lost is norketamine, in the body or cleared from it, at any time."""
    numbers = {"V1": V1, "CL": CL, "V2": V2, "Q2": Q2, "Vn": Vn, "CLn": CLn, "fN": 1.0}
    p = {name: np.array([value]) for name, value in numbers.items()}
    part = Part(mammillary(p), (Input("central", 10.0, 0.0, 0.5),))
    given_mg = 10.0 * min(until / 0.5, 1.0)
    shown = exposures([part], ("ketamine", "norketamine"), until)
    cleared_as_norketamine = CLn * shown["norketamine"].AUC[0]
    formed = CL * shown["ketamine"].AUC[0]
    looks = np.array([0.0, until])
    norketamine = Vn * run(part.cascade, part.inputs, looks)["norketamine"][-1, 0]
    assert formed <= given_mg * (1 + 1e-9)
    assert norketamine + cleared_as_norketamine == pytest.approx(formed, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("times", [0.1, 3.7])
def test_twice_the_dose_is_twice_the_curve(way, times):
    """Linearity: every model here is linear in the dose, device for device."""
    model, regimen = WAYS[way]
    more = Regimen(
        tuple(
            Dose(one.substance, one.route, one.amount_mg * times, one.start_h, one.duration_h, one.device)
            for one in regimen.doses
        )
    )
    try:
        larger = curves(model, more)
    except Exception as error:  # a hard bound of the dose may refuse the larger or the smaller one
        assert "studied" in str(error)
        return
    for analyte in larger.analytes:
        np.testing.assert_allclose(
            everyone(larger, analyte), times * everyone(curves(model, regimen), analyte), rtol=1e-9
        )


@pytest.mark.parametrize("way", WAYS)
def test_doses_add_up(way):
    """Superposition: the curve of two sessions is the sum of the curves of each."""
    model, regimen = WAYS[way]
    if model == "esketamine-simons-2022":
        members = 0  # sessions of one person differ there, so the second is not the first one moved
    else:
        members = 20
    later = regimen.shifted(30.0)
    looks = np.array([0.0, 1.0, 29.0, 30.0, 30.3, 31.0, 40.0, 60.0])

    def shown(what):
        return simulate(model, what, SOMEBODY, t_h=looks, members=members, seed=9)

    both, first, second = shown(Regimen(regimen.doses + later.doses)), shown(regimen), shown(later)
    for analyte in both.analytes:
        added = everyone(first, analyte) + everyone(second, analyte)
        np.testing.assert_allclose(everyone(both, analyte), added, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("by_h", [0.013, 7.0, 24.0 * 365])
def test_a_later_dose_is_the_same_curve_later(way, by_h):
    """Shifting all times changes nothing."""
    model, regimen = WAYS[way]
    now, later = curves(model, regimen), curves(model, regimen.shifted(by_h), t_h=LOOKS + by_h)
    for analyte in now.analytes:
        np.testing.assert_allclose(everyone(later, analyte), everyone(now, analyte), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_where_one_looks_changes_nothing(way):
    """The grid only says when to look: other looks in between leave every value as it was."""
    model, regimen = WAYS[way]
    finer = np.unique(np.concatenate((LOOKS, np.linspace(0.0, 80.0, 337))))
    few, many = curves(model, regimen), curves(model, regimen, t_h=finer)
    for analyte in few.analytes:
        there = everyone(many, analyte)[np.searchsorted(finer, LOOKS)]
        np.testing.assert_allclose(there, everyone(few, analyte), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("way", WAYS)
def test_a_peak_is_above_every_look_and_an_area_is_that_of_a_fine_grid(way):
    """Cmax, AUC and time above a level, found without a grid, against a grid of 12 seconds."""
    model, regimen = WAYS[way]
    fine = np.arange(0, 24 * 300 + 1) / 300
    shown = curves(model, regimen, t_h=fine, members=8)
    for analyte in shown.analytes:
        drawn = everyone(shown, analyte)
        found = shown.exposures[analyte]
        assert (found.Cmax >= drawn.max(axis=0) * (1 - 1e-9)).all()
        np.testing.assert_allclose(found.Cmax, drawn.max(axis=0), rtol=2e-4)
        np.testing.assert_allclose(found.AUC, np.trapezoid(drawn, fine, axis=0), rtol=2e-4)
        level = float(np.median(drawn.max(axis=0))) / 3
        np.testing.assert_allclose(
            shown.hours_above(analyte, level), (drawn > level).mean(axis=0) * fine[-1], atol=0.01
        )


@given(
    cuts=st.lists(st.floats(min_value=0.01, max_value=1.4), min_size=1, max_size=6, unique=True),
    rates=st.lists(st.floats(min_value=0.0, max_value=90.0), min_size=7, max_size=7),
)
@settings(max_examples=60, deadline=None)
def test_an_infusion_in_pieces_is_one_infusion(cuts, rates):
    """However a run is cut, equal rates give one infusion; and each change of rate is where it was made."""
    edges = [0.0, *sorted(cuts), 1.5]
    pieces = [(a, b, 40.0) for a, b in pairwise(edges) if b - a > 1e-9]
    whole = infusion(SUBSTANCE.KETAMINE, 60.0, 90.0)
    cut = curves("ketamine-otto-2021", rate_profile(SUBSTANCE.KETAMINE, pieces), members=3)
    one = curves("ketamine-otto-2021", whole, members=3)
    np.testing.assert_allclose(everyone(cut, "ketamine"), everyone(one, "ketamine"), rtol=1e-9)
    varied = [(a, b, rate) for (a, b, _), rate in zip(pieces, rates, strict=False) if rate > 0.01]
    if varied:

        def ketamine(steps):
            profile = rate_profile(SUBSTANCE.KETAMINE, steps)
            return everyone(curves("ketamine-otto-2021", profile, members=3, plan=whole), "ketamine")

        added = sum(ketamine([piece]) for piece in varied)
        np.testing.assert_allclose(ketamine(varied), added, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("way", WAYS)
def test_no_curve_falls_below_zero_or_has_no_number(way):
    model, regimen = WAYS[way]
    shown = curves(model, regimen, t_h=np.arange(0, 2000) / 10, members=200)
    for analyte in shown.analytes:
        drawn = everyone(shown, analyte)
        assert np.isfinite(drawn).all()
        assert (drawn >= -1e-9).all()


def test_a_level_never_reached_is_never_passed_and_a_level_of_nothing_always():
    shown = curves("ketamine-otto-2021", infusion(SUBSTANCE.KETAMINE, 40, 40), t_h=np.arange(0, 49) / 2)
    assert (time_above(shown.parts, "ketamine", 1e6, 24.0) == 0).all()
    np.testing.assert_allclose(time_above(shown.parts, "ketamine", 1e-9, 24.0), 24.0, rtol=1e-6)

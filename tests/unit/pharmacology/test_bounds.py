"""Each boundary of each model file, a hair to either side; and those for whom no curve is drawn."""

import dataclasses

import numpy as np
import pytest

from posology.knowledge import load_library
from posology.knowledge.models import pk_covariates, pk_models
from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.errors import Mixed, ModelError, OutsideDomain
from posology.pharmacology.people import ChildPugh, Person
from posology.pharmacology.population import draw_cohort
from posology.pharmacology.regimens import Dose, Regimen, infusion, rate_profile, single
from posology.pharmacology.simulation import simulate

SOMEBODY = Person(weight_kg=70, age_years=25)
HAIR = 1e-6
BOUNDS = [
    (file.id, bound, hard, side)
    for file in pk_models().values()
    for hard, bounds in ((True, file.domain.hard), (False, file.domain.soft))
    for bound in bounds
    for side in ("low", "high")
    if getattr(bound, side) is not None and bound.what != "time-after"
]


def regimen_of(file, bound, value):
    """A session in which what is bounded is ``value``, and everything else is usual."""
    route = Route((bound.routes or file.routes)[0])
    substances = file.substances_by_route.get(route.value, file.substances)
    amount_mg, minutes = {Route.INTRAVENOUS: 35.0, Route.NASAL: 56.0}.get(route, 50.0), 40.0
    if bound.what == "dose":
        amount_mg = value
    elif bound.what == "dose-per-kg":
        amount_mg = value * SOMEBODY.weight_kg
    elif bound.what == "duration":
        minutes = value
    elif bound.what == "device-dose":
        amount_mg = value
    if route is Route.INTRAVENOUS:
        return infusion(substances[0], amount_mg, minutes)
    if bound.what == "device-count":
        count = round(value)
        return Regimen(
            tuple(Dose(substances[0], route, 84 / count, i / 12, device=i + 1) for i in range(count))
        )
    return Regimen((Dose(substances[0], route, amount_mg),))


def person_of(bound, value):
    field = {"age": "age_years", "weight": "weight_kg"}.get(bound.what)
    return dataclasses.replace(SOMEBODY, **{field: value}) if field else SOMEBODY


def said(file, bound, value):
    """The sentences beside a curve, or the refusal."""
    try:
        shown = simulate(file.id, regimen_of(file, bound, value), person_of(bound, value), members=0)
    except OutsideDomain as refused:
        return "refused", (str(refused),)
    return "run", tuple(remark.sentence for remark in shown.remarks)


@pytest.mark.hazard("H-22")
@pytest.mark.parametrize(
    ("model", "bound", "hard", "side"),
    BOUNDS,
    ids=[f"{model}-{'hard' if hard else 'soft'}-{b.what}-{side}" for model, b, hard, side in BOUNDS],
)
def test_a_hair_outside_is_refused_or_told_and_a_hair_inside_is_not(
    record_property, model, bound, hard, side
):
    file = pk_models()[model]
    edge = float(getattr(bound, side))
    step = 1 if bound.what == "device-count" else edge * HAIR
    outside = edge - step if side == "low" else edge + step
    inside = edge if bound.what == "device-count" else edge + step if side == "low" else edge - step
    verdict, sentences = said(file, bound, outside)
    assert verdict == ("refused" if hard else "run")
    assert any(bound.say in sentence for sentence in sentences)
    verdict, sentences = said(file, bound, inside)
    assert verdict == "run"
    assert not any(bound.say in sentence for sentence in sentences)
    record_property("n", 2)


def test_the_bounds_are_all_there():
    """A bound in hours after a dose says when to believe a curve and refuses nobody: it is not asked here."""
    assert len(BOUNDS) >= 20
    assert {bound.what for _, bound, _, _ in BOUNDS} == {
        "age", "weight", "dose", "dose-per-kg", "duration", "device-count", "device-dose",
    }  # fmt: skip


REFUSED = {
    "child-pugh-c": {"child_pugh": ChildPugh.C},
    "pregnancy": {"pregnant": True},
    "dialysis": {"dialysis": True},
    "intensive-care": {"intensive_care": True},
    "children": {"age_years": 17.99},
}


@pytest.mark.hazard("H-22")
@pytest.mark.parametrize("model", pk_models())
@pytest.mark.parametrize("why", REFUSED)
def test_for_these_no_curve_is_drawn_by_any_model(record_property, model, why):
    file = pk_models()[model]
    bound = dataclasses.make_dataclass("B", ["routes", "what"])((), "age")
    with pytest.raises(OutsideDomain) as refused:
        simulate(model, regimen_of(file, bound, 0), dataclasses.replace(SOMEBODY, **REFUSED[why]), members=0)
    if why != "children":
        (entry,) = (one for one in pk_covariates().refusals if one.id == why)
        assert str(refused.value) == f"{entry.say} Decide without one."
    record_property("n", 1)


def test_every_refusal_of_the_file_is_asked():
    assert {one.id for one in pk_covariates().refusals} == set(REFUSED)


def test_what_is_not_known_is_said_and_not_taken_for_normal():
    shown = simulate("ketamine-otto-2021", infusion(Substance.KETAMINE, 35, 40), SOMEBODY, members=0)
    assert shown.remarks[-1].sentence == (
        "Not known here, and no curve would be drawn if it held: Child-Pugh C, Pregnancy, Haemodialysis."
    )
    known = Person(
        weight_kg=70,
        age_years=25,
        child_pugh=ChildPugh.NONE,
        pregnant=False,
        dialysis=False,
        intensive_care=False,
    )
    told = simulate("ketamine-otto-2021", infusion(Substance.KETAMINE, 35, 40), known, members=0).remarks
    assert [one.what for one in told] == ["time-after"]


@pytest.mark.hazard("H-22")
@pytest.mark.parametrize("model", pk_models())
def test_an_age_that_is_not_known_is_not_taken_for_an_adults(record_property, model):
    file = pk_models()[model]
    bound = dataclasses.make_dataclass("B", ["routes", "what"])((), "none")
    with pytest.raises(OutsideDomain, match=r"The age is not known, so no curve is drawn: .* Give it"):
        simulate(model, regimen_of(file, bound, 0), dataclasses.replace(SOMEBODY, age_years=None), members=0)
    record_property("n", 1)


@pytest.mark.parametrize(
    ("model", "missing", "asks"),
    [
        (
            "ketamine-otto-2021",
            "weight_kg",
            "scales with weight, and the weight is not known. Give it in kg.",
        ),
        (
            "esketamine-simons-2022",
            "weight_kg",
            "scales with weight, and the weight is not known. Give it in kg.",
        ),
    ],
)
def test_a_model_asks_for_what_it_scales_with(model, missing, asks):
    file = pk_models()[model]
    bound = dataclasses.make_dataclass("B", ["routes", "what"])((), "none")
    with pytest.raises(OutsideDomain, match=asks):
        simulate(
            model, regimen_of(file, bound, 0), dataclasses.replace(SOMEBODY, **{missing: None}), members=0
        )


def test_an_age_that_a_model_cannot_carry_is_refused():
    """The flow through the liver would be gone at 129 years; no such age can be true."""
    film = Regimen((Dose(Substance.ESKETAMINE, Route.NASAL, 28.0),))
    with pytest.raises(OutsideDomain, match="outside 0 to 120 years and beyond what can be true"):
        simulate("esketamine-perez-ruixo-2021", film, Person(weight_kg=70, age_years=130), members=0)


@pytest.mark.hazard("H-02")
@pytest.mark.parametrize("kg", [19.99, 400.01, 4000.0, 0.07])
@pytest.mark.parametrize("model", pk_models())
def test_a_weight_that_cannot_be_true_is_refused(model, kg):
    """Pounds, grams and slips of the hand: the bounds are those of the question on the pages."""
    file = pk_models()[model]
    bound = dataclasses.make_dataclass("B", ["routes", "what"])((), "weight")
    with pytest.raises(OutsideDomain, match="outside 20 to 400 kg and beyond what can be true"):
        simulate(model, regimen_of(file, bound, 0), Person(weight_kg=kg, age_years=40), members=0)


def test_the_bounds_of_a_weight_are_those_of_its_question():
    asked = load_library().questions.questions["weight"].bounds
    assert asked is not None
    assert asked.absolute == next((b.low, b.high) for b in pk_covariates().plausible if b.what == "weight")


@pytest.mark.parametrize("members", [2.5, "10", -1, True, None])
def test_a_cohort_has_whole_persons(members):
    with pytest.raises(ModelError, match="a cohort has whole persons"):
        simulate("ketamine-otto-2021", infusion(Substance.KETAMINE, 35, 40), SOMEBODY, members=members)
    with pytest.raises(ModelError, match="a cohort has whole persons"):
        draw_cohort(pk_models()["ketamine-otto-2021"], members, seed=1)


@pytest.mark.parametrize("seed", [1.5, -1, "1", None, True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ModelError, match="Give a seed of 0 or more"):
        draw_cohort(pk_models()["ketamine-otto-2021"], 5, seed=seed)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Dose(Substance.KETAMINE, Route.ORAL, 0.0),
        lambda: Dose(Substance.KETAMINE, Route.ORAL, float("nan")),
        lambda: Dose(Substance.KETAMINE, Route.ORAL, float("inf")),
        lambda: Dose(Substance.KETAMINE, Route.ORAL, 5.0, start_h=float("nan")),
        lambda: Dose(Substance.KETAMINE, Route.ORAL, 5.0, duration_h=-1.0),
        lambda: Dose(Substance.KETAMINE, Route.NASAL, 5.0, device=0),
        lambda: infusion(Substance.KETAMINE, 5.0, 0.0),
        lambda: Person(weight_kg=0.0),
        lambda: Person(age_years=float("nan")),
    ],
)
def test_a_number_that_no_dose_or_person_has_is_refused(build):
    with pytest.raises(OutsideDomain):
        build()


def test_two_substances_are_not_one_regimen():
    both = (Dose(Substance.KETAMINE, Route.ORAL, 5.0), Dose(Substance.ESKETAMINE, Route.ORAL, 5.0))
    with pytest.raises(Exception, match="different substances, and their doses cannot be added up"):
        Regimen(both)


def test_a_model_of_another_substance_is_refused():
    with pytest.raises(Mixed, match="They are different substances"):
        simulate("ketamine-clements-1981", infusion(Substance.ESKETAMINE, 20, 40), SOMEBODY, members=0)


def test_a_pause_is_part_of_how_long_an_infusion_took():
    """Three minutes, a pause and nine more: slower than a bolus, and told as fast."""
    spread = rate_profile(Substance.KETAMINE, [(0.0, 0.05, 200.0), (0.15, 0.3, 100.0)])
    shown = simulate("ketamine-otto-2021", spread, SOMEBODY, members=0)
    assert shown.typical_ng_per_mL["ketamine"].max() > 50
    assert any("with a faster infusion the true peak lies higher" in one.sentence for one in shown.remarks)


@pytest.mark.parametrize("way", [Route.INTRAVENOUS, Route.INTRAMUSCULAR])
def test_the_first_minutes_of_a_curve_are_told_where_they_are_shown(way):
    """They were a bound of the file that stood beside no curve."""
    one = (
        infusion(Substance.KETAMINE, 35, 40)
        if way is Route.INTRAVENOUS
        else single(Substance.KETAMINE, way, 35)
    )
    for given in (one, one.shifted(48.0)):
        looks = np.array([0.0, 1.0, 2.0]) + given.start_h
        shown = simulate("ketamine-otto-2021", given, SOMEBODY, t_h=looks, members=0)
        assert any("In the first 5 minutes" in one.sentence for one in shown.remarks)

"""Pieces of a cohort are the same wherever they are run, and each member is who the model says."""

from dataclasses import replace

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.cohorts import (
    BLOCK,
    Spread,
    Study,
    columns_of,
    pieces,
    prepare,
    run_piece,
    summary,
)
from posology.pharmacology.errors import Mixed, ModelError, OutsideDomain
from posology.pharmacology.levels import time_above
from posology.pharmacology.model import load
from posology.pharmacology.people import ChildPugh, Person
from posology.pharmacology.population import draw_cohort
from posology.pharmacology.regimens import devices, infusion, single
from posology.pharmacology.simulation import simulate

VEIN = infusion(Substance.KETAMINE, 0.5, 40)
WEIGHTS = Spread(45, 120, mean=78, sd=15)
AGES = Spread(18, 75, mean=45, sd=13)
STUDY = Study(
    "ketamine-otto-2021",
    VEIN,
    members=3 * BLOCK - 100,
    per_kg=True,
    sessions_h=(0.0, 72.0),
    weights=WEIGHTS,
    ages=AGES,
    levels=(("ketamine", 100.0),),
    piece_members=BLOCK,
)


def joined(study: Study) -> dict[str, np.ndarray]:
    """Return the columns of all members."""
    found = list(pieces(study))
    return {name: np.concatenate([one.columns[name] for one in found]) for name in found[0].columns}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return list(a) == list(b) and all(a[name].tobytes() == b[name].tobytes() for name in a)


def test_a_piece_is_the_same_to_the_last_bit_in_any_order_and_again():
    first = {index: run_piece(STUDY, index) for index in (2, 0, 1)}
    for index, one in first.items():
        again = run_piece(STUDY, index)
        assert same(dict(one.columns), dict(again.columns)) and one.past == again.past
        assert one.numbers[0] == index * BLOCK
    assert [first[i].n_members for i in range(3)] == [BLOCK, BLOCK, BLOCK - 100]


def test_no_member_depends_on_the_size_of_a_piece_or_on_how_many_follow():
    whole = joined(STUDY)
    assert same(whole, joined(replace(STUDY, piece_members=2 * BLOCK)))
    fewer = joined(replace(STUDY, members=BLOCK + 7))
    assert same({name: values[: BLOCK + 7] for name, values in whole.items()}, fewer)


def test_a_summary_of_a_study_is_that_of_its_members():
    whole = joined(STUDY)
    told = summary(STUDY)
    assert told.n == STUDY.members and list(told.columns) == list(columns_of(STUDY))
    for name, one in told.columns.items():
        assert one.mean == pytest.approx(whole[name].mean(), rel=1e-12)
        assert one.sd == pytest.approx(whole[name].std(ddof=1), rel=1e-9)
        assert one.percentile(50) == pytest.approx(np.median(whole[name]), rel=1e-3)


def test_two_arms_have_the_same_members():
    """Twice the dose in the same persons is twice the curve, one by one."""
    double = replace(STUDY, session=infusion(Substance.KETAMINE, 1.0, 40), levels=())
    one, two = run_piece(STUDY, 0).columns, run_piece(double, 0).columns
    assert one["weight_kg"].tobytes() == two["weight_kg"].tobytes()
    for name in ("ketamine_Cmax_ng_per_mL", "norketamine_AUC_ng_h_per_mL"):
        np.testing.assert_allclose(two[name], 2 * one[name], rtol=1e-12)


def test_another_seed_draws_other_members():
    other = run_piece(replace(STUDY, seed=1), 0).columns
    for name, values in run_piece(STUDY, 0).columns.items():
        if not name.endswith("tmax_h"):
            assert (values != other[name]).mean() > 0.5, name


def test_weights_and_ages_lie_between_their_ends_and_spread_as_asked():
    columns = joined(replace(STUDY, members=3 * BLOCK))
    weight, age = columns["weight_kg"], columns["age_years"]
    assert 45 <= weight.min() and weight.max() <= 120 and 18 <= age.min() and age.max() <= 75
    assert weight.mean() == pytest.approx(78.3, abs=1) and weight.std() == pytest.approx(14.3, abs=1)
    assert abs(np.corrcoef(weight, age)[0, 1]) < 0.06
    assert abs(np.corrcoef(weight[:-1000], weight[1000:])[0, 1]) < 0.06  # blocks have streams of their own


@pytest.mark.parametrize(
    ("spread", "mean"),
    [
        (Spread(40, 160), 100.0),
        (Spread(40, 400, median=80, cv_percent=20), 80 * np.sqrt(1.04)),
        (Spread(40, 400, mean=100, sd=10), 100.0),
    ],
)
def test_each_way_to_tell_a_spread_has_its_mean(spread, mean):
    drawn = joined(replace(STUDY, weights=spread, members=3 * BLOCK))["weight_kg"]
    assert drawn.mean() == pytest.approx(mean, rel=0.03)


@pytest.mark.parametrize("member", [0, 1, 523, BLOCK - 1])
def test_a_member_is_who_the_model_makes_of_this_weight_age_and_deviation(member):
    """Against the engine run for this one person: nothing of the scaling is shared."""
    columns = run_piece(STUDY, 0).columns
    model = load(STUDY.model)
    weight, age = float(columns["weight_kg"][member]), float(columns["age_years"][member])
    cohort = draw_cohort(model.file, BLOCK, seed=STUDY.seed)
    alone = replace(
        cohort,
        deviations={name: one[member : member + 1] for name, one in cohort.deviations.items()},
        n_members=1,
    )
    run = simulate(
        model, STUDY.course(weight), Person(weight_kg=weight, age_years=age), cohort=alone,
        t_h=np.array([0.0, 72.0, STUDY.end_h]),
    )  # fmt: skip
    for analyte in ("ketamine", "norketamine"):
        judged = run.exposures[analyte]
        assert columns[f"{analyte}_Cmax_ng_per_mL"][member] == pytest.approx(judged.Cmax[0], rel=1e-9)
        assert columns[f"{analyte}_AUC_ng_h_per_mL"][member] == pytest.approx(judged.AUC[0], rel=1e-9)
        troughs = run.members_ng_per_mL[analyte][1:, 0]
        assert columns[f"{analyte}_session_1_trough_ng_per_mL"][member] == pytest.approx(troughs[0], rel=1e-7)
        assert columns[f"{analyte}_session_2_trough_ng_per_mL"][member] == pytest.approx(troughs[1], rel=1e-7)
    hours = time_above(run.parts, "ketamine", 100.0, STUDY.end_h)[0]
    assert columns["ketamine_hours_above_100_ng_per_mL"][member] == pytest.approx(hours, abs=1e-8)


def test_age_changes_a_model_that_changes_with_age():
    nasal = devices(2, mg_each=28, rest_minutes=5)
    study = Study("esketamine-perez-ruixo-2021", nasal, members=BLOCK, ages=Spread(18, 86))
    columns = run_piece(study, 0).columns
    member = int(np.argmax(columns["age_years"]))
    model = load(study.model)
    cohort = draw_cohort(model.file, BLOCK, seed=study.seed)
    one = {name: value[member : member + 1] for name, value in cohort.deviations.items()}
    run = simulate(
        model, nasal, Person(age_years=float(columns["age_years"][member])),
        cohort=replace(cohort, deviations=one, n_members=1), t_h=np.array([0.0, 24.0]),
    )  # fmt: skip
    assert columns["age_years"][member] > 80
    assert columns["ketamine_AUC_ng_h_per_mL"][member] == pytest.approx(
        run.exposures["ketamine"].AUC[0], rel=1e-9
    )


def test_an_extreme_of_weight_widens_only_those_who_are_there():
    nasal = devices(2, mg_each=28, rest_minutes=5)
    plain = Study("esketamine-perez-ruixo-2021", nasal, members=BLOCK, person=Person(70, 40))
    wide = replace(plain, person=Person(age_years=40), weights=Spread(45, 120))
    column = "ketamine_AUC_ng_h_per_mL"
    found, weights = run_piece(wide, 0), run_piece(wide, 0).columns["weight_kg"]
    ratio = found.columns[column] / run_piece(plain, 0).columns[column]
    np.testing.assert_allclose(ratio[(weights >= 60) & (weights <= 90)], 1.0, rtol=1e-12)
    assert (ratio[weights < 60] > 1.0).all() and (ratio[weights > 90] < 1.0).all()
    told = {sentence: count for sentence, count in found.past.items() if "exposure to nasal" in sentence}
    assert sorted(told.values()) == sorted([(weights < 60).sum(), (weights > 90).sum()])


def test_sessions_differ_within_a_member_where_the_model_says_so():
    film = single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50)
    study = Study("esketamine-simons-2022", film, members=20, sessions_h=(0.0, 72.0), person=Person(70, 40))
    columns = run_piece(study, 0).columns
    names = [f"ketamine_session_{k}_Cmax_ng_per_mL" for k in (1, 2)]
    assert (np.abs(columns[names[0]] / columns[names[1]] - 1) > 1e-3).mean() > 0.9


def test_members_past_a_soft_bound_are_counted_with_its_sentence():
    study = replace(STUDY, weights=Spread(40, 130), members=BLOCK)
    piece = run_piece(study, 0)
    weights = piece.columns["weight_kg"]
    outside = int(((weights < 45) | (weights > 120)).sum())
    assert outside > 50
    said = next(sentence for sentence in piece.past if "45 to 120 kg" in sentence)
    assert piece.past[said] == outside


def test_a_spread_ends_where_the_model_may_not_be_run():
    youths = replace(STUDY, ages=Spread(10, 75))
    assert prepare(youths).ages.low == 18
    assert run_piece(youths, 0).columns["age_years"].min() >= 18
    nasal = devices(1, mg_each=0.5, rest_minutes=0)  # 0.5 mg/kg, of 14 to 112 mg
    study = Study(
        "esketamine-perez-ruixo-2021", nasal, members=BLOCK, per_kg=True, weights=Spread(20, 300),
        person=Person(age_years=40),
    )  # fmt: skip
    drawn = run_piece(study, 0).columns["weight_kg"]
    assert 28 <= drawn.min() and drawn.max() <= 224


def test_columns_carry_their_units_and_every_session():
    assert columns_of(replace(STUDY, levels=(("ketamine", 0.5),)))[:3] == (
        "weight_kg", "age_years", "ketamine_Cmax_ng_per_mL",
    )  # fmt: skip
    names = columns_of(STUDY)
    assert "ketamine_hours_above_100_ng_per_mL" in names and len(set(names)) == len(names)
    assert sum("_session_" in name for name in names) == 2 * 2 * 2


def test_the_same_study_has_the_same_name_and_another_has_another():
    assert STUDY.digest == replace(STUDY).digest
    others = [
        replace(STUDY, seed=1), replace(STUDY, members=1), replace(STUDY, piece_members=2 * BLOCK),
        replace(STUDY, weights=Spread(45, 121, mean=78, sd=15)), replace(STUDY, levels=()),
        replace(STUDY, person=Person(child_pugh=ChildPugh.B)), replace(STUDY, until_h=100.0),
        replace(STUDY, session=infusion(Substance.KETAMINE, 0.5, 41)), replace(STUDY, sessions_h=(0.0, 73.0)),
    ]  # fmt: skip
    assert len({STUDY.digest, *(one.digest for one in others)}) == len(others) + 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (dict(members=0), "0 members cannot be run"),
        (dict(seed=-1), "seed -1"),
        (dict(piece_members=1500), "multiple of 1000"),
        (dict(sessions_h=(1.0,)), "do not begin at 0 h"),
        (dict(sessions_h=(0.0, 0.5)), "has not ended"),
        (dict(sessions_h=(0.0, 2.0)), "taken for one"),
        (dict(until_h=72.1), "has not ended"),
        (dict(person=Person(weight_kg=70)), "one weight for all and a spread"),
        (dict(levels=(("ketamine", 0.0),)), "above which nothing can be counted"),
        (dict(levels=(("ketamine", 1.0), ("ketamine", 1.0))), "twice"),
        (dict(levels=(("hydroxynorketamine", 1.0),)), "does not compute"),
        (dict(weights=None), "gives no weight"),
        (dict(ages=Spread(5, 17)), "lie there; give others"),
        (dict(weights=Spread(45, 46, mean=200, sd=1)), "Almost none"),
        (dict(model="nobody-1999"), "There is no model"),
        (dict(person=Person(child_pugh=ChildPugh.C)), "Child-Pugh C"),
        (dict(session=infusion(Substance.ARKETAMINE, 0.5, 40)), "different substances"),
        (dict(session=infusion(Substance.KETAMINE, 0.5, 2)), "first 5 minutes"),
    ],
)
def test_what_cannot_be_run_is_refused_with_what_to_do(changed, says):
    with pytest.raises((ModelError, OutsideDomain, Mixed), match=says) as refused:
        prepare(replace(STUDY, **changed))
    assert str(refused.value).count(". ") >= 1


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        (dict(low=50, high=50), "nobody lies within"),
        (dict(low=0, high=50), "not above 0"),
        (dict(low=1, high=float("nan")), "not above 0"),
        (dict(low=1, high=2, mean=1), "by half"),
        (dict(low=1, high=2, mean=1, sd=1, median=1, cv_percent=10), "two ways"),
    ],
)
def test_a_spread_without_meaning_is_refused(numbers, says):
    with pytest.raises((ModelError, OutsideDomain), match=says):
        Spread(**numbers)


def test_a_model_without_a_spread_needs_a_spread_of_weights():
    study = Study("ketamine-clements-1981", VEIN, members=10, per_kg=True, person=Person(70, 40))
    with pytest.raises(ModelError, match="all members would be the same"):
        prepare(study)
    drawn = run_piece(replace(study, person=Person(age_years=40), weights=WEIGHTS), 0).columns
    np.testing.assert_allclose(drawn["ketamine_Cmax_ng_per_mL"], drawn["ketamine_Cmax_ng_per_mL"][0])


def test_a_piece_that_is_not_there_is_refused():
    with pytest.raises(ModelError, match="pieces 0 to 2"):
        run_piece(STUDY, 3)

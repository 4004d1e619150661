"""Exposure session by session: the same numbers as one curve as a whole, and as a fine grid shows."""

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.exposure import exposures
from posology.pharmacology.levels import time_above
from posology.pharmacology.model import load
from posology.pharmacology.people import Person
from posology.pharmacology.population import draw_cohort
from posology.pharmacology.regimens import Regimen, devices, infusion, single
from posology.pharmacology.session_exposure import CourseExposure, course_exposures
from posology.pharmacology.stepping import simulate

AT_H = [0.0, 72.0, 168.0]
PERSON = Person(weight_kg=70, age_years=40)
MEMBERS = 40
CASES = {
    "infusion": ("ketamine-otto-2021", infusion(Substance.KETAMINE, 35, 40)),
    "muscle": ("ketamine-otto-2021", single(Substance.KETAMINE, Route.INTRAMUSCULAR, 35)),
    "nasal": ("esketamine-perez-ruixo-2021", devices(3, mg_each=28, rest_minutes=5)),
    "film": ("esketamine-simons-2022", single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50)),
}
UNTIL_H = 168.0 + 24.0


def both(name: str):
    """Return the course session by session, and the parts of the same course as one."""
    id_, session = CASES[name]
    model = load(id_)
    cohort = draw_cohort(model.file, MEMBERS, seed=3)
    whole = model.parts(session.repeated(AT_H), PERSON, cohort)
    if any(one.between_occasion for one in model.file.parameters.values()):
        each = [model.parts(session, PERSON, cohort)]  # numbers of the first session, in each session
        whole = tuple(
            type(part)(part.cascade, tuple(one for at in AT_H for one in _later(part.inputs, at)))
            for part in each[0]
        )
        sessions = each * len(AT_H)
    else:
        sessions = [model.parts(session, PERSON, cohort)] * len(AT_H)
    return model.file.analytes, sessions, whole


def _later(inputs, at_h: float):
    return [type(one)(one.port, one.amount_mg, one.start_h + at_h, one.duration_h) for one in inputs]


def grid(parts, output: str, t_h: np.ndarray) -> np.ndarray:
    return sum(simulate(part.cascade, part.inputs, t_h)[output] for part in parts)


@pytest.mark.parametrize("name", CASES)
def test_a_course_by_its_sessions_is_the_course_as_a_whole(name):
    analytes, sessions, whole = both(name)
    found = course_exposures(sessions, AT_H, UNTIL_H, analytes)
    judged = exposures(whole, analytes, UNTIL_H)
    for analyte in analytes:
        np.testing.assert_allclose(found[analyte].whole.Cmax, judged[analyte].Cmax, rtol=1e-9)
        np.testing.assert_allclose(found[analyte].whole.AUC, judged[analyte].AUC, rtol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_each_session_has_the_peak_and_trough_that_a_fine_grid_shows(name):
    analytes, sessions, whole = both(name)
    found = course_exposures(sessions, AT_H, UNTIL_H, analytes)
    t_h = np.arange(0, UNTIL_H * 120 + 1) / 120
    for analyte in analytes:
        table = grid(whole, analyte, t_h)
        for k, (begin, end) in enumerate(zip(AT_H, [*AT_H[1:], UNTIL_H], strict=True)):
            seen = table[(t_h >= begin) & (t_h <= end)].max(axis=0)
            assert (found[analyte].Cmax[k] >= seen * (1 - 1e-9)).all()
            np.testing.assert_allclose(found[analyte].Cmax[k], seen, rtol=5e-4)
            np.testing.assert_allclose(found[analyte].trough[k], table[t_h == end][0], rtol=1e-8)


@pytest.mark.parametrize("name", ["infusion", "muscle", "nasal"])
def test_hours_above_a_level_are_those_of_the_curve_as_a_whole(name):
    _, sessions, whole = both(name)
    top = exposures(whole, ("ketamine",), UNTIL_H)["ketamine"].Cmax
    for share in (0.05, 0.5, 0.95):
        level = np.full(MEMBERS, float(np.median(top)) * share)
        found = course_exposures(sessions, AT_H, UNTIL_H, ("ketamine",), {"ketamine": [level]})
        t_h = np.arange(0, UNTIL_H * 100 + 1) / 100
        counted = (grid(whole, "ketamine", t_h) > level).sum(axis=0) / 100
        np.testing.assert_allclose(found["ketamine"].hours_above[0], counted, atol=6.1 / 100)
        if share < 0.9:  # one curve is searched for two crossings beside its highest top alone
            judged = time_above(whole, "ketamine", float(level[0]), UNTIL_H)
            np.testing.assert_allclose(found["ketamine"].hours_above[0], judged, atol=1e-9)


def test_a_level_that_is_never_reached_is_passed_for_no_time_and_one_of_nothing_for_all():
    _, sessions, _ = both("infusion")
    levels = {"ketamine": [np.full(MEMBERS, 1e9), np.full(MEMBERS, -1.0)]}
    never, always = course_exposures(sessions, AT_H, UNTIL_H, ("ketamine",), levels)["ketamine"].hours_above
    assert (never == 0).all()
    np.testing.assert_allclose(always, UNTIL_H, rtol=1e-12)


def test_sessions_with_numbers_of_their_own_add_up():
    model = load("esketamine-simons-2022")
    session = single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50)
    cohort = draw_cohort(model.file, 12, seed=5)
    course = session.repeated(AT_H)
    whole = model.parts(course, PERSON, cohort)
    own = [
        [type(part)(part.cascade, tuple(_later(part.inputs, -at)))]
        for part, at in zip(whole, AT_H, strict=True)
    ]
    found = course_exposures(own, AT_H, UNTIL_H, model.file.analytes)
    t_h = np.arange(0, UNTIL_H * 60 + 1) / 60
    for analyte in model.file.analytes:
        table = grid(whole, analyte, t_h)
        np.testing.assert_allclose(found[analyte].trough[1], table[t_h == AT_H[2]][0], rtol=1e-8)
        np.testing.assert_allclose(found[analyte].whole.Cmax, table.max(axis=0), rtol=2e-3)


def test_the_highest_of_several_sessions_is_found_though_another_has_the_highest_look():
    """Sessions 3 and 4 days apart: the looks fall elsewhere beside each top, and tops differ by little."""
    model = load("ketamine-otto-2021")
    cohort = draw_cohort(model.file, 1000, seed=1)
    at_h = [24.0 * day for day in (0, 3, 7, 10, 14, 17)]
    session = infusion(Substance.KETAMINE, 35, 40)
    whole = model.parts(Regimen(session.repeated(at_h).doses), PERSON, cohort)
    found: dict[str, CourseExposure] = dict(
        course_exposures([model.parts(session, PERSON, cohort)] * 6, at_h, at_h[-1] + 24, model.file.analytes)
    )
    judged = exposures(whole, model.file.analytes, at_h[-1] + 24)
    for analyte in model.file.analytes:
        np.testing.assert_allclose(judged[analyte].Cmax, found[analyte].Cmax.max(axis=0), rtol=1e-10)

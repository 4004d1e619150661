"""Hours above a level and areas of regimens with several tops, against a look every second."""

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.people import Person
from posology.pharmacology.regimens import Dose, Regimen, rate_profile
from posology.pharmacology.simulation import simulate

SOMEBODY = Person(weight_kg=70, age_years=40)
VENOUS, NASAL, FILM = "ketamine-otto-2021", "esketamine-perez-ruixo-2021", "esketamine-simons-2022"
LATE_H = 104 * 168.0  # where a year's rounding is larger than a second's


def given(substance, route, doses):
    number = iter(range(1, 9)) if route is Route.NASAL else iter([1] * 9)
    return Regimen(tuple(Dose(substance, route, mg, at, device=next(number)) for mg, at in doses))


REGIMENS = {
    "into muscle, five": (
        VENOUS,
        given(
            Substance.KETAMINE, Route.INTRAMUSCULAR, [(35, 0), (5, 0.9), (5, 0.95), (5, 1.85), (20, 4.85)]
        ),
    ),
    "films, one after another": (
        FILM, given(Substance.ESKETAMINE, Route.SUBLINGUAL, [(10, 0), (10, 0.5), (10, 0.55)]),
    ),
    "devices, the fourth late": (
        NASAL, given(Substance.ESKETAMINE, Route.NASAL, [(28, 0), (28, 0.05), (28, 0.1), (28, 1.6)]),
    ),
    "spikes and pauses": (
        VENOUS, rate_profile(Substance.KETAMINE, [(0, 0.1, 200), (0.3, 0.4, 300), (0.7, 1.5, 20)]),
    ),
    "muscle at the end of an infusion, years on": (
        VENOUS,
        Regimen(
            (
                Dose(Substance.KETAMINE, Route.INTRAVENOUS, 20, LATE_H + 0.1, 0.2),
                Dose(Substance.KETAMINE, Route.INTRAMUSCULAR, 20, LATE_H + 0.3),
            )
        ),
    ),
}  # fmt: skip


def turns(curve):
    """Where a curve has a top or a bottom between two looks."""
    slopes = np.diff(curve)
    return np.nonzero(slopes[:-1] * slopes[1:] < 0)[0] + 1


def hours(drawn, t_h, level):
    """Hours of each column above a level, crossing on the straight line between two looks."""
    over = drawn - level
    first, second = over[:-1], over[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(first * second < 0, np.maximum(first, second) / np.abs(first - second), 0.0)
    share = np.where((first > 0) & (second > 0), 1.0, share)
    return (np.diff(t_h)[:, None] * share).sum(axis=0)


@pytest.mark.parametrize("name", REGIMENS)
def test_every_crossing_of_a_level_is_counted(record_property, name):
    model, regimen = REGIMENS[name]
    until_h = regimen.end_h + 4.0
    steps = np.arange(regimen.start_h, until_h, 1 / 3600)
    marks = [hour for dose in regimen.doses for hour in (dose.start_h, dose.end_h)]
    steps = np.unique(np.round(np.concatenate([steps, marks, [until_h]]), 9))
    shown = simulate(model, regimen, SOMEBODY, t_h=steps, members=40)
    n = 0
    for analyte in ("ketamine", "norketamine"):
        typical = shown.typical_ng_per_mL[analyte]
        drawn = np.hstack((shown.members_ng_per_mL[analyte], typical[:, None]))
        for turn in turns(typical):
            for near in (0.95, 0.995, 1.002, 1.02):
                level = float(typical[turn]) * near
                counted = shown.hours_above(analyte, level)
                np.testing.assert_allclose(counted, hours(drawn, steps, level), atol=1e-5)
                n += 1
        found = shown.exposures[analyte]
        np.testing.assert_allclose(found.Cmax, drawn.max(axis=0), rtol=1e-5)
        np.testing.assert_allclose(found.AUC, np.trapezoid(drawn, steps, axis=0), rtol=1e-5)
    assert n
    record_property("n", n)


def test_an_area_holds_nothing_that_is_given_after_its_end():
    one = given(Substance.KETAMINE, Route.INTRAMUSCULAR, [(35, 0)])
    two = given(Substance.KETAMINE, Route.INTRAMUSCULAR, [(35, 0), (35, 10)])
    until_5_h = np.arange(61) / 12
    areas = [
        simulate(VENOUS, r, SOMEBODY, t_h=until_5_h, members=50).exposures["ketamine"].AUC for r in (one, two)
    ]
    np.testing.assert_allclose(areas[0], areas[1], rtol=1e-12)


@pytest.mark.parametrize("route", [Route.INTRAMUSCULAR, Route.INTRAVENOUS])
def test_doses_that_touch_do_so_after_years_too(route):
    """The end of the first and the begin of the second are worked out in two ways, and differ by 4e-12 h."""
    begin, lasting, second = 0.566, 0.938, 1.504
    assert LATE_H + begin + lasting != LATE_H + second

    def course(at_h):
        length = 0.6 if route is Route.INTRAVENOUS else 0.0
        return Regimen(
            (
                Dose(Substance.KETAMINE, Route.INTRAVENOUS, 2, at_h + begin, lasting),
                Dose(Substance.KETAMINE, route, 40, at_h + second, length),
            )
        )

    now, late = (simulate(VENOUS, course(at_h), SOMEBODY, members=0) for at_h in (0.0, LATE_H))
    for level in (5.0, 20.0, 60.0):
        early = now.hours_above("ketamine", level)
        np.testing.assert_allclose(late.hours_above("ketamine", level), early, atol=1e-7)
    for analyte in now.analytes:
        a, b = now.exposures[analyte], late.exposures[analyte]
        np.testing.assert_allclose((b.Cmax, b.tmax_h - LATE_H), (a.Cmax, a.tmax_h), rtol=1e-7)

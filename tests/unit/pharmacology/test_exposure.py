"""Peaks of regimens with more than one summit, and digits far from the last dose."""

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.cascade import Builder
from posology.pharmacology.people import Person
from posology.pharmacology.regimens import Dose, Regimen, rate_profile
from posology.pharmacology.simulation import simulate
from posology.pharmacology.stepping import Input
from posology.pharmacology.stepping import simulate as run

SOMEBODY = Person(weight_kg=70, age_years=40)
MUSCLE = [(63.7, 0.0), (25.4, 0.89)]


def injections(given):
    return Regimen(tuple(Dose(Substance.KETAMINE, Route.INTRAMUSCULAR, mg, at) for mg, at in given))


@pytest.mark.parametrize(
    "regimen",
    [
        injections(MUSCLE),
        injections([(20.0, 0.0), (19.0, 0.4), (18.5, 0.8), (18.0, 1.2)]),
        rate_profile(Substance.KETAMINE, [(0.0, 0.1, 200.0), (0.3, 0.35, 390.0), (0.9, 1.5, 30.0)]),
    ],
    ids=["two injections", "four injections", "short spikes and pauses"],
)
def test_the_highest_of_several_summits_is_found(regimen):
    fine = np.arange(0, 3 * 3600 + 1) / 3600
    shown = simulate("ketamine-otto-2021", regimen, SOMEBODY, t_h=fine, members=40)
    for analyte in shown.analytes:
        drawn = np.hstack((shown.members_ng_per_mL[analyte], shown.typical_ng_per_mL[analyte][:, None]))
        found = shown.exposures[analyte]
        assert (found.Cmax >= drawn.max(axis=0) * (1 - 1e-9)).all()
        np.testing.assert_allclose(found.Cmax, drawn.max(axis=0), rtol=1e-4)


@pytest.mark.parametrize("lasting", [0.7, np.array([0.4, 0.7, 0.9])], ids=["common end", "own ends"])
def test_nothing_is_lost_in_a_long_interval_without_a_look(lasting):
    """What is left after 72 h is 3e-8 of what was given: computed in one step it keeps its digits."""
    k, members = 0.24, np.size(lasting)
    b = Builder(members)
    rows = b.stage(np.full(members, k))
    b.port("central", rows)
    b.output("amount", rows)
    shown = run(b.build(), [Input("central", 10.0, 0.0, lasting)], np.array([0.0, 72.0]))["amount"][-1]
    rate = 10.0 / np.asarray(lasting)
    expected = rate / k * (1 - np.exp(-k * np.asarray(lasting))) * np.exp(-k * (72.0 - np.asarray(lasting)))
    np.testing.assert_allclose(shown, expected, rtol=1e-13)

"""Time above a level, held against the crossings of curves whose form is known."""

import numpy as np
import pytest

from posology.knowledge.schema.common import Route, Substance
from posology.knowledge.schema.pk_parts import Flag
from posology.pharmacology.cascade import Builder
from posology.pharmacology.errors import Mixed
from posology.pharmacology.levels import time_above
from posology.pharmacology.people import Person
from posology.pharmacology.regimens import infusion, single
from posology.pharmacology.simulation import simulate
from posology.pharmacology.standing import Part
from posology.pharmacology.stepping import Input

SOMEBODY = Person(weight_kg=70, age_years=40)


def one_compartment(k, inputs):
    b = Builder(len(k))
    rows = b.stage(np.asarray(k, dtype=float))
    b.port("central", rows)
    b.output("amount", rows)
    return [Part(b.build(), tuple(inputs))]


def test_after_a_dose_at_once_it_is_the_logarithm_of_the_ratio():
    k = np.array([0.2, 1.0, 7.0])
    found = time_above(one_compartment(k, [Input("central", 10.0)]), "amount", 2.0, 48.0)
    np.testing.assert_allclose(found, np.log(10.0 / 2.0) / k, rtol=1e-10)


def test_an_infusion_crosses_twice_each_session():
    k, rate, lasting, level = 0.9, 30.0, 0.7, 6.0
    inputs = [Input("central", rate * lasting, start, lasting) for start in (0.0, 24.0)]
    up = -np.log(1 - level * k / rate) / k
    top = rate / k * (1 - np.exp(-k * lasting))
    down = np.log(top / level) / k
    found = time_above(one_compartment([k], inputs), "amount", level, 48.0)
    assert found[0] == pytest.approx(2 * (lasting - up + down), rel=1e-9)


def test_each_member_may_have_a_level_of_its_own():
    k = np.array([0.5, 0.5, 0.5])
    parts = one_compartment(k, [Input("central", 10.0)])
    found = time_above(parts, "amount", np.array([1.0, 5.0, 20.0]), 48.0)
    np.testing.assert_allclose(found, [np.log(10) / 0.5, np.log(2) / 0.5, 0.0], rtol=1e-10)


def test_what_rests_on_an_assumed_scaling_or_a_racemate_says_so():
    film = single(Substance.ESKETAMINE, Route.SUBLINGUAL, 50)
    by_vein = infusion(Substance.KETAMINE, 35, 40), infusion(Substance.ESKETAMINE, 17.5, 40)
    flags = [simulate("ketamine-otto-2021", one, SOMEBODY, members=0).flags for one in by_vein]
    assert Flag.ASSUMED in simulate("esketamine-simons-2022", film, SOMEBODY, members=0).flags
    assert flags == [(Flag.SECOND_HAND, Flag.DERIVED), (Flag.SECOND_HAND,)]


def test_a_racemate_by_nose_is_refused_although_the_model_knows_it_by_mouth():
    model = "esketamine-perez-ruixo-2021"
    simulate(model, single(Substance.KETAMINE, Route.ORAL, 60), SOMEBODY, members=0)
    with pytest.raises(Mixed) as refused:
        simulate(model, single(Substance.KETAMINE, Route.NASAL, 50), SOMEBODY, members=0)
    assert str(refused.value) == (
        "The model esketamine-perez-ruixo-2021 describes esketamine by the nasal route, and the dose is "
        "ketamine. They are different substances; choose a model made for this one."
    )

"""The engine against 40 digits, a stiff integrator and another simulator, on every model and route."""

from dataclasses import replace

import numpy as np
import pytest

from tests.differential import oracle, sbml
from tests.differential.drawn import KINDS, Drawn, draw, drawn, patient
from tests.differential.engine import ALLOWED, asked, judged, off_by, worst_of
from tests.differential.oracle import Input
from tools.bench.models import TYPICAL


@pytest.mark.parametrize("kind", KINDS)
def test_every_route_agrees_with_forty_digits(kind, record_property):
    """Rate changes, pauses, stops off the grid, sessions, depots, devices, films: 1e-9 of each value."""
    cases = drawn(kind)
    error, whose = worst_of(cases)
    assert error <= ALLOWED, whose
    record_property("n", len(cases))


@pytest.mark.parametrize("kind", KINDS)
def test_every_route_agrees_with_a_stiff_integrator(kind, record_property):
    cases = drawn(kind)
    for case in cases:
        states = oracle.integrated(case.structure, case.parameters, case.inputs, case.times_h)
        judge = oracle.concentrations(case.structure, case.parameters, states)
        assert off_by(asked([case])[:, :, 0], judge, least=1e-9) <= 1e-8, case.name
    record_property("n", len(cases))


@pytest.mark.parametrize("kind", KINDS)
def test_every_route_agrees_with_libroadrunner(kind, record_property):
    cases = drawn(kind)
    for case in cases:
        states = sbml.simulated(case.structure, case.parameters, case.inputs, case.times_h)
        judge = oracle.concentrations(case.structure, case.parameters, states)
        assert off_by(asked([case])[:, :, 0], judge, least=1e-3) <= 1e-6, case.name
    record_property("n", len(cases))


@pytest.mark.parametrize("structure", TYPICAL)
def test_the_first_seconds_and_the_last_traces_are_right_too(structure):
    """A metabolite just begun and a drug all but gone are small numbers, not wrong ones.

    The first look is after 4 seconds. Earlier a metabolite behind a liver is under 1e-10 of its peak and
    the sum of modes, which is exact to the rounding of each, keeps fewer than nine digits of it.
    """
    p = TYPICAL[structure]
    times = (0.0, 1e-3, 0.01, 0.25, 0.2501, 48.0, 120.0)
    case = Drawn("traces", structure, p, oracle.infusion(35.0, 0.0, 0.25), times)
    assert off_by(asked([case])[:, :, 0], judged(case)) <= ALLOWED


# ---------------------------------------------------------------- many members at once
def side_by_side(kind: str, members: int) -> list[Drawn]:
    """Return patients who begin and look at the same moments; amounts and ends are each their own."""
    first = draw(kind, 0)
    rng = np.random.default_rng(7)
    cases = []
    for i in range(members):
        p = patient(rng, first.structure)
        inputs = [
            Input(
                one.state,
                one.amount_mg * float(rng.uniform(0.5, 2)),
                one.start_h,
                None if one.end_h is None else one.start_h + float(rng.uniform(0.05, 3)),
            )
            for one in first.inputs
        ]
        cases.append(replace(first, name=f"{kind}, member {i}", parameters=p, inputs=inputs))
    return cases


@pytest.mark.parametrize("kind", ["infusion", "changing rate", "nasal", "film", "film and infusion"])
def test_each_members_own_end_of_an_input_is_kept(kind):
    """Ends fall in different intervals, some in the one they began in, some after the last look."""
    cases = side_by_side(kind, 4)
    found = asked(cases)
    for i, case in enumerate(cases):
        assert off_by(found[:, :, i], judged(case)) <= ALLOWED, case.name


@pytest.mark.parametrize("structure", TYPICAL)
def test_a_member_of_a_large_cohort_is_answered_as_if_alone(structure):
    """Cohorts are worked through in blocks; members at every border of a block are looked at."""
    kind = next(name for name, row in KINDS.items() if row[0] == structure)
    cases = side_by_side(kind, 3_000)
    found = asked(cases)
    watched = [0, 1, 63, 64, 65, *range(100, 3_000, 97), 2_998, 2_999]
    for i in watched:
        alone = asked([cases[i]])[:, :, 0]
        assert np.allclose(found[:, :, i], alone, rtol=1e-12, atol=0), cases[i].name

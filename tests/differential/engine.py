"""Ask the engine what the judges were asked, and measure how far it is off.

This is the one module here that knows the engine; its ports and outputs are named once.
"""

from collections.abc import Sequence

import numpy as np

from posology.pharmacology.cascade import Cascade
from posology.pharmacology.stepping import Input, simulate
from posology.pharmacology.structures import STRUCTURES
from tests.differential import oracle
from tests.differential.drawn import Drawn

PORTS = {"C1": "central", "film_gut": "gut"}  # where the engine has another word than the oracle
LEAST = 1e-12  # of its own peak: below that a value is not looked at
ALLOWED = 1e-9


def system_of(cases: Sequence[Drawn]) -> tuple[Cascade, list[Input]]:
    """Return cases side by side as the engine's system and its inputs.

    The cases share structure, moments looked at, and where and when each input begins; amounts and ends may
    differ.
    """
    first = cases[0]
    parameters = {
        name: np.array([case.parameters[name] for case in cases])
        for name in first.parameters
        if name != "ke0"
    }
    inputs = []
    for i, one in enumerate(first.inputs):
        same = [case.inputs[i] for case in cases]
        assert {(each.state, each.start_h) for each in same} == {(one.state, one.start_h)}
        amounts = np.array([each.amount_mg for each in same])
        inputs.append(Input(PORTS.get(one.state, one.state), amounts, one.start_h, durations(same)))
    return STRUCTURES[first.structure](parameters), inputs


def asked(cases: Sequence[Drawn]) -> np.ndarray:
    """Return the engine's answer to cases run side by side, shape (n_outputs, n_times, n_cases)."""
    cascade, inputs = system_of(cases)
    found = simulate(cascade, inputs, np.array(cases[0].times_h))
    return np.array(list(found.values()))


def durations(same: Sequence[oracle.Input]) -> np.ndarray | float:
    """Return 0 for an impulse, one number where all end together, an array where they do not."""
    if same[0].end_h is None:
        return 0.0
    lasting = [one.end_h - one.start_h for one in same if one.end_h is not None]
    return lasting[0] if len(set(lasting)) == 1 else np.array(lasting)


def judged(case: Drawn) -> np.ndarray:
    """Return the 40-digit answer, shape (n_outputs, n_times)."""
    states = oracle.exact(case.structure, case.parameters, case.inputs, case.times_h)
    return oracle.concentrations(case.structure, case.parameters, states)


def off_by(found: np.ndarray, judge: np.ndarray, least: float = LEAST) -> float:
    """Return the largest relative error wherever the judge is over ``least`` of its own peak."""
    peak = judge.max(axis=1, keepdims=True)
    looked_at = (judge > least * peak) & (peak > 0)
    return float(np.max(np.abs(found - judge)[looked_at] / judge[looked_at]))


def worst_of(cases: Sequence[Drawn]) -> tuple[float, str]:
    """Return the worst error of cases that were each run alone, and whose it is."""
    errors = [(off_by(asked([case])[:, :, 0], judged(case)), case.name) for case in cases]
    return max(errors)

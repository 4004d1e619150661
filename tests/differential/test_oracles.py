"""The judges agree with each other and lose no drug, before they judge anything else."""

import numpy as np
import pytest

from tests.differential import oracle, sbml
from tests.differential.drawn import KINDS, Drawn, drawn, patient
from tests.differential.oracle import AMOUNTS, STATES
from tools.bench.models import TYPICAL


def worst(found: np.ndarray, judge: np.ndarray, above: float) -> float:
    """Return the largest relative error wherever the judge is more than ``above`` of its own peak."""
    peak = np.abs(judge).max(axis=0)
    looked_at = (np.abs(judge) > above * peak) & (peak > 0)
    return float(np.max(np.abs(found - judge)[looked_at] / np.abs(judge)[looked_at]))


def losses(structure: str, p: dict[str, float]) -> dict[str, float]:
    """Return what leaves the body from each state, 1/h, as a pharmacologist would list it."""
    if structure == "mammillary":
        return {
            "C1": (1 - p["fN"]) * p["CL"] / p["V1"],
            "N1": p["CLn"] / p["Vn"],
            "im": (1 - p["F_im"]) * p["ka_im"],
            "sc": (1 - p["F_sc"]) * p["ka_sc"],
        }
    if structure == "hepatoportal":
        return {"liver": p["kel"], "N1": p["CLn"] / p["Vcn"]}
    return {
        "T2": (1 - p["fN"]) * 2 / p["MTT_metabolism"],
        "U2": (1 - p["fH"]) * 2 / p["MTT_second"],
        "H1": p["CLH"] / p["VH"],
    }


@pytest.mark.parametrize("structure", TYPICAL)
def test_what_leaves_one_state_arrives_in_another_or_is_lost_by_name(structure):
    p = patient(np.random.default_rng(1), structure)
    a = oracle.entries(structure, p)
    for column in AMOUNTS:
        kept = sum(a.get((row, column), 0.0) for row in AMOUNTS)
        through = abs(a.get((column, column), 1.0))
        assert kept + losses(structure, p).get(column, 0.0) == pytest.approx(0.0, abs=1e-12 * through)


def accounted(case: Drawn, states: np.ndarray) -> np.ndarray:
    """Return at each moment everything that is still there or has left, mg."""
    p, at = case.parameters, {name: states[:, i] for i, name in enumerate(STATES)}
    still = sum(at[name] for name in AMOUNTS)
    if case.structure == "mammillary":
        lost_in_depots = sum(
            (1 - p[f"F_{route}"]) * (entered(case, route) - at[route]) for route in ("im", "sc")
        )
        return still + lost_in_depots + (1 - p["fN"]) * p["CL"] * at["AUC_K"] + p["CLn"] * at["AUC_N"]
    became_norketamine = at["N1"] + at["N2"] + p["CLn"] * at["AUC_N"]
    if case.structure == "hepatoportal":
        return still + p["CLn"] * at["AUC_N"] + became_norketamine * p["kel"] / p["kmet"]
    upstream = sum(at[name] for name in AMOUNTS[: AMOUNTS.index("T2") + 1])
    return upstream + became_norketamine / p["fN"]


def entered(case: Drawn, state: str | None = None) -> np.ndarray:
    """Return what has been put in by each moment, mg, by the inputs alone."""
    times = np.array(case.times_h)
    total = np.zeros(len(times))
    for one in case.inputs:
        if state is not None and one.state != state:
            continue
        if one.end_h is None:
            total += one.amount_mg * (times >= one.start_h)
        else:
            total += one.amount_mg * np.clip((times - one.start_h) / (one.end_h - one.start_h), 0, 1)
    return total


@pytest.mark.parametrize("kind", KINDS)
def test_three_judges_agree_and_lose_no_drug(kind, record_property):
    """Exponential against integrators within 1e-8, stiff and other; against libroadrunner within 1e-6."""
    for case in drawn(kind):
        given = (case.structure, case.parameters, case.inputs, case.times_h)
        judge = oracle.exact(*given)
        put_in = entered(case)
        assert np.allclose(accounted(case, judge), put_in, rtol=1e-12, atol=1e-12 * put_in.max()), case.name
        assert worst(oracle.integrated(*given), judge, 1e-9) <= 1e-8, case.name
        assert worst(oracle.integrated(*given, method="LSODA", rtol=1e-12), judge, 1e-6) <= 1e-8, case.name
        assert worst(sbml.simulated(*given), judge, 1e-3) <= 1e-6, case.name
    record_property("n", len(drawn(kind)))


def test_all_that_is_cleared_was_given():
    """CL × AUC to the end of time is the dose, and so is CLn × AUC of the metabolite where fN is 1."""
    p = TYPICAL["mammillary"]
    states = oracle.exact("mammillary", p, oracle.infusion(35.0, 0.0, 2 / 3), [1000.0])
    assert p["CL"] * states[0, STATES.index("AUC_K")] == pytest.approx(35.0, rel=1e-12)
    assert p["CLn"] * states[0, STATES.index("AUC_N")] == pytest.approx(35.0, rel=1e-12)


def test_the_effect_site_follows_the_blood_and_rests_at_it():
    """Under an endless infusion blood and effect site settle at rate / CL."""
    p = {**TYPICAL["mammillary"], "ke0": 5.0}
    states = oracle.exact("mammillary", p, oracle.infusion(1000.0, 0.0, 1000.0), [0.05, 1000.0])
    effect, blood = states[:, STATES.index("effect")], states[:, STATES.index("C1")] / p["V1"]
    assert 0 < effect[0] < blood[0]
    assert effect[1] == pytest.approx(1.0 / p["CL"], rel=1e-12)
    assert blood[1] == pytest.approx(1.0 / p["CL"], rel=1e-12)

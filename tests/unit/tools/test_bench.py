"""The bench measures the workloads it says it does, and lets nothing inexact be compared."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.differential import oracle
from tools.bench import gate, ours, peers, simulation
from tools.bench.workloads import FIXED, WORKLOADS, Limit, one, patients, plain_patients

# The definition that the workloads were restated from, where it lies beside the repository.
DEFINITION = Path(__file__).resolve().parents[4] / "shared/bench/workloads.py"


@pytest.fixture
def definition(monkeypatch) -> ModuleType:
    if not DEFINITION.exists():
        pytest.skip("the workloads' own definition is not beside this repository")
    spec = importlib.util.spec_from_file_location("definition_of_the_workloads", DEFINITION)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, spec.name, module)  # its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["W1", "W2", "W3", "W4"])
def test_a_workload_is_the_one_that_was_defined(definition, name):
    here, there = WORKLOADS[name], definition.ALL[name]
    assert (here.route, here.at_h, here.looks) == (there.route, there.dose_times, there.nt)
    assert np.array_equal(here.t_h, there.grid)
    assert np.array_equal(plain_patients(1_000), definition.patients(1_000))
    assert (FIXED["Q3"], FIXED["V3"], FIXED["Vn"]) == (definition.Q3, definition.V3, definition.VM)


@pytest.mark.parametrize("name", ["W1", "W2", "W3"])
def test_the_judge_agrees_with_the_workloads_own_reference(definition, name):
    workload = WORKLOADS[name]
    when = [1, 8, 9, 145, workload.looks - 1]
    p = one(patients(workload, 3), 2)
    right = definition.reference(definition.ALL[name], plain_patients(3)[2], when)
    found = gate.judge(workload, p, [float(workload.t_h[k]) for k in when])
    assert np.allclose(found.T, right, rtol=1e-12, atol=0)


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=list(WORKLOADS))
def test_the_first_patients_do_not_depend_on_how_many_there_are(workload):
    few, many = patients(workload, 3), patients(workload, 50)
    assert list(few) == list(many)
    assert all(np.array_equal(few[name], many[name][:3]) for name in few)
    assert all((values > 0).all() for values in many.values())


@pytest.mark.parametrize("name", ["W1", "W3", "W5", "W6"])
def test_our_engine_and_both_peers_pass_the_gate(name):
    workload = WORKLOADS[name]
    p = patients(workload, 4)
    judged = gate.Judged(workload, p)
    assert judged.ours(ours.curves(workload, p)()) <= gate.OURS_ALLOWED
    for make in peers.PEERS.values():
        assert judged.peer(make(workload, p, 4)()) <= gate.PEERS_ALLOWED


def test_the_gate_sees_one_wrong_number_of_one_analyte():
    """A parent that is right and a metabolite that is off by 1e-8 at one look do not pass."""
    workload = WORKLOADS["W1"]
    p = patients(workload, 2)
    found = {name: table.copy() for name, table in ours.curves(workload, p)().items()}
    found["norketamine"][9, 1] *= 1 + 1e-8
    assert gate.Judged(workload, p).ours(found) == pytest.approx(1e-8, rel=1e-3)


def test_the_gate_sees_a_peak_that_is_none_and_an_area_that_is_short():
    workload = WORKLOADS["W4"]
    p = patients(workload, 2)
    right = ours.summaries(workload, p)()
    assert gate.summaries_error(workload, p, right) <= gate.OURS_ALLOWED
    beside = dict(right) | {"tmax norketamine": right["tmax norketamine"] + 0.01}
    assert gate.summaries_error(workload, p, beside) == float("inf")
    short = dict(right) | {"AUC ketamine": right["AUC ketamine"] * (1 - 1e-6)}
    assert gate.summaries_error(workload, p, short) == pytest.approx(1e-6, rel=1e-3)


def test_summaries_are_the_same_in_blocks(monkeypatch):
    workload = WORKLOADS["W4"]
    p = patients(workload, 50)
    whole = ours.summaries(workload, p)()
    monkeypatch.setattr(ours, "BLOCK", 7)
    parts = ours.summaries(workload, p)()
    assert all(np.allclose(parts[name], whole[name], rtol=1e-13) for name in whole)


def test_the_peers_sum_up_what_the_judge_sums_up():
    workload = WORKLOADS["W4"]
    p = patients(workload, 1)
    states = oracle.exact("mammillary", one(p, 0), peers.given(workload, one(p, 0)), [24.0])
    areas = states[0, [oracle.STATES.index(name) for name in peers.INTEGRALS]]
    for make in peers.PEERS.values():
        assert np.allclose(make(workload, p, 1)()[0][2:], areas, rtol=1e-6)


# ---------------------------------------------------------------- verdicts
def measured(limit: Limit, wall: float, processor: float, error: float, peak: float = 50.0) -> str:
    raw = {
        "seconds": {"posology": [wall] * 5, "scipy odeint": [1.0] * 5},
        "processor": {"posology": [processor] * 5, "scipy odeint": [1.0] * 5},
        "errors": {"posology": error, "scipy odeint": 1e-4},
        "sizes": {"posology": limit.members, "scipy odeint": 10},
        "peak_MB": peak,
        "stores": None,
    }
    found = simulation.outcome(WORKLOADS["W1"], limit, raw)
    return simulation.verdict(found) + "\n" + "\n".join(simulation.lines(found))


LIMIT = Limit(1_000, 0.005, peak_MB=200)


def test_a_verdict_is_drawn_from_the_clock_on_the_wall():
    assert measured(LIMIT, 0.004, 0.004, 1e-13).startswith("kept, limit 5.0 ms; kept, 50 of 200 MB")
    assert measured(LIMIT, 0.006, 0.006, 1e-13).startswith("MISSED, limit 5.0 ms")
    assert measured(LIMIT, 0.020, 0.004, 1e-13).startswith("MISSED on a busy machine")
    assert "MISSED, 250 of 200 MB" in measured(LIMIT, 0.004, 0.004, 1e-13, peak=250.0)
    assert measured(replace(LIMIT, seconds=None), 9.0, 9.0, 1e-13).startswith("no limit is set")


def test_what_is_not_exact_is_not_compared():
    assert measured(LIMIT, 0.001, 0.001, 2e-9).startswith("NOT EXACT")
    peer = next(line for line in measured(LIMIT, 0.001, 0.001, 1e-13).splitlines() if "odeint" in line)
    assert "not exact enough" in peer and "s  " not in peer.split("1e-04")[1].replace("(10 patients", "")


def test_a_peer_on_fewer_patients_is_scaled_and_says_so():
    raw_row = simulation.Row("libroadrunner", 2.0, 2.5, 1.9, 1e-7, 100, 10.0)
    assert raw_row.full == 20.0
    said = measured(replace(LIMIT, members=1_000), 0.001, 0.001, 1e-13)
    assert "(10 patients × 100)" in said

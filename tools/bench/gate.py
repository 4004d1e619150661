"""Accuracy before speed: 40 digits at a few patients and looks. What fails here is not timed."""

from collections.abc import Mapping, Sequence

import numpy as np

from tests.differential import oracle
from tests.differential.oracle import STATES
from tools.bench.peers import given
from tools.bench.workloads import Workload, one

PEERS_ALLOWED, PEERS_LEAST = 1e-5, 1e-3  # relative error, where more than this share of the peak is left
OURS_ALLOWED, OURS_LEAST = 1e-9, 1e-12
BESIDE_H = 1e-3  # how far beside a peak is looked, to see that it is one
AREAS = {"ketamine": "AUC_K", "norketamine": "AUC_N"}


def sampled(n: int) -> list[int]:
    """Return the patients looked at; the first two are in every size of a workload."""
    return sorted({0, 1, n // 2, n - 1})


def looked_at(workload: Workload) -> list[int]:
    """Return looks: the first, those about the peak, the troughs before later sessions, the last."""
    last = workload.looks - 1
    later = [round(at / workload.step_h) + k for at in workload.at_h[1::2] if at >= 24 for k in (0, 1, 2)]
    return sorted({1, 2, 7, 8, 9, 30, last // 2, last, *later})


def judge(workload: Workload, p: Mapping[str, float], times_h: Sequence[float]) -> np.ndarray:
    """Return concentrations at 40 digits, shape (n_analytes, n_times)."""
    states = oracle.exact(workload.structure, p, given(workload, p), times_h)
    return oracle.concentrations(workload.structure, p, states)


class Judged:
    """The exact answer at the sampled patients and looks, worked out once for all engines."""

    def __init__(self, workload: Workload, patients: Mapping[str, np.ndarray]) -> None:
        self.workload, self.patients = workload, patients
        self.who = sampled(next(iter(patients.values())).size)
        self.when = looked_at(workload)
        times = [float(workload.t_h[k]) for k in self.when]
        self.exact = {i: judge(workload, one(patients, i), times) for i in self.who}

    def error(self, i: int, curve: np.ndarray, least: float) -> float:
        """Return the largest relative error of patient ``i``'s curve, shape (n_analytes, n_looks)."""
        exact = self.exact[i]
        looked = exact > least * exact.max(axis=1, keepdims=True)
        return float(np.max(np.abs(curve[:, self.when] - exact)[looked] / exact[looked]))

    def ours(self, found: Mapping[str, np.ndarray]) -> float:
        return max(
            self.error(i, np.array([table[:, i] for table in found.values()]), OURS_LEAST) for i in self.who
        )

    def peer(self, found: Sequence[np.ndarray]) -> float:
        who = [i for i in self.who if i < len(found)]
        return max(self.error(i, found[i].T, PEERS_LEAST) for i in who)


def summaries_error(
    workload: Workload, patients: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]
) -> float:
    """Return the largest relative error of our peaks and areas; a peak must top what lies beside it."""
    end, worst = float(workload.t_h[-1]), 0.0
    for i in sampled(next(iter(patients.values())).size):
        p = one(patients, i)
        for row, analyte in enumerate(("ketamine", "norketamine")):
            peak_h = float(found[f"tmax {analyte}"][i])
            times = sorted({max(peak_h - BESIDE_H, 0.0), peak_h, min(peak_h + BESIDE_H, end), end})
            states = oracle.exact(workload.structure, p, given(workload, p), times)
            exact = oracle.concentrations(workload.structure, p, states)[row]
            top = exact[times.index(peak_h)]
            if exact.max() > top * (1 + OURS_ALLOWED):
                return float("inf")
            area = states[-1, STATES.index(AREAS[analyte])]
            for value, right in ((found[f"Cmax {analyte}"][i], top), (found[f"AUC {analyte}"][i], area)):
                worst = max(worst, abs(float(value) - float(right)) / float(right))
    return worst


def peer_summaries_error(
    ours: Mapping[str, np.ndarray], found: Sequence[np.ndarray], looks_error: float = 2e-3
) -> float:
    """Return the largest relative error of a peer's areas, ours being right by now.

    Its peak is the highest of its looks; that it lies under the true one by no more than the looks are
    apart is all that is asked of it.
    """
    n = len(found)
    rows = np.array(found)
    peaks = np.array([ours["Cmax ketamine"][:n], ours["Cmax norketamine"][:n]]).T
    areas = np.array([ours["AUC ketamine"][:n], ours["AUC norketamine"][:n]]).T
    if np.any(np.abs(rows[:, :2] / peaks - 1) > looks_error):
        return float("inf")
    return float(np.max(np.abs(rows[:, 2:] / areas - 1)))

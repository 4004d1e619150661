"""The live references: SciPy's odeint and libroadrunner, on the same patients and the same looks.

What a peer may keep between patients is prepared before the clock runs: the matrices for odeint, the
compiled model and its numbers for libroadrunner. Both run at a relative tolerance of 1e-8.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from scipy.integrate import odeint

from tests.differential import oracle, sbml
from tests.differential.oracle import Input
from tools.bench.ours import DEVICE_MG
from tools.bench.workloads import DOSE_MG, FILM_MG, INFUSION_H, Workload, one

RTOL, ATOL_MG = 1e-8, 1e-10
INTEGRALS = ("AUC_K", "AUC_N")


def given(workload: Workload, p: Mapping[str, float]) -> list[Input]:
    """Return what the workload gives one patient, in the words of the judges."""
    if workload.route == "nasal":
        return oracle.devices(p, DEVICE_MG, workload.at_h)
    if workload.route == "film":
        return [each for at in workload.at_h for each in oracle.film(p, FILM_MG, at)]
    if workload.route == "oral":
        return [Input("oral", DOSE_MG, at) for at in workload.at_h]
    return [each for at in workload.at_h for each in oracle.infusion(DOSE_MG, at, at + INFUSION_H)]


def kept(workload: Workload, names: Sequence[str]) -> tuple[str, ...]:
    """Return the states to integrate: the areas only where they are asked for."""
    return tuple(name for name in names if workload.summaries or name not in INTEGRALS)


def columns(workload: Workload, names: Sequence[str]) -> list[int]:
    wanted = ["C1", "N1", "H1"] + ([*INTEGRALS] if workload.summaries else [])
    return [names.index(name) for name in wanted if name in names]


def answer(workload: Workload, curve: np.ndarray, volumes: np.ndarray) -> np.ndarray:
    """Return what was asked for: concentrations, or the peak of each and the areas."""
    concentrations = curve[:, : volumes.size] / volumes
    if not workload.summaries:
        return concentrations
    return np.concatenate([concentrations.max(axis=0), curve[-1, volumes.size :]])


def volumes_of(workload: Workload, p: Mapping[str, float]) -> np.ndarray:
    named = {
        "mammillary": ("V1", "Vn"),
        "hepatoportal": ("Vc", "Vcn"),
        "delayed-metabolites": ("V1", "V1", "VH"),
    }
    return np.array([p[name] for name in named[workload.structure]])


# ---------------------------------------------------------------- SciPy
Segment = tuple[np.ndarray, np.ndarray, np.ndarray, slice]  # times, constant input, impulse before, looks


def segments(workload: Workload, inputs: Sequence[Input], names: Sequence[str]) -> list[Segment]:
    """Cut the looks at every change of an input; each piece starts with its own beginning."""
    t_h = workload.t_h
    edges = sorted({0.0, t_h[-1], *(e for i in inputs for e in (i.start_h, i.end_h) if e is not None)})
    edges = [edge for edge in edges if edge <= t_h[-1]]
    found = []
    for begin, end in pairwise(edges):
        u, impulse = np.zeros(len(names)), np.zeros(len(names))
        for each in inputs:
            place = names.index(each.state)
            if each.end_h is None:
                impulse[place] += each.amount_mg if each.start_h == begin else 0.0
            elif each.start_h <= begin < each.end_h:
                u[place] += each.amount_mg / (each.end_h - each.start_h)
        first, last = np.searchsorted(t_h, [begin, end], side="right")
        times = np.concatenate([[begin], t_h[first:last]])
        if times[-1] < end:
            times = np.append(times, end)
        found.append((times, u, impulse, slice(first, last)))
    return found


def odeint_of(
    workload: Workload, patients: Mapping[str, np.ndarray], n: int
) -> Callable[[], list[np.ndarray]]:
    made = []
    for i in range(n):
        p = one(patients, i)
        inputs, a = given(workload, p), oracle.entries(workload.structure, p)
        names = kept(workload, oracle.reached(a, inputs))
        matrix = np.array([[float(a.get((r, c), 0.0)) for c in names] for r in names])
        pieces = segments(workload, inputs, names)
        made.append((matrix, pieces, columns(workload, names), volumes_of(workload, p)))

    def run() -> list[np.ndarray]:
        found = []
        for matrix, pieces, wanted, volumes in made:
            x = np.zeros(len(matrix))
            curve = np.zeros((workload.looks, len(wanted)))
            for times, u, impulse, looks in pieces:
                x = x + impulse
                solved = odeint(
                    lambda y, t, m=matrix, u=u: m @ y + u, x, times, rtol=RTOL, atol=ATOL_MG, mxstep=10_000
                )
                if looks.start == 1:
                    curve[0] = x[wanted]
                curve[looks] = solved[1 : 1 + looks.stop - looks.start, wanted]
                x = solved[-1]
            found.append(answer(workload, curve, volumes))
        return found

    return run


# ---------------------------------------------------------------- libroadrunner
def roadrunner_of(
    workload: Workload, patients: Mapping[str, np.ndarray], n: int
) -> Callable[[], list[np.ndarray]]:
    systems = [
        sbml.system(workload.structure, one(patients, i), given(workload, one(patients, i))) for i in range(n)
    ]
    names = systems[0].names
    runner = sbml.loaded(systems[0], RTOL, ATOL_MG)
    integrated = kept(workload, names)
    runner.timeCourseSelections = [integrated[i] for i in columns(workload, integrated)]
    places = [runner.model.getGlobalParameterIds().index(name) for name in systems[0].numbers]
    numbers = [np.array(list(each.numbers.values())) for each in systems]
    volumes = [volumes_of(workload, one(patients, i)) for i in range(n)]
    end, looks = float(workload.t_h[-1]), workload.looks

    def run() -> list[np.ndarray]:
        found = []
        for values, volume in zip(numbers, volumes, strict=True):
            runner.reset()
            runner.model.setGlobalParameterValues(places, values)
            found.append(answer(workload, np.asarray(runner.simulate(0.0, end, looks)), volume))
        return found

    return run


PEERS = {"scipy odeint": odeint_of, "libroadrunner": roadrunner_of}

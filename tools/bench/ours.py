"""Ask our own engine for a workload: the only module of the bench that knows it.

Each function takes the patients' parameters and returns something that can be called again and again; a
call does everything from those parameters to the numbers asked for, with nothing kept from the call before.
"""

from collections.abc import Callable, Mapping

import numpy as np

from posology.pharmacology.exposure import exposures
from posology.pharmacology.standing import Part
from posology.pharmacology.stepping import Input, simulate
from posology.pharmacology.structures import STRUCTURES
from tools.bench.workloads import DOSE_MG, FILM_MG, INFUSION_H, Workload

Numbers = Mapping[str, np.ndarray]
Found = Mapping[str, np.ndarray]

BLOCK = 8_192  # members of a cohort of which only summaries are kept, worked through at a time
DEVICE_MG = 28.0


def inputs(workload: Workload, p: Numbers) -> tuple[Input, ...]:
    """Return what the workload gives, in the words of the engine."""
    if workload.route == "iv":
        return tuple(Input("central", DOSE_MG, at, INFUSION_H) for at in workload.at_h)
    if workload.route == "oral":
        return tuple(Input("oral", DOSE_MG, at) for at in workload.at_h)
    if workload.route == "film":
        film = (("mucosal", "F1", "D1"), ("gut", "F2", "D2"))
        return tuple(Input(port, FILM_MG * p[F], at, p[D]) for at in workload.at_h for port, F, D in film)
    given = []
    for i, at in enumerate(workload.at_h):
        nose = p["FRn"] * p["FRn_later_devices"] if i else p["FRn"]
        given.append(Input("nasal", DEVICE_MG * nose, at))
        # The time over which it is swallowed does not differ between patients.
        lasting = float(p["D_swallowed"][0])
        given.append(Input("swallowed", DEVICE_MG * (1 - nose) * p["Fgut"], at, lasting))
    return tuple(given)


def curves(workload: Workload, p: Numbers, out: Found | None = None) -> Callable[[], Found]:
    """Return a call that gives concentrations by analyte, mg/L, shape (n_looks, n_members) each."""
    build, t_h = STRUCTURES[workload.structure], workload.t_h

    def run() -> Found:
        return simulate(build(p), inputs(workload, p), t_h, out=out)

    return run


def buffers(workload: Workload, p: Numbers) -> Found:
    """Return memory that has been written once, to be written again."""
    first = curves(workload, {name: values[:1] for name, values in p.items()})()
    n = next(iter(p.values())).size
    return {name: np.zeros((workload.looks, n)) for name in first}


def summaries(workload: Workload, p: Numbers) -> Callable[[], Found]:
    """Return a call that gives Cmax, its time and the AUC of each analyte, shape (n_members,) each."""
    build, until_h = STRUCTURES[workload.structure], float(workload.t_h[-1])
    analytes = ("ketamine", "norketamine")

    def run() -> Found:
        n = next(iter(p.values())).size
        found = {f"{word} {name}": np.empty(n) for name in analytes for word in ("Cmax", "tmax", "AUC")}
        for start in range(0, n, BLOCK):
            part = slice(start, start + BLOCK)
            these = {name: values[part] for name, values in p.items()}
            for name, one in exposures(
                [Part(build(these), inputs(workload, these))], analytes, until_h
            ).items():
                found[f"Cmax {name}"][part] = one.Cmax
                found[f"tmax {name}"][part] = one.tmax_h
                found[f"AUC {name}"][part] = one.AUC
        return found

    return run


def prepared(workload: Workload, p: Numbers) -> Callable[[], Found]:
    return summaries(workload, p) if workload.summaries else curves(workload, p)

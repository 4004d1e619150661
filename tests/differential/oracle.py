"""Solve the linear system of all routes by roads that share nothing with the engine under test.

One system of 23 states holds depots, gut, liver, three compartments, the delay chains of the metabolites,
the effect site and the integrals. It is written here row by row, from a plain dict of parameters in L, h
and mg, and solved

- by the matrix exponential of mpmath at 40 digits (`exact`), which is the judge,
- by SciPy's integrators (`integrated`),
- by libroadrunner, from SBML text (`sbml`, `roadrunner`).

Nothing of ``posology`` is imported, no eigenvalue is computed and no formula for a sum of exponentials
stands here. Amounts are mg of the drug's own mass; the effect site is kept in mg/L.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from scipy.integrate import solve_ivp

STATES = (
    "nasal", "swallowed", "oral", "mucosal", "film_gut", "gut_liver", "im", "sc",
    "C1", "C2", "C3", "liver", "T1", "T2", "N1", "N2", "U1", "U2", "H1", "H2",
    "effect", "AUC_K", "AUC_N",
)  # fmt: skip
AMOUNTS = STATES[:20]  # mg; the last three are a concentration and two integrals
STRUCTURES = ("mammillary", "hepatoportal", "delayed-metabolites")

Entries = dict[tuple[str, str], Any]  # (row, column) -> 1/h


@dataclass(frozen=True)
class Input:
    """An amount that enters a state: at one moment, or at a constant rate until ``end_h``."""

    state: str
    amount_mg: float
    start_h: float
    end_h: float | None = None


# ---------------------------------------------------------------- the system
def entries(structure: str, p: Mapping[str, Any]) -> Entries:
    """Return the rate matrix, without its zeros, in the number type of the parameters."""
    a: Entries = {}

    def flow(source: str, rate: Any, to: Mapping[str, Any]) -> None:
        """Take ``rate`` from a state; ``to`` says which share of it arrives where."""
        a[source, source] = a.get((source, source), 0) - rate
        for target, share in to.items():
            a[target, source] = a.get((target, source), 0) + share * rate

    def exchange(one: str, Vone: Any, other: str, Vother: Any, Q: Any) -> None:
        flow(one, Q / Vone, {other: 1})
        flow(other, Q / Vother, {one: 1})

    if structure == "mammillary":
        V1, Vn = p["V1"], p.get("Vn")
        central(a, flow, exchange, V1, p)
        flow("C1", p["CL"] / V1, {"N1": p["fN"]} if Vn is not None else {})
        for route in ("im", "sc"):
            if f"ka_{route}" in p:
                flow(route, p[f"ka_{route}"], {"C1": p[f"F_{route}"]})
        if "ka_oral" in p:  # what the liver takes on the first pass arrives as metabolite
            flow("oral", p["ka_oral"], {"C1": p["F_oral"], "N1": 1 - p["F_oral"]})
        if Vn is not None:
            flow("N1", p["CLn"] / Vn, {})
            if "Qn" in p:
                exchange("N1", Vn, "N2", p["Vnp"], p["Qn"])
    elif structure == "hepatoportal":
        V1, Vn = p["Vc"], p["Vcn"]
        central(a, flow, exchange, V1, dict(Q2=p["Q1"], V2=p["Vp1"], Q3=p["Q2"], V3=p["Vp2"]))
        flow("nasal", p["ka_nasal"], {"C1": 1})
        flow("swallowed", p["ka_swallowed"], {"liver": 1})
        flow("oral", p["ka_oral"], {"liver": 1})
        exchange("C1", V1, "liver", p["Vh"], p["Qh"])
        flow("liver", p["kel"], {})
        flow("liver", p["kmet"], {"N1": 1})
        flow("N1", p["CLn"] / Vn, {})
        exchange("N1", Vn, "N2", p["Vpn"], p["Q3"])
    elif structure == "delayed-metabolites":
        V1 = Vn = p["V1"]
        kT, kU, ktr = 2 / p["MTT_metabolism"], 2 / p["MTT_second"], 1 / p["MTT_gut"]
        central(a, flow, exchange, V1, p)
        flow("mucosal", p["KA1"], {"C1": 1})
        flow("film_gut", p["KA2"], {"gut_liver": 1})
        flow("gut_liver", ktr, {"T1": 1})
        flow("C1", p["CL"] / V1, {"T1": 1})
        flow("T1", kT, {"T2": 1})
        flow("T2", kT, {"N1": p["fN"]})
        flow("N1", p["CLn"] / Vn, {"U1": 1})
        exchange("N1", Vn, "N2", p["Vn2"], p["Qn"])
        flow("U1", kU, {"U2": 1})
        flow("U2", kU, {"H1": p["fH"]})
        flow("H1", p["CLH"] / p["VH"], {})
        exchange("H1", p["VH"], "H2", p["VH2"], p["QH"])
    else:
        raise ValueError(f"'{structure}' is none of {', '.join(STRUCTURES)}.")
    if "ke0" in p:
        a["effect", "C1"] = p["ke0"] / V1
        a["effect", "effect"] = -p["ke0"]
    a["AUC_K", "C1"] = 1 / V1
    if Vn is not None:
        a["AUC_N", "N1"] = 1 / Vn
    return a


def central(
    a: Entries,
    flow: Callable[..., None],
    exchange: Callable[..., None],
    V1: Any,
    p: Mapping[str, Any],
) -> None:
    """Lay the exchange of the central compartment with one or two peripheral ones."""
    if "Q2" in p:
        exchange("C1", V1, "C2", p["V2"], p["Q2"])
    if "Q3" in p:
        exchange("C1", V1, "C3", p["V3"], p["Q3"])


def reached(a: Entries, inputs: Iterable[Input]) -> tuple[str, ...]:
    """Return the states that anything ever arrives in, in their order; the others stay at zero."""
    seen: set[str] = set()
    frontier = {one.state for one in inputs}
    while frontier:
        seen |= frontier
        frontier = {row for (row, column), rate in a.items() if column in seen and rate != 0} - seen
    return tuple(state for state in STATES if state in seen)


def concentrations(structure: str, p: Mapping[str, float], states: np.ndarray) -> np.ndarray:
    """Return mg/L of drug, norketamine and (delay chains only) hydroxynorketamine, shape (n, n_times)."""
    central_of = {"mammillary": "V1", "hepatoportal": "Vc", "delayed-metabolites": "V1"}[structure]
    rows = [states[:, STATES.index("C1")] / p[central_of]]
    metabolite_of = {"mammillary": "Vn", "hepatoportal": "Vcn", "delayed-metabolites": "V1"}[structure]
    if metabolite_of in p:
        rows.append(states[:, STATES.index("N1")] / p[metabolite_of])
    if structure == "delayed-metabolites":
        rows.append(states[:, STATES.index("H1")] / p["VH"])
    return np.array(rows)


# ---------------------------------------------------------------- (a) the judge: 40 digits
def exact(
    structure: str, p: Mapping[str, float], inputs: Sequence[Input], times_h: Sequence[float], dps: int = 40
) -> np.ndarray:
    """Return all states at ``times_h``, shape (n_times, 23), from exponentials of the augmented matrix.

    A moment that is both asked for and an impulse is answered after the impulse.
    """
    with mpmath.workdps(dps):
        a = entries(structure, {name: mpmath.mpf(float(value)) for name, value in p.items()})
        names = reached(a, inputs)
        size = len(names)
        matrix = mpmath.zeros(size + 1)  # the last state is the constant 1 that the rates multiply
        for (row, column), rate in a.items():
            if row in names and column in names:
                matrix[names.index(row), names.index(column)] = rate
        x = mpmath.zeros(size + 1, 1)
        x[size] = 1
        found: dict[float, list[float]] = {}
        now = mpmath.mpf(min([0.0, *times_h, *(one.start_h for one in inputs)]))
        for moment in moments(inputs, times_h):
            step = mpmath.mpf(moment) - now
            if step > 0:
                for i, name in enumerate(names):
                    matrix[i, size] = sum(
                        (mpmath.mpf(one.amount_mg) / (mpmath.mpf(one.end_h) - mpmath.mpf(one.start_h)))
                        for one in inputs
                        if one.state == name and one.end_h is not None and one.start_h < moment <= one.end_h
                    )
                x = mpmath.expm(matrix * step) * x
                now = mpmath.mpf(moment)
            for one in inputs:
                if one.end_h is None and one.start_h == moment:
                    x[names.index(one.state)] += mpmath.mpf(one.amount_mg)
            found[moment] = [float(x[i]) for i in range(size)]
    return spread(names, np.array([found[float(t)] for t in times_h]))


def moments(inputs: Iterable[Input], times_h: Iterable[float]) -> list[float]:
    """Return every moment asked for and every moment at which an input changes, in order, once each."""
    changes = [edge for one in inputs for edge in (one.start_h, one.end_h) if edge is not None]
    asked = [float(t) for t in times_h]
    last = max(asked)
    return sorted({*asked, *(float(edge) for edge in changes if edge <= last)})


def spread(names: Sequence[str], found: np.ndarray) -> np.ndarray:
    """Put the columns of the reached states at their places among all 23."""
    whole = np.zeros((len(found), len(STATES)))
    whole[:, [STATES.index(name) for name in names]] = found
    return whole


# ---------------------------------------------------------------- (b) an integrator
def integrated(
    structure: str,
    p: Mapping[str, float],
    inputs: Sequence[Input],
    times_h: Sequence[float],
    method: str = "Radau",
    rtol: float = 1e-10,
) -> np.ndarray:
    """Return all states at ``times_h`` from SciPy's ``method``, started anew at every change of an input."""
    a = entries(structure, {name: float(value) for name, value in p.items()})
    names = reached(a, inputs)
    matrix = np.array([[float(a.get((row, column), 0.0)) for column in names] for row in names])
    # Far below the least amount that a comparison looks at, so that rtol decides.
    atol = 1e-16 * sum(one.amount_mg for one in inputs)
    x = np.zeros(len(names))
    found: dict[float, np.ndarray] = {}
    now = min([0.0, *times_h, *(one.start_h for one in inputs)])
    for moment in moments(inputs, times_h):
        if moment > now:
            u = np.zeros(len(names))
            for one in inputs:
                if one.end_h is not None and one.start_h < moment <= one.end_h:
                    u[names.index(one.state)] += one.amount_mg / (one.end_h - one.start_h)
            solved = solve_ivp(
                lambda t, y, u=u: matrix @ y + u,
                (now, moment),
                x,
                method=method,
                rtol=rtol,
                atol=atol,
                jac=matrix if method in ("Radau", "BDF") else (lambda t, y: matrix),
            )
            if not solved.success:
                raise ArithmeticError(f"{method} gave up between {now} and {moment} h: {solved.message}")
            x, now = solved.y[:, -1], moment
        x = x.copy()
        for one in inputs:
            if one.end_h is None and one.start_h == moment:
                x[names.index(one.state)] += one.amount_mg
        found[moment] = x
    return spread(names, np.array([found[float(t)] for t in times_h]))


# ---------------------------------------------------------------- doses as inputs
def infusion(dose_mg: float, start_h: float, end_h: float) -> list[Input]:
    return [Input("C1", dose_mg, start_h, end_h)]


def injection(route: str, dose_mg: float, at_h: float) -> list[Input]:
    """Return a dose into muscle (``im``) or under the skin (``sc``), whole in its depot at once."""
    return [Input(route, dose_mg, at_h)]


def devices(p: Mapping[str, float], dose_mg: float, at_h: Sequence[float]) -> list[Input]:
    """Return one nasal device at each moment: a share stays in the nose, the rest is swallowed."""
    inputs = []
    for i, moment in enumerate(at_h):
        nose = p["FRn"] * (p["FRn_later_devices"] if i else 1.0)
        inputs.append(Input("nasal", dose_mg * nose, moment))
        swallowed = dose_mg * (1.0 - nose) * p["Fgut"]
        inputs.append(Input("swallowed", swallowed, moment, moment + p["D_swallowed"]))
    return inputs


def solution(p: Mapping[str, float], dose_mg: float, at_h: float) -> list[Input]:
    """Return a dose that is drunk, in the model with a liver."""
    return [Input("oral", dose_mg * p["Fgut"], at_h, at_h + p["D_oral"])]


def film(p: Mapping[str, float], dose_mg: float, at_h: float) -> list[Input]:
    """Return a film held in the mouth: what the mucosa takes, and what reaches the gut."""
    return [
        Input("mucosal", dose_mg * p["F1"], at_h, at_h + p["D1"]),
        Input("film_gut", dose_mg * p["F2"], at_h, at_h + p["D2"]),
    ]

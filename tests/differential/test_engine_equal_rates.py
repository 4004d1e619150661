"""Rates that coincide, exactly and nearly: the closed formulas for them cancel, the answer may not.

The eigenvalues that other rates are set equal to are found here by NumPy, from the oracle's matrix.
"""

from collections.abc import Callable

import numpy as np
import pytest

from tests.differential import oracle
from tests.differential.drawn import FEW, Drawn, how_many
from tests.differential.engine import ALLOWED, asked, judged, off_by
from tools.bench.models import DELAYED, HEPATOPORTAL, MAMMILLARY

# Relative distance of the two rates; all of them where many cases are asked for.
GAPS = (0.0, 1e-9, 1e-4) if how_many() <= FEW else (0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
TIMES = (0.0, 0.01, 0.2, 0.7, 1.5, 6.0, 24.0)
Numbers = dict[str, float]


def eigenvalues(structure: str, p: Numbers, of: tuple[str, ...]) -> np.ndarray:
    """Return the decay rates of the block of these states, slowest first, 1/h."""
    a = oracle.entries(structure, p)
    block = np.array([[float(a.get((row, column), 0.0)) for column in of] for row in of])
    return np.sort(-np.linalg.eigvals(block).real)


def parent(i: int) -> Callable[[Numbers], float]:
    return lambda p: float(eigenvalues("mammillary", p, ("C1", "C2", "C3"))[i])


def without(p: Numbers, *names: str) -> Numbers:
    return {name: value for name, value in p.items() if name not in names}


# ---------------------------------------------------------------- which rates meet
def depot_meets_mode(i: int, route: str) -> Callable[[float], Drawn]:
    def made(gap: float) -> Drawn:
        p = {**MAMMILLARY, f"ka_{route}": parent(i)(MAMMILLARY) * (1 + gap)}
        return Drawn(f"ka_{route} = λ{i}", "mammillary", p, oracle.injection(route, 35.0, 0.0), TIMES)

    return made


def metabolite_meets_mode(i: int) -> Callable[[float], Drawn]:
    def made(gap: float) -> Drawn:
        p = without(MAMMILLARY, "Vnp", "Qn")
        p["CLn"] = p["Vn"] * parent(i)(p) * (1 + gap)
        return Drawn(f"CLn/Vn = λ{i}", "mammillary", p, oracle.infusion(35.0, 0.0, 2 / 3), TIMES)

    return made


def metabolite_and_depot_meet_mode(gap: float) -> Drawn:
    p = without(MAMMILLARY, "Vnp", "Qn")
    rate = parent(1)(p)
    p |= {"CLn": p["Vn"] * rate * (1 + gap), "ka_im": rate * (1 - gap)}
    return Drawn("CLn/Vn = ka_im = λ1", "mammillary", p, oracle.injection("im", 35.0, 0.0), TIMES)


def two_compartment_metabolite_meets_mode(gap: float) -> Drawn:
    """Scale the metabolite's own block until its slow mode lies on the parent's."""
    own = eigenvalues("mammillary", MAMMILLARY, ("N1", "N2"))[0]
    by = parent(0)(MAMMILLARY) / own * (1 + gap)
    p = {**MAMMILLARY, "CLn": MAMMILLARY["CLn"] * by, "Qn": MAMMILLARY["Qn"] * by}
    return Drawn("slow N mode = λ0", "mammillary", p, oracle.infusion(35.0, 0.0, 2 / 3), TIMES)


def equal_returns(gap: float) -> Drawn:
    p = {**MAMMILLARY, "V2": 150.0, "Q2": 60.0, "V3": 90.0, "Q3": 36.0 * (1 + gap)}
    return Drawn("Q2/V2 = Q3/V3", "mammillary", p, oracle.infusion(35.0, 0.0, 2 / 3), TIMES)


def equal_compartments(gap: float) -> Drawn:
    p = {**MAMMILLARY, "V2": 150.0, "Q2": 60.0, "V3": 150.0 * (1 + gap), "Q3": 60.0}
    return Drawn("compartments 2 = 3", "mammillary", p, oracle.infusion(35.0, 0.0, 2 / 3), TIMES)


def weak_exchange(gap: float) -> Drawn:
    """All three rates of the parent meet where hardly anything is exchanged."""
    p = {**MAMMILLARY, "V1": 100.0, "CL": 50.0, "V2": 100.0, "Q2": 50.0 * (gap + 1e-9)}
    p |= {"V3": 1e-6, "Q3": 5e-7}
    return Drawn("hardly any exchange", "mammillary", p, oracle.infusion(35.0, 0.0, 2 / 3), TIMES)


def equal_depots(gap: float) -> Drawn:
    p = {**HEPATOPORTAL, "ka_swallowed": HEPATOPORTAL["ka_nasal"] * (1 + gap)}
    return Drawn("ka_swallowed = ka_nasal", "hepatoportal", p, oracle.devices(p, 28.0, [0.0, 0.1]), TIMES)


def liver_depot_meets_mode(i: int) -> Callable[[float], Drawn]:
    def made(gap: float) -> Drawn:
        modes = eigenvalues("hepatoportal", HEPATOPORTAL, ("C1", "C2", "C3", "liver"))
        p = {**HEPATOPORTAL, "ka_oral": float(modes[i]) * (1 + gap)}
        return Drawn(f"ka_oral = λ{i}", "hepatoportal", p, oracle.solution(p, 84.0, 0.0), TIMES)

    return made


def liver_returns_alike(gap: float) -> Drawn:
    p = {**HEPATOPORTAL, "Vp1": 120.0, "Q1": 60.0, "Vp2": 120.0 * (1 + gap), "Q2": 60.0}
    return Drawn("tissues alike beside a liver", "hepatoportal", p, oracle.devices(p, 28.0, [0.0]), TIMES)


def equal_chains(gap: float) -> Drawn:
    p = {**DELAYED, "MTT_second": DELAYED["MTT_metabolism"] * (1 + gap)}
    return Drawn("kT = kU", "delayed-metabolites", p, oracle.film(p, 50.0, 0.0), TIMES)


def all_delays_equal(gap: float) -> Drawn:
    rate = 2 / DELAYED["MTT_metabolism"]
    p = {**DELAYED, "KA1": rate, "KA2": rate * (1 + gap), "MTT_gut": 1 / rate / (1 - gap / 2)}
    p["MTT_second"] = p["MTT_metabolism"]
    return Drawn("KA1 = KA2 = ktr = kT = kU", "delayed-metabolites", p, oracle.film(p, 50.0, 0.0), TIMES)


def chain_meets_mode(i: int) -> Callable[[float], Drawn]:
    def made(gap: float) -> Drawn:
        modes = eigenvalues("delayed-metabolites", DELAYED, ("C1", "C2", "C3"))
        p = {**DELAYED, "MTT_metabolism": 2 / float(modes[i]) * (1 + gap)}
        return Drawn(f"kT = λ{i}", "delayed-metabolites", p, oracle.infusion(20.0, 0.0, 1 / 3), TIMES)

    return made


MEETINGS: dict[str, Callable[[float], Drawn]] = {
    **{f"muscle depot, mode {i}": depot_meets_mode(i, "im") for i in range(3)},
    "skin depot, mode 2": depot_meets_mode(2, "sc"),
    **{f"metabolite, mode {i}": metabolite_meets_mode(i) for i in range(3)},
    "metabolite and depot": metabolite_and_depot_meet_mode,
    "metabolite of two compartments": two_compartment_metabolite_meets_mode,
    "equal return rates": equal_returns,
    "equal compartments": equal_compartments,
    "hardly any exchange": weak_exchange,
    "equal depots": equal_depots,
    **{f"oral depot, liver mode {i}": liver_depot_meets_mode(i) for i in range(4)},
    "equal tissues beside a liver": liver_returns_alike,
    "equal chains": equal_chains,
    "all delays equal": all_delays_equal,
    **{f"chain, mode {i}": chain_meets_mode(i) for i in range(3)},
}


@pytest.mark.parametrize("meeting", MEETINGS)
def test_rates_that_meet_cost_no_digits(meeting, record_property):
    """At several distances of the two rates, from none to 1e-4 and more: 1e-9 against 40 digits."""
    for gap in GAPS:
        case = MEETINGS[meeting](gap)
        assert off_by(asked([case])[:, :, 0], judged(case)) <= ALLOWED, f"{case.name}, gap {gap:g}"
    record_property("n", len(GAPS))

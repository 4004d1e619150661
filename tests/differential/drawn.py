"""Draw whole situations for the comparisons: parameters around typical values, and inputs of every route.

A case is drawn from a seed and is the same on every run. ``POSOLOGY_DIFFERENTIAL=2000`` asks for that many
cases of a kind instead of a few.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tests.differential import oracle
from tests.differential.oracle import Input
from tools.bench.models import TYPICAL

SEED = 20_261_124
FEW = 2
# In the first seconds after a dose a metabolite is under 1e-7 of its peak, and a sum of modes, each exact to
# its rounding, keeps fewer than nine digits of it: 1e-16 of the peak. No look is drawn there.
FIRST_LOOK_H = 9e-4

SHARES = {"F_im", "F_sc", "FRn", "FRn_later_devices", "Fgut", "F1", "fN", "fH"}  # none passes 1
SPREAD = 0.4  # SD of the logarithm: wider than any published variance but that of kel and ka_swallowed


@dataclass(frozen=True)
class Drawn:
    """One patient, what the patient is given, and the moments looked at."""

    name: str
    structure: str
    parameters: dict[str, float]
    inputs: list[Input]
    times_h: tuple[float, ...]


def how_many() -> int:
    return int(os.environ.get("POSOLOGY_DIFFERENTIAL", FEW))


def patient(rng: np.random.Generator, structure: str) -> dict[str, float]:
    """Return typical values, each multiplied by its own log-normal factor; shares stay below 1."""
    drawn = {}
    for name, value in TYPICAL[structure].items():
        factor = float(np.exp(SPREAD * rng.standard_normal()))
        drawn[name] = value**factor if name in SHARES else value * factor
    return drawn


# ---------------------------------------------------------------- what is given, by kind
Given = Callable[[np.random.Generator, dict[str, float]], list[Input]]


def one_infusion(rng: np.random.Generator, p: dict[str, float]) -> list[Input]:
    start = float(rng.uniform(0, 1)) * float(rng.integers(0, 2))
    return oracle.infusion(float(rng.uniform(10, 80)), start, start + float(rng.uniform(0.3, 2)))


def changing_infusion(rng: np.random.Generator, p: dict[str, float]) -> list[Input]:
    """Change the rate at drawn moments, pause once in between, and stop off any grid."""
    edges = np.cumsum(rng.uniform(0.03, 0.4, size=6))
    steps = [
        one
        for i, (begin, end) in enumerate(pairwise(edges))
        if i != 2  # the pause
        for one in oracle.infusion(float(rng.uniform(1, 25)), float(begin), float(end))
    ]
    return steps


def sessions(rng: np.random.Generator, p: dict[str, float]) -> list[Input]:
    days = (0, 3, 7)
    return [
        one
        for day in days
        for one in oracle.infusion(
            float(rng.uniform(20, 60)), 24.0 * day, 24.0 * day + float(rng.uniform(0.4, 1))
        )
    ]


def into_muscle(rng: np.random.Generator, p: dict[str, float]) -> list[Input]:
    return oracle.injection("im", float(rng.uniform(10, 80)), 0.0) + oracle.injection(
        "im", float(rng.uniform(10, 40)), float(rng.uniform(0.2, 2))
    )


def under_skin(rng: np.random.Generator, p: dict[str, float]) -> list[Input]:
    return oracle.injection("sc", float(rng.uniform(10, 80)), float(rng.uniform(0, 1)))


def sprays(rng: np.random.Generator, p: dict[str, float]) -> list[Input]:
    gap = float(rng.uniform(0.05, 0.2))
    return oracle.devices(p, 28.0, [i * gap for i in range(int(rng.integers(1, 5)))])


def drunk(rng: np.random.Generator, p: dict[str, float]) -> list[Input]:
    return oracle.solution(p, float(rng.uniform(20, 120)), float(rng.uniform(0, 0.5)))


def held_in_mouth(rng: np.random.Generator, p: dict[str, float]) -> list[Input]:
    return oracle.film(p, float(rng.choice([50.0, 100.0])), 0.0)


def film_then_infusion(rng: np.random.Generator, p: dict[str, float]) -> list[Input]:
    return held_in_mouth(rng, p) + oracle.infusion(20.0, 6.0, 6.0 + 1 / 3)


KINDS: dict[str, tuple[str, Given, float]] = {  # name -> structure, what is given, hours looked at
    "infusion": ("mammillary", one_infusion, 24.0),
    "changing rate": ("mammillary", changing_infusion, 24.0),
    "sessions": ("mammillary", sessions, 240.0),
    "muscle": ("mammillary", into_muscle, 24.0),
    "skin": ("mammillary", under_skin, 24.0),
    "nasal": ("hepatoportal", sprays, 24.0),
    "drunk": ("hepatoportal", drunk, 24.0),
    "liver infusion": ("hepatoportal", changing_infusion, 24.0),
    "film": ("delayed-metabolites", held_in_mouth, 24.0),
    "film and infusion": ("delayed-metabolites", film_then_infusion, 24.0),
    "arterial infusion": ("delayed-metabolites", changing_infusion, 24.0),
}


def draw(kind: str, number: int) -> Drawn:
    """Return case ``number`` of a kind: some moments drawn, some at and just past a change of input."""
    structure, given, hours = KINDS[kind]
    rng = np.random.default_rng([SEED, list(KINDS).index(kind), number])
    p = patient(rng, structure)
    inputs = given(rng, p)
    edges = [edge for one in inputs for edge in (one.start_h, one.end_h) if edge is not None]
    edge = float(rng.choice(edges))
    times = {0.0, edge, edge + 1e-3, hours, *(float(hours * u**3) for u in rng.uniform(0, 1, size=4))}
    late = [t for t in times if not any(0 < t - one.start_h < FIRST_LOOK_H for one in inputs)]
    return Drawn(f"{kind} {number}", structure, p, inputs, tuple(sorted(late)))


def drawn(kind: str) -> list[Drawn]:
    return [draw(kind, i) for i in range(how_many())]

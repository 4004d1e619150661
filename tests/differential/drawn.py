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

SEED = 20_261_124
FEW = 2

# Typical values in L, h and mg; pharmacology sheet 1.1 (M1, M2, M3) and 2 (depots).
MAMMILLARY = dict(
    V1=133.0, CL=95.2, V2=187.0, Q2=23.2, V3=98.8, Q3=157.0, Vn=98.6, CLn=57.7, Vnp=160.0, Qn=42.8, fN=1.0,
    F_im=0.93, ka_im=6.0, F_sc=0.93, ka_sc=3.0,
)  # fmt: skip
HEPATOPORTAL = dict(
    FRn=0.54, FRn_later_devices=0.62, ka_nasal=2.93, D_swallowed=0.53, ka_swallowed=1.45, D_oral=0.32,
    ka_oral=0.97, Fgut=0.64, Vc=192.0, Q1=84.3, Vp1=143.0, Q2=37.6, Vp2=417.0, Qh=151.0, Vh=101.0, kel=1.11,
    kmet=2.77, Vcn=70.0, CLn=38.0, Vpn=115.0, Q3=26.1,
)  # fmt: skip
DELAYED = dict(
    F1=0.263, D1=13.1 / 60, KA1=2.4, F2=1.16, D2=29.9 / 60, KA2=2.94, MTT_gut=10.7 / 60, V1=11.6, V2=39.0,
    V3=174.0, CL=88.8, Q2=145.8, Q3=72.6, MTT_metabolism=20.1 / 60, fN=0.8, Vn2=221.0, CLn=60.0, Qn=157.8,
    MTT_second=1.12 / 60, fH=0.7, VH=4.4, VH2=87.5, CLH=55.98, QH=102.0,
)  # fmt: skip
TYPICAL = {"mammillary": MAMMILLARY, "hepatoportal": HEPATOPORTAL, "delayed-metabolites": DELAYED}
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
    return Drawn(f"{kind} {number}", structure, p, inputs, tuple(sorted(times)))


def drawn(kind: str) -> list[Drawn]:
    return [draw(kind, i) for i in range(how_many())]

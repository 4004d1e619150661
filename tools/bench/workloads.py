"""The six workloads: who is simulated, what is given, when is looked, and how fast it must be.

W1 to W4 are racemic ketamine in a plain model of three compartments with norketamine, W5 is the nasal
model, W6 the film. The patients come from a fixed seed and are handed to every engine as the same numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from tools.bench import models

SEED = 20261123
# ---------------------------------------------------------------- W1 to W4: 70 kg adult, mg, L, h
TYPICAL = dict(CL=80.0, V1=80.0, Q2=120.0, V2=120.0, CLn=60.0)  # these vary between patients
FIXED = dict(Q3=25.0, V3=200.0, Vn=100.0, fN=1.0)
ORAL = dict(ka_oral=1.2, F_oral=0.20)  # the other 80 % is norketamine from the first pass
OMEGA = sqrt(log(1.0 + 0.30**2))  # log-normal, CV 30 %; the median is the typical value
DOSE_MG, INFUSION_H = 35.0, 40 / 60
SESSIONS_H = tuple(24.0 * day for day in (0, 3, 7, 10, 14, 17))
DEVICES_H = (0.0, 5 / 60, 10 / 60)
FILM_MG = 50.0


@dataclass(frozen=True)
class Limit:
    """How many members, and what our engine must keep to on one core, where something is said.

    Seconds are warm; MB are the most that the whole process ever held, Python and patients included.
    """

    members: int
    seconds: float | None
    peak_MB: float | None = None


@dataclass(frozen=True)
class Workload:
    name: str
    structure: str
    route: str  # iv, oral, nasal, film
    at_h: tuple[float, ...]
    step_h: float
    looks: int
    sizes: tuple[Limit, ...]
    says: str
    summaries: bool = False  # Cmax and AUC alone, no curve is kept

    @property
    def t_h(self) -> np.ndarray:
        return np.arange(self.looks) * self.step_h


FIVE_MINUTES, DAY = 1 / 12, 289  # 0 to 24 h
INFUSED = "35 mg over 40 min"

WORKLOADS = {
    each.name: each
    for each in (
        Workload(
            "W1", "mammillary", "iv", (0.0,), FIVE_MINUTES, DAY,
            (Limit(1_000, 0.005), Limit(100_000, 0.15)), f"{INFUSED}; 24 h every 5 min",
        ),
        Workload(
            "W2", "mammillary", "iv", SESSIONS_H, 0.5, 1009,
            (Limit(10_000, 0.060),), f"{INFUSED}, six sessions; 504 h every 30 min",
        ),
        Workload(
            "W3", "mammillary", "oral", (0.0,), FIVE_MINUTES, DAY,
            (Limit(1_000, 0.005), Limit(100_000, None)), "35 mg by mouth; 24 h every 5 min",
        ),
        Workload(
            "W4", "mammillary", "iv", (0.0,), FIVE_MINUTES, DAY,
            (Limit(1_000_000, 1.3, peak_MB=200),), f"{INFUSED}; Cmax and AUC alone", summaries=True,
        ),
        Workload(
            "W5", "hepatoportal", "nasal", DEVICES_H, FIVE_MINUTES, DAY,
            (Limit(1_000, 0.025), Limit(100_000, 2.5)), "esketamine 84 mg, three devices; 24 h every 5 min",
        ),
        Workload(
            "W6", "delayed-metabolites", "film", (0.0,), FIVE_MINUTES, DAY,
            (Limit(1_000, 0.060),), "esketamine film 50 mg; 24 h every 5 min, three analytes",
        ),
    )
}  # fmt: skip


# ---------------------------------------------------------------- patients
def plain_patients(n: int) -> np.ndarray:
    """Return CL, V1, Q2, V2, CLn of ``n`` patients, shape (n, 5); the first k do not depend on n."""
    z = np.random.default_rng(SEED).standard_normal((n, len(TYPICAL)))
    return np.array(list(TYPICAL.values())) * np.exp(OMEGA * z)


def patients(workload: Workload, n: int) -> dict[str, np.ndarray]:
    """Return every parameter of ``n`` patients by name, shape (n,) each, in L, h, mg."""
    return completed(workload, varying(workload, n))


def completed(workload: Workload, drawn: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Add what is the same in every patient: one number each, however many patients it is read for."""
    n = next(iter(drawn.values())).size
    fixed: Mapping[str, float] = models.TYPICAL[workload.structure]
    if workload.structure == "mammillary":
        fixed = FIXED | (ORAL if workload.route == "oral" else {})
    same = {name: np.broadcast_to(value, n) for name, value in fixed.items() if name not in drawn}
    return dict(drawn) | same


def varying(workload: Workload, n: int) -> dict[str, np.ndarray]:
    """Return the parameters in which patients differ, shape (n,) each."""
    if workload.structure == "mammillary":
        plain = plain_patients(n)
        return {name: np.ascontiguousarray(plain[:, i]) for i, name in enumerate(TYPICAL)}
    if workload.structure == "delayed-metabolites":
        return drawn_around(models.DELAYED, models.DELAYED_VARIANCE, n)[0]
    drawn, z = drawn_around(models.HEPATOPORTAL, models.HEPATOPORTAL_VARIANCE, n, also=1)
    typical = models.HEPATOPORTAL["FRn"]
    odds = typical / (1 - typical) * np.exp(models.FRN_LOGIT_SD * z[:, 0])
    return drawn | {"FRn": odds / (1 + odds)}


def drawn_around(
    typical: Mapping[str, float], variance: Mapping[str, float], n: int, also: int = 0
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the log-normal parameters, and ``also`` more standard normal numbers of each patient."""
    z = np.random.default_rng(SEED).standard_normal((n, len(variance) + also))
    drawn = {
        name: typical[name] * np.exp(sqrt(size) * z[:, i]) for i, (name, size) in enumerate(variance.items())
    }
    return drawn, z[:, len(variance) :]


def one(parameters: Mapping[str, np.ndarray], i: int) -> dict[str, float]:
    """Return the parameters of patient ``i`` as plain numbers."""
    return {name: float(values[i]) for name, values in parameters.items()}

"""Areas, peaks and half-lives of the engine against 40 digits: none of them may come off a grid."""

import numpy as np
import pytest

from posology.pharmacology.exposure import Exposure, exposures, half_life
from posology.pharmacology.standing import Part
from tests.differential import oracle
from tests.differential.drawn import KINDS, Drawn, drawn
from tests.differential.engine import ALLOWED, system_of
from tests.differential.oracle import STATES, Input
from tools.bench.models import DELAYED, MAMMILLARY

AREAS = {"ketamine": "AUC_K", "norketamine": "AUC_N"}
BESIDE_H = 1e-3
LOOKS = 24  # how many moments are searched for one that tops the peak


def of(case: Drawn, until_h: float) -> dict[str, Exposure]:
    cascade, inputs = system_of([case])
    return dict(exposures([Part(cascade, tuple(inputs))], tuple(AREAS), until_h))


def exact(case: Drawn, times_h: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the judge's states and its concentrations."""
    states = oracle.exact(case.structure, case.parameters, case.inputs, times_h)
    return states, oracle.concentrations(case.structure, case.parameters, states)


@pytest.mark.parametrize("kind", KINDS)
def test_areas_and_peaks_agree_with_forty_digits(kind, record_property):
    """AUC to the end; the peak's height where it is said to be, and nothing higher beside it or elsewhere."""
    for case in drawn(kind):
        until_h = case.times_h[-1]
        found = of(case, until_h)
        peaks = [float(found[name].tmax_h[0]) for name in AREAS]
        beside = [min(max(t + d, 0.0), until_h) for t in peaks for d in (-BESIDE_H, BESIDE_H)]
        begin = min(one.start_h for one in case.inputs)
        others = begin + (until_h - begin) * np.geomspace(1e-3, 1, LOOKS)
        times = sorted({*peaks, *beside, *others.tolist(), until_h})
        states, curves = exact(case, times)
        for row, (name, area) in enumerate(AREAS.items()):
            top = curves[row, times.index(peaks[row])]
            assert found[name].Cmax[0] == pytest.approx(top, rel=ALLOWED), f"{case.name}: Cmax of {name}"
            assert curves[row].max() <= top * (1 + ALLOWED), f"{case.name}: a higher peak of {name}"
            right = states[-1, STATES.index(area)]
            assert found[name].AUC[0] == pytest.approx(right, rel=ALLOWED), f"{case.name}: AUC of {name}"
    record_property("n", len(drawn(kind)))


def test_the_second_of_two_peaks_can_be_the_higher_one():
    inputs = [Input("im", 20.0, 0.0), Input("im", 80.0, 6.0)]
    case = Drawn("two doses", "mammillary", MAMMILLARY, inputs, (24.0,))
    found = of(case, 24.0)["ketamine"]
    assert found.tmax_h[0] > 6
    states, curves = exact(case, [float(found.tmax_h[0]), 24.0])
    assert found.Cmax[0] == pytest.approx(curves[0, 0], rel=ALLOWED)
    assert found.AUC[0] == pytest.approx(states[-1, STATES.index("AUC_K")], rel=ALLOWED)


@pytest.mark.parametrize(("structure", "p"), [("mammillary", MAMMILLARY), ("delayed-metabolites", DELAYED)])
def test_the_half_life_is_what_the_last_hours_show(structure, p):
    """Between 200 and 210 h only the slowest mode is left."""
    case = Drawn("half-life", structure, p, oracle.infusion(35.0, 0.0, 1.0), (0.0, 200.0, 210.0))
    _, curves = exact(case, [200.0, 210.0])
    cascade, _ = system_of([case])
    shown = 10 * np.log(2) / np.log(curves[0, 0] / curves[0, 1])
    assert half_life(cascade, "ketamine")[0] == pytest.approx(shown, rel=1e-9)

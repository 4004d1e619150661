"""What a chart draws: the curves of one analyte, thinned to the points that are seen."""

from dataclasses import dataclass

from posology.pharmacology.chart_frame import thinned
from posology.pharmacology.simulation import Simulation
from posology.pharmacology.stages import FloatArray


@dataclass(frozen=True)
class Curves:
    """What is drawn, thinned to the points that are seen; times in h, concentrations in ng/mL."""

    t_h: FloatArray
    middle: FloatArray
    bands: tuple[tuple[float, FloatArray, FloatArray], ...]
    beside: tuple[FloatArray, FloatArray] | None

    @property
    def highest(self) -> float:
        """The highest point of all."""
        tops = [self.middle, *(high for _, _, high in self.bands)]
        if self.beside is not None:
            tops.append(self.beside[1])
        return max(float(one.max()) for one in tops)

    @property
    def outline(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest edge of the curves' own area."""
        if not self.bands:
            return self.middle, self.middle
        _, low, high = max(self.bands, key=lambda one: one[0])
        return low, high


def curves_of(simulation: Simulation, analyte: str, beside: Simulation | None) -> Curves:
    """Keep of every curve of an analyte the points that are seen."""
    middle = simulation.median_ng_per_mL(analyte)
    made = sorted(simulation.bands(analyte), key=lambda one: -one.percent)
    lead = made[0].high if made else middle
    at = thinned(simulation.t_h, [lead, middle])
    second = None
    if beside is not None and analyte in beside.analytes:
        line = beside.typical_ng_per_mL[analyte]
        chosen = thinned(beside.t_h, [line])
        second = (beside.t_h[chosen], line[chosen])
    return Curves(
        simulation.t_h[at],
        middle[at],
        tuple((one.percent, one.low[at], one.high[at]) for one in made),
        second,
    )

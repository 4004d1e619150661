"""Which weights a dose may be computed from, and the published numbers that the formula of one needs."""

from enum import StrEnum
from typing import Literal

from posology.knowledge.schema.common import Dated, Header


class WeightPolicy(StrEnum):
    """How a site chooses the weight that a dose by weight is computed from."""

    ACTUAL = "actual"
    IDEAL_IF_BMI_30 = "ideal-if-bmi-30"
    IDEAL = "ideal"
    CAPPED = "actual-capped"


class DosingWeightsFile(Header):
    """The numbers of the ideal-weight formula, and the body mass index from which a policy changes weight."""

    kind: Literal["dosing-weights"]
    values: dict[str, Dated]

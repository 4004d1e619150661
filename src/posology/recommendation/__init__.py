"""Joins the rules, the schedule and the scores into options with reasons. Decides nothing hidden."""

from posology.protocols.dosing_weight import DosingWeight
from posology.recommendation.options import (
    Advice,
    DoseChange,
    IntervalChange,
    Option,
    Prompt,
    ProposedDose,
    ProtocolAdvice,
    Reason,
    Step,
)
from posology.recommendation.recommend import recommend

__all__ = [
    "Advice",
    "DoseChange",
    "DosingWeight",
    "IntervalChange",
    "Option",
    "Prompt",
    "ProposedDose",
    "ProtocolAdvice",
    "Reason",
    "Step",
    "recommend",
]

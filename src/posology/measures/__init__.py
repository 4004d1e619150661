"""Instruments: scoring, bands, change, response and remission, and the answers that need a person."""

from posology.measures.scoring import (
    Change,
    RiskAnswer,
    Score,
    ScoreError,
    band_of,
    baseline_of,
    change,
    measure_of,
    score,
)

__all__ = [
    "Change",
    "RiskAnswer",
    "Score",
    "ScoreError",
    "band_of",
    "baseline_of",
    "change",
    "measure_of",
    "score",
]

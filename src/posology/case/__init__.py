"""What is known of one patient: facts with their moment and origin; yes, no, unknown; the case."""

from posology.case.case import Case, Missing, check_case, check_value, seen
from posology.case.facts import (
    Answer,
    CaseError,
    Choice,
    EarlierDose,
    Fact,
    FactValue,
    MeasuredScore,
    Medication,
    Origin,
    OriginKind,
    PastSession,
    Sex,
    UndatedDose,
)

__all__ = [
    "Answer",
    "Case",
    "CaseError",
    "Choice",
    "EarlierDose",
    "Fact",
    "FactValue",
    "MeasuredScore",
    "Medication",
    "Missing",
    "Origin",
    "OriginKind",
    "PastSession",
    "Sex",
    "UndatedDose",
    "check_case",
    "check_value",
    "seen",
]

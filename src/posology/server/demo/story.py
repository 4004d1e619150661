"""What a story of the demo holds: who somebody is, how the course went, and what today holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from posology.case import FactValue, Sex


class Today(StrEnum):
    """What today holds for a patient; :mod:`posology.server.demo.today` plays it."""

    INFUSION_RUNS = "an infusion runs in chair 1"
    OBSERVED = "under observation after nasal devices in chair 2"
    AT_THE_GATE = "at the gate in chair 3"
    PLANNED = "planned in chair 4 for later today"
    DISCHARGED = "left this morning, the PHQ-9 is still due"
    SIGNED_AHEAD = "the next order is signed for a later day"
    TO_DECIDE = "a fresh PHQ-9, and options to decide"
    PRESSURE_HOLDS = "held up by the blood pressure of this morning"
    RISK_ANSWER = "a risk answer of this morning waits for a person"
    ASSESSED = "assessed, and no course yet"
    UNFINISHED = "an assessment with open questions"
    IN_THE_WEEK = "one of the many of the week, which plays its sessions"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One adverse event: after how many minutes, how bad, and what was done."""

    term: str
    grade: int
    minute: int
    action: str


@dataclass(frozen=True, slots=True)
class Course:
    """A course as it went: one entry a session. The days are counted from the first, which is day 1."""

    protocol: str
    product: str
    began_days_ago: int
    days: tuple[int, ...]
    levels: tuple[str, ...]
    phq9: tuple[int, ...]  # before each session
    complaints: Mapping[int, Complaint] = field(default_factory=lambda: MappingProxyType({}))
    dissociation: int = 1  # the highest bedside rating of each session, 0 to 3

    def __post_init__(self) -> None:
        if not len(self.days) == len(self.levels) == len(self.phq9):
            raise ValueError("a course has one day, one level and one score for each session")


@dataclass(frozen=True, slots=True)
class Story:
    """One synthetic patient."""

    number: int
    family: str
    given: str
    born_on: date
    sex: Sex
    weight_kg: str
    height_cm: str
    today: Today
    course: Course | None = None
    phq9_today: int | None = None
    risk_answer: int = 0  # item 9 of today's PHQ-9
    first_risk_answer: int = 0  # item 9 of the first PHQ-9; its task was closed on that day
    pressure: tuple[int, int] = (122, 76)  # at rest
    rise: int = 15  # of the systolic pressure, about 40 minutes after the dose begins
    drugs: tuple[str, ...] = ("Sertraline 100 mg oral tablet",)
    answers: Mapping[str, FactValue] = field(default_factory=lambda: MappingProxyType({}))
    unasked: frozenset[str] = frozenset()

    @property
    def identifier(self) -> str:
        """The record number."""
        return f"S-{self.number:04d}"

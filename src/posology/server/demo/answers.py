"""What the patients of the demo answer: the assessment, the questionnaires, the vital signs."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from math import exp
from random import Random
from typing import Any

from posology.case import Answer, Choice, FactValue
from posology.knowledge import load_library
from posology.knowledge.schema import Question
from posology.measures import score
from posology.quantities import Quantity
from posology.server.demo.story import Story

# What somebody who may be treated says *yes* to, and chooses; all else is "no", the first choice, "never".
_YES = frozenset(
    {
        "capacity_to_consent",
        "written_consent",
        "medication_list_complete",
        "escort_home",
        "fasting_met",
        "nasal_drug_timing_met",
        "oral_antidepressant",
        "staff_and_equipment",
    }
)
_CHOSEN = {
    "primary_diagnosis": "major_depression_recurrent",
    "urine_drug_screen": "negative",
    "ecg": "normal",
}
_TRIALS = "3"


def answer_of(story: Story, key: str, question: Question) -> FactValue | None:
    """Return a patient's answer to one question, or ``None`` where it is not told by a question."""
    if key in story.answers:
        return story.answers[key]
    if question.kind == "yes_no":
        return Answer.YES if key in _YES else Answer.NO
    if question.kind == "choice":
        return Choice(_CHOSEN.get(key, next(iter(question.choices or {}))))
    if question.kind == "day":
        return Answer.NO
    if question.kind == "quantity" and question.unit:
        number = {"weight": story.weight_kg, "height": story.height_cm, "failed_adequate_trials": _TRIALS}
        vital = at_rest(story).get(key)
        told = number.get(key, None if vital is None else str(vital))
        return None if told is None else Quantity(Decimal(told), question.unit)
    return None


def gate_answer(story: Story, key: str) -> str:
    """Return what the gate is told."""
    question = load_library().questions.questions.get(key)
    answer = answer_of(story, key, question) if question else None
    if answer is None:
        return "yes" if key in _YES else "no"
    return str(answer.key) if isinstance(answer, Choice) else str(answer)


def due_again(key: str, question: Question, last: datetime | None, at: datetime) -> bool:
    """Say whether an answer is missing or too old at a moment."""
    if last is None:
        return True
    return question.good_for_days is not None and (at - last).total_seconds() > (
        question.good_for_days * 86_400 - 7_200
    )


# ---------------------------------------------------------------- questionnaires
# In which order the items of a PHQ-9 rise with its total; the ninth is told by the story alone.
_ORDER = (2, 4, 1, 3, 7, 6, 5, 8)
_GAD_ORDER = (1, 3, 2, 6, 4, 7, 5)


def phq9_answers(total: int, *, ninth: int = 0) -> list[int]:
    """Return nine answers that add up to a total."""
    answers = {**_spread(total - ninth, _ORDER), 9: ninth}
    told = [answers[n] for n in range(1, 10)]
    if score("phq-9", told).total != total:
        raise ValueError(f"no PHQ-9 of {total} has {ninth} at its ninth item")
    return told


def gad7_answers(total: int) -> list[int]:
    """Return seven answers that add up to a total."""
    answers = _spread(total, _GAD_ORDER)
    return [answers[n] for n in range(1, 8)]


def _spread(total: int, order: tuple[int, ...]) -> dict[int, int]:
    whole, rest = divmod(total, len(order))
    answers = {item: whole + (1 if place < rest else 0) for place, item in enumerate(order)}
    if not 0 <= total or max(answers.values()) > 3:
        raise ValueError(f"{total} cannot be told by {len(order)} items of 0 to 3")
    return answers


# ---------------------------------------------------------------- vital signs


def at_rest(story: Story) -> Mapping[str, int]:
    """Return the vital signs before any dose."""
    systolic, diastolic = story.pressure
    return {
        "systolic": systolic,
        "diastolic": diastolic,
        "heart_rate": 62 + story.number % 5 * 3,
        "spo2": 98,
        "respiratory_rate": 14,
    }


def during(story: Story, minute: float, chance: Random) -> dict[str, Any]:
    """Return the vital signs so many minutes after the dose began: highest at about 40 minutes."""
    height = _bump(minute)
    rest = at_rest(story)
    return {
        "systolic": round(rest["systolic"] + story.rise * height) + chance.randint(-2, 2),
        "diastolic": round(rest["diastolic"] + 0.5 * story.rise * height) + chance.randint(-1, 1),
        "heart_rate": round(rest["heart_rate"] + 0.6 * story.rise * height) + chance.randint(-2, 2),
        "spo2": 98 - round(height) - chance.randint(0, 1),
        "respiratory_rate": 14 + chance.randint(-1, 2),
    }


def sedation(minute: float) -> int:
    """Return the MOAA/S score: a little drowsy around the highest point, else awake."""
    return 4 if _bump(minute) > 0.8 else 5


def dissociation(story: Story, minute: float) -> int:
    """Return the bedside rating of dissociation."""
    highest = story.course.dissociation if story.course else 1
    return round(highest * _bump(minute))


def _bump(minute: float) -> float:
    """Return 0 to 1, with its top at 40 minutes; a shape for synthetic curves, no pharmacology."""
    return 0.0 if minute <= 0 else exp(-(((minute - 40) / 28) ** 2))

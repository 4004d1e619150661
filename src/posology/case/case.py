"""One patient's case: immutable facts, and the one way to ask for the latest of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from posology.case.facts import (
    Answer,
    CaseError,
    Choice,
    EarlierDose,
    Fact,
    MeasuredScore,
    Medication,
    PastSession,
    Sex,
    UndatedDose,
)
from posology.knowledge import Library
from posology.knowledge.schema import Question
from posology.quantities import Quantity, age_years, check_aware, elapsed


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is known of one patient, each fact with its moment and origin.

    Attributes
    ----------
    born_on : date or None
        Day of birth; ``None`` is unknown.
    sex : Sex
        Administrative sex.
    facts : tuple of Fact
        All answers ever given, in any order; the latest not after ``as_of`` counts.
    medications : tuple of Medication
        The drugs written down. An empty tuple means nothing unless ``medication_list_complete`` is yes.
    scores, sessions
        Completed instruments and past sessions of the running course, in any order.
    earlier : tuple of EarlierDose
        Doses of courses that ended or given elsewhere, in any order: no part of the running course, and
        counted with it wherever a limit looks back.
    undated : tuple of UndatedDose
        Doses given elsewhere, nobody knows when: a question to whatever looks back.
    jurisdiction : str
        Which pack's labels and law apply: ``US``, ``EU``, ``UK``.
    """

    born_on: date | None
    sex: Sex
    jurisdiction: str
    facts: tuple[Fact, ...] = ()
    medications: tuple[Medication, ...] = ()
    scores: tuple[MeasuredScore, ...] = ()
    sessions: tuple[PastSession, ...] = ()
    earlier: tuple[EarlierDose, ...] = ()
    undated: tuple[UndatedDose, ...] = ()
    # The facts by question, newest first: every rule asks, so it is sorted once.
    _by_key: Mapping[str, tuple[Fact, ...]] = field(init=False, repr=False, compare=False)
    # What the floors above worked out of this case: every protocol asks the same rules. A case never
    # changes, so it cannot go stale, and it goes with the case.
    worked_out: dict[str, Any] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        by_key: dict[str, list[Fact]] = {}
        for fact in sorted(self.facts, key=lambda f: f.at, reverse=True):
            by_key.setdefault(fact.key, []).append(fact)
        object.__setattr__(self, "_by_key", MappingProxyType({k: tuple(v) for k, v in by_key.items()}))

    def age_on(self, on: date) -> int | None:
        """Return the age in completed years, or ``None`` when the birth day is unknown."""
        return None if self.born_on is None else age_years(self.born_on, on)

    def known_until(self, as_of: datetime) -> "Case":
        """Return the case as it was known at a moment: nothing that happened later."""
        moment = check_aware(as_of, what="as_of")
        return replace(
            self,
            facts=tuple(f for f in self.facts if f.at <= moment),
            medications=tuple(m for m in self.medications if m.at <= moment),
            scores=tuple(s for s in self.scores if s.at <= moment),
            sessions=tuple(s for s in self.sessions if s.at <= moment),
            earlier=tuple(d for d in self.earlier if d.at <= moment),
        )

    def all_of(self, key: str) -> tuple[Fact, ...]:
        """Return every answer to one question, newest first."""
        return self._by_key.get(key, ())

    def scores_of(self, instrument: str) -> tuple[MeasuredScore, ...]:
        """Return every completed form of one instrument, newest first."""
        found = [s for s in self.scores if s.instrument == instrument]
        return tuple(sorted(found, key=lambda s: s.at, reverse=True))

    def sessions_in_order(self) -> tuple[PastSession, ...]:
        """Return the past sessions, oldest first."""
        return tuple(sorted(self.sessions, key=lambda s: s.at))

    def running_course(self) -> tuple[PastSession, ...]:
        """Return the sessions of the course that runs, oldest first.

        They are the last ones of one protocol whose numbers rise. A course by another protocol, or one
        that began again at number 1, came before it: its sessions and its scores are not this course's.
        """
        course: list[PastSession] = []
        for session in reversed(self.sessions_in_order()):
            if course and (
                session.protocol_id != course[0].protocol_id or session.number >= course[0].number
            ):
                break
            course.insert(0, session)
        return tuple(course)


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that has to be found out before a decision: which question, and why it is open."""

    key: str
    ask: str
    why: str  # "not asked", "not known", "48 days old, good for 30"


def seen(case: Case, key: str, question: Question, *, as_of: datetime) -> Fact | Missing:
    """Return the latest answer to a question if it is known and still good, or why it is missing.

    This is the only way in which a rule or a dose reads a fact, so that no path can read a weight
    without its moment (hazard H-03).

    Parameters
    ----------
    case : Case
        The patient's facts.
    key : str
        The question's key.
    question : Question
        Its entry in the questions file; ``good_for_days`` decides how old an answer may be.
    as_of : datetime
        The moment of the decision, aware.
    """
    answers = [f for f in case.all_of(key) if f.at <= as_of]
    if not answers:
        return Missing(key, question.ask, "not asked yet")
    latest = answers[0]
    if latest.is_unknown:
        return Missing(key, question.ask, "asked, and not known")
    if question.good_for_days is not None and not _stays_true(latest, question):
        age = elapsed(latest.at, as_of)
        if age > timedelta(days=question.good_for_days):
            return Missing(key, question.ask, _too_old(age, question.good_for_days))
    return latest


def _stays_true(fact: Fact, question: Question) -> bool:
    """Answer whether an answer cannot grow old: what ever was, was."""
    return question.ever and fact.value is Answer.YES


def _too_old(age: timedelta, good_for_days: int) -> str:
    unit = "day" if good_for_days == 1 else "days"
    days = age.days
    old = f"{days} days old" if days > 1 else f"{int(age.total_seconds() // 3600)} h old"
    return f"{old}; it counts for {good_for_days} {unit}"


def check_case(case: Case, library: Library, *, as_of: datetime) -> None:
    """Refuse a case whose facts cannot be true: unknown keys, wrong kinds, impossible values, the future.

    Raises
    ------
    CaseError
        At the first fault, in one sentence.
    """
    moment = check_aware(as_of, what="as_of")
    by_whom, when = case.worked_out.get("checked", (None, None))
    if by_whom is library and when == moment:
        return
    if case.born_on is not None:
        _check_birth(case.born_on, moment.date())
    for fact in case.facts:
        _check_fact(fact, library, moment)
    for what, at in _dated_things(case):
        if at > moment:
            raise CaseError(
                f"The {what} is dated {at:%Y-%m-%d %H:%M} UTC, after {moment:%Y-%m-%d %H:%M} UTC, the "
                "moment of the decision. Correct its date."
            )
    case.worked_out["checked"] = (library, moment)


def _dated_things(case: Case) -> Iterable[tuple[str, datetime]]:
    yield from ((f"drug '{m.text[:40]}'", m.at) for m in case.medications)
    yield from ((f"{s.instrument} score", s.at) for s in case.scores)
    yield from ((f"session {s.number}", s.at) for s in case.sessions)
    yield from (("earlier dose", d.at) for d in case.earlier)


def latest_day(moment: datetime) -> date:
    """Return the latest day that it is anywhere at a moment: 14 hours ahead of UTC the day begins first."""
    return (check_aware(moment, what="moment") + timedelta(hours=14)).date()


def _check_birth(born_on: date, today: date) -> None:
    if born_on > today:
        raise CaseError(f"The birth day {born_on} lies in the future. Correct it.")
    if age_years(born_on, today) > 120:
        raise CaseError(f"The birth day {born_on} makes the patient over 120 years old. Correct it.")


def _check_fact(fact: Fact, library: Library, moment: datetime) -> None:
    question = library.questions.questions.get(fact.key)
    if question is None:
        raise CaseError(f"There is no question '{fact.key[:60]}'. Take it out, or mend its spelling.")
    if fact.at > moment:
        raise CaseError(
            f"The {question.named} is dated {fact.at:%Y-%m-%d %H:%M} UTC, after "
            f"{moment:%Y-%m-%d %H:%M} UTC, the moment of the decision. Correct its date."
        )
    if fact.value is Answer.UNKNOWN:
        return
    check_value(fact, question)
    if question.kind == "day" and isinstance(fact.value, date) and fact.value > latest_day(moment):
        raise CaseError(f"The {question.named} is {fact.value}, a day in the future. Correct it.")


def check_value(fact: Fact, question: Question) -> None:
    """Refuse a value of the wrong kind, of another dimension, or beyond what can be true.

    Raises
    ------
    CaseError
        With what was found and what the question takes.
    """
    value = fact.value
    kinds = {
        "yes_no": isinstance(value, Answer),
        "quantity": isinstance(value, Quantity),
        "choice": isinstance(value, Choice),
        "day": value is Answer.NO or isinstance(value, date),
        "text": isinstance(value, str) and not isinstance(value, Answer),
    }
    if not kinds[question.kind]:
        takes = {
            "yes_no": "yes, no or unknown",
            "quantity": f"a number with a unit such as {question.unit}",
            "choice": f"one of {', '.join(question.choices or {})}",
            "day": "a day such as 2026-11-23, or no",
            "text": "text",
        }[question.kind]
        raise CaseError(f"The {question.named} is '{fact.shown[:40]}'. It takes {takes}.")
    if isinstance(value, Choice) and value.key not in (question.choices or {}):
        choices = ", ".join(question.choices or {})
        raise CaseError(f"The {question.named} is '{value.key[:40]}'. Choose one of {choices}.")
    if isinstance(value, Quantity):
        _check_bounds(value, question)


def _check_bounds(value: Quantity, question: Question) -> None:
    assert question.unit is not None and question.bounds is not None  # the reader saw to it
    magnitude: Decimal = value.in_unit(question.unit)
    low, high = question.bounds.absolute
    if magnitude < 0:
        raise CaseError(f"The {question.named} is {value}, below zero, which cannot be. Measure again.")
    if not low <= magnitude <= high:
        raise CaseError(
            f"The {question.named} is {value}, outside {Quantity(low, question.unit)} to "
            f"{Quantity(high, question.unit)}, beyond what can be true. Check the number and its unit."
        )

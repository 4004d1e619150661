"""Conditions: problems on the list that answer a question of the assessment.

Which code answers which question stands in the questions file. A problem that is on the list answers
*yes*; one that is not there answers nothing, and so does one that is over, unless the question asks
whether it ever was. *No* never comes from here (hazard H-14).

Moment. A problem on the list is said of the patient for as long as the list is kept, so its answer
counts from the last moment at which anyone wrote into the record, not from its first day: an epilepsy
noted in 1999 is no memory. A record that nobody has kept for long grows old as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from posology.case import Answer, Choice, FactValue
from posology.fhir.chart import Chart, Reason
from posology.fhir.elements import ICD10, SNOMED, Coding, Resource, codings, first_code, when, words
from posology.knowledge import Library
from posology.knowledge.schema import CodeList, Question

_NOT_TRUE = frozenset({"refuted", "entered-in-error"})
_NOT_SURE = frozenset({"unconfirmed", "provisional", "differential"})
_NOW = frozenset({"active", "recurrence", "relapse"})
_OVER = frozenset({"inactive", "remission", "resolved"})


@dataclass(frozen=True, slots=True)
class Match:
    """A question that a problem's code speaks to, and the choice it stands for (empty for yes)."""

    key: str
    choice: str


def matches(coding: Coding, library: Library) -> Iterator[Match]:
    """Yield every question that a code speaks to."""
    for key, question in library.questions.questions.items():
        if _covers(CodeList(snomed=question.snomed, icd10=question.icd10), coding):
            yield Match(key, "")
        for choice, listed in question.choice_codes.items():
            if _covers(listed, coding):
                yield Match(key, choice)


def _covers(listed: CodeList, coding: Coding) -> bool:
    if coding.system == SNOMED:
        return coding.code in listed.snomed
    if coding.system in ICD10:
        bare = coding.code.replace(".", "").upper()
        # A code stands for everything below it: I71.9 for I71.90.
        return any(bare.startswith(code.replace(".", "")) for code in listed.icd10)
    return False


def read_condition(resource: Resource, chart: Chart) -> None:
    """Take over what one Condition answers, or list why it answers nothing."""
    name = words(resource.get("code")) or "A problem without a name"
    found = codings(resource.get("code"))
    certain = first_code(resource.get("verificationStatus"))
    if certain in _NOT_TRUE:
        chart.pass_over(resource, f"{name}: {certain.replace('-', ' ')}, so it does not count.")
        return
    began_at = when(
        resource, "onsetDateTime", "onsetPeriod", "recordedDate", "assertedDate", as_of=chart.as_of
    )
    chart.check_past(began_at, resource)
    if not any(c.system == SNOMED or c.system in ICD10 for c in found):
        chart.pass_over(
            resource,
            f"{name}: it has no SNOMED CT or ICD-10 code, so it answers no question. Read it.",
            Reason.UNLISTED,
        )
        return
    answers = list(dict.fromkeys(m for c in found for m in matches(c, chart.library)))
    if not answers:
        named = f"{name} ({found[0].shown}, {_standing(resource)})"
        why = f"{named}: no question is answered by this code."
        chart.pass_over(resource, why, Reason.UNLISTED, what=named)
        return
    at = chart.record_at
    if at is None:
        chart.pass_over(
            resource,
            f"{name}: nothing in the record has a date, so its age cannot be known.",
            Reason.UNREADABLE,
        )
        return
    for match in answers:
        _answer(match, name, resource, began_at, at, certain, chart)


def _answer(
    match: Match,
    name: str,
    resource: Resource,
    began_at: datetime | None,
    at: datetime,
    certain: str,
    chart: Chart,
) -> None:
    question = chart.question(match.key)
    stands = _standing(resource)
    since = f", began {began_at:%Y-%m-%d}" if began_at else ""
    if question.kind == "day":
        sure = began_at is not None and certain not in _NOT_SURE and _is_dated_to_the_day(resource)
        value: FactValue = began_at.date() if began_at is not None and sure else Answer.UNKNOWN
        chart.answer(match.key, value, at, resource, beside=f"problem '{name}'")
    elif certain in _NOT_SURE:
        chart.answer(match.key, Answer.UNKNOWN, at, resource, beside=f"problem '{name}' is {certain}")
    elif stands in _NOW or (stands in _OVER and question.ever):
        chart.answer(
            match.key, _value(match, question), at, resource, beside=f"problem '{name}', {stands}{since}"
        )
    elif stands in _OVER:
        chart.tell(question.short, f"nothing said of now (problem '{name}', {stands})", began_at, resource)
    else:
        chart.answer(
            match.key, Answer.UNKNOWN, at, resource, beside=f"problem '{name}' has the status '{stands}'"
        )


def _is_dated_to_the_day(resource: Resource) -> bool:
    """Answer whether a problem's beginning names its day: of a whole year, no day may be assumed."""
    written = resource.get("onsetDateTime") or resource.get("recordedDate") or ""
    return isinstance(written, str) and len(written) >= len("2026-11-24")


def _standing(resource: Resource) -> str:
    """Return the clinical status; a problem without one is active until an end is written down."""
    status = first_code(resource.get("clinicalStatus"))
    if status:
        return status
    ended = any(key.startswith("abatement") and value is not False for key, value in resource.items())
    return "resolved" if ended else "active"


def _value(match: Match, question: Question) -> FactValue:
    if question.kind != "choice":
        return Answer.YES
    return Answer.UNKNOWN if match.choice == "unknown" else Choice(match.choice)

"""The questions of one part as fields, each beside its latest answer and never with it inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from posology.case import Answer, Fact, Medication
from posology.case.drug_names import ingredients_of
from posology.clinic.care.asking import Asking
from posology.knowledge import Library, load_library
from posology.knowledge.schema import Question
from posology.knowledge.schema.questions import AskedFor
from posology.protocols.plausible import Doubt
from posology.quantities import Quantity, unit_of
from posology.web.assessment.forms import NEW_DRUGS, drug_fields, units_of
from posology.web.components import (
    YES_NO_UNKNOWN,
    Choice,
    ErrorSummary,
    Field,
    Link,
    Problem,
    Tabs,
)
from posology.web.components.text import day_text
from posology.web.conflict import KeptField
from posology.web.words import in_units, origin_words, shown_answer

PARTS = {
    "psychiatric": "Psychiatric",
    "medical": "Medical",
    "medication": "Medication",
    "examination": "Examination",
    "laboratory": "Laboratory",
    "session": "Each session",
}
NOT_KNOWN = Choice("unknown", "Not known")


@dataclass(frozen=True, slots=True)
class Latest:
    """The answer on record: words, its moment, where it comes from, and why it is open again if it is."""

    shown: str
    at: datetime | None
    origin: str
    open_because: str


@dataclass(frozen=True, slots=True)
class DoubtShown:
    """What is odd about a typed value, and the box that confirms this very value."""

    say: str
    typed: str
    before: str
    confirm_name: str
    confirm_value: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: its fields, empty but for what was just sent, and what the record says beside them."""

    key: str
    fields: tuple[Field, ...]
    latest: Latest
    each_session: bool
    beside: bool = False  # a number and its unit stand in one line
    doubt: DoubtShown | None = None


def questions_of(part: str) -> dict[str, Question]:
    """Return the questions of one part, in the file's order; what is for one drug stands at its gate."""
    questions = load_library().questions.questions.items()
    return {k: q for k, q in questions if q.part == part and q.asked_for == AskedFor()}


def tabs_of(asking: Asking, patient_id: object, part: str) -> Tabs:
    """Build the parts with the number of questions that are open in each."""
    questions = load_library().questions.questions
    links = tuple(
        Link(
            title,
            reverse("assessment", kwargs={"patient": patient_id, "part": name}),
            current=name == part,
            count=sum(1 for key in asking.open if key in questions and questions[key].part == name),
        )
        for name, title in PARTS.items()
    )
    return Tabs("Parts of the assessment", links)


def asked_of(
    part: str,
    asking: Asking,
    *,
    post: QueryDict,
    errors: Mapping[str, str],
    doubts: Sequence[Doubt] = (),
    entered: Mapping[str, Quantity] | None = None,
) -> tuple[Asked, ...]:
    """Build every question of a part."""
    odd = {d.key: d for d in doubts}
    return tuple(
        Asked(
            key,
            tuple(_fields(key, question, asking.case.jurisdiction, post, errors.get(key, ""))),
            _latest(key, question, asking),
            question.each_session,
            question.kind == "quantity",
            _doubt(odd[key], question, (entered or {})[key]) if key in odd else None,
        )
        for key, question in questions_of(part).items()
    )


def _latest(key: str, question: Question, asking: Asking) -> Latest:
    fact, missing = asking.latest(key), asking.open.get(key)
    because = missing.why if missing else ""
    if fact is None:
        return Latest("", None, "", because)
    return Latest(shown_answer(fact, question), fact.at, origin_words(fact.origin), because)


def _doubt(doubt: Doubt, question: Question, value: Quantity) -> DoubtShown:
    before = doubt.before
    told = f"{shown_answer(before, question)} on {day_text(before.at.date())}" if before else ""
    return DoubtShown(doubt.say, in_units(value, question.units), told, f"{doubt.key}__sure", str(value))


def _fields(key: str, question: Question, jurisdiction: str, post: QueryDict, error: str) -> list[Field]:
    needed = question.need != "optional"
    common: dict[str, Any] = {
        "label": question.ask,
        "hint": question.help_for(jurisdiction),
        "error": error,
        "required": needed,
    }
    if question.kind == "yes_no":
        return [Field(key, kind="segments", choices=_segments(YES_NO_UNKNOWN, post.get(key)), **common)]
    if question.kind == "choice":
        listed = [*(question.choices or {}).items(), ("unknown", "Not known")]
        return [Field(key, kind="radios", choices=_segments(listed, post.get(key)), **common)]
    if question.kind == "day":
        how = (("day", "On this day"), ("no", "Never"), ("unknown", "Not known"))
        return [
            Field(
                f"{key}__how",
                kind="segments",
                choices=_segments(how, post.get(f"{key}__how")),
                id=f"id_{key}",
                **common,
            ),
            Field(
                key,
                "Day",
                kind="day",
                value=post.get(key, ""),
                hint="Such as 2024-05-31 or 31-May-2024",
                required=False,
                id=f"id_{key}__day",
            ),
        ]
    if question.kind == "quantity":
        return _quantity_fields(key, question, post, common)
    return [Field(key, kind="area", value=post.get(key, ""), rows=3, **common)]


def _quantity_fields(key: str, question: Question, post: QueryDict, common: dict[str, Any]) -> list[Field]:
    units = units_of(question)
    name = f"{key}__unit"
    offered = [(u, unit_of(u).shown or "times") for u in units] if len(units) > 1 else []
    return [
        Field(
            key,
            kind="number",
            value=post.get(key, ""),
            unit=unit_of(units[0]).shown if len(units) == 1 else "",
            **common,
        ),
        Field(
            name,
            "Unit" if offered else "Or",
            kind="segments",
            choices=_segments([*offered, ("unknown", "Not known")], post.get(name)),
        ),
    ]


def _segments(pairs: Sequence[tuple[str, str]], chosen: str | None) -> tuple[Choice, ...]:
    return tuple(Choice(value, label, chosen=bool(chosen) and value == chosen) for value, label in pairs)


def when_fields(post: QueryDict, errors: Mapping[str, str]) -> tuple[Field, ...]:
    """Build the question of when the answers were found out; nothing is chosen beforehand."""
    choices = _segments((("now", "Now"), ("earlier", "Earlier")), post.get("when"))
    return (
        Field(
            "when",
            "When was this found out?",
            kind="segments",
            choices=choices,
            error=errors.get("when", ""),
            hint="A result from an earlier day counts from that day",
        ),
        Field(
            "when_day",
            "Day, if earlier",
            kind="day",
            value=post.get("when_day", ""),
            required=False,
            error=errors.get("when_day", ""),
        ),
        Field("when_time", "Time, if known", kind="time", value=post.get("when_time", ""), required=False),
    )


# ---------------------------------------------------------------- the medication list


@dataclass(frozen=True, slots=True)
class DrugLine:
    """One drug on the list: as it was written, what it was read as, and the answer that is asked again."""

    name: str
    text: str
    read_as: str
    listed: bool
    latest: Latest
    active: Field


def drug_lines(asking: Asking, post: QueryDict, errors: Mapping[str, str]) -> tuple[DrugLine, ...]:
    """Build a line for each drug on record."""
    library = load_library()
    drugs = sorted(asking.case.medications, key=lambda m: m.text.casefold())
    return tuple(_drug_line(f"drug_{n}", drug, library, post, errors) for n, drug in enumerate(drugs))


def _drug_line(
    name: str, drug: Medication, library: Library, post: QueryDict, errors: Mapping[str, str]
) -> DrugLine:
    found = ingredients_of(drug.text, drug.rxnorm, library)
    taken = {Answer.YES: "taken", Answer.NO: "not taken", Answer.UNKNOWN: "not known whether it is taken"}[
        drug.active
    ]
    return DrugLine(
        name=name,
        text=drug.text,
        read_as=", ".join(found) if found else "",
        listed=found is not None,
        latest=Latest(taken, drug.at, origin_words(drug.origin), ""),
        active=_active_field(name, f"Is {drug.text} taken now?", post, errors.get(name, "")),
    )


def _active_field(name: str, label: str, post: QueryDict, error: str) -> Field:
    return Field(
        f"{name}__active",
        label,
        kind="segments",
        choices=_segments(YES_NO_UNKNOWN, post.get(f"{name}__active")),
        error=error,
        id=f"id_{name}",
    )


def new_drug_fields(post: QueryDict, errors: Mapping[str, str]) -> tuple[tuple[Field, Field], ...]:
    """Build empty lines for drugs that are not on the list yet."""
    return tuple(
        (
            Field(
                f"new_{n}",
                f"Another drug, line {n + 1}",
                value=post.get(f"new_{n}", ""),
                required=False,
                error=errors.get(f"new_{n}", ""),
                width="full",
            ),
            _active_field(f"new_{n}", f"Taken now, line {n + 1}", post, ""),
        )
        for n in range(NEW_DRUGS)
    )


# ---------------------------------------------------------------- what needs another look, what was typed


def problems_of(errors: Mapping[str, str], doubts: Sequence[Doubt]) -> ErrorSummary | None:
    """Collect what needs another look into a summary."""
    found = [Problem(sentence, f"id_{name}") for name, sentence in errors.items()]
    found += [Problem(f"{doubt.say} Measure again, or confirm it.", f"id_{doubt.key}") for doubt in doubts]
    return ErrorSummary(tuple(found)) if found else None


def kept_of(part: str, asking: Asking, post: QueryDict) -> tuple[KeptField, ...]:
    """Return what was typed beside what the record says now, for the page that shows both."""
    kept = []
    for key, question in questions_of(part).items():
        typed = _typed(key, question, post)
        if typed:
            fact: Fact | None = asking.latest(key)
            kept.append(KeptField(question.ask, typed, shown_answer(fact, question) if fact else ""))
    if part == "medication":
        on_record = {m.text.casefold(): m for m in asking.case.medications}
        for _, text, active in drug_fields(post):
            if text and active:
                drug = on_record.get(text.casefold())
                kept.append(KeptField(text, f"taken: {active}", f"taken: {drug.active}" if drug else ""))
    return tuple(kept)


def _typed(key: str, question: Question, post: QueryDict) -> str:
    value = post.get(key, "").strip()
    if question.kind == "quantity":
        unit = post.get(f"{key}__unit", "")
        return "not known" if unit == "unknown" else f"{value} {unit}".strip() if value else ""
    if question.kind == "day":
        how = post.get(f"{key}__how", "")
        return value or {"no": "never", "unknown": "not known"}.get(how, "")
    return (question.choices or {}).get(value, value)

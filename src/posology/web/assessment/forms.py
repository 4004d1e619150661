"""Reading a sent part of the assessment: a blank is no answer, a fault stands at its field.

These forms are made from the knowledge's questions, so they are read question by question and not by
Django's fields, whose own number parsers take more than people mean (hazards H-07, H-08, H-14).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from django.http import QueryDict

from posology.case import Answer, CaseError, Choice, Fact, FactValue, Medication, Origin, check_value
from posology.clinic.assessments.actions import NewFact, NewMedication
from posology.knowledge.schema import Question
from posology.quantities import DomainError, Quantity, QuantityError, read_number
from posology.web.reading import typed_day, typed_moment

NEW_DRUGS = 4
LONGEST_TEXT = 500


@dataclass(slots=True)
class Sent:
    """One sent part: what was read, and what needs another look, by the field's name."""

    facts: list[NewFact] = field(default_factory=list)
    medications: list[NewMedication] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    at: datetime | None = None

    @property
    def ids(self) -> list[UUID]:
        """Return the ids of everything that was read."""
        return [f.id for f in self.facts] + [m.id for m in self.medications]


def read_part(
    post: QueryDict,
    questions: Mapping[str, Question],
    *,
    form_id: UUID,
    drugs: Mapping[str, str | None] | None,
    origin: Origin,
    now: datetime,
) -> Sent:
    """Read every answer that was given; each gets an id made from the form's and its question's.

    ``drugs`` are the codes of the drugs on the list by their names, or ``None`` where the part has no list.
    """
    sent = Sent()
    sent.at = _moment(post, sent, now)
    at = sent.at or now
    for key, question in questions.items():
        try:
            value = _READERS[question.kind](post, key, question)
            if value is not None:
                fact = Fact(key, value, at, _origin(post, key, value, origin))
                if value is not Answer.UNKNOWN:
                    check_value(fact, question)
                sent.facts.append(NewFact(uuid5(form_id, key), fact))
        except DomainError as refusal:
            sent.errors[key] = str(refusal)
    if drugs is not None:
        _read_drugs(post, sent, form_id, at, origin, drugs)
    if not sent.errors and not sent.facts and not sent.medications:
        sent.errors["when"] = (
            "No question is answered, so there is nothing to record. Answer one, or leave the page."
        )
    return sent


def is_confirmed(post: QueryDict, key: str, value: FactValue) -> bool:
    """Say whether somebody has confirmed this very value; another one typed since asks again."""
    return post.get(f"{key}__sure", "") == str(value)


def _origin(post: QueryDict, key: str, value: FactValue, origin: Origin) -> Origin:
    """Say at the fact itself that somebody looked twice."""
    if not is_confirmed(post, key, value):
        return origin
    return Origin(origin.kind, f"{origin.detail}; measured again and confirmed")


def _moment(post: QueryDict, sent: Sent, now: datetime) -> datetime | None:
    """Read when the answers were found out; nobody's silence means now."""
    when = post.get("when", "")
    if when == "now":
        return now
    if when != "earlier":
        sent.errors["when"] = "Say when this was found out: now, or on an earlier day."
        return None
    try:
        at = typed_moment(post.get("when_day", ""), post.get("when_time", ""), what="answers")
    except DomainError as refusal:
        sent.errors["when_day"] = str(refusal)
        return None
    if at > now:
        sent.errors["when_day"] = "This moment lies ahead. Write when it was found out."
        return None
    return at


def _yes_no(post: QueryDict, key: str, question: Question) -> FactValue | None:
    typed = post.get(key, "")
    if not typed:
        return None
    if typed not in set(Answer):
        raise CaseError(f"'{typed[:20]}' is no answer here. Choose yes, no or not known.")
    return Answer(typed)


def _choice(post: QueryDict, key: str, question: Question) -> FactValue | None:
    typed = post.get(key, "")
    if not typed:
        return None
    if typed == Answer.UNKNOWN:
        return Answer.UNKNOWN
    if typed not in (question.choices or {}):
        raise CaseError(f"'{typed[:20]}' is none of the answers. Choose one of them.")
    return Choice(typed)


def _quantity(post: QueryDict, key: str, question: Question) -> FactValue | None:
    typed, unit = post.get(key, "").strip(), post.get(f"{key}__unit", "")
    what = question.short[:1].lower() + question.short[1:]
    if unit == Answer.UNKNOWN:
        if typed:
            raise CaseError(
                f"A number is written and “not known” is chosen. Choose the unit of the {what}, or clear it."
            )
        return Answer.UNKNOWN
    units = units_of(question)
    if not typed:
        if unit and len(units) > 1:
            raise QuantityError(f"A unit is chosen and no number is written. Write the {what}.")
        return None
    number = read_number(typed, what=what)
    if not unit and len(units) == 1:
        unit = units[0]  # written beside the box; there is no other
    if not unit:
        raise QuantityError(f"The {what} has no unit, so it could be read two ways. Choose the unit.")
    if unit not in units:
        raise QuantityError(f"'{unit[:20]}' is not a unit for the {what}. Choose one of those shown.")
    return Quantity(number, unit)


def _day(post: QueryDict, key: str, question: Question) -> FactValue | None:
    how, typed = post.get(f"{key}__how", ""), post.get(key, "").strip()
    if how in {Answer.NO, Answer.UNKNOWN}:
        if typed:
            raise CaseError("A day is written and another answer is chosen. Keep one of the two.")
        return Answer(how)
    if how not in {"", "day"}:
        raise CaseError(f"'{how[:20]}' is none of the answers. Choose one of them.")
    if not typed:
        if how == "day":
            raise QuantityError("No day is written. Write it, or choose another answer.")
        return None
    return typed_day(typed, what=question.short[:1].lower() + question.short[1:])


def _text(post: QueryDict, key: str, question: Question) -> FactValue | None:
    typed = post.get(key, "").strip()
    if len(typed) > LONGEST_TEXT:
        raise CaseError(f"The answer is longer than {LONGEST_TEXT} characters. Shorten it.")
    return typed or None


_READERS: dict[str, Callable[[QueryDict, str, Question], FactValue | None]] = {
    "yes_no": _yes_no,
    "choice": _choice,
    "quantity": _quantity,
    "day": _day,
    "text": _text,
}


def units_of(question: Question) -> tuple[str, ...]:
    """Return the units that a form offers for a question."""
    return question.units or ((question.unit,) if question.unit else ())


# ---------------------------------------------------------------- the medication list


def drug_fields(post: QueryDict) -> Iterator[tuple[str, str, str]]:
    """Yield name of the field, text and answer for each line of the list that was sent."""
    for n in range(200):
        text = post.get(f"drug_{n}")
        if text is None:
            break
        yield f"drug_{n}", text.strip(), post.get(f"drug_{n}__active", "")
    for n in range(NEW_DRUGS):
        yield f"new_{n}", post.get(f"new_{n}", "").strip(), post.get(f"new_{n}__active", "")


def _read_drugs(
    post: QueryDict, sent: Sent, form_id: UUID, at: datetime, origin: Origin, codes: Mapping[str, str | None]
) -> None:
    seen: set[str] = set()
    for name, text, active in drug_fields(post):
        if not active and (not text or name.startswith("drug_")):
            continue  # a line without an answer stays as it is
        if not text:
            sent.errors[name] = (
                "An answer is chosen and no drug is written. Write its name, or clear the line."
            )
        elif not active:
            sent.errors[name] = "Say whether it is taken: yes, no, or not known."
        elif active not in set(Answer):
            sent.errors[name] = "Choose yes, no or not known."
        elif len(text) > 300:
            sent.errors[name] = "The name is longer than 300 characters. Shorten it."
        elif text.casefold() in seen:
            sent.errors[name] = "This drug stands twice in the list. Keep one line."
        else:
            seen.add(text.casefold())
            drug = Medication(text, codes.get(text.casefold()), Answer(active), at, origin)
            sent.medications.append(NewMedication(uuid5(form_id, f"drug {text.casefold()}"), drug))

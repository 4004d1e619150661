"""What asks for a second look before it is recorded: unusual measurements, and jumps from the last one.

It refuses nothing and changes nothing. A person measures again, and says that it is right; the rules
then speak of it as of any other fact (hazard H-02).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from posology.case import Case, Fact
from posology.knowledge import Library, load_library
from posology.knowledge.schema import Condition, Question
from posology.protocols.conditions import Context, Truth, evaluate, measured_before
from posology.quantities import Quantity, check_aware


@dataclass(frozen=True, slots=True)
class Doubt:
    """One answer that asks for a second look: which, why, and the value it jumped from."""

    key: str
    say: str
    before: Fact | None = None


def entry_doubts(
    case: Case, entered: Sequence[Fact], *, as_of: datetime, library: Library | None = None
) -> tuple[Doubt, ...]:
    """Return what is unusual about answers that are about to be recorded.

    Parameters
    ----------
    case : Case
        What was known before.
    entered : sequence of Fact
        The answers, none of them in the case yet.
    as_of : datetime
        The moment of the entry, aware.

    Returns
    -------
    tuple of Doubt
        For each measurement outside its usual bounds, and for each jump that a rule of the knowledge
        (``changed_by_more_than_percent``) would speak of.
    """
    library = library or load_library()
    moment = check_aware(as_of, what="as_of")
    together = replace(case, facts=(*case.facts, *entered))
    found: list[Doubt] = []
    for fact in entered:
        question = library.questions.questions.get(fact.key)
        if question is not None and isinstance(fact.value, Quantity):
            found += _unusual(fact, fact.value, question)
            found += _jumps(fact, together, library, moment)
    return tuple(found)


def _unusual(fact: Fact, value: Quantity, question: Question) -> Iterator[Doubt]:
    if question.bounds is None or question.unit is None:
        return
    low, high = question.bounds.usual
    if not low <= value.in_unit(question.unit) <= high:
        usual = f"{Quantity(low, question.unit)} to {Quantity(high, question.unit)}"
        yield Doubt(
            fact.key, f"The {question.short[:1].lower()}{question.short[1:]} {value} lies outside {usual}."
        )


def _jumps(fact: Fact, case: Case, library: Library, as_of: datetime) -> Iterator[Doubt]:
    seen: set[str] = set()
    for file in library.rules:
        for rule in file.rules:
            for condition in _conditions(rule.when):
                if condition.fact != fact.key or condition.changed_by_more_than_percent is None:
                    continue
                answer = evaluate(condition, Context(case, library, as_of, file.values))
                if answer.truth is Truth.TRUE and rule.say not in seen:
                    seen.add(rule.say)
                    yield Doubt(fact.key, rule.say, measured_before(fact, case))


def _conditions(condition: Condition) -> Iterator[Condition]:
    yield condition
    for inner in (
        *(condition.any_of or ()),
        *(condition.all_of or ()),
        *((condition.not_,) if condition.not_ else ()),
    ):
        yield from _conditions(inner)

"""Conditions of rules in plain words, for whoever reads the knowledge; nothing is decided here.

A condition becomes lines: one for a single test, several with a depth where parts are joined. A limit
that has a name is told by its name and by the number that is in force on the day.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from posology.knowledge.library import Library
from posology.knowledge.schema import Compare, Condition, Dated, Question, Value
from posology.quantities import Quantity, show_number

_COMPARED = {"above": "above", "at_least": "at least", "below": "below", "at_most": "at most"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a condition; ``depth`` says under how many others it stands."""

    text: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What a condition's keys stand for: the library, the values of the rule's own file, and the day."""

    library: Library
    values: Mapping[str, Dated]
    on: date


def condition_lines(
    condition: Condition, library: Library, values: Mapping[str, Dated], *, on: date
) -> tuple[Line, ...]:
    """Return a condition in words, one line a test, parts under the line that joins them."""
    return tuple(_lines(condition, Dictionary(library, values, on), 0))


def value_names(condition: Condition) -> tuple[str, ...]:
    """Return the names of the values that a condition compares with, each once, in its order."""
    return tuple(dict.fromkeys(_named(condition)))


def value_text(value: Value) -> str:
    """Write a value with its unit, a list as its members."""
    many = value.value if isinstance(value.value, tuple) else (value.value,)
    return ", ".join(_one_text(v, value.unit) for v in many)


def day_in_force(dated: Mapping[date, Value], on: date) -> date | None:
    """Return the day from which the value holds that is in force on ``on``; none before the first."""
    return max((day for day in dated if day <= on), default=None)


def _one_text(value: Decimal | bool | str, unit: str | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if unit == "d":
        return f"{show_number(value)} {'day' if value == 1 else 'days'}"
    return str(Quantity(value, unit)) if unit else show_number(value)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    inner = (condition.not_,) if condition.not_ is not None else ()
    return (*(condition.any_of or ()), *(condition.all_of or ()), *inner)


def _named(condition: Condition) -> Iterator[str]:
    for limit in (*(getattr(condition, name) for name in _COMPARED), condition.within_days):
        if isinstance(limit, str):
            yield limit
    for part in _parts(condition):
        yield from _named(part)


def _lines(condition: Condition, words: Dictionary, depth: int) -> Iterator[Line]:
    parts = _parts(condition)
    if not parts:
        yield Line(_single(condition, words), depth)
        return
    if condition.not_ is not None:
        yield Line("It is not so that:", depth)
    else:
        yield Line("Any of these:" if condition.any_of is not None else "All of these:", depth)
    for part in parts:
        yield from _lines(part, words, depth + 1)


def _single(condition: Condition, words: Dictionary) -> str:
    if condition.age is not None:
        return f"Age {_compare(condition.age)} years"
    if condition.bmi is not None:
        return f"BMI {_compare(condition.bmi)} kg/m²"
    if condition.taking is not None:
        return f"Takes a drug of the group: {words.library.drugs.classes[condition.taking].title}"
    if condition.unlisted_drug is not None:
        return "Takes a drug that is not in the list of drugs"
    if condition.first_session is not None:
        return "No session of the course yet by this protocol"
    assert condition.fact is not None  # the reader saw to it that exactly one form is there
    return _fact(condition, words.library.questions.questions[condition.fact], words)


def _compare(compare: Compare) -> str:
    return next(
        f"{told} {show_number(getattr(compare, name))}"
        for name, told in _COMPARED.items()
        if getattr(compare, name) is not None
    )


def _fact(condition: Condition, question: Question, words: Dictionary) -> str:
    if condition.is_ is not None:
        return f"{question.short}: {_answer(condition.is_, question)}"
    if condition.known is not None:
        return f"{question.short}: the last answer, however old, is {_answer(condition.known, question)}"
    if condition.within_days is not None:
        return f"{question.short}: less than {_limit(condition.within_days, 'd', words)} ago"
    if condition.changed_by_more_than_percent is not None:
        percent = show_number(condition.changed_by_more_than_percent)
        return f"{question.short}: changed by more than {percent} % since the last visit"
    name = next(name for name in _COMPARED if getattr(condition, name) is not None)
    return f"{question.short} {_COMPARED[name]} {_limit(getattr(condition, name), question.unit, words)}"


def _answer(key: str, question: Question) -> str:
    return (question.choices or {}).get(key, key)


def _limit(limit: Decimal | int | str, unit: str | None, words: Dictionary) -> str:
    """Write a limit: a bare number in the question's unit, or a named value with its number in force."""
    if not isinstance(limit, str):
        return _one_text(Decimal(limit), unit)
    dated, name = words.values[limit], limit.replace("_", " ")
    day = day_in_force(dated, words.on)
    return f"{value_text(dated[day])} ({name})" if day is not None else f"{name}, which is not in force yet"

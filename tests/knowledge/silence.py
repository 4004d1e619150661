"""Does a canary notice? Something of the library is broken, and those that could tell are asked."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from posology.canary.doors import Input, inputs_of
from posology.canary.watch import Round
from posology.knowledge import Library, load_library
from posology.knowledge.background import load_background
from posology.knowledge.schema.canaries import Canary

LIBRARY, CANARIES = load_library(), load_background().canaries
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
RULES = {f"{file.id}/{rule.id}": rule for file in LIBRARY.rules for rule in file.rules}
Telling = Callable[[Canary, Input], bool]


def is_red(
    library: Library, telling: Telling, rules: tuple[str, ...] = (), forms: tuple[str, ...] = ()
) -> bool:
    """Answer whether one of the canaries that could notice is not answered as written down."""
    one = Round(CANARIES, library, NOW)
    return any(silence is not None for silence in _asked(one, telling, rules, forms))


def _asked(one: Round, telling: Telling, rules, forms) -> Iterator[object]:
    for rule in rules:
        yield from one.quiet(rule, CANARIES.rules[rule])
    for canary in CANARIES.canaries:
        for given in inputs_of(canary):
            if telling(canary, given):
                yield from one.told(canary, given)
    for name in forms:
        yield from one.form(name, CANARIES.forms[name])


def code_is(code: str) -> Telling:
    return lambda _, given: isinstance(given.told, str) and code in re.split(r"[ =]+", given.told)


def answers_with(key: str) -> Telling:
    return lambda _, given: isinstance(given.told, dict) and key in given.told


def rules_with(key: str) -> tuple[str, ...]:
    """Return the rules that answer to a question, as the canaries have it."""
    told = (c for c in CANARIES.canaries if any(key in answers for answers in c.answers))
    # The plain patient answers every question, so any rule shows that it cannot be read.
    return tuple(dict.fromkeys(rule for c in told for rule in c.makes)) or tuple(RULES)[:1]


def speaks(rule: str) -> Telling:
    return lambda canary, _: rule in canary.makes

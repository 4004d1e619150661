"""The names under which a protocol's values are limits, and what each of them limits.

A name that ends in ``_most`` is hard: beyond it a dose is refused, and nobody may pass it. A name that
ends in ``_hold_above`` is soft: beyond it a dose is held up, and whoever the value names under
``cleared_by`` may go on with a written reason. How many days a limit looks back stands in its name.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal

from posology.knowledge.schema import ProtocolFile, Role

SOFT, HARD = "_hold_above", "_most"
DOSE_SOFT = "dose_hold_above"
FIRST_DOSE_SOFT = "first_dose_hold_above"
STEPS_SOFT = "steps_up_hold_above"

_OVER_DAYS = re.compile(r"(sessions|amount)_in_([1-9][0-9]*)_days(_hold_above|_most)")


@dataclass(frozen=True, slots=True)
class OverDays:
    """A limit that looks back over days: what it counts, over how many, and whether anyone may pass it."""

    name: str
    counts: Literal["sessions", "amount"]
    days: int
    hard: bool


@cache
def over_days(name: str) -> OverDays | None:
    """Return what a value limits over days, by its name, or ``None`` where it is no such limit."""
    found = _OVER_DAYS.fullmatch(name)
    if found is None:
        return None
    counts: Literal["sessions", "amount"] = "sessions" if found[1] == "sessions" else "amount"
    return OverDays(name, counts, int(found[2]), found[3] == HARD)


def limits_over_days(names: Iterable[str]) -> tuple[OverDays, ...]:
    """Return the limits over days among some values: the hard ones first, each kind by its days."""
    return _sorted(tuple(names))


@cache
def _sorted(names: tuple[str, ...]) -> tuple[OverDays, ...]:
    found = [limit for name in names if (limit := over_days(name)) is not None]
    return tuple(sorted(found, key=lambda limit: (not limit.hard, limit.days, limit.counts != "sessions")))


def limit_faults(file: ProtocolFile) -> Iterator[tuple[str, str]]:
    """Yield each fault of a protocol's limits, and the value it stands in."""
    for name, dated in file.values.items():
        soft, hard = name.endswith(SOFT), name.endswith(HARD)
        if (soft or hard) and over_days(name) is None and name not in _units(file):
            yield f"'{name}' is the name of no limit, so nothing would ask it. Mend its spelling.", name
            continue
        for value in dated.values():
            clears = value.cleared_by
            if soft and clears in {None, Role.NOBODY}:
                yield f"'{name}' holds a dose up, so it says who clears it. Add cleared_by.", name
            if not soft and clears is not None:
                yield f"'{name}' is no limit that anyone may pass. Take cleared_by away.", name
            if (soft or hard) and not _fits(value.value, value.unit, name, file):
                yield f"'{name}' is not one number above 0 in {_unit(name, file)}. Mend it.", name


def _units(file: ProtocolFile) -> dict[str, str]:
    return {DOSE_SOFT: file.dose_basis, FIRST_DOSE_SOFT: file.dose_basis, STEPS_SOFT: "1"}


def _unit(name: str, file: ProtocolFile) -> str:
    limit = over_days(name)
    if limit is None:
        return _units(file)[name]
    return "1" if limit.counts == "sessions" else file.dose_basis


def _fits(number: object, unit: str | None, name: str, file: ProtocolFile) -> bool:
    wanted = _unit(name, file)
    if not isinstance(number, Decimal) or number <= 0 or unit != wanted:
        return False
    return wanted != "1" or number == number.to_integral_value()

"""The judge of the fuzz: may this dose be? Read from the YAML files, in fractions, with no code of ours.

It knows six things of each protocol on a day: ceiling, floor, listed totals, the measuring step, the highest
rate, and by which route and basis it is given. What it calls *beyond* must never have passed a door.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

DATA = Path(__file__).resolve().parents[2] / "src/posology/knowledge/data"


class Bounds(NamedTuple):
    """The limits of one protocol on one day, as exact fractions."""

    by_weight: bool
    route: str
    ceiling: Fraction
    floor: Fraction
    levels: frozenset[Fraction]
    step: Fraction
    rate: Fraction | None  # mg/kg/min


@lru_cache(maxsize=1)
def files() -> dict[str, dict[str, Any]]:
    """Read every knowledge file of the first shelf as YAML, its numbers as the text that stands there."""

    class Plain(yaml.SafeLoader):
        """Numbers stay text, so that no binary float comes between a file and its fraction."""

    Plain.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(("float", "int"))]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    read = (yaml.load(p.read_text(encoding="utf-8"), Loader=Plain) for p in sorted(DATA.glob("*.yaml")))  # noqa: S506
    return {file["id"]: file for file in read}


@lru_cache(maxsize=1)
def protocols() -> dict[str, dict[str, Any]]:
    """Return every protocol file by its id."""
    return {id_: file for id_, file in files().items() if file["kind"] == "protocol"}


@lru_cache(maxsize=4096)
def bounds(protocol_id: str, on: date) -> Bounds | None:
    """Return the limits on a day, or ``None`` before the protocol's first day."""
    file = protocols()[protocol_id]

    def value(name: str) -> Any:
        dated = file["values"].get(name)
        days = [day for day in dated or {} if day <= on]
        return dated[max(days)]["value"] if days else None

    ceiling, levels, step = value("dose_ceiling"), value("dose_levels"), value("dose_step")
    if None in (ceiling, levels, step):
        return None
    listed = frozenset(Fraction(level) for level in levels)
    rate = value("rate_ceiling")
    return Bounds(
        file["dose_basis"] == "mg/kg",
        file["route"],
        Fraction(ceiling),
        min(listed),
        listed,
        Fraction(step),
        None if rate is None else Fraction(rate),
    )


def exact(number: object) -> Fraction | None:
    """Return a number as a fraction, or ``None`` where it is none: text, true, NaN, infinity, a float."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal | Fraction):
        return None
    if isinstance(number, Decimal) and not number.is_finite():
        return None
    return Fraction(number)


def beyond(
    protocol_id: str,
    on: date,
    *,
    dose_mg: object,
    weight_kg: object,
    level: object = None,
    minutes: object = None,
    devices: object = None,
    whole: bool = True,
) -> str | None:
    """Return why a dose may not be, or ``None`` where it may.

    ``whole`` is false for what says nothing of minutes and devices, such as a dose that is only computed.
    """
    limits = bounds(protocol_id, on)
    if limits is None:
        return "before the protocol's first day"
    dose = exact(dose_mg)
    if dose is None or dose <= 0:
        return "no dose"
    if level is not None and (exact(level) is None or not limits.floor <= exact(level) <= limits.ceiling):
        return "level out of bounds"
    if dose % limits.step:
        return "no multiple of the step"
    weight = exact(weight_kg)
    if limits.by_weight:
        if weight is None or weight <= 0:
            return "no weight"
        if dose > limits.ceiling * weight:
            return "above the ceiling"
        # Rounding down takes less than a step away, and nothing else may.
        if dose <= limits.floor * weight - limits.step:
            return "below the floor"
        if level is not None and not dose <= exact(level) * weight < dose + limits.step:
            return "not the level times the weight"
    elif dose not in limits.levels:
        return "no listed total"
    return _beyond_giving(limits, dose, weight, minutes, devices) if whole else None


def _beyond_giving(
    limits: Bounds, dose: Fraction, weight: Fraction | None, minutes: object, devices: object
) -> str | None:
    if limits.route == "intravenous":
        if type(minutes) is not int or minutes <= 0:
            return "no minutes"
        if limits.rate is not None and weight and dose > limits.rate * weight * minutes:
            return "too fast"
    elif minutes is not None:
        return "minutes where nothing is infused"
    if limits.route == "nasal":
        if type(devices) is not int or devices * limits.step != dose:
            return "devices are not the dose"
    elif devices is not None:
        return "devices where none are used"
    return None


def too_fast(protocol_id: str, on: date, *, mg_per_min: object, weight_kg: object) -> str | None:
    """Return why a rate may not be, or ``None``."""
    limits, rate, weight = bounds(protocol_id, on), exact(mg_per_min), exact(weight_kg)
    if limits is None or limits.rate is None:
        return "nothing is infused by this protocol"
    if rate is None or weight is None or weight <= 0:
        return "no rate or no weight"
    return "too fast" if rate > limits.rate * weight else None

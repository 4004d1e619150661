"""A fact's value as JSON and back; numbers travel as text, so that no float ever touches one."""

from datetime import date
from typing import Any

from posology.case import Answer, CaseError, Choice, FactValue
from posology.quantities import Quantity, read_day, read_number


def to_json(value: FactValue) -> dict[str, str]:
    """Return a value as JSON with its kind beside it."""
    if isinstance(value, Answer):
        return {"kind": "answer", "value": value.value}
    if isinstance(value, Quantity):
        return {"kind": "quantity", "value": format(value.magnitude, "f"), "unit": value.unit}
    if isinstance(value, Choice):
        return {"kind": "choice", "value": value.key}
    if isinstance(value, date):
        return {"kind": "day", "value": value.isoformat()}
    return {"kind": "text", "value": str(value)}


def from_json(stored: dict[str, Any]) -> FactValue:
    """Return the value that was stored.

    Raises
    ------
    CaseError
        If the stored form is none that this code ever wrote.
    """
    kind, value = stored.get("kind"), stored.get("value")
    if not isinstance(value, str):
        raise CaseError("A stored fact has no value that can be read. Tell whoever keeps this site.")
    if kind == "answer":
        return Answer(value)
    if kind == "quantity":
        return Quantity(read_number(value, what="stored value"), str(stored.get("unit")))
    if kind == "choice":
        return Choice(value)
    if kind == "day":
        return read_day(value, what="stored day")
    return value

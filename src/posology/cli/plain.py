"""Answers as JSON: every field, decimals as text, moments in ISO 8601."""

import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from posology.protocols import Finding
from posology.quantities import Quantity

SUPPORTS = "Posology supports and never replaces a clinician."


def plain(value: Any) -> Any:
    """Return a value made of JSON's own types alone."""
    if isinstance(value, Quantity):
        return {"magnitude": _digits(value.magnitude), "unit": value.unit}
    if is_dataclass(value) and not isinstance(value, type):
        # What is kept out of the repr is worked out from the rest, and no part of the answer.
        told = {f.name.rstrip("_"): plain(getattr(value, f.name)) for f in fields(value) if f.repr}
        if isinstance(value, Finding):
            told["severity"] = value.severity.value
        return told
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [plain(one) for one in (sorted(value) if isinstance(value, frozenset | set) else value)]
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _digits(number: Decimal) -> str:
    return format(number.normalize() if number else Decimal(0), "f")


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object; ASCII alone, so that it passes every pipe."""
    sys.stdout.write(json.dumps({**plain(value), "supports": SUPPORTS}, indent=2, allow_nan=False) + "\n")

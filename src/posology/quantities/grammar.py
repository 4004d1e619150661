"""The one number grammar of every door: forms, JSON, YAML, FHIR, HL7 and the command line.

Python's own parsers accept more than people mean: ``Decimal("７５")``, ``Decimal("7_5")``,
``Decimal("1e2")`` and ``Decimal("NaN")`` all succeed, and ``min(40, nan)`` is 40. So no door
calls them; every door calls :func:`read_number`.
"""

import math
import re
from decimal import Decimal

from posology.quantities.errors import QuantityError

# At most nine digits before the point and six after it: 999,999,999.999999 is far beyond any
# quantity in this field, and a bounded length keeps a hostile string from costing anything.
_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?", re.ASCII)
_LONGEST = 17


def read_number(text: str, *, what: str) -> Decimal:
    """Read one decimal number written with ASCII digits and at most one point.

    Parameters
    ----------
    text : str
        What was written; spaces around it are ignored.
    what : str
        The field's name as the reader knows it, for the message ("weight").

    Returns
    -------
    Decimal
        The exact number. Zero is never negative.

    Raises
    ------
    QuantityError
        If the text is empty or is not in the grammar.
    """
    stripped = text.strip(" \t\r\n")
    if not stripped:
        raise QuantityError(f"The {what} is empty, so nothing can be computed from it. Write a number.")
    if len(stripped) > _LONGEST or not _NUMBER.fullmatch(stripped):
        raise QuantityError(_why_not_a_number(stripped, what))
    number = Decimal(stripped)
    return abs(number) if number == 0 else number


def _why_not_a_number(text: str, what: str) -> str:
    shown = text if len(text) <= 24 else text[:21] + "…"
    if "," in text:
        hint = "Write a point for decimals and no separator for thousands, as in 0.5 or 1200."
    elif text.lower().strip("+-.") in {"nan", "snan", "inf", "infinity"}:
        hint = "Write the measured number, or leave the field out if there is none."
    elif text.startswith("."):
        hint = (
            f"Write a zero before the point: 0{text}."
            if _NUMBER.fullmatch("0" + text)
            else "Write 0.5, not .5."
        )
    else:
        hint = "Write plain digits with one point at most, as in 72.5."
    return f"The {what} '{shown}' is not a number we can read without guessing. {hint}"


def check_finite(value: float, *, what: str) -> float:
    """Return ``value`` if it is finite, and refuse it otherwise.

    Raises
    ------
    QuantityError
        If it is NaN or infinite: both pass a limit check, because every comparison is False.
    """
    if not math.isfinite(value):
        raise QuantityError(
            f"The {what} is {value}, which is not a number of anything. Enter the measured value."
        )
    return value


def number_of(value: object, *, what: str) -> Decimal:
    """Read a number that a parser (JSON, YAML) has already turned into a Python object.

    Parameters
    ----------
    value : object
        ``int``, ``float``, ``Decimal`` or ``str``; booleans are refused, since ``True`` is 1 in Python.

    Raises
    ------
    QuantityError
        If it is none of these, not finite, or outside the grammar's bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise QuantityError(f"The {what} is {value!r}, which is not a number. Write a number such as 72.5.")
    if isinstance(value, str):
        return read_number(value, what=what)
    if isinstance(value, float):
        check_finite(value, what=what)
        value = Decimal(repr(value))
    number = Decimal(value)
    if not number.is_finite():
        raise QuantityError(
            f"The {what} is {number}, which is not a number of anything. Enter the measured value."
        )
    if abs(number) >= 1_000_000_000:
        raise QuantityError(
            f"The {what} is {number:.3g}, beyond anything that is measured here. Check the value."
        )
    return abs(number) if number == 0 else number

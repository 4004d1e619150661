"""How values look on the command line's pages: dates, ages, plurals, text that came from outside."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

from posology.quantities import Quantity, elapsed

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CERTAINTIES = (
    "V verified, S secondary, D derived, SEED practice, N not verified (may only tighten), SITE default."
)
# Anything that would steer a terminal, and halves of character pairs, which no terminal can show.
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def safe(text: str) -> str:
    """Return a text from a file as one line that cannot steer a terminal."""
    return _STEERING.sub(" ", text).strip()


def day(value: date) -> str:
    """``24-Nov-2026``."""
    return f"{value.day:02d}-{_MONTHS[value.month - 1]}-{value.year}"


def moment(value: datetime) -> str:
    """``24-Nov-2026 14:05 UTC``."""
    return f"{day(value.date())} {value:%H:%M} UTC"


def ago(value: datetime, as_of: datetime) -> str:
    """``12 min ago``, ``3 h ago``, ``48 days ago``."""
    span = elapsed(value, as_of)
    if span < timedelta(hours=1):
        return f"{int(span.total_seconds() // 60)} min ago"
    if span < timedelta(days=2):
        return f"{int(span.total_seconds() // 3600)} h ago"
    if span < timedelta(days=730):
        return f"{span.days} days ago"
    return f"{span.days // 365} years ago"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 rule``, ``3 rules``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def briefly(quantity: Quantity) -> str:
    """Return a quantity to one decimal, where a chart carries more digits than a scale has."""
    tenth = quantity.magnitude.quantize(Decimal("0.1"))
    return str(quantity if quantity.magnitude == tenth else Quantity(tenth, quantity.unit))

"""Plain text for numbers, dates and times, as look.md writes them; no markup, so it fits anywhere.

Templates use the filters of ``{% load posology %}``, which wrap the same text so that no line
breaks inside it. This module never asks the clock: *ago* is measured against an explicit moment.
"""

from datetime import date, datetime, tzinfo
from decimal import Decimal
from math import ceil

from posology.quantities import Quantity, elapsed, show_number

NO_BREAK_SPACE = "\u00a0"
MISSING = "—"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# A term of a written sum: a quantity, or the sign or word between two of them.
Term = Quantity | str


def number_text(number: Decimal | int) -> str:
    """Show a number with its leading zero, without trailing zeros, thousands parted by a thin gap."""
    return show_number(Decimal(number))


def quantity_text(quantity: Quantity) -> str:
    """Show a quantity, its number and unit held together by a no-break space."""
    return str(quantity)


def terms_text(terms: tuple[Term, ...]) -> str:
    """Show a written sum such as ``0.5 mg/kg × 68.4 kg = 34.2 mg``."""
    return " ".join(term if isinstance(term, str) else quantity_text(term) for term in terms)


def day_text(day: date) -> str:
    """Show a day as ``23-Nov-2026``: the month in letters, so that no two digits can be swapped."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year:04d}"


def weekday_text(day: date) -> str:
    """Show a day with its weekday, ``Mon 23-Nov-2026``, where people plan."""
    return f"{_DAYS[day.weekday()]}{NO_BREAK_SPACE}{day_text(day)}"


def clock_text(moment: datetime, zone: tzinfo) -> str:
    """Show the time of day of an aware moment in the site's zone, 24 hours."""
    return moment.astimezone(zone).strftime("%H:%M")


def zone_text(moment: datetime, zone: tzinfo) -> str:
    """Name the zone as it is in force at that moment, for places where two are possible."""
    return moment.astimezone(zone).strftime("%Z")


def due_text(due_at: datetime, now: datetime) -> str:
    """Say how far a due time is: ``in 4 min`` (each minute counts whole), ``due now``, ``4 min over``."""
    over = elapsed(due_at, now).total_seconds()
    if over < 0:
        return f"in {duration_text(ceil(-over / 60) * 60)}"
    return "due now" if over < 60 else f"{duration_text(over)} over"


def duration_text(seconds: float) -> str:
    """Show a length of time as a person would: ``34 min``, ``1 h 05 min``, ``3 days``."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"less than 1{NO_BREAK_SPACE}min"
    if minutes < 60:
        return f"{minutes}{NO_BREAK_SPACE}min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        hour_part = f"{hours}{NO_BREAK_SPACE}h"
        return f"{hour_part}{NO_BREAK_SPACE}{minutes:02d}{NO_BREAK_SPACE}min" if minutes else hour_part
    days = hours // 24
    return f"{days}{NO_BREAK_SPACE}{'day' if days == 1 else 'days'}"


def ago_text(moment: datetime, now: datetime) -> str:
    """Say how long ago a moment was, measured in UTC against ``now``."""
    seconds = elapsed(moment, now).total_seconds()
    if seconds < -60:
        return f"in {duration_text(-seconds)}"
    if seconds < 60:
        return "just now"
    return f"{duration_text(seconds)} ago"


def pressure_text(systolic: int | Decimal | None, diastolic: int | Decimal | None) -> str:
    """Show a blood pressure as ``128/76``; what was not taken is a dash with a word, never 0."""
    if systolic is None and diastolic is None:
        return f"{MISSING}{NO_BREAK_SPACE}not taken"
    upper = MISSING if systolic is None else number_text(systolic)
    lower = MISSING if diastolic is None else number_text(diastolic)
    return f"{upper}/{lower}"

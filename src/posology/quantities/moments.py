"""Moments: aware datetimes, kept and subtracted in UTC.

Two aware times of one zone subtract by the wall clock in Python: across a change of summer time a
true 2:00 reads as 3:00. So every difference goes through :func:`elapsed`.
"""

import re
from datetime import UTC, date, datetime, timedelta

from posology.quantities.errors import QuantityError

# Years beyond these are slips of the pen, and at the ends of the calendar there is no day before or after.
_YEARS = range(1800, 2300)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def check_aware(moment: datetime, *, what: str) -> datetime:
    """Return ``moment`` in UTC, and refuse a moment without a zone.

    Raises
    ------
    QuantityError
        If the moment has no offset: the same clock time is a different moment in each zone; or if its
        year is one in which no moment of a treatment can lie.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise QuantityError(
            f"The {what} {moment} has no time zone, so it could be any of 26 hours. Add the offset."
        )
    if moment.year not in _YEARS:
        raise QuantityError(
            f"The {what} {moment} lies in the year {moment.year}, where nobody is treated. Correct the year."
        )
    return moment.astimezone(UTC)


def elapsed(start: datetime, end: datetime) -> timedelta:
    """Return the true time between two aware moments, whatever their zones."""
    return check_aware(end, what="end") - check_aware(start, what="start")


def day_in_zone_of(reference: datetime, moment: datetime) -> date:
    """Return the day on which ``moment`` falls in the zone of ``reference``: a clinic's day is not UTC's."""
    check_aware(reference, what="reference moment")
    return check_aware(moment, what="moment").astimezone(reference.tzinfo).date()


def read_moment(text: str, *, what: str) -> datetime:
    """Read an ISO 8601 moment with its offset, and return it in UTC.

    Raises
    ------
    QuantityError
        If it cannot be read, or has no offset.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise QuantityError(
            f"The {what} '{text[:40]}' is not a moment we can read. Write it as in 2026-11-23T14:05:00+00:00."
        ) from None
    return check_aware(moment, what=what)


def read_day(text: str, *, what: str) -> date:
    """Read a day written as ``2026-11-23``.

    Raises
    ------
    QuantityError
        If it is written any other way, or no such day exists.
    """
    stripped = text.strip()
    try:
        if not _DAY.fullmatch(stripped):
            raise ValueError
        return date.fromisoformat(stripped)
    except ValueError:
        raise QuantityError(
            f"The {what} '{stripped[:40]}' is not a day. Write it as in 2026-11-23."
        ) from None


def age_years(born_on: date, on: date) -> int:
    """Return the age in completed years; born on 29 February, the birthday is 1 March in common years.

    Raises
    ------
    QuantityError
        If the birth day lies after ``on``.
    """
    if born_on > on:
        raise QuantityError(f"The birth day {born_on} lies after {on}. Check the birth day.")
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))

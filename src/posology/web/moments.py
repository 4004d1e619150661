"""Times of day as people type them, read in the site's zone and kept in UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from posology.quantities import QuantityError, elapsed

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def read_clock(text: str, *, day: date, zone: tzinfo) -> datetime:
    """Read a time of one day, such as ``14:05``, in the site's zone.

    A time that the change to summer time leaves out is refused: it never was.

    Raises
    ------
    QuantityError
        If it is written any other way, or does not exist on that day.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise QuantityError(
            f"The time '{text.strip()[:20]}' cannot be read. Write it with 24 hours, as in 14:05."
        )
    local = datetime.combine(day, time(int(found[1]), int(found[2])), tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise QuantityError(
            f"The clock was put forward over {text.strip()} on that day. Write a time that exists."
        )
    return moment


def latest_clock(text: str, *, now: datetime, zone: tzinfo) -> datetime:
    """Return the last moment, not after now, at which the site's clock showed this time.

    Raises
    ------
    QuantityError
        If it cannot be read.
    """
    today = now.astimezone(zone).date()
    moments = []
    for day in (today, today - timedelta(days=1)):
        first = read_clock(text, day=day, zone=zone)
        again = first.astimezone(zone).replace(fold=1).astimezone(UTC)  # the hour that comes twice in autumn
        moments += [m for m in (first, again) if elapsed(m, now) >= timedelta(0)]
    return max(moments)

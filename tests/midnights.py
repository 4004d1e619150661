"""Calendar days in tests of the library's floor, which is told from outside when a day is over."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")


def day_ends(moment: datetime, zone: ZoneInfo = UTC) -> datetime:
    """Return the midnight that follows a moment in a zone."""
    return start_of(moment.astimezone(zone).date() + timedelta(days=1), zone)


def start_of(day: date, zone: ZoneInfo = UTC) -> datetime:
    """Return the first moment of a day in a zone."""
    return datetime.combine(day, time(), tzinfo=zone)

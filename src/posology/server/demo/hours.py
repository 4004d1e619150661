"""The demo's clock: a zone in which it is the middle of the day now, and the opening hours in it.

The board shows sessions that run now, one that ended this morning and one of this afternoon. So the
demo clinic stands where that is true: in the site's own zone if it is noon there, or else in another.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# From the first to the last of these the board can be told: a session of two hours lies behind, one ahead.
EARLIEST, LATEST = time(11, 30), time(15, 30)
OPENS = time(8, 30)

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Honolulu",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Helsinki",
    "Asia/Dubai",
    "Asia/Bangkok",
    "Asia/Tokyo",
    "Pacific/Auckland",
)


def zone_at_noon(now: datetime, preferred: str) -> str:
    """Return a zone in which it is the middle of the day now; the preferred one if it can be."""
    for name in (preferred, *ZONES):
        if EARLIEST <= now.astimezone(ZoneInfo(name)).time() <= LATEST:
            return name
    raise AssertionError("the zones of the demo leave a gap in the day")


def day_at(now: datetime, zone: str) -> date:
    """Return the calendar day in a zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def moment_on(day: date, zone: str, *, minutes_after_opening: int = 0) -> datetime:
    """Return a moment in the opening hours of a day."""
    opens = datetime.combine(day, OPENS, tzinfo=ZoneInfo(zone))
    return opens + timedelta(minutes=minutes_after_opening)

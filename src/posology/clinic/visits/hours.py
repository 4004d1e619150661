"""When a site treats: engineering defaults, no clinical facts. A site sets its own in the settings."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from posology.clinic.accounts.models import Clinic
from posology.protocols.visits import VisitsRefused, moment_on

STEP = timedelta(minutes=30)


def open_weekdays() -> tuple[int, ...]:
    """Return the days of the week on which visits are planned; Monday is 0."""
    return tuple(getattr(settings, "VISIT_WEEKDAYS", (0, 1, 2, 3, 4)))


def open_from(day: date) -> date:
    """Return the first open day from a day on; the day itself where the site is never open."""
    days = (day + timedelta(days=n) for n in range(7))
    return next((d for d in days if d.weekday() in open_weekdays()), day)


def opens() -> time:
    """Return the first time of a visit."""
    return time.fromisoformat(getattr(settings, "VISITS_FROM", "08:00"))


def closes() -> time:
    """Return the time by which every visit is expected to be over."""
    return time.fromisoformat(getattr(settings, "VISITS_UNTIL", "18:00"))


def clocks() -> tuple[time, ...]:
    """Return the times of the site's clock at which a visit may begin."""
    day = date(2000, 1, 1)
    steps: list[time] = []
    at, end = datetime.combine(day, opens()), datetime.combine(day, closes())
    while at < end:
        steps.append(at.time())
        at += STEP
    return tuple(steps)


def starts_on(clinic: Clinic, day: date, minutes: int) -> Iterator[datetime]:
    """Yield the moments of a day at which a visit of that length may begin, in UTC."""
    zone = ZoneInfo(clinic.zone)
    end = moment_on(day, closes(), zone)
    for clock in clocks():
        try:
            start = moment_on(day, clock, zone)
        except VisitsRefused:  # the clock is put forward over it
            continue
        if start + timedelta(minutes=minutes) <= end:
            yield start

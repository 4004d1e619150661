"""A day without a time of day, as a moment: what was seen is never younger than it is, no dose longer ago."""

from datetime import UTC, date, datetime, time, timedelta

# Somewhere on Earth a day begins 14 hours before it does in UTC.
_EARLIEST = timedelta(hours=14)


def moment_of_day(day: date, *, as_of: datetime) -> datetime:
    """Return the moment that stands for a day of which the time is not known.

    It is the first moment of the day in UTC, so that the age of what was seen on it is never
    understated by the hours that are not known. A day that has begun somewhere on Earth but not yet
    in UTC counts from ``as_of``: it is today where it was written down, not the future.

    Parameters
    ----------
    day : date
        The day as written.
    as_of : datetime
        The moment of the decision, aware.

    Returns
    -------
    datetime
        In UTC; later than ``as_of`` only if the day has begun nowhere yet.
    """
    first = datetime.combine(day, time(), tzinfo=UTC)
    ahead = first - as_of  # of spans, not of moments: the first and the last year have no room beside them
    return as_of if timedelta() < ahead <= _EARLIEST else first


def last_moment_of_day(day: date, *, as_of: datetime) -> datetime:
    """Return the last moment at which a dose may have been given of which the day alone is known.

    The whole day counts: it is the day's end on the site's clock, so that no interval is taken to be longer
    than it is, and never later than ``as_of``, when the dose was told.

    Parameters
    ----------
    day : date
        The day as written.
    as_of : datetime
        The moment of the decision, aware, in the site's zone.

    Returns
    -------
    datetime
        In UTC.
    """
    end = datetime.combine(day, time.max, tzinfo=as_of.tzinfo)
    return as_of.astimezone(UTC) if end - as_of > timedelta() else end.astimezone(UTC)

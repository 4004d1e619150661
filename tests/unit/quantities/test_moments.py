"""Moments: elapsed time is true over every change of every zone, whatever walls say (hazard H-31)."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from posology.quantities import QuantityError, age_years, check_aware, elapsed, read_day, read_moment
from posology.treatment import replay
from tests.sessions import Log, at

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones())
STAY = timedelta(hours=2)


@cache
def changes_of(zone_name: str) -> tuple[datetime, ...]:
    """Return every moment from 2020 to 2035 at which a zone's offset changes, to the second, in UTC."""
    zone, found = ZoneInfo(zone_name), []
    moment, offset = FIRST, FIRST.astimezone(zone).utcoffset()
    while moment < LAST:
        following = moment + timedelta(days=1)
        if (after := following.astimezone(zone).utcoffset()) != offset:
            found.append(_exactly(zone, moment, following))
            offset = after
        moment = following
    return tuple(found)


def _exactly(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after


@pytest.mark.hazard("H-31")
def test_two_hours_are_two_hours_over_every_change_of_every_zone(record_property):
    """Every change of offset of every IANA zone 2020 to 2035 × starts every 10 min from 3 h before
    to 1 h after: the time between two local moments is exact, in both zones and across them.
    """
    tried, wrong_by_wall = 0, 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for change in changes_of(name):
            for step in range(-18, 7):
                start = change + timedelta(minutes=10 * step)
                here, there = start.astimezone(zone), (start + STAY).astimezone(zone)
                assert elapsed(here, there) == STAY
                assert elapsed(start, there) == STAY
                wrong_by_wall += there - here != STAY
                tried += 1
    assert tried > 100_000
    assert wrong_by_wall > 10_000  # what plain subtraction would have got wrong: the proof can fail
    record_property("n", tried)


@pytest.mark.hazard("H-31")
def test_two_readings_in_the_repeated_hour_are_both_kept_in_order(record_property):
    """Every change of every zone by which an hour, or a part of one, comes twice: the same wall time
    before and after it gives two readings, in the order in which they were taken.
    """
    tried = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for change in changes_of(name):
            before = (change - timedelta(seconds=1)).astimezone(zone).utcoffset()
            back = before - change.astimezone(zone).utcoffset()
            if not timedelta(minutes=20) <= back <= timedelta(hours=2):
                continue
            wall = (change - timedelta(minutes=10)).astimezone(zone)
            again = wall.replace(fold=1)
            assert wall.replace(tzinfo=None) == again.replace(tzinfo=None)
            assert elapsed(wall, again) == back
            assert check_aware(wall, what="a") < check_aware(again, what="b")
            tried += 1
    assert tried > 1000
    record_property("n", tried)


@pytest.mark.hazard("H-31")
def test_a_session_in_the_repeated_hour_keeps_both_readings():
    """Berlin, 25 October 2026, 02:30 twice; and sent in the wrong order. N = 2."""
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=zone)
    second = first.replace(fold=1)
    log = Log()
    for moment, systolic in ((first, 120), (second, 140)):
        log.add("reading_taken", (moment.astimezone(UTC) - at(0)).total_seconds() / 60, systolic=systolic)
    for events in (log.events, log.events[::-1]):
        state = replay(events)
        assert [r.payload.systolic for r in state.readings] == [120, 140]
        assert elapsed(state.readings[0].at, state.readings[1].at) == timedelta(hours=1)


@pytest.mark.hazard("H-31")
def test_a_moment_without_a_zone_is_refused():
    """Naive, by each door. N = 4."""
    naive = datetime(2026, 11, 24, 10, 0, tzinfo=UTC).replace(tzinfo=None)
    for refused in (
        lambda: check_aware(naive, what="moment"),
        lambda: elapsed(naive, at(0)),
        lambda: elapsed(at(0), naive),
        lambda: read_moment("2026-11-24T10:00:00", what="moment"),
    ):
        with pytest.raises(QuantityError, match="no time zone"):
            refused()


@pytest.mark.parametrize(
    "text", ["", "yesterday", "24.11.2026 10:00", "2026-11-24 25:00+00:00", "1764000000"]
)
def test_a_moment_is_read_in_one_form(text):
    with pytest.raises(QuantityError):
        read_moment(text, what="moment")


def test_a_moment_is_kept_in_utc():
    assert read_moment("2026-11-24T11:00:00+01:00", what="moment") == at(0)
    assert read_moment("2026-11-24T11:00:00+01:00", what="moment").tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["2026-2-3", "2026-02-30", "20260203", "03.02.2026", "２０２６-02-03", "", "2026-02-03T00:00"]
)
def test_a_day_is_read_in_one_form(text):
    with pytest.raises(QuantityError):
        read_day(text, what="day")


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [("1981-03-14", "2026-03-13", 44), ("1981-03-14", "2026-03-14", 45), ("2008-02-29", "2026-02-28", 17),
     ("2008-02-29", "2026-03-01", 18), ("2026-11-24", "2026-11-24", 0)],
)  # fmt: skip
def test_an_age_counts_completed_years(born, on, years):
    assert age_years(date.fromisoformat(born), date.fromisoformat(on)) == years


def test_nobody_is_born_tomorrow():
    with pytest.raises(QuantityError, match="lies after"):
        age_years(date(2026, 11, 25), date(2026, 11, 24))


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+14:00",
        "1799-12-31T00:00:00+00:00",
        "2300-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_year_in_which_nobody_is_treated_is_refused(text):
    """At the ends of the calendar an offset leads out of it: a sentence, never an overflow."""
    with pytest.raises(QuantityError, match="Correct the year"):
        read_moment(text, what="moment")

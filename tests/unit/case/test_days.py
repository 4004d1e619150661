"""A day without a time of day, at the ends of the calendar too."""

from datetime import UTC, date, datetime, timedelta

import pytest

from posology.case.days import moment_of_day

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("day", [date.min, date(1900, 1, 1), date(2026, 11, 24), date.max])
def test_a_day_is_its_first_moment_in_utc(day):
    assert moment_of_day(day, as_of=NOON) == datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_a_day_that_has_begun_in_the_east_is_now():
    tomorrow = date(2026, 11, 25)
    assert moment_of_day(tomorrow, as_of=NOON) == NOON
    assert moment_of_day(tomorrow, as_of=NOON - timedelta(hours=3)) == datetime(2026, 11, 25, tzinfo=UTC)

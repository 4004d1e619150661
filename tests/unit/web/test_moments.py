"""Times of day as people type them: one moment each, also when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from posology.quantities import QuantityError
from posology.web.moments import latest_clock, read_clock

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_time_is_read_on_the_sites_clock():
    assert read_clock("14:05", day=date(2026, 11, 24), zone=BERLIN) == datetime(
        2026, 11, 24, 13, 5, tzinfo=UTC
    )


@pytest.mark.hazard("H-07")
@pytest.mark.parametrize(
    "text", ["", "2pm", "14.05", "24:00", "9:30", "１４:05", "14:5", "14:60", "-1:00", "14:05:00"]
)
def test_a_time_written_in_any_other_way_is_refused(text):
    with pytest.raises(QuantityError, match="14:05"):
        read_clock(text, day=date(2026, 11, 24), zone=BERLIN)


@pytest.mark.hazard("H-31")
def test_a_time_that_the_change_to_summer_time_leaves_out_never_was():
    with pytest.raises(QuantityError, match="put forward"):
        read_clock("02:30", day=date(2026, 3, 29), zone=BERLIN)


@pytest.mark.hazard("H-31")
def test_in_the_hour_that_comes_twice_the_latest_that_has_passed_is_meant(record_property):
    """02:00 to 02:59, asked at every minute of the four hours around the change (N = 240 x 60)."""
    tried = 0
    start = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    for minute in range(240):
        now = start + timedelta(minutes=minute)
        for shown in range(60):
            moment = latest_clock(f"02:{shown:02d}", now=now, zone=BERLIN)
            local = moment.astimezone(BERLIN)
            assert (local.hour, local.minute) == (2, shown) and moment <= now
            assert now - moment < timedelta(hours=25)
            later = [m for m in (moment + timedelta(hours=1), moment + timedelta(days=1)) if m <= now]
            assert all((m.astimezone(BERLIN).hour, m.astimezone(BERLIN).minute) != (2, shown) for m in later)
            tried += 1
    record_property("n", tried)


def test_a_time_later_than_now_is_of_the_day_before():
    now = datetime(2026, 11, 24, 0, 5, tzinfo=UTC)
    assert latest_clock("23:50", now=now, zone=ZoneInfo("UTC")) == datetime(2026, 11, 23, 23, 50, tzinfo=UTC)

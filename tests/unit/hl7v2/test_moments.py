"""Time stamps: to the minute, in their zone or the site's, and no guess where the clocks changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.hl7v2 import Hl7Error, read_stamp

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "at", "zone_told"),
    [
        ("20261128110500+0100", datetime(2026, 11, 28, 10, 5, tzinfo=UTC), True),
        ("20261128110500-0430", datetime(2026, 11, 28, 15, 35, tzinfo=UTC), True),
        ("20261128110500+0000", datetime(2026, 11, 28, 11, 5, tzinfo=UTC), True),
        ("202611281105", datetime(2026, 11, 28, 10, 5, tzinfo=UTC), False),
        ("20260728110500", datetime(2026, 7, 28, 9, 5, tzinfo=UTC), False),
        ("20261128110500.25", datetime(2026, 11, 28, 10, 5, 0, 250_000, tzinfo=UTC), False),
        ("20261128110500.123456+0100", datetime(2026, 11, 28, 10, 5, 0, 123_456, tzinfo=UTC), True),
    ],
)
def test_a_stamp_is_read_in_its_own_zone_or_the_sites(text, at, zone_told):
    found = read_stamp(text, zone=BERLIN)
    assert (found.at, found.zone_told, found.or_later) == (at, zone_told, None)


@pytest.mark.hazard("H-31", n=2)
def test_the_hour_that_comes_twice_gives_both_moments():
    """In the zone of the site two moments; with an offset one."""
    found = read_stamp("20261025023000", zone=BERLIN)
    assert found.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert found.or_later == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert read_stamp("20261025023000+0100", zone=BERLIN).or_later is None


@pytest.mark.hazard("H-31")
@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_each_quarter_of_an_hour_of_a_year_is_read_exactly_or_told_as_two(name, record_property):
    """The site's wall clock, written down and read back: the same moment. N is the moments."""
    zone = ZoneInfo(name)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    n = 0
    while at.year == 2026:
        found = read_stamp(at.astimezone(zone).strftime("%Y%m%d%H%M%S"), zone=zone)
        assert at in (found.at, found.or_later)
        assert (found.or_later is None) == (
            at.astimezone(zone).replace(fold=0).utcoffset() == at.astimezone(zone).replace(fold=1).utcoffset()
        )
        at += timedelta(minutes=15)
        n += 1
    record_property("n", n)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("20260329023000", "never showed 2026-03-29 02:30"),
        ("20261128", "cannot be read to the minute"),
        ("2026112811", "cannot be read to the minute"),
        ("", "cannot be read to the minute"),
        ("2026-11-28T11:05:00Z", "cannot be read to the minute"),
        ("２０261128110500", "cannot be read to the minute"),
        ("20261128110500+01", "cannot be read to the minute"),
        ("20261328110500", "There is no time"),
        ("20261128110560", "There is no time"),
        ("20261128110500+1500", "There is no time"),
        ("20261128110500+0160", "There is no time"),
        ("00001128110500", "There is no time"),
        ("00010101000000+1400", "nobody is treated"),
        ("17000101000000", "nobody is treated"),
    ],
)
def test_a_stamp_that_cannot_be_read_is_refused(text, says):
    with pytest.raises(Hl7Error) as refused:
        read_stamp(text, zone=BERLIN)
    assert says in str(refused.value)


@given(st.text(alphabet="0123456789+-.TZ ", max_size=26))
def test_any_text_is_read_or_refused(text):
    try:
        assert read_stamp(text, zone=BERLIN).at.tzinfo is UTC
    except Hl7Error as refused:
        assert str(refused)

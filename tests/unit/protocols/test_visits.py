"""Windows, appointments and missed visits, from a protocol's own days."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.knowledge import load_library
from posology.protocols.schedule import Place, Rung, place_of
from posology.protocols.visits import (
    VisitsRefused,
    VisitState,
    after_missed,
    appoint,
    expected_minutes,
    moment_on,
    next_gap,
    smallest_interval,
    state_on,
    windows,
)
from posology.quantities import elapsed

LIBRARY = load_library()
MONDAY = date(2026, 11, 23)
WEEKDAYS = (0, 1, 2, 3, 4)
EVERY_DAY = tuple(range(7))
# Zones that put their clocks forward and back, at both ends of the earth, by half an hour, and none.
ZONES = [
    ZoneInfo(name)
    for name in (
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Pacific/Auckland",
        "America/Santiago",
        "Africa/Casablanca",
        "Asia/Kolkata",
        "UTC",
    )
]


def of(protocol_id="esketamine-nasal-us", **changes):
    told = {"first_number": 1, "first_on": MONDAY, "count": 8} | changes
    return windows(LIBRARY.protocol(protocol_id), LIBRARY, **told)


def test_targets_are_the_protocol_s_own_days():
    assert [(w.target - MONDAY).days + 1 for w in of()] == [1, 4, 8, 11, 15, 18, 22, 25]
    assert [w.number for w in of()] == list(range(1, 9))


def test_a_window_leaves_the_visits_beside_it_their_days():
    first, second = of()[:2]
    assert (first.earliest, first.latest) == (date(2026, 11, 21), date(2026, 11, 24))
    assert (second.earliest, second.latest) == (date(2026, 11, 25), date(2026, 11, 28))
    assert second.holds(date(2026, 11, 25)) and second.holds(date(2026, 11, 28))
    assert not second.holds(date(2026, 11, 24)) and not second.holds(date(2026, 11, 29))


def test_the_visit_before_bounds_the_first_window():
    (window,) = of(count=1, previous_on=date(2026, 11, 20))
    assert window.earliest == date(2026, 11, 22)


def test_days_closer_than_the_interval_are_refused():
    with pytest.raises(VisitsRefused, match=r"1 days after the one on 22-Nov-2026, and .* keeps 2 days"):
        of(previous_on=date(2026, 11, 22))


def test_a_course_that_ends_has_no_visit_after_its_last():
    assert len(of("esketamine-mdsi-us", count=20)) == 8
    assert len(of("esketamine-mdsi-us", first_number=8, count=20)) == 1


def test_a_chosen_interval_is_kept_in_a_phase_without_an_end():
    made = of(rung=Rung("maintenance", 14), first_number=13, count=3)
    assert [(b.target - a.target).days for a, b in pairwise(made)] == [14, 14]


def test_the_gap_follows_the_phases_that_were_given():
    protocol = LIBRARY.protocol("esketamine-nasal-us")
    assert next_gap(protocol, ["induction"]) == (Place(protocol.phases[0], 1), 3)
    assert next_gap(protocol, ["induction"] * 8) == (Place(protocol.phases[1], 0), 7)
    assert next_gap(LIBRARY.protocol("esketamine-mdsi-us"), ["induction"] * 8) is None


@pytest.mark.parametrize(
    ("protocol_id", "minutes", "stay"),
    [
        ("ketamine-iv", None, 120),  # 60 min, the longest infusion known, and 60 min after it
        ("ketamine-iv", 40, 100),
        ("ketamine-im", None, 60),
        ("ketamine-sc", None, 120),
        ("esketamine-nasal-us", None, 120),
    ],
)
def test_a_chair_is_taken_until_the_earliest_leaving(protocol_id, minutes, stay):
    assert expected_minutes(LIBRARY.protocol(protocol_id), on=MONDAY, minutes=minutes) == stay


# ---------------------------------------------------------------- missed


@pytest.mark.parametrize("phase", ["induction", "continuation", "maintenance"])
def test_the_maker_s_rule_is_told_where_the_label_s_protocol_holds_it(phase):
    rule = after_missed(LIBRARY.protocol("esketamine-nasal-us"), phase, LIBRARY)
    assert rule.by_source and "maker advises" in rule.say
    assert rule.cited.facts == (("PR-ESK-16",) if phase == "induction" else ("PR-ESK-17",))
    assert bool(rule.if_worse) == (phase != "induction")


@pytest.mark.parametrize(
    "protocol_id", ["ketamine-iv", "ketamine-im", "ketamine-sc", "ketamine-oral", "ketamine-sl"]
)
def test_where_no_source_gives_a_rule_a_prescriber_decides(protocol_id):
    protocol = LIBRARY.protocol(protocol_id)
    for phase in protocol.phases:
        rule = after_missed(protocol, phase.id, LIBRARY)
        assert not rule.by_source and not rule.if_worse
        assert "No source gives a rule" in rule.say and "maker" not in rule.say


def test_a_visit_is_missed_once_its_window_is_over():
    window = of()[1]
    on = window.target

    def state(days, **told):
        said = {"kept": False, "cancelled": False} | told
        return state_on(window, on=on, today=on + timedelta(days=days), **said)

    assert [state(n) for n in (-1, 0, 1, 2, 3)] == [
        VisitState.AHEAD,
        VisitState.TODAY,
        VisitState.NOT_KEPT,
        VisitState.NOT_KEPT,
        VisitState.MISSED,
    ]
    assert state(9, kept=True) is VisitState.KEPT
    assert state(9, cancelled=True) is VisitState.CANCELLED


# ---------------------------------------------------------------- appointed


def appointed(made, **changes):
    told = {
        "clock": time(10),
        "zone": ZoneInfo("UTC"),
        "interval": timedelta(hours=48),
        "open_weekdays": WEEKDAYS,
    }
    return appoint(made, **told | changes)


def test_a_closed_day_gives_way_to_the_nearest_open_one():
    made = of(first_on=date(2026, 11, 26), count=2)  # a Thursday; the second falls on a Sunday
    assert [at.date() for at in appointed(made)] == [date(2026, 11, 26), date(2026, 11, 30)]


def test_a_window_without_an_open_day_is_refused():
    with pytest.raises(VisitsRefused, match="no open day of the site"):
        appointed(of(count=1), open_weekdays=(3,))


@pytest.mark.hazard("H-31")
def test_a_time_that_the_clock_leaves_out_is_refused():
    with pytest.raises(VisitsRefused, match="put forward over 02:30"):
        moment_on(date(2027, 3, 14), time(2, 30), ZoneInfo("America/New_York"))


@pytest.mark.hazard("H-31")
def test_two_days_over_a_night_that_lost_an_hour_are_no_48_hours():
    """Every other day at ten: over that night two days are 47 h, so that is refused."""
    zone, ten = ZoneInfo("America/New_York"), time(10)
    told = {"first_number": 1, "count": 2, "rung": Rung("induction", 2)}
    lost, usual = (
        windows(LIBRARY.protocol("ketamine-sl"), LIBRARY, first_on=date(2027, 3, day), **told)
        for day in (13, 20)
    )
    assert len(appointed(usual, zone=zone, open_weekdays=EVERY_DAY)) == 2
    with pytest.raises(VisitsRefused, match="keeps the interval"):
        appointed(lost, zone=zone, open_weekdays=EVERY_DAY)
    first = moment_on(date(2027, 3, 13), ten, zone)
    assert elapsed(first, moment_on(date(2027, 3, 15), time(11), zone)) == timedelta(hours=48)


@pytest.mark.hazard("H-23")
@pytest.mark.hazard("H-31")
def test_every_visit_lies_in_its_window_and_none_inside_the_interval(record_property):
    """Every protocol x any day of 16 years x zones that change their clocks x any hour of the site."""
    seen = [0]

    @given(
        st.sampled_from(sorted(LIBRARY.protocols)),
        st.dates(date(2026, 1, 1), date(2035, 12, 31)),
        st.sampled_from(ZONES),
        st.times(time(5), time(20)).map(lambda t: t.replace(second=0, microsecond=0)),
        st.sampled_from([WEEKDAYS, EVERY_DAY, (0, 2, 4, 5)]),
        st.integers(1, 12),
        st.integers(0, 10),
    )
    def hold(protocol_id, first_on, zone, clock, open_days, number, gap):
        protocol = LIBRARY.protocol(protocol_id)
        interval = smallest_interval(protocol, on=first_on)
        before = first_on - timedelta(days=gap) if gap else None
        try:
            made = windows(
                protocol, LIBRARY, first_number=number, first_on=first_on, count=10, previous_on=before
            )
            at = appoint(made, clock=clock, zone=zone, interval=interval, open_weekdays=open_days)
        except VisitsRefused as refusal:
            assert "keeps" in str(refusal)
            return
        for window, moment in zip(made, at, strict=True):
            local = moment.astimezone(zone)
            assert window.earliest <= window.target <= window.latest
            assert window.holds(local.date()) and local.weekday() in open_days
            assert (local.hour, local.minute) == (clock.hour, clock.minute)
            seen[0] += 1
        for one, two in pairwise(at):
            assert two - one >= interval
        assert made == () or made[0].phase == place_of(protocol, number).phase.id

    hold()
    assert seen[0] > 200
    record_property("n", seen[0])


def test_none_lies_before_the_moment_of_planning():
    now = datetime(2026, 11, 23, 15, tzinfo=UTC)
    (at,) = appointed(of(count=1), not_before=now)
    assert at.date() == date(2026, 11, 24)

"""Visit days and intervals, held against the trial days of the sheets."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from posology.knowledge import load_library
from posology.protocols.schedule import (
    TooSoon,
    check_interval,
    current_rung,
    days_until_next,
    ladder,
    last_session,
    place_after,
    plan,
    plan_from_start,
    protocols_for,
)
from tests.cases import NOW
from tests.histories import history


def test_esketamine_induction_falls_on_the_trial_days():
    """Trial visit days 1, 4, 8, 11, 15, 18, 22, 25 (PR-ESK-09), then weekly for four weeks (PR-ESK-04)."""
    protocol = load_library().protocol("esketamine-nasal-us")
    visits = plan_from_start(protocol, date(2026, 1, 1), count=12)
    days = [(v.on - date(2026, 1, 1)).days + 1 for v in visits]
    assert days == [1, 4, 8, 11, 15, 18, 22, 25, 32, 39, 46, 53]
    assert [v.phase for v in visits] == ["induction"] * 8 + ["continuation"] * 4


def test_the_last_induction_visit_carries_the_checkpoint():
    protocol = load_library().protocol("esketamine-nasal-us")
    visits = plan_from_start(protocol, date(2026, 1, 1), count=9)
    assert visits[7].note and not visits[6].note


def test_intravenous_induction_is_twice_a_week_for_three_weeks():
    protocol = load_library().protocol("ketamine-iv")
    visits = plan_from_start(protocol, date(2026, 1, 1), count=7)
    assert [(b.on - a.on).days for a, b in pairwise(visits)] == [3, 4, 3, 4, 3, 7]


@pytest.mark.parametrize("protocol", load_library().protocols.values(), ids=lambda p: p.id)
def test_the_ladder_runs_from_dense_to_wide(protocol):
    days = [rung.days for rung in ladder(protocol)]
    assert days == sorted(set(days)) and len(days) >= (1 if last_session(protocol) else 2)


@pytest.mark.parametrize("protocol", load_library().protocols.values(), ids=lambda p: p.id)
def test_every_planned_gap_keeps_the_smallest_interval(protocol):
    visits = plan_from_start(protocol, date(2026, 1, 1), count=30)
    for before, after in pairwise(visits):
        last_at = NOW.replace(year=before.on.year, month=before.on.month, day=before.on.day)
        next_at = last_at + (after.on - before.on)
        check_interval(protocol, history=history(last_at), next_at=next_at)


def test_a_session_inside_the_smallest_interval_is_refused():
    protocol = load_library().protocol("ketamine-iv")
    check_interval(protocol, history=history(NOW), next_at=NOW + timedelta(hours=48))
    with pytest.raises(TooSoon, match=r"keeps 48 h"):
        check_interval(
            protocol, history=history(NOW), next_at=NOW + timedelta(hours=48) - timedelta(seconds=1)
        )


def test_the_rung_follows_the_interval_that_was_kept():
    protocol = load_library().protocol("ketamine-iv")
    assert current_rung(protocol, "maintenance", 21).days == 21
    assert current_rung(protocol, "maintenance", None).days == 14
    assert current_rung(protocol, "induction", 9).phase == "induction"
    assert days_until_next(protocol, 6) == 7


def test_a_protocol_of_another_jurisdiction_is_not_offered():
    ids = {p.id for p in protocols_for(load_library(), "EU", on=date(2026, 1, 1))}
    assert "esketamine-nasal-us" not in ids and "ketamine-iv" in ids


# ---------------------------------------------------------------- a course that ends
def test_a_course_of_four_weeks_ends_with_its_eighth_session():
    """84 mg twice weekly for 4 weeks (PR-ESK-07): eight visits on the trial days, and none after."""
    protocol = load_library().protocol("esketamine-mdsi-us")
    visits = plan_from_start(protocol, date(2026, 1, 1), count=12)
    assert [(v.on - date(2026, 1, 1)).days + 1 for v in visits] == [1, 4, 8, 11, 15, 18, 22, 25]
    assert last_session(protocol) == 8
    assert [days_until_next(protocol, n) for n in range(1, 11)] == [3, 4, 3, 4, 3, 4, 3, None, None, None]
    assert plan(protocol, first_number=9, first_on=date(2026, 2, 1), count=4) == ()


def test_the_last_session_of_a_course_that_ends_carries_its_checkpoint():
    visits = plan_from_start(load_library().protocol("esketamine-mdsi-us"), date(2026, 1, 1), count=8)
    assert "day 28" in visits[-1].note and not any(v.note for v in visits[:-1])


def test_a_course_that_may_go_on_has_no_last_session():
    open_ended = [p for p in load_library().protocols.values() if p.phases[-1].interval_days]
    assert len(open_ended) >= 6
    assert all(last_session(p) is None for p in open_ended)


@pytest.mark.parametrize(
    ("protocol_id", "gap", "days"),
    [
        *[("esketamine-nasal-us", gap, 7) for gap in (5, 7, 11)],
        *[("esketamine-nasal-us", gap, 14) for gap in (12, 14, 40)],
        *[("ketamine-iv", gap, 7) for gap in (3, 7, 11)],
        *[("ketamine-iv", gap, 14) for gap in (12, 14, 18)],
        *[("ketamine-iv", gap, 21) for gap in (19, 21, 25)],
        *[("ketamine-iv", gap, 28) for gap in (26, 28, 60)],
    ],
)
def test_a_weekly_maintenance_is_weekly_and_a_late_session_makes_it_no_wider(protocol_id, gap, days):
    """PR-ESK-05: weekly or every 2 weeks. The ladder joins weekly maintenance with the weekly phase before
    it; the interval that runs is the phase's own.
    """
    rung = current_rung(load_library().protocol(protocol_id), "maintenance", gap)
    assert (rung.phase, rung.days) == ("maintenance", days)


INDUCTION, WEEKLY, LATER = "induction", "continuation", "maintenance"


@pytest.mark.parametrize(
    ("phases", "phase", "index"),
    [
        ([], INDUCTION, 0),
        ([INDUCTION] * 5, INDUCTION, 5),
        ([INDUCTION] * 6, WEEKLY, 0),
        ([INDUCTION] * 9, WEEKLY, 0),
        ([INDUCTION] * 4 + [WEEKLY], WEEKLY, 1),
        ([INDUCTION] * 2 + [WEEKLY] * 4, LATER, 0),
        ([INDUCTION] * 6 + [WEEKLY] * 4 + [LATER] * 3, LATER, 3),
        ([INDUCTION] * 6 + [WEEKLY] * 4 + [LATER] * 3 + [WEEKLY] * 2, WEEKLY, 2),
        ([INDUCTION] * 6 + [WEEKLY] * 4 + [LATER] * 3 + [INDUCTION], INDUCTION, 1),
    ],
)
def test_a_course_stands_where_its_last_sessions_were_given(phases, phase, index):
    """Not where its number says: lengthened early or shortened later, the two come apart."""
    place = place_after(load_library().protocol("ketamine-iv"), phases)
    assert (place.phase.id, place.index) == (phase, index)


def test_a_shortened_course_keeps_the_days_of_the_phase_it_goes_back_to():
    """Twice a week means 3 and 4 days by turns, then weekly, then the usual interval again."""
    protocol = load_library().protocol("ketamine-iv")
    dense = ladder(protocol)[0]
    visits = plan(protocol, first_number=13, first_on=date(2026, 1, 1), count=12, rung=dense)
    assert [(b.on - a.on).days for a, b in pairwise(visits)] == [3, 4, 3, 4, 3, 7, 7, 7, 7, 14, 14]
    assert [v.phase for v in visits] == [INDUCTION] * 6 + [WEEKLY] * 4 + [LATER] * 2
    assert [v.number for v in visits] == list(range(13, 25))

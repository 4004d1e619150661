"""The next dose: what is proposed after each kind of response, and what is never done by itself."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest

from posology.case import MeasuredScore
from posology.knowledge import load_library
from posology.protocols import Verdict
from posology.protocols.schedule import last_session
from posology.recommendation import Advice, DoseChange, IntervalChange, Option, recommend
from posology.recommendation.response import response_of
from tests.cases import NOW, complete_case, offered_case, with_scores, with_sessions

LAST = NOW - timedelta(days=3)


def course(count=4, *, protocol="ketamine-iv", level="0.5", total=12, baseline=18, last_at=LAST, **of_last):
    case = with_sessions(complete_case(), protocol, count, level=level, last_at=last_at, **of_last)
    return with_scores(case, baseline, (NOW - timedelta(hours=3), total))


@pytest.mark.parametrize(
    ("total", "state"),
    [
        (24, "worse"),
        (18, "none"),
        (14, "none"),
        (13, "partial"),
        (10, "partial"),
        (9, "response"),
        (5, "response"),
        (4, "remission"),
    ],
)
def test_response_is_judged_against_the_named_baseline(total, state):
    """From 18: 25 % or less is none (A-TRD-02), 50 % is response (A-SCL-02), below 5 remission (A-SCL-04)."""
    assert recommend(course(total=total), as_of=NOW).response == state


def test_no_baseline_no_response_rate():
    case = with_sessions(complete_case(), "ketamine-iv", 2, level="0.5", last_at=LAST)
    advice = recommend(case, as_of=NOW)
    assert advice.response == "unknown" and advice.options == ()
    assert advice.verdict is Verdict.CANNOT_SAY and {m.key for m in advice.needed} >= {"phq-9"}


def test_a_score_from_before_the_last_session_does_not_count():
    case = with_sessions(complete_case(), "ketamine-iv", 3, level="0.5", last_at=LAST)
    case = with_scores(case, 18, (LAST - timedelta(hours=1), 9))
    assert recommend(case, as_of=NOW).response == "unknown"


def test_a_rise_after_a_response_is_told_apart_from_never_better():
    case = with_sessions(complete_case(), "ketamine-iv", 6, level="0.5", last_at=LAST)
    case = with_scores(case, 20, (LAST - timedelta(days=4), 4), (NOW - timedelta(hours=1), 13))
    response = response_of(case, load_library(), as_of=NOW)
    assert response.state == "worse after response" and "best of this course" in response.reason


STATES = {"worse": 24, "none": 18, "partial": 12, "response": 8, "remission": 3}
TOLERATED = {
    "good": {},
    "fair": {"worst_adverse_event_grade": 2},
    "poor": {"worst_adverse_event_grade": 3},
}


@pytest.mark.parametrize("protocol_id", sorted(load_library().protocols))
def test_every_course_has_three_to_five_ways_to_go_on(protocol_id):
    """Every response × tolerability × place in the course, at the start dose: N = 5 × 3 × 4 a protocol.

    Where a protocol ends, going on is not among them: hold and end are left.
    """
    protocol = load_library().protocol(protocol_id)
    start = next(iter(protocol.values["dose_start"].values())).value
    for (state, total), tolerated, count in product(STATES.items(), TOLERATED, (2, 6, 9, 14)):
        case = offered_case(protocol)
        case = with_sessions(case, protocol_id, count, level=str(start), last_at=LAST, **TOLERATED[tolerated])
        case = with_scores(case, 18, (NOW - timedelta(hours=3), total))
        advice = recommend(case, as_of=NOW)
        told = f"{state}, {tolerated}, after {count}"
        assert advice.response == state, told
        if last_session(protocol) is not None and count >= last_session(protocol):
            assert [o.dose_change for o in advice.options] == [DoseChange.HOLD, DoseChange.END], told
            continue
        assert 3 <= len(advice.options) <= 5, told
        assert len({o.id for o in advice.options}) == len(advice.options), told
        assert all(o.for_ for o in advice.options), told


def test_nothing_is_raised_after_remission_or_poor_tolerance():
    for kwargs in ({"total": 3}, {"total": 18, "worst_adverse_event_grade": 3}):
        changes = {o.dose_change for o in recommend(course(**kwargs), as_of=NOW).options}
        assert DoseChange.RAISE not in changes


def test_a_raise_is_one_step_and_says_so():
    advice = recommend(course(total=18), as_of=NOW)
    raised = [o for o in advice.options if o.dose_change is DoseChange.RAISE]
    assert raised and raised[0].dose is not None
    assert raised[0].dose.level == 0.75
    assert "Up from" in raised[0].difference
    assert any("higher" in r.say.lower() for r in raised[0].against)


def test_at_the_top_level_there_is_nothing_to_raise():
    advice = recommend(course(total=18, level="1.0"), as_of=NOW)
    assert DoseChange.RAISE not in {o.dose_change for o in advice.options}


def test_lengthening_moves_one_rung():
    advice = recommend(course(14, total=3, last_at=NOW - timedelta(days=13)), as_of=NOW)
    wider = [o for o in advice.options if o.interval_change is IntervalChange.LENGTHEN and o.visits]
    assert wider and (wider[0].visits[1].on - wider[0].visits[0].on).days == 21


def test_a_hold_proposes_no_dose():
    advice = recommend(course(total=18, worst_adverse_event_grade=3), as_of=NOW)
    held = [o for o in advice.options if o.dose_change is DoseChange.HOLD]
    assert held and held[0].dose is None and held[0].next_on is None


def kept(advice: Advice) -> Option:
    return next(o for o in advice.options if o.interval_change is IntervalChange.KEEP and o.visits)


@pytest.mark.hazard("H-23")
def test_after_an_early_step_to_weekly_the_same_interval_is_weekly():
    """By its number session 6 follows after 3 days; this course went weekly after session 4."""
    case = course(5, total=8)
    sessions = list(case.sessions_in_order())
    sessions[-1] = replace(sessions[-1], phase="continuation", at=LAST)
    earlier = (replace(s, at=s.at - timedelta(days=4)) for s in sessions[:-1])
    case = with_scores(replace(case, sessions=(*earlier, sessions[-1])), 18, (NOW - timedelta(hours=3), 8))
    same = kept(recommend(case, as_of=NOW))
    assert (same.next_on - LAST.date()).days == 7 and same.phase == "continuation"


@pytest.mark.hazard("H-23")
def test_a_weekly_maintenance_of_esketamine_goes_on_weekly():
    case = course(15, protocol="esketamine-nasal-us", level="56", total=3)
    advice = recommend(case, as_of=NOW)
    assert (kept(advice).next_on - LAST.date()).days == 7
    wider = next(o for o in advice.options if o.interval_change is IntervalChange.LENGTHEN)
    assert (wider.next_on - LAST.date()).days == 14


def test_a_level_that_was_badly_borne_is_not_proposed_again():
    """Session 3 at 0.75 mg/kg was badly borne, session 4 at 0.5 mg/kg well: no raise to 0.75."""
    case = course(4, total=18)
    sessions = list(case.sessions_in_order())
    sessions[2] = replace(sessions[2], level=Decimal("0.75"), worst_adverse_event_grade=3)
    for told, raised in ((tuple(sessions), False), (case.sessions, True)):
        changes = {o.dose_change for o in recommend(replace(case, sessions=told), as_of=NOW).options}
        assert (DoseChange.RAISE in changes) == raised


@pytest.mark.parametrize(
    ("protocol", "level", "says"),
    [("ketamine-oral", "2.0", "ceiling"), ("esketamine-nasal-us", "70", "no total")],
)
def test_a_last_dose_beyond_the_limits_leaves_the_ways_without_it(protocol, level, says):
    """It is not proposed again, the answer says why, and to hold or to end stay open."""
    advice = recommend(course(2, protocol=protocol, level=level, total=18), as_of=NOW)
    changes = {o.dose_change for o in advice.options}
    assert changes >= {DoseChange.HOLD, DoseChange.END} and DoseChange.SAME not in changes
    assert says in advice.response_reason and "Nobody may override" in advice.response_reason


@pytest.mark.hazard("H-11")
@pytest.mark.parametrize("minutes", [1, 10, 19, 20, 39, 40, 60, 100])
def test_a_rate_above_the_highest_falls_back_on_the_usual_minutes(minutes):
    advice = recommend(course(2, total=18, minutes=minutes), as_of=NOW)
    doses = [o.dose for o in advice.options if o.dose is not None]
    assert {d.level for d in doses} == {Decimal("0.5"), Decimal("0.75")}
    for dose in doses:
        assert dose.dose_mg / dose.minutes <= Decimal("0.025") * 72
        assert dose.minutes == (minutes if dose.level * 72 <= Decimal("0.025") * 72 * minutes else 40)


def test_after_a_death_nothing_is_proposed():
    advice = recommend(course(worst_adverse_event_grade=5), as_of=NOW)
    assert advice.options == () and "death" in advice.protocols[0].why_no_options


def test_scores_and_sessions_of_an_earlier_course_are_not_this_course_s():
    """Baseline 24 a year ago, 18 before this course, 12 now: a third lower, not a half, and not worse."""
    case = course(2, baseline=18, total=12)
    before = [replace(s, at=s.at - timedelta(days=400)) for s in case.sessions]
    old = (
        MeasuredScore("phq-9", 24, (), NOW - timedelta(days=430)),
        MeasuredScore("phq-9", 3, (), NOW - timedelta(days=380)),
    )
    both = replace(case, sessions=(*before, *case.sessions), scores=(*old, *case.scores))
    assert recommend(both, as_of=NOW).response == "partial"
    other = [replace(s, protocol_id="ketamine-im", number=s.number + 4, minutes=None) for s in before]
    later = tuple(replace(s, number=s.number + 10) for s in case.sessions)
    switched = replace(both, sessions=(*other, *later))
    advice = recommend(switched, as_of=NOW)
    assert advice.response == "partial"
    assert kept(advice).phase == "induction" and kept(advice).session_number == 13


@pytest.mark.parametrize(
    ("days", "state"), [(0, "response"), (60, "response"), (61, "unknown"), (900, "unknown")]
)
def test_a_baseline_of_long_ago_is_none(days, state):
    """24 two years ago and 12 now is no response to this course; the remedy names the missing form."""
    case = course(4, baseline=24, total=12)
    first = min(s.at for s in case.sessions)
    old = MeasuredScore("phq-9", 24, (), first - timedelta(days=days, hours=1))
    advice = recommend(replace(case, scores=(old, *case.scores[1:])), as_of=NOW)
    assert advice.response == state
    assert (advice.options == ()) == (state == "unknown")
    if state == "unknown":
        assert any(m.ask.startswith("Enter the PHQ-9") for m in advice.needed)

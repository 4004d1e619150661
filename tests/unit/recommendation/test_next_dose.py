"""The next dose: what is proposed after each kind of response, and what is never done by itself."""

from datetime import timedelta
from itertools import product

import pytest

from posology.knowledge import load_library
from posology.protocols import Verdict
from posology.recommendation import DoseChange, IntervalChange, recommend
from posology.recommendation.response import response_of
from tests.cases import NOW, complete_case, with_scores, with_sessions

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


def test_a_relapse_after_a_good_score_is_worse():
    case = with_sessions(complete_case(), "ketamine-iv", 6, level="0.5", last_at=LAST)
    case = with_scores(case, 20, (LAST - timedelta(days=4), 4), (NOW - timedelta(hours=1), 13))
    response = response_of(case, load_library(), as_of=NOW)
    assert response.state == "worse" and "best of this course" in response.reason


STATES = {"worse": 24, "none": 18, "partial": 12, "response": 8, "remission": 3}
TOLERATED = {
    "good": {},
    "fair": {"worst_adverse_event_grade": 2},
    "poor": {"worst_adverse_event_grade": 3},
}


@pytest.mark.parametrize("protocol_id", sorted(load_library().protocols))
def test_every_course_has_three_to_five_ways_to_go_on(protocol_id):
    """Every response × tolerability × place in the course, at the start dose: N = 5 × 3 × 4 a protocol."""
    protocol = load_library().protocol(protocol_id)
    jurisdiction = protocol.jurisdictions[0] if protocol.jurisdictions else "US"
    start = next(iter(protocol.values["dose_start"].values())).value
    for (state, total), tolerated, count in product(STATES.items(), TOLERATED, (2, 6, 9, 14)):
        case = complete_case(jurisdiction=jurisdiction)
        case = with_sessions(case, protocol_id, count, level=str(start), last_at=LAST, **TOLERATED[tolerated])
        case = with_scores(case, 18, (NOW - timedelta(hours=3), total))
        advice = recommend(case, as_of=NOW)
        told = f"{state}, {tolerated}, after {count}"
        assert advice.response == state, told
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

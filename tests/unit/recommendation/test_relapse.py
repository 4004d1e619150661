"""Worse after a response: told apart from never better, and what is then proposed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from posology.knowledge import load_library
from posology.recommendation import DoseChange, IntervalChange, recommend
from posology.recommendation.response import last_effective
from tests.cases import NOW
from tests.unit.recommendation.courses import course_case, on_days, score, session

YESTERDAY = NOW - timedelta(days=1)


def relapsed(
    *, levels=("0.5", "0.5", "0.5"), totals=(8, 8, 18), phase="maintenance", protocol="ketamine-iv", **told
):
    """Three sessions two weeks apart with a PHQ-9 after each; 20 before."""
    sessions = [
        session(protocol, n, NOW - timedelta(days=14 * (3 - n) + 13), phase=phase, level=level)
        for n, level in enumerate(levels, 1)
    ]
    if told:
        sessions[-1] = session(protocol, 3, sessions[-1].at, phase=phase, level=levels[-1], **told)
    when = [*(s.at + timedelta(days=1) for s in sessions[:-1]), YESTERDAY]
    return course_case(sessions, 20, list(zip(when, totals, strict=True)))


@pytest.mark.parametrize(
    ("totals", "state"),
    [
        # By hand from 20: a response is 10 or below; a change that counts is 6 points (MEASURES-PHQ-9).
        ((10, 10, 16), "worse after response"),
        ((10, 10, 15), "none"),  # 5 points up: 25 % lower than before, no change that counts
        ((11, 11, 17), "worse"),  # there was no response (45 %)
        ((8, 8, 14), "worse after response"),
        ((2, 2, 8), "worse after response"),  # still 60 % lower, and 6 points up
        ((2, 2, 7), "response"),
        ((1, 1, 4), "remission"),
        ((20, 20, 26), "worse"),
        ((4, 20, 26), "worse after response"),
    ],
)
def test_it_is_a_rise_of_six_points_after_a_response(totals, state):
    advice = recommend(relapsed(totals=totals), as_of=NOW)
    assert advice.response == state
    if state == "worse after response":
        assert {o.what for o in advice.inputs} >= {"PHQ-9 before the course", "PHQ-9 now"}


def test_its_options_are_a_new_induction_the_denser_schedule_the_same_hold_and_another_treatment():
    advice = recommend(relapsed(), as_of=NOW)
    told = [(o.dose_change, o.interval_change) for o in advice.options]
    assert told == [
        (DoseChange.SAME, IntervalChange.RESTART),
        (DoseChange.SAME, IntervalChange.KEEP),
        (DoseChange.SAME, IntervalChange.SHORTEN),
        (DoseChange.HOLD, IntervalChange.NONE),
        (DoseChange.END, IntervalChange.NONE),
    ]
    facts = {f for r in advice.options[0].for_ for c in r.citations for f in c.facts}
    assert {"PR-ADJ-04", "E-REL-20"} <= facts


@pytest.mark.parametrize(
    ("levels", "totals", "level", "change"),
    [
        (("0.5", "0.5", "0.5"), (8, 8, 18), "0.5", DoseChange.SAME),
        (("0.75", "0.5", "0.5"), (8, 12, 18), "0.75", DoseChange.RAISE),  # lowered, and lost
        (("0.75", "0.5", "0.5"), (8, 9, 18), "0.5", DoseChange.SAME),  # it held at 0.5 too
        (("0.5", "0.75", "0.75"), (8, 15, 18), "0.5", DoseChange.LOWER),  # what worked was the lower
    ],
)
def test_the_last_effective_dose_is_the_one_before_the_last_response(levels, totals, level, change):
    """PR-ADJ-04. A dose above the last is a raise, whatever the line is called, and says so."""
    anew = recommend(relapsed(levels=levels, totals=totals), as_of=NOW).options[0]
    assert anew.interval_change is IntervalChange.RESTART
    assert (anew.dose.level, anew.dose_change) == (Decimal(level), change)
    warned = any(r.say.startswith("Higher doses have not consistently done better") for r in anew.against)
    assert warned is (change is DoseChange.RAISE)


@pytest.mark.parametrize("told", [{"worst_adverse_event_grade": 2}, {"lowest_sedation_score": 2}])
def test_a_higher_effective_dose_is_not_gone_back_to_after_a_session_that_was_hard_to_bear(told):
    advice = recommend(relapsed(levels=("0.75", "0.5", "0.5"), totals=(8, 12, 18), **told), as_of=NOW)
    assert DoseChange.RAISE not in {o.dose_change for o in advice.options}
    assert 3 <= len(advice.options) <= 5


def test_a_protocol_that_knows_no_step_up_is_not_stepped_up_by_a_relapse():
    protocol = load_library().protocol("esketamine-mdsi-us")
    sessions = [
        session(protocol.id, n, NOW - timedelta(days=4 * (4 - n)), level=level)
        for n, level in enumerate(("84", "56", "56"), 1)
    ]
    scores = [(s.at + timedelta(days=1), t) for s, t in zip(sessions, (8, 14, 18), strict=True)]
    advice = recommend(course_case(sessions, 20, scores), as_of=NOW)
    assert advice.response == "worse after response"
    assert {o.dose.level for o in advice.options if o.dose} == {Decimal(56)}


def test_a_score_from_before_the_course_is_no_response_of_it():
    sessions = on_days("ketamine-iv", [7, 3])
    before, after = score(4, sessions[0].at - timedelta(days=9)), score(9, YESTERDAY)
    baseline = score(20, sessions[0].at - timedelta(hours=1))
    assert last_effective(sessions, [before], baseline, load_library(), as_of=NOW) is None
    assert last_effective(sessions, [before, after], baseline, load_library(), as_of=NOW) is sessions[1]

"""What a response is stands in the library that was given, and in no other that happens to ship."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from posology.case import Answer
from posology.knowledge import Library, load_library
from posology.measures import ScoreError, change, measure_of
from posology.recommendation import recommend
from posology.recommendation.helped import helped
from tests.cases import NOW
from tests.unit.recommendation.courses import course_case, on_days, score

SHIPPED = load_library()


def with_response_at(percent: int) -> Library:
    """Return the library with another fall for a response; nothing that a clinic could do."""
    phq_9 = SHIPPED.measures["phq-9"]
    dated = {
        day: value.model_copy(update={"value": Decimal(percent)})
        for day, value in phq_9.values["response_fall_percent"].items()
    }
    changed = phq_9.model_copy(update={"values": {**phq_9.values, "response_fall_percent": dated}})
    return replace(SHIPPED, measures={**SHIPPED.measures, "phq-9": changed})


@pytest.mark.parametrize(("percent", "state"), [(50, "partial"), (40, "response")])
def test_the_response_of_a_course_is_judged_by_the_library_given(percent, state):
    """PHQ-9 20 before, 11 after: a fall of 45 %."""
    case = course_case(on_days("ketamine-iv", (7, 4)), 20, [(NOW - timedelta(days=1), 11)])
    assert recommend(case, as_of=NOW, library=with_response_at(percent)).response == state


@pytest.mark.parametrize(("percent", "state"), [(50, "worse"), (40, "worse after response")])
def test_whether_it_had_been_a_response_is_judged_by_the_library_given(percent, state):
    """PHQ-9 20 before, 11 at its best, 17 now: 6 points up, from a fall of 45 %."""
    later = [(NOW - timedelta(days=3), 11), (NOW - timedelta(days=1), 17)]
    case = course_case(on_days("ketamine-iv", (7, 4)), 20, later)
    assert recommend(case, as_of=NOW, library=with_response_at(percent)).response == state


def test_the_rules_of_a_course_that_runs_are_those_of_the_library_given():
    """By knowledge without any rule only the course itself can raise something; here it raises nothing."""
    case = course_case(on_days("ketamine-iv", (7, 4)), 20, [(NOW - timedelta(days=1), 11)])
    bare = recommend(case, as_of=NOW, library=replace(SHIPPED, rules=()))
    assert bare.protocols[0].report.findings == ()
    assert recommend(case, as_of=NOW, library=SHIPPED).protocols[0].report.findings != ()


@pytest.mark.parametrize(("percent", "answer"), [(50, Answer.NO), (40, Answer.YES)])
def test_whether_an_earlier_dose_helped_is_judged_by_the_library_given(percent, answer):
    sessions = on_days("ketamine-iv", (40,))
    scores = [score(20, NOW - timedelta(days=41)), score(11, NOW - timedelta(days=39))]
    assert helped(sessions, scores, on=NOW.date(), library=with_response_at(percent)) == (answer,)


def test_a_change_asks_the_package_only_where_no_library_is_given():
    before, after = score(20, NOW - timedelta(days=9)), score(11, NOW)
    assert change(before, after, on=NOW.date(), library=with_response_at(40)).response
    assert not change(before, after, on=NOW.date()).response


def test_an_instrument_that_the_library_does_not_hold_is_refused():
    with pytest.raises(ScoreError, match="no instrument 'phq-9'"):
        measure_of("phq-9", replace(SHIPPED, measures={}))

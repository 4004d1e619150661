"""Whether a response followed each dose of a course that ended: yes, no, or not known.

By hand, from a PHQ-9 of 20 before: 10 is half, and a response; 11 is not; 4 is remission.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from posology.case import Answer
from posology.knowledge import load_library
from posology.recommendation.helped import helped
from tests.cases import NOW
from tests.unit.recommendation.courses import on_days, score

LIBRARY = load_library()
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
SESSIONS = on_days("ketamine-iv", [40, 36, 33])
FIRST, SECOND_AT, THIRD = (s.at for s in SESSIONS)
BEFORE = score(20, FIRST - DAY)


def answers(*scores, sessions=SESSIONS) -> tuple[Answer, ...]:
    return helped(sessions, scores, on=NOW.date(), library=LIBRARY)


def test_of_no_session_nothing_is_answered():
    assert answers(BEFORE, sessions=()) == ()


def test_each_session_has_the_last_form_before_the_next():
    """12 and then 10 after the first, 11 after the second, 4 a month after the last."""
    after = (
        score(12, FIRST + DAY),
        score(10, FIRST + 2 * DAY),
        score(11, SECOND_AT + DAY),
        score(4, THIRD + 30 * DAY),
    )
    assert answers(BEFORE, *after) == (YES, NO, YES)
    assert answers(*reversed((BEFORE, *after))) == (YES, NO, YES)


def test_the_last_form_counts_and_not_the_best():
    """10 on the day after, 15 before the next session: no response was left."""
    assert answers(BEFORE, score(10, FIRST + DAY), score(15, FIRST + 3 * DAY))[0] is NO


def test_a_session_without_a_form_is_not_known_and_the_others_are():
    assert answers(BEFORE, score(10, SECOND_AT + DAY)) == (UNKNOWN, YES, UNKNOWN)
    assert answers(BEFORE, score(10, THIRD + DAY)) == (UNKNOWN, UNKNOWN, YES)


def test_a_form_at_the_moment_of_the_next_session_is_of_the_one_before():
    assert answers(BEFORE, score(10, SECOND_AT)) == (YES, UNKNOWN, UNKNOWN)
    assert answers(BEFORE, score(10, SECOND_AT + SECOND)) == (UNKNOWN, YES, UNKNOWN)


def test_a_form_that_was_not_scored_says_nothing():
    unscored = replace(score(0, FIRST + 2 * DAY), total=None)
    assert answers(BEFORE, unscored) == (UNKNOWN, UNKNOWN, UNKNOWN)
    assert answers(BEFORE, score(10, FIRST + DAY), unscored) == (YES, UNKNOWN, UNKNOWN)


@pytest.mark.parametrize("before", [(), (score(0, FIRST - DAY),), (score(20, FIRST + SECOND),)])
def test_without_a_baseline_or_with_one_of_nothing_it_is_never_known(before):
    assert answers(*before, score(4, THIRD + DAY)) == (UNKNOWN, UNKNOWN, UNKNOWN)


def test_a_baseline_of_one_is_one():
    assert answers(score(1, FIRST - DAY), score(0, THIRD + DAY))[-1] is YES
    assert answers(score(1, FIRST - DAY), score(9, THIRD + DAY))[-1] is NO


def test_a_remission_that_is_no_half_of_little_counts_too():
    """From 6 to 4 is a third less, and below 5."""
    assert answers(score(6, FIRST - DAY), score(4, THIRD + DAY))[-1] is YES

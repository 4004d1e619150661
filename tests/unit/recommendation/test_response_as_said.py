"""What is said of a course's response and of how a session was borne: word for word, at every edge.

By hand, from a PHQ-9 of 20 before: 10 is half, 15 is a quarter less, below 5 is remission, 6 points count.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from posology.case import Case, MeasuredScore, Missing
from posology.knowledge import load_library
from posology.protocols.findings import Observed
from posology.recommendation.response import Response, Tolerability, response_of, tolerability_of
from tests.cases import NOW, complete_case, with_scores, with_sessions

LIBRARY = load_library()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LAST = NOW - 3 * DAY
AGAIN = "Fill in a PHQ-9 with the patient."
BEFORE = "Enter the PHQ-9 that was filled in shortly before the first session, with its day."


def course(*totals: int, baseline: int = 20, sessions: int = 3) -> Case:
    """Return a course with a PHQ-9 a day after each of its last sessions, of these totals."""
    case = with_sessions(complete_case(), "ketamine-iv", sessions, level="0.5", last_at=LAST)
    moments = [s.at + DAY for s in case.sessions][-len(totals) :] if totals else []
    return with_scores(case, baseline, *zip(moments, totals, strict=True))


def judged(case: Case, as_of=NOW) -> Response:
    return response_of(case, LIBRARY, as_of=as_of)


def score(total: int | None, at) -> MeasuredScore:
    return MeasuredScore("phq-9", total, (), at)


# ---------------------------------------------------------------- where it cannot be judged


def test_before_the_first_session_there_is_nothing_to_judge():
    assert judged(complete_case()) == Response("start", "No session yet.")


def test_without_a_baseline_one_is_asked_for():
    case = course(12)
    late = replace(case, scores=tuple(s for s in case.scores if s.total != 20))
    unscored = replace(case, scores=(score(None, case.sessions[0].at - HOUR), *late.scores))
    for lacking in (late, unscored):
        assert judged(lacking) == Response(
            "unknown",
            "There is no PHQ-9 from before the first session, so response cannot be judged.",
            missing=Missing("phq-9", BEFORE, "no baseline"),
        )


def test_a_baseline_counts_for_sixty_days():
    case = course(12)
    first, after = case.sessions[0].at, case.scores[1]

    def aged(age: timedelta) -> Response:
        return judged(replace(case, scores=(score(20, first - age), after)))

    assert aged(61 * DAY - timedelta(seconds=1)).state == "partial"
    assert aged(61 * DAY) == Response(
        "unknown",
        "The last PHQ-9 before the first session is 61 days older than it; it counts for 60.",
        missing=Missing("phq-9", BEFORE, "baseline too old"),
    )


def test_of_a_baseline_of_nothing_no_percentage_is_formed():
    assert judged(course(3, baseline=0)) == Response(
        "unknown",
        "The PHQ-9 before the first session was 0, so no percentage can be formed.",
        missing=Missing("phq-9", BEFORE, "baseline 0"),
    )
    assert judged(course(1, baseline=1)).state != "unknown"


@pytest.mark.parametrize("moved", [timedelta(0), -HOUR])
def test_a_score_must_lie_after_the_last_session(moved):
    case = course()
    baseline = case.scores[0]
    given = replace(case, scores=(baseline, score(12, LAST + moved)))
    assert judged(given) == Response(
        "unknown",
        "No PHQ-9 since session 3, so response cannot be judged.",
        baseline,
        None,
        Missing("phq-9", AGAIN, "none since session 3"),
    )
    just_after = replace(case, scores=(baseline, score(12, LAST + timedelta(seconds=1))))
    assert judged(just_after).state == "partial"


def test_a_score_counts_for_seven_days():
    case = course(12)
    at = case.scores[-1].at
    assert judged(case, at + 7 * DAY - timedelta(seconds=1)).state == "partial"
    assert judged(case, at + 7 * DAY) == Response(
        "unknown",
        "The last PHQ-9 is 7 days old; it counts for 7.",
        case.scores[0],
        None,
        Missing("phq-9", AGAIN, "too old"),
    )


# ---------------------------------------------------------------- what is judged


@pytest.mark.parametrize(
    ("total", "state", "reason"),
    [
        (0, "remission", "PHQ-9 20 → 0 (100 % lower): remission."),
        (4, "remission", "PHQ-9 20 → 4 (80 % lower): remission."),
        (5, "response", "PHQ-9 20 → 5 (75 % lower): response, not yet remission."),
        (10, "response", "PHQ-9 20 → 10 (50 % lower): response, not yet remission."),
        (11, "partial", "PHQ-9 20 → 11 (45 % lower): partial response."),
        (14, "partial", "PHQ-9 20 → 14 (30 % lower): partial response."),
        (15, "none", "PHQ-9 20 → 15 (25 % lower): no response so far."),
        (19, "none", "PHQ-9 20 → 19 (5 % lower): no response so far."),
        (20, "none", "PHQ-9 20 → 20 (unchanged): no response so far."),
        (25, "none", "PHQ-9 20 → 25 (25 % higher): no response so far."),
        (26, "worse", "PHQ-9 20 → 26 (30 % higher): worse than before the course by 6 points."),
    ],
)
def test_each_fall_has_its_sentence(total, state, reason):
    case = course(total)
    found = judged(case)
    assert (found.state, found.reason) == (state, reason)
    assert (found.baseline, found.latest, found.missing) == (case.scores[0], case.scores[-1], None)


def test_a_share_is_told_in_whole_percent():
    """From 18 to 13: 5 of 18 are 27.8 %; from 21 to 20: 4.8 %."""
    assert judged(course(13, baseline=18)).reason == "PHQ-9 18 → 13 (28 % lower): partial response."
    assert judged(course(20, baseline=21)).reason == "PHQ-9 21 → 20 (5 % lower): no response so far."


@pytest.mark.parametrize(
    ("totals", "state", "reason"),
    [
        (
            (10, 16),
            "worse after response",
            "PHQ-9 20 → 16 (20 % lower): worse after a response, up 6 points from the best of this course "
            "(10).",
        ),
        ((10, 15), "none", "PHQ-9 20 → 15 (25 % lower): no response so far."),
        ((11, 17), "worse", "PHQ-9 20 → 17 (15 % lower): up 6 points from the best of this course (11)."),
        (
            (4, 26),
            "worse after response",
            "PHQ-9 20 → 26 (30 % higher): worse than before the course by 6 points.",
        ),
    ],
)
def test_a_rise_of_six_points_is_told_from_the_best(totals, state, reason):
    found = judged(course(*totals))
    assert (found.state, found.reason) == (state, reason)


def test_a_best_of_nothing_is_a_best_as_any_other():
    """0, then 1, then 8: the rise is counted from 0."""
    found = judged(course(0, 1, 8))
    assert (found.state, found.reason) == (
        "worse after response",
        "PHQ-9 20 → 8 (60 % lower): worse after a response, up 8 points from the best of this course (0).",
    )


def test_a_baseline_filled_in_as_the_first_session_began_is_no_response_to_it():
    """4 before and 12 now: it was never better in this course, whatever 4 would be called after it."""
    case = course(12)
    at_start = score(4, case.sessions[0].at)
    found = judged(replace(case, scores=(at_start, case.scores[-1])))
    assert (found.state, found.reason) == (
        "worse",
        "PHQ-9 4 → 12 (200 % higher): worse than before the course by 8 points.",
    )


def test_a_best_score_of_before_the_course_does_not_count():
    case = course(15)
    earlier = score(4, case.sessions[0].at - 40 * DAY)
    assert judged(replace(case, scores=(earlier, *case.scores))).state == "none"


def test_the_scores_it_rests_on_are_named_with_their_days():
    case = course(12)
    before, now = case.scores
    assert judged(case).because == (
        Observed("PHQ-9 before the course", "20", before.at, None, "phq-9"),
        Observed("PHQ-9 now", "12", now.at, None, "phq-9"),
    )
    assert [o.what for o in judged(course()).because] == ["PHQ-9 before the course"]
    assert judged(complete_case()).because == ()


# ---------------------------------------------------------------- how it was borne


@pytest.mark.parametrize(
    ("of_last", "state", "reason"),
    [
        ({}, "good", "No adverse event in the last session."),
        ({"worst_adverse_event_grade": 1}, "good", "Nothing above grade 1 in the last session."),
        (
            {"worst_adverse_event_grade": 1, "adverse_events": ("nausea", "headache")},
            "good",
            "Nothing above grade 1 in the last session (nausea, headache).",
        ),
        (
            {"adverse_events": ("nausea", "headache")},
            "good",
            "Nothing that was graded in the last session; noted: nausea, headache.",
        ),
        ({"worst_adverse_event_grade": 2}, "fair", "An adverse event of grade 2 in the last session."),
        (
            {"worst_adverse_event_grade": 3, "adverse_events": ("vomiting", "headache")},
            "poor",
            "An adverse event of grade 3 in the last session (vomiting, headache).",
        ),
        ({"completed": False}, "poor", "The last session was not completed."),
        (
            {"completed": False, "worst_adverse_event_grade": 3},
            "poor",
            "The last session was not completed.",
        ),
        (
            {"completed": False, "worst_adverse_event_grade": 2},
            "poor",
            "The last session was not completed.",
        ),
        ({"lowest_sedation_score": 4}, "good", "No adverse event in the last session."),
        ({"lowest_sedation_score": 3}, "fair", "Sedation reached MOAA/S 3 in the last session."),
        ({"lowest_sedation_score": 2}, "fair", "Sedation reached MOAA/S 2 in the last session."),
        ({"lowest_sedation_score": 1}, "poor", "Sedation reached MOAA/S 1 in the last session."),
        ({"peak_systolic": 179, "peak_diastolic": 109}, "good", "No adverse event in the last session."),
        ({"peak_systolic": 180}, "fair", "Blood pressure reached 180/– mmHg in the last session."),
        ({"peak_diastolic": 110}, "fair", "Blood pressure reached –/110 mmHg in the last session."),
        (
            {"peak_systolic": 180, "peak_diastolic": 90},
            "fair",
            "Blood pressure reached 180/90 mmHg in the last session.",
        ),
        (
            {"peak_systolic": 180, "lowest_sedation_score": 1},
            "poor",
            "Sedation reached MOAA/S 1 in the last session.",
        ),
        (
            {"peak_systolic": 180, "lowest_sedation_score": 3, "worst_adverse_event_grade": 2},
            "fair",
            "An adverse event of grade 2 in the last session.",
        ),
    ],
)
def test_the_gravest_sign_is_told(of_last, state, reason):
    session = replace(course().sessions[-1], **of_last)
    assert tolerability_of(session, LIBRARY, as_of=NOW) == Tolerability(state, reason)

"""How a session was borne: its events, its sedation, its pressure; and what that keeps off the list."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from posology.knowledge import load_library
from posology.recommendation import DoseChange, recommend
from posology.recommendation.response import tolerability_of
from tests.cases import NOW, complete_case, with_scores, with_sessions

LIBRARY = load_library()
LAST = NOW - timedelta(days=3)
RANK = ("good", "fair", "poor")


def course(count=4, level="0.5", **of_last):
    case = with_sessions(complete_case(), "ketamine-iv", count, level=level, last_at=LAST, **of_last)
    return with_scores(case, 20, (NOW - timedelta(hours=3), 18))


@pytest.mark.parametrize(
    ("of_last", "state", "says"),
    [
        ({}, "good", "No adverse event"),
        ({"worst_adverse_event_grade": 1}, "good", "Nothing above grade 1"),
        ({"adverse_events": ("nausea",)}, "good", "noted: nausea"),
        ({"worst_adverse_event_grade": 2}, "fair", "grade 2"),
        ({"worst_adverse_event_grade": 3}, "poor", "grade 3"),
        ({"completed": False}, "poor", "not completed"),
        ({"lowest_sedation_score": 4}, "good", "No adverse event"),
        ({"lowest_sedation_score": 3}, "fair", "MOAA/S 3"),
        ({"lowest_sedation_score": 1}, "poor", "MOAA/S 1"),
        ({"lowest_sedation_score": 0}, "poor", "MOAA/S 0"),
        ({"peak_systolic": 179, "peak_diastolic": 109}, "good", "No adverse event"),
        ({"peak_systolic": 180, "peak_diastolic": 90}, "fair", "180/90 mmHg"),
        ({"peak_systolic": 150, "peak_diastolic": 110}, "fair", "150/110 mmHg"),
        ({"peak_systolic": 230, "worst_adverse_event_grade": 3}, "poor", "grade 3"),
    ],
)
def test_the_gravest_sign_decides(of_last, state, says):
    session = course(**of_last).sessions_in_order()[-1]
    told = tolerability_of(session, LIBRARY, as_of=NOW)
    assert told.state == state and says in told.reason


@pytest.mark.hazard("H-14")
def test_nothing_is_raised_after_deep_sedation_or_a_marked_rise(record_property):
    """Every MOAA/S × pressure × grade: a raise is offered only where all three were well borne."""
    tried = 0
    for depth, (high, low), grade in product(
        (5, 4, 3, 2, 1, 0), ((150, 90), (180, 90), (150, 110)), (0, 1, 2, 3)
    ):
        case = course(
            lowest_sedation_score=depth,
            peak_systolic=high,
            peak_diastolic=low,
            worst_adverse_event_grade=grade,
        )
        changes = {o.dose_change for o in recommend(case, as_of=NOW).options}
        well = depth >= 4 and high < 180 and low < 110 and grade < 2
        assert (DoseChange.RAISE in changes) == well, (depth, high, low, grade)
        tried += 1
    record_property("n", tried)


def test_worse_signs_are_never_judged_milder():
    """Every pair of neighbours in each sign: N = 5 + 4 + 12."""
    good = course().sessions_in_order()[-1]

    def rank(**signs):
        return RANK.index(tolerability_of(replace(good, **signs), LIBRARY, as_of=NOW).state)

    for name, rising in {
        "worst_adverse_event_grade": range(6),
        "lowest_sedation_score": range(5, -1, -1),
        "peak_systolic": range(100, 220, 10),
    }.items():
        ranks = [rank(**{name: value}) for value in rising]
        assert ranks == sorted(ranks), name

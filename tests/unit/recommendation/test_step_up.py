"""Under the skin the trial stepped up while the fall was below 50 percent; so does what is proposed."""

from datetime import timedelta
from itertools import product

import pytest

from posology.knowledge import load_library, number_in_force
from posology.measures import change
from posology.recommendation import recommend
from tests.cases import NOW
from tests.unit.recommendation.courses import course_case, on_days, score

LIBRARY = load_library()
LATER = NOW - timedelta(hours=3)


@pytest.mark.hazard("H-22")
def test_under_the_skin_a_step_up_is_proposed_below_the_trial_s_fall_and_not_from_it_on(record_property):
    """Every baseline and every total after two sessions that is no remission (PR-SC-03): N pairs.

    The states of response decide, and ``step_up_below_percent`` is read by nothing else: this holds the two
    together. The plant is a response from 40 percent on.
    """
    protocol = LIBRARY.protocol("ketamine-sc")
    below = number_in_force(protocol.values, "step_up_below_percent", on=NOW.date(), unit="%")
    sessions = on_days("ketamine-sc", (7, 4))
    n = 0
    for before, total in product(range(5, 28), range(28)):
        moved = change(score(before, LATER - timedelta(days=9)), score(total, LATER), on=NOW.date())
        if moved.remission:
            continue
        advice = recommend(course_case(sessions, before, [(LATER, total)]), as_of=NOW, library=LIBRARY)
        proposed = any(o.id == "ketamine-sc/3/raise-keep/0.6" for o in advice.options)
        assert proposed is (moved.fall_percent < below), (before, total)
        n += 1
    record_property("n", n)
    assert n > 400

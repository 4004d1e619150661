"""Totals, bands and risk answers against a second scorer that shares nothing with the first (hazard H-20)."""

from itertools import product
from random import Random

import pytest

from posology.measures import ScoreError, score

# Highest total of each band, from the instruments' own tables.
PHQ_9 = ((4, "minimal"), (9, "mild"), (14, "moderate"), (19, "moderately severe"), (27, "severe"))
GAD_7 = ((4, "minimal"), (9, "mild"), (14, "moderate"), (21, "severe"))


def band(total, table):
    return next(label for highest, label in table if total <= highest)


@pytest.mark.hazard("H-20")
def test_every_pattern_of_gad_7_is_scored_as_its_table_says(record_property):
    """All 4^7 patterns."""
    patterns = list(product(range(4), repeat=7))
    for answers in patterns:
        scored = score("gad-7", answers)
        assert (scored.total, scored.band) == (sum(answers), band(sum(answers), GAD_7))
        assert scored.risk == ()
    record_property("n", len(patterns))


@pytest.mark.hazard("H-20")
@pytest.mark.hazard("H-19")
def test_phq_9_is_scored_or_not_at_all_and_item_9_speaks_either_way(record_property):
    """Seeded patterns, a third with blanks: no total with a blank, and the ninth answer decides alone."""
    chance, tried = Random(9), 20_000
    for n in range(tried):
        choices = (0, 1, 2, 3, None) if n % 3 == 0 else (0, 1, 2, 3)
        answers = [chance.choice(choices) for _ in range(9)]
        scored = score("phq-9", answers)
        if None in answers:
            assert scored.total is None and scored.band is None and scored.why_not_scored
        else:
            assert (scored.total, scored.band) == (sum(answers), band(sum(answers), PHQ_9))
        assert bool(scored.risk) == (answers[8] not in {None, 0})
    record_property("n", tried)


@pytest.mark.parametrize("answer", [-1, 4, True, 1.5, "2"])
@pytest.mark.parametrize("instrument", ["phq-9", "gad-7"])
def test_an_answer_that_is_none_of_the_form_is_refused(instrument, answer):
    items = 9 if instrument == "phq-9" else 7
    with pytest.raises(ScoreError):
        score(instrument, [answer, *[0] * (items - 1)])


@pytest.mark.parametrize("count", [0, 8, 10])
def test_too_few_or_too_many_answers_are_refused(count):
    with pytest.raises(ScoreError, match="9 items"):
        score("phq-9", [0] * count)

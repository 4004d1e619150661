"""Every way in which the short scales can be filled in, against a second scorer (hazard H-20).

The second scorer knows the instruments' own tables, written here as ranges, and reads no file of ours.
"""

from itertools import product
from random import Random

import pytest

from posology.knowledge import load_library
from posology.measures import score

# Each total has a place here: the band's name, as often as the band is wide.
PHQ_9 = ["minimal"] * 5 + ["mild"] * 5 + ["moderate"] * 5 + ["moderately severe"] * 5 + ["severe"] * 8
GAD_7 = ["minimal"] * 5 + ["mild"] * 5 + ["moderate"] * 5 + ["severe"] * 7
BLANK = 4  # stands for an item that nobody answered


def differs(instrument: str, bands: list[str], answers: tuple[int | None, ...]) -> bool:
    """Answer whether the product scores a form in another way than the table."""
    found = score(instrument, answers)
    points = [a for a in answers if a is not None]
    whole = len(points) == len(answers)
    total = sum(points) if whole else None
    ninth = answers[8] if instrument == "phq-9" else None
    return not (
        found.total == total
        and found.band == (bands[total] if total is not None else None)
        and found.maximum == len(bands) - 1
        and (found.why_not_scored is None) == whole
        and bool(found.risk) == bool(ninth)
        and found.version == load_library().measures[instrument].version
        and found.answers == answers
    )


@pytest.mark.property
@pytest.mark.hazard("H-20")
@pytest.mark.parametrize(("first", "second"), list(product(range(4), repeat=2)))
def test_every_pattern_of_phq_9(first, second, record_property):
    """All 4^9 patterns, 0 differences; the ninth answer asks for a person whatever the total."""
    tried = 0
    for rest in product(range(4), repeat=7):
        answers = (first, second, *rest)
        assert not differs("phq-9", PHQ_9, answers), answers
        tried += 1
    record_property("n", tried)
    assert tried == 4**7


@pytest.mark.property
@pytest.mark.hazard("H-20")
def test_every_pattern_of_gad_7_with_and_without_blanks(record_property):
    """All 5^7 patterns of four answers and a blank, 0 differences: a blank gives no total, not a low one."""
    tried = 0
    for given in product(range(5), repeat=7):
        answers = tuple(None if a == BLANK else a for a in given)
        assert not differs("gad-7", GAD_7, answers), answers
        tried += 1
    record_property("n", tried)
    assert tried == 5**7


@pytest.mark.property
@pytest.mark.hazard("H-20")
def test_every_set_of_blanks_of_phq_9(record_property):
    """All 511 sets of blank items, each with the other items all alike and with 96 seeded fillings."""
    chance, tried = Random(20), 0
    for blanks in list(product((False, True), repeat=9))[1:]:
        fillings = [(n,) * 9 for n in range(4)] + [[chance.randrange(4) for _ in range(9)] for _ in range(96)]
        for filling in fillings:
            answers = tuple(None if blank else a for blank, a in zip(blanks, filling, strict=True))
            assert not differs("phq-9", PHQ_9, answers), answers
            tried += 1
    record_property("n", tried)
    assert tried == 511 * 100


@pytest.mark.property
@pytest.mark.hazard("H-20")
def test_a_planted_cut_off_is_seen():
    """Each cut-off of each table moved by one in turn, N = 7: the second scorer differs."""
    planted = 0
    for instrument, bands in (("phq-9", PHQ_9), ("gad-7", GAD_7)):
        items = 9 if instrument == "phq-9" else 7
        for total in range(1, len(bands)):
            if bands[total] == bands[total - 1]:
                continue
            moved = [*bands[:total], bands[total - 1], *bands[total + 1 :]]
            full, left = divmod(total, 3)
            answers = (*(3,) * full, *((left,) if left else ()))
            answers = (*answers, *(0,) * (items - len(answers)))
            assert differs(instrument, moved, answers) and not differs(instrument, bands, answers)
            planted += 1
    assert planted == 7

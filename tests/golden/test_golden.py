"""A case file in, the expected answer out; where its numbers come from stands at its head."""

import pytest

from posology.quantities import DomainError
from tests.golden.expectations import (
    ASKED_FOR,
    CASES,
    CHECKS,
    HERE,
    REFUSED,
    SITE,
    advice_for,
    expected_for,
    plain,
    text_of,
)

pytestmark = pytest.mark.golden

ANSWERED = [name for name in CASES if REFUSED not in expected_for(name)]
NOT_ANSWERED = [name for name in CASES if name not in ANSWERED]


@pytest.mark.parametrize("name", ANSWERED)
def test_the_case_gets_the_expected_answer(name):
    advice, expected = advice_for(name), expected_for(name)
    assert set(expected) <= {*CHECKS, ASKED_FOR, SITE}
    for key, value in expected.items():
        if key in CHECKS:
            CHECKS[key](advice, value)


@pytest.mark.parametrize("name", NOT_ANSWERED)
def test_the_case_is_refused_with_what_was_found_and_what_to_do(name):
    with pytest.raises(DomainError) as refused:
        advice_for(name)
    told = plain(str(refused.value))
    for phrase in expected_for(name)[REFUSED]:
        assert phrase in told


def test_every_case_says_where_its_numbers_come_from():
    for name in CASES:
        assert text_of(name).startswith("# "), name
        assert (HERE / "expected" / f"{name}.yaml").is_file(), name
    answers = {path.stem for path in (HERE / "expected").glob("*.yaml")}
    assert answers == set(CASES)

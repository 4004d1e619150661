"""How pages shorten an amount that was given."""

from decimal import Decimal

import pytest

from posology.web.words import to_tenth


@pytest.mark.parametrize(
    ("given", "shown"), [("19.133", "19.1"), ("33.999", "33.9"), ("34", "34"), ("0.043", "0.043"), ("0", "0")]
)
def test_an_amount_given_is_cut_to_a_tenth_and_never_raised(given, shown):
    assert to_tenth(Decimal(given)) == Decimal(shown)

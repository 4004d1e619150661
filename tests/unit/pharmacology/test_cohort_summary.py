"""Summaries merge exactly, in any order; sums are exact and percentiles lie within their bin."""

import random
from fractions import Fraction
from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.pharmacology.cohort_summary import (
    BIN_WIDTH,
    ColumnSummary,
    Summary,
    exact_sum,
    exact_sum_of_squares,
)
from posology.pharmacology.errors import ModelError

FLOATS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e149, max_value=1e149)


@given(st.lists(FLOATS, min_size=1, max_size=40))
def test_a_sum_is_the_sum_of_the_numbers_themselves(values):
    assert exact_sum(np.array(values)) == sum(map(Fraction, values))


@given(st.lists(st.floats(1e-130, 1e149) | st.floats(-1e149, -1e-130), min_size=1, max_size=40))
def test_a_sum_of_squares_is_that_of_the_squares_themselves(values):
    assert exact_sum_of_squares(np.array(values)) == sum(Fraction(one) ** 2 for one in values)


def test_a_sum_is_exact_from_the_smallest_to_the_largest_number():
    values = np.array([5e-324, 1.7e308, -1.7e308, 2.2e-308, 1.0, -5e-324])
    assert exact_sum(values) == sum(map(Fraction, values.tolist()))


@given(st.lists(st.lists(FLOATS, min_size=1, max_size=8), min_size=1, max_size=6), st.randoms())
def test_any_order_of_merging_gives_the_same_summary(groups, chance):
    whole = ColumnSummary.of(np.array([one for group in groups for one in group]))
    parts = [ColumnSummary.of(np.array(group)) for group in groups]
    while len(parts) > 1:
        chance.shuffle(parts)
        parts.append(parts.pop().merged(parts.pop()))
    assert parts[0] == whole
    assert (parts[0].mean, parts[0].sd) == (whole.mean, whole.sd)


def test_mean_and_sd_keep_digits_where_naive_sums_lose_them():
    values = 1e9 + np.array([4.0, 7.0, 13.0, 16.0])
    one = ColumnSummary.of(values)
    assert one.mean == fsum(values) / 4
    assert one.sd == pytest.approx(np.sqrt(30), rel=1e-15)
    assert ColumnSummary.of(np.array([3.0])).sd == 0.0


@given(st.lists(st.floats(min_value=1e-12, max_value=1e12), min_size=1, max_size=200), st.floats(0, 100))
def test_a_percentile_lies_within_half_a_bin_of_a_value_of_that_rank(values, percent):
    told = ColumnSummary.of(np.array(values)).percentile(percent)
    true = sorted(values)[int(percent / 100 * (len(values) - 1) + 0.5)]
    assert told == pytest.approx(true, rel=BIN_WIDTH / 2 * 1.001)


def test_ends_are_exact_and_what_is_not_above_nothing_counts_as_nothing():
    one = ColumnSummary.of(np.array([0.0, -1e-18, 5.3, 7.7]))
    assert (one.low, one.high, one.percentile(0), one.percentile(100)) == (-1e-18, 7.7, 0.0, 7.7)
    assert one.counts[0] == 2


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf]])
def test_a_column_without_a_number_has_no_summary(values):
    with pytest.raises(ModelError, match="has no summary"):
        ColumnSummary.of(np.array(values))


def test_summaries_of_two_studies_are_not_merged_and_counts_add_up():
    a = Summary.of({"x": np.array([1.0])}, {"Old.": 1})
    b = Summary.of({"x": np.array([2.0])}, {"Old.": 2, "Heavy.": 1})
    both = a.merged(b)
    assert both.past == {"Old.": 3, "Heavy.": 1} == b.merged(a).past and both.n == 2
    with pytest.raises(ModelError, match="two studies"):
        a.merged(Summary.of({"y": np.array([1.0])}, {}))
    with pytest.raises(ModelError, match="percentile"):
        both.columns["x"].percentile(101)


def test_a_thousand_summaries_merge_to_the_same_bits_in_ten_orders():
    draws = np.random.Generator(np.random.PCG64(1)).lognormal(3, 2, (1000, 20))
    parts = [ColumnSummary.of(row) for row in draws]
    whole = ColumnSummary.of(draws.ravel())
    for seed in range(10):
        random.Random(seed).shuffle(parts)
        total = parts[0]
        for one in parts[1:]:
            total = total.merged(one)
        assert total == whole

"""Summaries that merge exactly and in any order, so that it does not matter who finished first.

Floating-point sums depend on their order. Here every sum is exact: each value is taken apart into its 53-bit
integer and its power of two, and integers are added up. Percentiles come from counts in bins that are read
off the bits of the number itself, 1024 bins between a number and its double, so that no logarithm of any
machine is asked: a percentile is told as the middle of its bin and lies within 0.05 % of the true one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import isqrt

import numpy as np
import numpy.typing as npt

from posology.pharmacology.errors import ModelError
from posology.pharmacology.stages import FloatArray

IntArray = npt.NDArray[np.int64]

_KEPT_BITS = 10  # of the 52 after the leading one
_DROPPED = 52 - _KEPT_BITS
_HALF = 27  # the 53-bit integer is added up in two halves, so that no sum of halves leaves 2**53
_MOST_VALUES = 2**25
_TOO_LARGE = 1e150  # whose square has no double
_LEAST_POWER = -1074 - 53

BIN_WIDTH = 2.0**-_KEPT_BITS
"""The widest bin, as a share of the numbers in it."""


@dataclass(frozen=True, eq=False)
class ColumnSummary:
    """One column: count, exact sums, ends, and counts by bin.

    Attributes
    ----------
    n : int
        How many values.
    total, total_of_squares : Fraction
        Their sum and that of their squares, both exact.
    low, high : float
        The smallest and the largest.
    bins, counts : ndarray of int, shape (n_bins,)
        Bins that hold a value, rising, and how many each holds; bin 0 holds what is not above 0.
    """

    n: int
    total: Fraction
    total_of_squares: Fraction
    low: float
    high: float
    bins: IntArray
    counts: IntArray

    @classmethod
    def of(cls, values: FloatArray) -> "ColumnSummary":
        """Summarise values.

        Raises
        ------
        ModelError
            If there is no value, or one that is no number.
        """
        if values.size == 0 or not (np.abs(values) < _TOO_LARGE).all():
            raise ModelError(
                "A column holds nothing, or a value that is no number, so it has no summary. Look at it."
            )
        bins, counts = np.unique(_bin_of(values), return_counts=True)
        return cls(
            values.size,
            exact_sum(values),
            exact_sum_of_squares(values),
            float(values.min()),
            float(values.max()),
            bins,
            counts.astype(np.int64),
        )

    def merged(self, other: "ColumnSummary") -> "ColumnSummary":
        """Return the summary of both; the order does not matter."""
        bins, place = np.unique(np.concatenate((self.bins, other.bins)), return_inverse=True)
        counts = np.zeros(bins.size, dtype=np.int64)
        np.add.at(counts, place, np.concatenate((self.counts, other.counts)))
        return ColumnSummary(
            self.n + other.n,
            self.total + other.total,
            self.total_of_squares + other.total_of_squares,
            min(self.low, other.low),
            max(self.high, other.high),
            bins,
            counts,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ColumnSummary):
            return NotImplemented
        mine = (self.n, self.total, self.total_of_squares, self.low, self.high)
        theirs = (other.n, other.total, other.total_of_squares, other.low, other.high)
        return (
            mine == theirs
            and np.array_equal(self.bins, other.bins)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def mean(self) -> float:
        """The mean, rounded once."""
        return float(self.total / self.n)

    @property
    def sd(self) -> float:
        """The standard deviation, n − 1; 0 for one value."""
        if self.n == 1:
            return 0.0
        variance = (self.total_of_squares - self.total**2 / self.n) / (self.n - 1)
        return _root(max(variance, Fraction(0)))

    def percentile(self, percent: float) -> float:
        """Return the value below which a percentage of all lies, to 0.05 %; the ends are exact.

        Raises
        ------
        ModelError
            If it is no percentage.
        """
        if not 0 <= percent <= 100:
            raise ModelError(f"There is no percentile {percent:g}. Ask for one from 0 to 100.")
        rank = percent / 100 * (self.n - 1)
        reached = np.cumsum(self.counts)
        place = int(np.searchsorted(reached, int(rank + 0.5), side="right"))
        return min(max(_middle_of(int(self.bins[place])), self.low), self.high)


@dataclass(frozen=True)
class Summary:
    """All columns of some members, and how many lie past each soft bound of the model.

    Attributes
    ----------
    columns : mapping of str to ColumnSummary
        By column.
    past : mapping of str to int
        Members past a bound, by its sentence.
    """

    columns: Mapping[str, ColumnSummary]
    past: Mapping[str, int]

    @classmethod
    def of(cls, columns: Mapping[str, FloatArray], past: Mapping[str, int]) -> "Summary":
        """Summarise the columns of some members."""
        return cls({name: ColumnSummary.of(values) for name, values in columns.items()}, dict(past))

    @property
    def n(self) -> int:
        """How many members."""
        return next(iter(self.columns.values())).n

    def merged(self, other: "Summary") -> "Summary":
        """Return the summary of both; the order does not matter.

        Raises
        ------
        ModelError
            If their columns differ: they are of two studies.
        """
        if list(self.columns) != list(other.columns):
            raise ModelError(
                "The two summaries have other columns, so they are of two studies. Merge one study's."
            )
        past = {
            sentence: self.past.get(sentence, 0) + other.past.get(sentence, 0)
            for sentence in sorted({*self.past, *other.past})
        }
        return Summary({name: one.merged(other.columns[name]) for name, one in self.columns.items()}, past)


def exact_sum(values: FloatArray) -> Fraction:
    """Add up finite values without rounding, whatever their order.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Finite.

    Returns
    -------
    Fraction
        The sum itself.
    """
    return sum((_exact_sum(part) for part in _split(values)), Fraction(0))


def exact_sum_of_squares(values: FloatArray) -> Fraction:
    """Add up squares without rounding: each is a double, and what its rounding left out is another.

    Exact for values of 1e-140 to 1e150 in size; below that a square may lose what no double can hold.
    """
    large = values * (2.0**27 + 1)
    high = large - (large - values)
    low = values - high
    square = values * values
    left = ((high * high - square) + 2 * high * low) + low * low
    return exact_sum(square) + exact_sum(left)


def _split(values: FloatArray) -> list[FloatArray]:
    return [values[at : at + _MOST_VALUES] for at in range(0, values.size, _MOST_VALUES)]


def _exact_sum(values: FloatArray) -> Fraction:
    mantissa, power = np.frexp(values)
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    high = whole >> _HALF
    low = whole - (high << _HALF)
    place = power.astype(np.int64) - 53 - _LEAST_POWER
    sums = [np.bincount(place, weights=half, minlength=1) for half in (high, low)]
    total = 0
    for index in np.nonzero(sums[0] != 0)[0].tolist():
        total += int(sums[0][index]) << (index + _HALF)
    for index in np.nonzero(sums[1] != 0)[0].tolist():
        total += int(sums[1][index]) << index
    return Fraction(total, 1 << -_LEAST_POWER)


def _bin_of(values: FloatArray) -> IntArray:
    """Number the bins by the leading bits of each value; what is not above 0 is in bin 0."""
    bits = np.ascontiguousarray(values).view(np.int64) >> _DROPPED
    bins: IntArray = np.where(values > 0, bits + 1, 0)
    return bins


def _middle_of(number: int) -> float:
    if number == 0:
        return 0.0
    low, high = np.array([number - 1, number], dtype=np.int64) << _DROPPED
    return float((low.view(np.float64) + high.view(np.float64)) / 2)


def _root(value: Fraction) -> float:
    """Compute a square root from whole numbers, rounded once near the last place."""
    scale = 1 << 200
    return float(Fraction(isqrt(int(value * scale * scale)), scale))


def merged(summaries: list[Summary]) -> Summary:
    """Merge summaries, in any order."""
    return reduce(Summary.merged, summaries)

"""A virtual cohort: who the members of a band are, drawn from the spread that a model was published with.

A cohort holds no curve, only how each member differs from the typical person, on the scale on which the
spread was published. The same object serves a band on a page, a what-if, a virtual trial, and a patient's
own estimate later: that is a cohort with other deviations.

Members come in blocks of a fixed size, each block from a stream of its own. So the first members do not
depend on how many follow, and a block drawn alone, on another core or machine, is the same to the last bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np

from posology.knowledge.schema.pk import Between, PkModelFile
from posology.pharmacology.errors import ModelError
from posology.pharmacology.stages import FloatArray

BLOCK = 1000
"""Members of a block that share one stream of random numbers."""


@dataclass(frozen=True)
class Cohort:
    """How each member differs from the typical person.

    Attributes
    ----------
    model : str
        Id of the model whose spread was drawn.
    seed : int
        Where the streams begin.
    deviations : mapping of str to ndarray of float, shape (n_members,)
        By parameter, on its own scale: the logarithm, or the logit of a fraction.
    n_members : int
        How many members.
    first : int
        The number of the first member, a multiple of the block.
    typical_last : bool
        Whether the last member is the typical person, who differs from nobody, in no session either.
    """

    model: str
    seed: int
    deviations: Mapping[str, FloatArray]
    n_members: int
    first: int = 0
    typical_last: bool = False

    def with_typical(self) -> "Cohort":
        """Return the cohort with the typical person as one more, last, member."""
        extended = {name: np.append(values, 0.0) for name, values in self.deviations.items()}
        return Cohort(self.model, self.seed, extended, self.n_members + 1, self.first, typical_last=True)


def typical(file: PkModelFile) -> Cohort:
    """Return the typical person alone."""
    return Cohort(file.id, 0, {}, 1)


def draw_cohort(file: PkModelFile, n_members: int, *, seed: int, first: int = 0, wide: bool = True) -> Cohort:
    """Draw a cohort from a model's spread between persons.

    Parameters
    ----------
    file : PkModelFile
        The model.
    n_members : int
        How many; at least 1.
    seed : int
        Where the streams begin; the same seed gives the same members.
    first : int
        Number of the first member; a multiple of ``BLOCK``.
    wide : bool
        Where a spread is named in the paper and its size is missing, take the larger of the tried ones.

    Returns
    -------
    Cohort
        With the covariances of the file; parameters without a spread are the same in all members.

    Raises
    ------
    ModelError
        If there is no member or a part of one, the first is not on a block, the seed is no whole number of 0
        or more, or the model has no spread at all.
    """
    check_whole_persons(n_members)
    if n_members < 1 or first % BLOCK:
        raise ModelError(
            f"A cohort of {n_members} members from number {first} cannot be drawn. Ask for at least one, and "
            f"begin at a multiple of {BLOCK}."
        )
    if not _is_whole(seed) or seed < 0:
        raise ModelError(f"The random numbers cannot begin at {seed}. Give a seed of 0 or more.")
    spread = {name: _variance(one.between, wide) for name, one in file.parameters.items() if one.between}
    if not spread:
        raise ModelError(
            f"The model {file.id} was published without a spread between persons, so it has no band. Run its "
            "typical person, or another model."
        )
    names = list(spread)
    draws = np.concatenate([_block(seed, 0, first + at, len(names)) for at in range(0, n_members, BLOCK)])
    z = np.ascontiguousarray(draws[:n_members].T)
    return Cohort(
        file.id, seed, dict(zip(names, _correlated(file, spread, z), strict=True)), n_members, first
    )


def check_whole_persons(members: object) -> None:
    """Refuse a number of members that is none: a cohort has whole persons, and 0 is none of them."""
    if not _is_whole(members) or int(str(members)) < 0:
        raise ModelError(
            f"The number of members is {str(members)[:20]}, and a cohort has whole persons. Give 0 or more."
        )


def _is_whole(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def draw_occasion(file: PkModelFile, cohort: Cohort, occasion: int) -> Mapping[str, FloatArray]:
    """Draw how each member differs in one session, counted from 1; nothing where none was published."""
    spread = {
        name: float(one.between_occasion.variance)
        for name, one in file.parameters.items()
        if one.between_occasion is not None
    }
    if not spread or not cohort.deviations:
        return {}
    draws = np.concatenate(
        [
            _block(cohort.seed, occasion, cohort.first + at, len(spread))
            for at in range(0, cohort.n_members, BLOCK)
        ]
    )
    columns = draws[: cohort.n_members].T
    if cohort.typical_last:
        columns[:, -1] = 0.0
    return {name: np.sqrt(v) * column for (name, v), column in zip(spread.items(), columns, strict=True)}


def _block(seed: int, occasion: int, first: int, columns: int) -> FloatArray:
    stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, occasion, first // BLOCK])))
    return stream.standard_normal((BLOCK, columns))


def _variance(between: Between | None, wide: bool) -> float:
    """Variance on the scale of the deviations, as it was published in one form or another."""
    assert between is not None
    if between.variance is not None:
        return float(between.variance)
    if between.cv_percent is not None:
        return log(1 + (float(between.cv_percent) / 100) ** 2)
    if between.sd is not None:
        return float(between.sd) ** 2
    return float(between.try_sd[-1 if wide else 0]) ** 2


def _correlated(file: PkModelFile, spread: Mapping[str, float], z: FloatArray) -> list[FloatArray]:
    """Multiply by the root of the covariance matrix, in a fixed order, so that it is the same everywhere."""
    names = list(spread)
    matrix = np.diag([spread[name] for name in names])
    for one in file.between_covariances:
        i, j = (names.index(name) for name in one.parameters)
        matrix[i, j] = matrix[j, i] = float(one.covariance)
    used = [i for i in range(len(names)) if matrix[i, i] > 0]
    root = np.zeros_like(matrix)
    root[np.ix_(used, used)] = np.linalg.cholesky(matrix[np.ix_(used, used)])
    rows = []
    for i in range(len(names)):
        row = root[i, i] * z[i]
        for j in range(i):
            if root[i, j] != 0.0:
                row += root[i, j] * z[j]
        rows.append(row)
    return rows


# ------------------------------------------------------------------------------------------------------ bands
@dataclass(frozen=True, slots=True)
class Band:
    """Between which two curves the middle share of a cohort lies.

    Attributes
    ----------
    percent : float
        The share, of 100.
    low, high : ndarray of float, shape (n_times,)
        The lower and the upper curve, in the unit of the curves.
    """

    percent: float
    low: FloatArray
    high: FloatArray


def bands(
    curves: FloatArray, percents: tuple[float, ...] = (50.0, 80.0, 95.0)
) -> tuple[tuple[Band, ...], FloatArray]:
    """Return the bands of a cohort and its median curve.

    Parameters
    ----------
    curves : ndarray of float, shape (n_times, n_members)
        One column a member.
    percents : tuple of float
        Shares of the cohort, of 100.

    Returns
    -------
    tuple of tuple of Band and ndarray of float, shape (n_times,)
        The bands in the order asked for, and the median.
    """
    ranked = np.sort(curves, axis=1)
    made = tuple(
        Band(percent, rank(ranked, (1 - percent / 100) / 2), rank(ranked, (1 + percent / 100) / 2))
        for percent in percents
    )
    return made, rank(ranked, 0.5)


def rank(ranked: FloatArray, share: float) -> FloatArray:
    """Pick the value below which a share of each sorted row lies, between two members in proportion."""
    place = share * (ranked.shape[1] - 1)
    below = int(place)
    above = min(below + 1, ranked.shape[1] - 1)
    part = place - below
    picked: FloatArray = ranked[:, below] * (1 - part) + ranked[:, above] * part
    return picked

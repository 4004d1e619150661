"""The modes of one well-stirred centre with its peripheral compartments.

A centre that exchanges with peripherals (and is emptied from the centre, from a peripheral, or both) is a
symmetric system in disguise: scaled by the square roots of its exchange it has an orthonormal set of
modes, all of them real and all of them decaying. That is why every model here can be run without a solver
of differential equations, and why no combination of parameters makes the modes blow up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Where the cosine of the cubic is this near to one, two of its roots nearly meet and the arc cosine loses
# half of the digits: those members take the slower way.
_NEARLY_DOUBLE = 1e-5


@dataclass(frozen=True, slots=True)
class Exchange:
    """One peripheral compartment: rate constants out of the centre and back, and its own elimination, 1/h."""

    out_per_h: FloatArray
    back_per_h: FloatArray
    lost_per_h: FloatArray | float = 0.0


@dataclass(frozen=True, slots=True)
class Modes:
    """What a stage is made of, member by member.

    Attributes
    ----------
    rates_per_h : ndarray of float, shape (n_modes, n_members)
        How fast each mode decays, 1/h; all above 0.
    centre : ndarray of float, shape (n_modes, n_members)
        Share of each mode in the centre; the squares of a member add up to 1.
    others : tuple of ndarray of float, each of shape (n_modes, n_members)
        The same for each peripheral compartment, in the order in which they were given.
    """

    rates_per_h: FloatArray
    centre: FloatArray
    others: tuple[FloatArray, ...] = ()

    @property
    def centre_to_centre(self) -> FloatArray:
        """What one unit put into the centre is in the centre at time 0, mode by mode: it adds up to 1."""
        return self.centre**2


def modes_of(lost_per_h: FloatArray, exchanges: Sequence[Exchange]) -> Modes:
    """Find the modes of a centre with up to any number of peripherals.

    Parameters
    ----------
    lost_per_h : ndarray of float, shape (n_members,)
        Elimination from the centre itself, 1/h.
    exchanges : sequence of Exchange
        The peripherals.

    Returns
    -------
    Modes
        As many modes as compartments, the fastest first.
    """
    lost = np.asarray(lost_per_h, dtype=float)
    if not exchanges:
        return Modes(lost[None, :], np.ones((1, lost.size)))
    if len(exchanges) == 1 and _nothing_lost(exchanges):
        return _two(lost, exchanges[0])
    if len(exchanges) == 2 and _nothing_lost(exchanges):
        return _three(lost, *exchanges)
    return _any(lost, exchanges)


def _nothing_lost(exchanges: Sequence[Exchange]) -> bool:
    return all(np.isscalar(one.lost_per_h) and one.lost_per_h == 0.0 for one in exchanges)


def _two(lost: FloatArray, one: Exchange) -> Modes:
    """Two compartments in closed form; the slow rate by the product of both, so that no digits cancel."""
    centre, back = lost + one.out_per_h, one.back_per_h
    root = np.sqrt((centre - back) ** 2 + 4 * one.out_per_h * back)
    fast = (centre + back + root) / 2
    rates = np.stack((fast, lost * back / fast))
    # Shares of the fast and the slow mode, (root ± ahead) / 2 root, each written so that nothing cancels.
    ahead = np.abs(centre - back)
    larger = (root + ahead) / (2 * root)
    smaller = 2 * one.out_per_h * back / (root * (root + ahead))
    of_fast = np.where(centre >= back, larger, smaller)
    of_slow = np.where(centre >= back, smaller, larger)
    return Modes(rates, np.sqrt(np.stack((of_fast, of_slow))))


def _three(lost: FloatArray, first: Exchange, second: Exchange) -> Modes:
    """Three compartments by the roots of the cubic; members with nearly equal roots by the general way."""
    back = first.back_per_h, second.back_per_h
    a2 = lost + first.out_per_h + second.out_per_h + back[0] + back[1]
    a1 = lost * (back[0] + back[1]) + back[0] * back[1]
    a1 += first.out_per_h * back[1] + second.out_per_h * back[0]
    a0 = lost * back[0] * back[1]
    third = a2 / 3
    radius = np.sqrt(np.maximum(third**2 - a1 / 3, 1e-300))
    cosine = (third**3 - third * a1 / 2 + a0 / 2) / radius**3
    angle = np.arccos(np.clip(cosine, -1.0, 1.0)) / 3
    rates = np.empty((3, lost.size))
    rates[0] = third + 2 * radius * np.cos(angle)
    rates[1] = third + 2 * radius * np.cos(angle - 2 * np.pi / 3)
    rates[2] = a0 / (rates[0] * rates[1])  # the smallest by the product: the cosine would lose its digits
    centre = np.empty_like(rates)
    for i, (j, k) in enumerate(((1, 2), (0, 2), (0, 1))):
        gaps = (rates[j] - rates[i]) * (rates[k] - rates[i])
        with np.errstate(divide="ignore", invalid="ignore"):
            centre[i] = (back[0] - rates[i]) * (back[1] - rates[i]) / gaps
    delicate = (np.abs(cosine) > 1 - _NEARLY_DOUBLE) | ~np.isfinite(centre).all(axis=0)
    found = Modes(rates, np.sqrt(np.maximum(centre, 0.0)))
    return _mended(found, delicate, lost, (first, second)) if delicate.any() else found


def _mended(found: Modes, where: npt.NDArray[np.bool_], lost: FloatArray, both: Sequence[Exchange]) -> Modes:
    """Take the members ``where`` by the general way."""
    some = [Exchange(one.out_per_h[where], one.back_per_h[where]) for one in both]
    better = _any(lost[where], some)
    found.rates_per_h[:, where] = better.rates_per_h
    found.centre[:, where] = better.centre
    return found


def _any(lost: FloatArray, exchanges: Sequence[Exchange]) -> Modes:
    """Any number of peripherals, with elimination where it may be: the symmetric matrix, member by member."""
    size = 1 + len(exchanges)
    matrix = np.zeros((lost.size, size, size))
    matrix[:, 0, 0] = lost + sum(one.out_per_h for one in exchanges)
    for place, one in enumerate(exchanges, start=1):
        matrix[:, place, place] = one.back_per_h + one.lost_per_h
        matrix[:, 0, place] = matrix[:, place, 0] = -np.sqrt(one.out_per_h * one.back_per_h)
    rates, vectors = np.linalg.eigh(matrix)
    rates, vectors = rates[:, ::-1].T.copy(), vectors[:, :, ::-1]
    rows = [np.ascontiguousarray(vectors[:, place, :].T) for place in range(size)]
    sign = np.where(rows[0] < 0, -1.0, 1.0)  # a mode's sign is free: the centre's share is never negative
    return Modes(rates, rows[0] * sign, tuple(row * sign for row in rows[1:]))

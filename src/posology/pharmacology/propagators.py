"""What an interval of time does to the coordinates of a cascade: exact, without a solver.

Two ways to the same numbers. Where no coordinate is fed by one that is itself fed, each entry is a
difference quotient of two exponentials, in closed form and without cancellation. Where cascades are deeper
(depots before a disposition before a metabolite, delay chains) the exponential of the triangular matrix is
built from a short step, by its series, and doubled until it spans the interval; the diagonal is set exactly
at each doubling. A test holds one way against the other, and both against forty digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, log2

import numpy as np

from posology.pharmacology.cascade import Cascade
from posology.pharmacology.stages import FloatArray

# The series is cut after this many terms for a step whose rates times its length stay below _SHORT: the first
# term left out is below the rounding of a double.
_TERMS = 13
_SHORT = 0.5


@dataclass(frozen=True, slots=True)
class Propagator:
    """What happens over one interval.

    Attributes
    ----------
    decay : ndarray of float, shape (n_coordinates, n_members)
        Share of each coordinate that is left of itself.
    passed : ndarray of float, shape (n_coordinates, n_coordinates, n_members)
        Row i, column j: what one mg in j has become in i; strictly lower triangular.
    forced : mapping of str to ndarray of float, shape (n_coordinates, n_members)
        By port: what one mg/h over the interval leaves behind.
    """

    decay: FloatArray
    passed: FloatArray
    forced: Mapping[str, FloatArray]

    def carried_on(self, state: FloatArray) -> FloatArray:
        """What coordinates of the shape of ``decay`` have become at the end, with nothing given meanwhile."""
        later = self.decay * state
        later += np.einsum("ijn,jn->in", self.passed, state)
        return later

    def after_impulse(self, cascade: Cascade, port: str) -> FloatArray:
        """What one mg given through ``port`` at the start has become at the end."""
        left = np.zeros_like(self.decay)
        for row, share in cascade.ports[port]:
            left[row] += self.decay[row] * share
            left += self.passed[:, row] * share
        return left


def propagator(cascade: Cascade, dt_h: float | FloatArray, constant: tuple[str, ...] = ()) -> Propagator:
    """Build what ``dt_h`` does.

    Parameters
    ----------
    cascade : Cascade
        The system.
    dt_h : float or ndarray of float, shape (n_members,)
        How long, h; not negative. Each member may have an interval of its own.
    constant : tuple of str
        The ports that may be fed at a constant rate meanwhile.

    Returns
    -------
    Propagator
        Exact to rounding for any combination of rates, equal ones included.
    """
    if cascade.shallow:
        return _closed(cascade, dt_h, constant)
    return _doubled(cascade, dt_h, constant)


def quotient(
    a_per_h: FloatArray, b_per_h: FloatArray, decay: FloatArray, dt_h: float | FloatArray
) -> FloatArray:
    """Compute (exp(−b dt) − exp(−a dt)) / (a − b), equal rates included.

    ``decay`` is the larger exponential of the two, which the caller has already.
    """
    x = np.abs(a_per_h - b_per_h)
    x *= dt_h
    np.maximum(x, 1e-300, out=x)
    out = np.expm1(-x)
    out /= x
    out *= decay
    out *= dt_h
    return np.negative(out, out=out)


def _left_of_unit(rates: FloatArray, dt_h: float | FloatArray) -> FloatArray:
    """Compute (1 − exp(−λ dt)) / λ: what a unit rate leaves in a coordinate, h."""
    return -np.expm1(-rates * dt_h) / rates


def _closed(cascade: Cascade, dt_h: float | FloatArray, constant: tuple[str, ...]) -> Propagator:
    size, members = cascade.rates_per_h.shape
    rates = cascade.rates_per_h
    decay = np.exp(rates * -dt_h)
    passed = np.zeros((size, size, members))
    between = {}
    for one in cascade.couplings:
        larger = np.maximum(decay[one.source], decay[one.target])
        both = quotient(rates[one.source], rates[one.target], larger, dt_h)
        between[one.source, one.target] = both
        np.multiply(one.per_h, both, out=passed[one.target, one.source])
    forced = {}
    for port in constant:
        left = np.zeros((size, members))
        unit = _left_of_unit(rates, dt_h)
        share = {row: weight for row, weight in cascade.ports[port]}
        for row, weight in share.items():
            left[row] += weight * unit[row]
        for one in cascade.couplings:
            if one.source in share:
                # Divided by the larger rate of the two, so that the fewest digits cancel.
                a, b = rates[one.source], rates[one.target]
                slow = np.where(a < b, unit[one.source], unit[one.target])
                second = (slow - between[one.source, one.target]) / np.maximum(a, b)
                left[one.target] += share[one.source] * one.per_h * second
        forced[port] = left
    return Propagator(decay, passed, forced)


def _doubled(cascade: Cascade, dt_h: float | FloatArray, constant: tuple[str, ...]) -> Propagator:
    """Series for a short step, then doubling.

    A constant input is one more coordinate, upstream of all, that never decays.
    """
    rates, inputs = cascade.rates_per_h, len(constant)
    size, members = inputs + rates.shape[0], rates.shape[1]
    diagonal = np.zeros((size, members))
    diagonal[inputs:] = -rates
    diagonal *= dt_h
    entries = [(inputs + one.target, inputs + one.source, one.per_h * dt_h) for one in cascade.couplings]
    for place, port in enumerate(constant):
        # In units of the interval: the column then holds what a rate of one mg/h leaves, divided by dt below.
        entries += [
            (inputs + row, place, np.broadcast_to(weight, (members,)) * dt_h)
            for row, weight in cascade.ports[port]
        ]
    doublings = _doublings(diagonal, entries)
    short = 0.5**doublings
    matrix = _series(diagonal * short, [(i, j, gain * short) for i, j, gain in entries])
    for done in range(doublings):
        matrix = _squared(matrix)
        np.exp(diagonal * (short * 2 ** (done + 1)), out=np.einsum("iin->in", matrix))
    decay = np.exp(diagonal[inputs:])
    passed = np.ascontiguousarray(matrix[inputs:, inputs:])
    np.einsum("iin->in", passed)[...] = 0.0
    forced = {port: np.ascontiguousarray(matrix[inputs:, place]) for place, port in enumerate(constant)}
    return Propagator(decay, passed, forced)


def _doublings(diagonal: FloatArray, entries: list[tuple[int, int, FloatArray]]) -> int:
    """How often a step that the series can span must be doubled."""
    reach = np.abs(diagonal)
    for row, _, gain in entries:
        reach[row] += np.abs(gain)
    largest = float(reach.max(initial=0.0))
    return max(0, ceil(log2(largest / _SHORT))) if largest > 0 else 0


def _series(diagonal: FloatArray, entries: list[tuple[int, int, FloatArray]]) -> FloatArray:
    """Sum I + T + T²/2 + … by Horner's rule; T is sparse, so each term costs one pass over its entries.

    Two arrays change places at each term: a new one each time costs more than the sums in it.
    """
    size, members = diagonal.shape
    total = np.zeros((size, size, members))
    np.einsum("iin->in", total)[...] = 1.0
    product = np.zeros_like(total)
    sources = _by_source(entries)
    for term in range(_TERMS, 0, -1):
        np.multiply(total, (diagonal / term)[:, None], out=product)
        for row, column, gains in sources:
            fed = product[row : row + len(gains), : column + 1]
            fed += total[column, : column + 1] * (gains / term)[:, None]
        np.einsum("iin->in", product)[...] += 1.0
        total, product = product, total
    np.exp(diagonal, out=np.einsum("iin->in", total))
    return total


def _by_source(entries: list[tuple[int, int, FloatArray]]) -> list[tuple[int, int, FloatArray]]:
    """Join what one coordinate gives to neighbours: first row, column, gains of the rows from there on."""
    joined: list[tuple[int, int, list[FloatArray]]] = []
    for row, column, gain in sorted(entries, key=lambda entry: (entry[1], entry[0])):
        if joined and joined[-1][1] == column and joined[-1][0] + len(joined[-1][2]) == row:
            joined[-1][2].append(gain)
        else:
            joined.append((row, column, [gain]))
    return [(row, column, np.stack(gains)) for row, column, gains in joined]


def _squared(matrix: FloatArray) -> FloatArray:
    out = np.zeros_like(matrix)
    for row in range(matrix.shape[0]):
        np.einsum("kn,kcn->cn", matrix[row, : row + 1], matrix[: row + 1, : row + 1], out=out[row, : row + 1])
    return out

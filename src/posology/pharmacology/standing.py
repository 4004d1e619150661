"""Where a system stands at a moment of each member's own, and where its curve turns after that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from posology.pharmacology.cascade import Cascade
from posology.pharmacology.moments import SAME_MOMENT_H
from posology.pharmacology.propagators import propagator
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.stepping import Input, Reader, Walk, reader

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

# Newton's method doubles the right digits in each round once it is near; until then a round halves the way.
# It stops by itself when it has arrived.
ROUNDS = 48
_ARRIVED_H = 1e-6


@dataclass(frozen=True, slots=True)
class Part:
    """One system with what is given into it; the parts of a racemate are two, and what they show adds up."""

    cascade: Cascade
    inputs: tuple[Input, ...]

    def pruned(self) -> "Part":
        """Leave out what is never filled."""
        return Part(self.cascade.reached_from({one.port for one in self.inputs}), self.inputs)


def running(parts: Sequence[Part], begin_h: float, end_h: float) -> list[Part]:
    """Leave out what is over before an hour or begins after another: a course is long."""
    begin, end = begin_h - SAME_MOMENT_H, end_h + SAME_MOMENT_H
    return [
        Part(
            part.cascade,
            tuple(
                one
                for one in part.inputs
                if one.start_h <= end and np.max(one.start_h + one.duration_h) >= begin
            ),
        )
        for part in parts
    ]


@dataclass(slots=True)
class Standing:
    """Where one part stands, member by member, at a look of each member's own."""

    part: Part
    at_h: FloatArray
    state: FloatArray

    def after(self, tau_h: FloatArray) -> FloatArray:
        """The coordinates ``tau_h`` later; no common event lies between, but an input may end on its own."""
        cascade = self.part.cascade
        running = [(one, self._rate(one)) for one in self.part.inputs if not one.at_once]
        running = [(one, rate) for one, rate in running if rate.any()]
        over = propagator(cascade, tau_h, tuple(dict.fromkeys(one.port for one, _ in running)))
        state = over.decay * self.state
        for row, sources in cascade.reached.items():
            for source in sources:
                state[row] += over.passed[row, source] * self.state[source]
        for one, rate in running:
            state += over.forced[one.port] * rate
            if isinstance(one.duration_h, np.ndarray):
                past = np.maximum(tau_h - (one.start_h + one.duration_h - self.at_h), 0.0)
                ended = np.where(past > 0, rate, 0.0)
                if ended.any():
                    state -= propagator(cascade, past, (one.port,)).forced[one.port] * ended
        return state

    def slope(self, state: FloatArray, tau_h: FloatArray) -> FloatArray:
        """How fast each coordinate changes, per h."""
        cascade = self.part.cascade
        slope = -cascade.rates_per_h * state
        for coupling in cascade.couplings:
            slope[coupling.target] += coupling.per_h * state[coupling.source]
        for one in self.part.inputs:
            if not one.at_once and (rate := self._rate(one)).any():
                rate = np.where(self.at_h + tau_h < one.start_h + one.duration_h, rate, 0.0)
                for row, weight in cascade.ports[one.port]:
                    slope[row] += weight * rate
        return slope

    def some(self, where: BoolArray) -> "Standing":
        """Keep some of the members."""
        inputs = tuple(one.block(where) for one in self.part.inputs)
        return Standing(Part(self.part.cascade.block(where), inputs), self.at_h[where], self.state[:, where])

    def curvature(self, slope: FloatArray) -> FloatArray:
        """How fast the slope itself changes; inputs are constant and fall out."""
        cascade = self.part.cascade
        bent = -cascade.rates_per_h * slope
        for one in cascade.couplings:
            bent[one.target] += one.per_h * slope[one.source]
        return bent

    def _rate(self, one: Input) -> FloatArray:
        running = (one.start_h <= self.at_h + SAME_MOMENT_H) & (
            self.at_h < one.start_h + one.duration_h - SAME_MOMENT_H
        )
        return np.where(running, one.amount_mg / np.asarray(one.duration_h), 0.0)


def read(starts: Sequence[Standing], states: Sequence[FloatArray], output: str) -> FloatArray:
    """Add up what the parts show of an output for given coordinates, shape (n_members,)."""
    total, row = np.zeros((2, states[0].shape[1]))
    for start, state in zip(starts, states, strict=True):
        reader(start.part.cascade, output)(state, row)
        total += row
    return total


def together(walks: Sequence[Walk], until: int | None = None) -> Iterator[tuple[int, list[FloatArray]]]:
    """Walk all parts side by side: each look with the coordinates of each part."""
    for steps in zip(*(one.steps(until) for one in walks), strict=True):
        yield steps[0][0], [state for _, state in steps]


def value_of(
    readers: Sequence[Reader], states: Sequence[FloatArray], row: FloatArray, total: FloatArray
) -> FloatArray:
    """Add up what the parts show; the caller's two rows are used again and again."""
    readers[0](states[0], total)
    for read, state in zip(readers[1:], states[1:], strict=True):
        read(state, row)
        total += row
    return total


def turn(
    starts: Sequence[Standing], length_h: FloatArray, guess_h: FloatArray, output: str, *, top: bool = True
) -> tuple[FloatArray, FloatArray]:
    """Find where the slope is zero within a length after each start, at a top or a bottom, and what is there.

    Newton's method between two bounds, from a guess; members that have arrived are left out of what follows.
    """
    tau, found = guess_h.copy(), np.empty_like(length_h)
    low, high = np.zeros_like(length_h), length_h.copy()
    left = np.arange(length_h.size)
    for _ in range(ROUNDS):
        here = tau[left]
        states = [start.after(here) for start in starts]
        slopes = [start.slope(state, here) for start, state in zip(starts, states, strict=True)]
        rise = read(starts, slopes, output)
        bend = read(starts, [s.curvature(v) for s, v in zip(starts, slopes, strict=True)], output)
        later = (rise > 0) if top else (rise < 0)
        low[left] = np.where(later, here, low[left])
        high[left] = np.where(later, high[left], here)
        step = kept_between(here, rise, bend, low[left], high[left])
        moved = step - here
        # So near, the curve is its own parabola to the last digit.
        found[left] = read(starts, states, output) + moved * (rise + moved * bend / 2)
        tau[left] = step
        going = np.abs(moved) > _ARRIVED_H
        if not going.any():
            break
        if going.mean() < 0.7:
            starts, left = [start.some(going) for start in starts], left[going]
    return tau, found


def kept_between(
    tau: FloatArray, over: FloatArray, slope: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """One step of Newton's method, or half of the way where that would leave the two bounds."""
    with np.errstate(divide="ignore", invalid="ignore"):
        newton = tau - over / slope
    inside = np.isfinite(newton) & (newton > low) & (newton < high)
    return np.where(inside, newton, (low + high) / 2)

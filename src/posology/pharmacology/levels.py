"""How long a curve stays above a level, which is crossed where the curve meets it, not at a grid point."""

from collections.abc import Sequence

import numpy as np

from posology.pharmacology.exposure import looks_for
from posology.pharmacology.moments import SAME_MOMENT_H
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import (
    ROUNDS,
    BoolArray,
    Part,
    Standing,
    read,
    running,
    together,
    turn,
    value_of,
)
from posology.pharmacology.stepping import Walk, reader


def time_above(parts: Sequence[Part], output: str, level: float | FloatArray, until_h: float) -> FloatArray:
    """Compute how long each member stays above a level up to ``until_h``.

    Parameters
    ----------
    parts : sequence of Part
        What was given, and into what.
    output : str
        Name of an output.
    level : float or ndarray of float, shape (n_members,)
        The level, in the unit of the output.
    until_h : float
        How far to look, h.

    Returns
    -------
    ndarray of float, shape (n_members,)
        Hours above the level. Between two looks a curve may cross once, or twice around one top or bottom;
        one that turned twice between them would be seen at its ends alone.
    """
    parts = [part.pruned() for part in parts]
    looks = looks_for(parts, until_h)
    n_members = parts[0].cascade.n_members
    total, row = np.zeros(n_members), np.empty(n_members)
    readers = [reader(part.cascade, output) for part in parts]
    before: FloatArray | None = None
    kept: list[FloatArray] = []
    walks = [Walk(part.cascade, part.inputs, looks) for part in parts]
    for look, states in together(walks):
        value = value_of(readers, states, row, np.empty_like(row)) - level
        if before is not None:
            ends_h = looks[look - 1 : look + 1]
            between = _Between(
                running(parts, float(ends_h[0]), float(ends_h[1])), kept, states, ends_h, output, level
            )
            total += between.hours_above(before)
        before, kept = value, [state.copy() for state in states]
    return total


class _Between:
    """A curve between two looks."""

    def __init__(
        self,
        parts: Sequence[Part],
        begun: Sequence[FloatArray],
        ended: Sequence[FloatArray],
        ends_h: FloatArray,
        output: str,
        level: float | FloatArray,
    ) -> None:
        self._output, self._level = output, level
        self._length = np.full(begun[0].shape[1], float(ends_h[1] - ends_h[0]))
        begin = np.full(self._length.size, ends_h[0])
        self._starts = [Standing(part, begin, state) for part, state in zip(parts, begun, strict=True)]
        given = [one for part in parts for one in part.inputs if one.at_once]
        if any(abs(one.start_h - ends_h[1]) <= SAME_MOMENT_H for one in given):
            # What is given at the second look belongs to what follows.
            ended = [start.after(self._length) for start in self._starts]
        self._ended = ended

    def hours_above(self, over: FloatArray) -> FloatArray:
        """Hours above the level, from how far the curve is over it at the first look."""
        length, none = self._length, np.zeros_like(self._length)
        above, above_after = over > 0, read(self._starts, self._ended, self._output) > self._level
        hours = np.where(above & above_after, length, 0.0)
        meets = above != above_after
        hours[meets & above] = self._met(none, length, meets & above, upwards=False)
        ups = meets & ~above
        hours[ups] = length[ups] - self._met(none, length, ups, upwards=True)
        rises = self._slope([start.state for start in self._starts], none)
        rises_after = self._slope(self._ended, length * (1 - 1e-9))
        hidden = ~above & ~above_after & (rises > 0) & (rises_after < 0)
        at, value = self._turn(hidden, rises, rises_after, top=True)
        hidden &= value > self._level
        up = self._met(none, at, hidden, upwards=True)
        hours[hidden] = self._met(at, length, hidden, upwards=False) - up
        dips = above & above_after & (rises < 0) & (rises_after > 0)
        at, value = self._turn(dips, rises, rises_after, top=False)
        dips &= value < self._level
        down = self._met(none, at, dips, upwards=False)
        hours[dips] -= self._met(at, length, dips, upwards=True) - down
        return hours

    def _slope(self, states: Sequence[FloatArray], tau_h: FloatArray) -> FloatArray:
        slopes = [start.slope(state, tau_h) for start, state in zip(self._starts, states, strict=True)]
        return read(self._starts, slopes, self._output)

    def _turn(
        self, wanted: BoolArray, rises: FloatArray, rises_after: FloatArray, *, top: bool
    ) -> tuple[FloatArray, FloatArray]:
        """When each wanted member turns, and what it comes to; the level for the others."""
        at, value = self._length / 2, np.broadcast_to(self._level, self._length.shape).copy()
        if wanted.any():
            length = self._length[wanted]
            guess = length * rises[wanted] / (rises[wanted] - rises_after[wanted])
            chosen = [start.some(wanted) for start in self._starts]
            at[wanted], value[wanted] = turn(chosen, length, guess, self._output, top=top)
        return at, value

    def _met(self, low: FloatArray, high: FloatArray, wanted: BoolArray, *, upwards: bool) -> FloatArray:
        """When the wanted members meet the level, shape (n_wanted,), h after the first look."""
        return _met(self._starts, self._output, self._level, low, high, wanted, upwards=upwards)[wanted]


def _met(
    starts: Sequence[Standing],
    output: str,
    level: float | FloatArray,
    low: FloatArray,
    high: FloatArray,
    wanted: BoolArray,
    *,
    upwards: bool,
) -> FloatArray:
    """Find where the curve meets the level between two times at which it stands on its two sides.

    Members that do not meet it are left out; the search ends when the last of the others has arrived.
    """
    met = low.copy()
    if not wanted.any():
        return met
    starts, low, high = [start.some(wanted) for start in starts], low[wanted], high[wanted]
    aim = level[wanted] if isinstance(level, np.ndarray) else level
    tau = (low + high) / 2
    for _ in range(ROUNDS):
        states = [start.after(tau) for start in starts]
        over = read(starts, states, output) - aim
        past = (over > 0) if upwards else (over < 0)
        low, high = np.where(past, low, tau), np.where(past, tau, high)
        slope = read(starts, [s.slope(v, tau) for s, v in zip(starts, states, strict=True)], output)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = tau - over / slope
        # A bound counts as inside: whoever has arrived stands on one, and must not be sent away from it.
        inside = np.isfinite(newton) & (newton >= low) & (newton <= high)
        step = np.where(inside, newton, (low + high) / 2)
        arrived = np.max(np.abs(step - tau) / np.maximum(high, 1e-12)) < 1e-11
        tau = step
        if arrived:
            break
    met[wanted] = tau
    return met

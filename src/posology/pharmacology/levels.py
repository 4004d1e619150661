"""How long a curve stays above a level, which is crossed where the curve meets it, not at a grid point."""

from collections.abc import Sequence

import numpy as np

from posology.pharmacology.exposure import (
    ROUNDS,
    BoolArray,
    Exposure,
    Part,
    Standing,
    exposures,
    looks_for,
    read,
    together,
    value_of,
)
from posology.pharmacology.stages import FloatArray
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
        Hours above the level. Found between looks, so two crossings between the same two looks of a curve
        that only touches the level are not told apart.
    """
    parts = [part.pruned() for part in parts]
    summit = exposures(parts, (output,), until_h)[output]
    looks = looks_for(parts, until_h)
    total, row = np.zeros(summit.Cmax.size), np.empty(summit.Cmax.size)
    readers = [reader(part.cascade, output) for part in parts]
    before: FloatArray | None = None
    kept: list[FloatArray] = []
    walks = [Walk(part.cascade, part.inputs, looks) for part in parts]
    for look, states in together(walks):
        value = value_of(readers, states, row, np.empty_like(row)) - level
        if before is not None:
            total += _above_between(
                parts, kept, looks[look - 1 : look + 1], (before, value), output, level, summit
            )
        before, kept = value, [state.copy() for state in states]
    return total


def _above_between(
    parts: Sequence[Part],
    kept: Sequence[FloatArray],
    ends_h: FloatArray,
    ends: tuple[FloatArray, FloatArray],
    output: str,
    level: float | FloatArray,
    summit: Exposure,
) -> FloatArray:
    """Hours above the level between two looks: all, none, or from or to where the curve meets it."""
    length = float(ends_h[1] - ends_h[0])
    above = np.where((ends[0] > 0) & (ends[1] > 0), length, 0.0)
    top = np.clip(summit.tmax_h - ends_h[0], 0.0, length)
    inside = (summit.tmax_h > ends_h[0]) & (summit.tmax_h < ends_h[1]) & (summit.Cmax > level)
    rising = (ends[0] <= 0) & ((ends[1] > 0) | inside)
    falling = (ends[1] <= 0) & ((ends[0] > 0) | inside)
    if not (rising | falling).any():
        return above
    starts = [
        Standing(part, np.full(above.size, ends_h[0]), state) for part, state in zip(parts, kept, strict=True)
    ]
    up = _met(starts, output, level, np.zeros_like(top), np.where(inside, top, length), rising, upwards=True)
    down = _met(
        starts, output, level, np.where(inside, top, 0.0), np.full_like(top, length), falling, upwards=False
    )
    crossing = rising | falling
    return np.where(crossing, np.where(falling, down, length) - np.where(rising, up, 0.0), above)


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

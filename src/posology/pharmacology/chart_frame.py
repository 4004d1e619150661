"""The frame of a chart: how high and how long it is, where its ticks stand, which points are drawn.

Nothing here knows a drug. All of it is plain geometry in px, and so it can be tried without a browser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
import numpy.typing as npt

from posology.pharmacology.stages import FloatArray

MOST_POINTS = 120
"""A path holds no more points than this; more are not seen, and cost room."""

_FLAT = 2.5  # a chart is about this much longer than it is high
# Unit of the time axis: its word, its length in h, up to how many h it is used, and its steps.
_UNITS = (
    ("minutes", 1 / 60, 6.0, (5, 10, 15, 20, 30, 60, 120, 180)),
    ("hours", 1.0, 96.0, (1, 2, 3, 4, 6, 12, 24)),
    ("days", 24.0, float("inf"), (1, 2, 3, 5, 7, 14, 28, 56)),
)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the chart, px; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Answer whether two rectangles share some area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the curves are drawn, and what its edges stand for.

    Attributes
    ----------
    box : Box
        The area of the curves, px.
    t_h : tuple of float
        Time at the left and at the right edge, h.
    top : float
        Concentration at the upper edge; the lower one is 0.
    """

    box: Box
    t_h: tuple[float, float]
    top: float

    def x(self, t_h: FloatArray) -> FloatArray:
        """Return where times stand, px."""
        width = self.box.right - self.box.left
        return self.box.left + (t_h - self.t_h[0]) / (self.t_h[1] - self.t_h[0]) * width

    def y(self, value: FloatArray) -> FloatArray:
        """Return where concentrations stand, px; what is above the upper edge is cut there."""
        height = self.box.bottom - self.box.top
        return self.box.bottom - np.minimum(value / self.top, 1.0) * height

    def at(self, t_h: float, value: float) -> tuple[float, float]:
        """Return where one point stands, px."""
        return float(self.x(np.array(t_h))), float(self.y(np.array(value)))


def time_ticks(start_h: float, end_h: float, most: int) -> tuple[str, list[tuple[float, str]]]:
    """Return the unit of the time axis, and its ticks: h since the caller's zero, and the number shown.

    Parameters
    ----------
    start_h, end_h : float
        The edges, h.
    most : int
        How many ticks fit.
    """
    word, length, _, steps = next(one for one in _UNITS if end_h - start_h <= one[2])
    span = (end_h - start_h) / length
    step = next((one for one in steps if span / one <= most), ceil(span / most))
    first = ceil(start_h / length / step - 1e-9)
    last = floor(end_h / length / step + 1e-9)
    return word, [(k * step * length, f"{k * step:,}") for k in range(first, last + 1)]


def level_ticks(top: float, most: int) -> list[float]:
    """Return round numbers from 0 to ``top``, no more than ``most`` above 0."""
    size = 10.0 ** floor(log10(top / most))
    step = next(size * one for one in (1, 2, 5, 10) if top / (size * one) <= most)
    return [step * k for k in range(floor(top / step + 1e-9) + 1)]


def thinned(t_h: FloatArray, curves: Sequence[FloatArray], most: int = MOST_POINTS) -> npt.NDArray[np.int64]:
    """Return which points to draw: as many as are seen, the turns and the tops among them.

    Parameters
    ----------
    t_h : ndarray of float, shape (n_times,)
        Times, h.
    curves : sequence of ndarray of float, shape (n_times,)
        The curves that are drawn over them; the first sets where points lie densely.
    most : int
        The most points.

    Returns
    -------
    ndarray of int
        Indices, rising; first and last among them, and the highest of each curve.
    """
    if t_h.size <= most:
        return np.arange(t_h.size)
    kept = {0, t_h.size - 1, *(int(np.argmax(curve)) for curve in curves)}
    # The sharpest turns of the leading curve (an end of an infusion) are kept before the rest is spread.
    lead = curves[0] / max(float(curves[0].max()), 1e-300)
    along = (t_h - t_h[0]) / (t_h[-1] - t_h[0])
    slope = np.diff(lead) / np.maximum(np.diff(along), 1e-12)
    turns = np.abs(np.diff(np.arctan(slope)))
    kept.update((np.argsort(-turns)[: most // 6] + 1).tolist())
    way = np.concatenate(([0.0], np.cumsum(np.hypot(_FLAT * np.diff(along), np.diff(lead)))))
    spread = np.searchsorted(way, np.linspace(0.0, way[-1], most - len(kept)))
    kept.update(np.minimum(spread, t_h.size - 1).tolist())
    return np.array(sorted(kept))


def pushed_apart(wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """Move labels beside each other's lines apart, each as little as it takes; tops in, tops out, px.

    Parameters
    ----------
    wanted : sequence of float
        Where the top of each label would stand if it were alone.
    heights : sequence of float
        How high each is.
    top, bottom : float
        Between what they must stay, as far as there is room.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [0.0] * len(wanted)
    edge = top
    for i in order:
        placed[i] = max(wanted[i], edge)
        edge = placed[i] + heights[i]
    edge = bottom
    for i in reversed(order):
        placed[i] = min(placed[i], edge - heights[i])
        edge = placed[i]
    return placed


def is_free(box: Box, x: FloatArray, upper: FloatArray, lower: FloatArray) -> bool:
    """Answer whether a rectangle lies clear of the area between two curves, all in px."""
    near = (x >= box.left - 6) & (x <= box.right + 6)
    if not near.any():
        # The curve crosses the rectangle between two points only if it does so at their ends.
        near = np.ones_like(x, dtype=bool)
    return bool(np.all((lower[near] < box.top - 2) | (upper[near] > box.bottom + 2)))

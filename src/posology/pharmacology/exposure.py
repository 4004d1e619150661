"""Exposure, exactly: area under the curve, peak and its time, half-life.

None of it is read off a grid. The area follows from what is left at the end, since what has been given and is
not there any more has passed; a peak is where the slope is zero, or where an input ends. A coarse row of
looks only says between which two of them to search, and each interval in which the curve turns is searched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posology.pharmacology.cascade import Cascade
from posology.pharmacology.moments import SAME_MOMENT_H
from posology.pharmacology.session_turns import WORTH, Seen, summit_of, turns_of
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import Part, running, together, value_of
from posology.pharmacology.stepping import Input, Walk, reader

_LOOKS_A_LENGTH = 4
_KEPT = 16  # looks whose coordinates are held at once: a course of years does not fit in memory


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one output amounts to in each member, up to a time.

    Attributes
    ----------
    Cmax : ndarray of float, shape (n_members,)
        Highest concentration, in the unit of the amounts per L.
    tmax_h : ndarray of float, shape (n_members,)
        When it stands, h.
    AUC : ndarray of float, shape (n_members,)
        Area under the curve, that unit · h.
    """

    Cmax: FloatArray
    tmax_h: FloatArray
    AUC: FloatArray


def looks_for(parts: Sequence[Part], until_h: float) -> FloatArray:
    """Return the coarse row of looks: every common event, and between them lengths that double."""
    marks = {until_h}
    for part in parts:
        for one in part.inputs:
            lasting = one.duration_h
            common = float(np.median(lasting)) if isinstance(lasting, np.ndarray) else lasting
            marks.update((one.start_h, one.start_h + common))
    kept = sorted(mark for mark in marks if mark <= until_h + SAME_MOMENT_H)
    looks = [kept[0]]
    for mark in kept[1:]:
        if mark - looks[-1] > SAME_MOMENT_H:
            looks.extend(_between(looks[-1], mark))
    return np.array(looks)


def _between(begin: float, end: float) -> list[float]:
    """Looks from ``begin`` (left out) to ``end``: four of one length, four of twice that, and so on."""
    doublings = max(0, int(np.ceil(np.log2(max((end - begin) / (_LOOKS_A_LENGTH * 0.25), 1.0)))))
    length = (end - begin) / (_LOOKS_A_LENGTH * (2 ** (doublings + 1) - 1))
    steps = [length * 2**level for level in range(doublings + 1) for _ in range(_LOOKS_A_LENGTH)]
    return [*(begin + np.cumsum(steps)[:-1]).tolist(), end]


def exposures(parts: Sequence[Part], outputs: Sequence[str], until_h: float) -> Mapping[str, Exposure]:
    """Compute peak, its time and area of each output from the first dose to ``until_h``.

    Parameters
    ----------
    parts : sequence of Part
        What was given, and into what.
    outputs : sequence of str
        Names of outputs.
    until_h : float
        How far to look, h.

    Returns
    -------
    mapping of str to Exposure
        Exact to rounding: a peak is where the slope is zero, at an event, or at ``until_h``.
    """
    parts = [part.pruned() for part in parts]
    looks = looks_for(parts, until_h)
    walks = [Walk(part.cascade, part.inputs, looks) for part in parts]
    n_members = parts[0].cascade.n_members
    tops = {name: _Highest.of(n_members) for name in outputs}
    readers = {name: [reader(part.cascade, name) for part in parts] for name in outputs}
    kept = [np.empty((_KEPT, *part.cascade.rates_per_h.shape)) for part in parts]
    values = {name: np.empty((_KEPT, n_members)) for name in outputs}
    row = np.empty(n_members)
    held = 0
    for look, states in together(walks):
        for table, state in zip(kept, states, strict=True):
            table[held] = state
        for name in outputs:
            value_of(readers[name], states, row, values[name][held])
        held += 1
        if held == _KEPT or look == looks.size - 1:
            of = looks[look + 1 - held : look + 1]
            now = running(parts, float(of[0]), float(of[-1]))
            seen = Seen(now, of, [table[:held] for table in kept])
            for name in outputs:
                tops[name].search(seen, name, values[name][:held])
            for table in (*kept, *values.values()):  # the next ones begin where these end
                table[0] = table[held - 1]
            held = 1
    areas = {name: np.zeros(n_members) for name in outputs}
    for part, left in zip(parts, states, strict=True):
        over = passed(part, left, until_h)
        for name in outputs:
            reader(part.cascade, name)(over, row)
            areas[name] += row
    return {name: Exposure(tops[name].value, tops[name].at_h, areas[name]) for name in outputs}


@dataclass(slots=True)
class _Highest:
    """The highest point that was seen of each member up to now, the first of equal ones."""

    value: FloatArray
    at_h: FloatArray

    @classmethod
    def of(cls, n_members: int) -> "_Highest":
        return cls(np.full(n_members, -np.inf), np.zeros(n_members))

    def search(self, seen: Seen, output: str, values: FloatArray) -> None:
        """Search all intervals between some looks."""
        least = WORTH * np.maximum(self.value, values.max(axis=0))
        Cmax, tmax_h = summit_of(seen.looks, values, turns_of(seen, output, values, least=least))
        higher = Cmax > self.value
        self.value[higher], self.at_h[higher] = Cmax[higher], tmax_h[higher]


def auc_to_infinity(parts: Sequence[Part], output: str) -> FloatArray:
    """Compute the area under the curve from the first dose to infinity, shape (n_members,), unit · h."""
    total, row = np.zeros((2, parts[0].cascade.n_members))
    for part in map(Part.pruned, parts):
        over = passed(part, np.zeros_like(part.cascade.rates_per_h), None)
        reader(part.cascade, output)(over, row)
        total += row
    return total


def passed(
    part: Part, left: FloatArray, until_h: float | None, begun: FloatArray | None = None
) -> FloatArray:
    """Integrate each coordinate over time: what went in and is not there any more, over its rate.

    ``left`` are the coordinates at ``until_h``, ``begun`` those at the start, nothing if left out; None for
    ``until_h`` where everything has been given.
    """
    given = np.zeros_like(left) if begun is None else begun.copy()
    for one in part.inputs:
        share = 1.0 if until_h is None else _given_by(one, until_h)
        for row, weight in part.cascade.ports[one.port]:
            given[row] += weight * one.amount_mg * share
    area = np.zeros_like(left)
    feeding = part.cascade.feeding
    for row in range(left.shape[0]):
        fed = given[row] - left[row]
        for each in feeding.get(row, ()):
            fed += each.per_h * area[each.source]
        np.divide(fed, part.cascade.rates_per_h[row], out=area[row])
    return area


def _given_by(one: Input, hour: float) -> FloatArray | float:
    """Share of an input that has been given by an hour."""
    if one.at_once:
        return 1.0 if one.start_h <= hour + SAME_MOMENT_H else 0.0
    return np.clip((hour - one.start_h) / np.asarray(one.duration_h), 0.0, 1.0)


def half_life(cascade: Cascade, output: str) -> FloatArray:
    """Compute the terminal half-life of an output, h, shape (n_members,): that of its slowest coordinate."""
    closure, rows = cascade.closure, {row for row, _ in cascade.outputs[output]}
    feeding = [j for j in range(cascade.n_coordinates) if any(closure[row][j] for row in rows)]
    return np.asarray(np.log(2.0) / np.min(cascade.rates_per_h[feeding], axis=0))

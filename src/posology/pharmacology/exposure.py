"""Exposure, exactly: area under the curve, peak and its time, time above a level, half-life.

None of it is read off a grid. The area follows from what is left at the end, since what has been given and is
not there any more has passed; a peak is where the slope is zero, or where an input ends; a level is crossed
where the curve meets it. A coarse row of looks only says between which two of them to search.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
_LOOKS_A_LENGTH = 4

# A stretch is searched only in members whose highest look of it comes to this share of their highest look: a
# summit that towers twice over both looks beside it would have to fit between them.
WORTH = 0.5


@dataclass(frozen=True, slots=True)
class Part:
    """One system with what is given into it; the parts of a racemate are two, and what they show adds up."""

    cascade: Cascade
    inputs: tuple[Input, ...]

    def pruned(self) -> "Part":
        """Leave out what is never filled."""
        return Part(self.cascade.reached_from({one.port for one in self.inputs}), self.inputs)


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
    stretch = _stretches(parts, looks)
    shape = (int(stretch[-1]) + 1, n_members)
    best = {name: np.full(shape, -np.inf) for name in outputs}
    at = {name: np.zeros(shape, dtype=int) for name in outputs}
    row, added = np.empty(n_members), np.empty(n_members)
    readers = {name: [reader(part.cascade, name) for part in parts] for name in outputs}
    for look, states in together(walks):
        for name in outputs:
            value = value_of(readers[name], states, row, added)
            highest = best[name][stretch[look]]
            at[name][stretch[look]][value > highest] = look
            np.maximum(highest, value, out=highest)
    areas = {name: np.zeros(n_members) for name in outputs}
    for part, left in zip(parts, states, strict=True):
        over = passed(part, left, until_h)
        for name in outputs:
            reader(part.cascade, name)(over, row)
            areas[name] += row
    tops = {name: _summit(parts, walks, looks, name, best[name], at[name]) for name in outputs}
    return {name: Exposure(*tops[name], areas[name]) for name in outputs}


def _stretches(parts: Sequence[Part], looks: FloatArray) -> IntArray:
    """Number the stretch of each look, a new one with each dose: each may have the highest summit."""
    starts = sorted({one.start_h for part in parts for one in part.inputs})
    begins = [start for before, start in pairwise(starts) if start - before > SAME_MOMENT_H]
    return np.searchsorted(np.array(begins), looks + SAME_MOMENT_H)


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


# ---------------------------------------------------------------------------------------- between two looks
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


def _summit(
    parts: Sequence[Part],
    walks: Sequence[Walk],
    looks: FloatArray,
    output: str,
    best: FloatArray,
    at: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Find the highest summit of all stretches, the first of equal ones."""
    places = [one for each in at for one in (each, np.maximum(each - 1, 0))]
    caught = _caught(parts, walks, looks, *places)
    if len(at) == 1:
        return summit_beside(caught[0], caught[1], looks, output, best[0], at[0])
    highest = best.max(axis=0)
    value, at_h = np.full(highest.size, -np.inf), np.zeros(highest.size)
    for k in range(len(at)):
        worth = best[k] >= WORTH * highest
        if not worth.any():
            continue
        here, before = ([one.some(worth) for one in starts] for starts in caught[2 * k : 2 * k + 2])
        top, top_h = summit_beside(here, before, looks, output, best[k][worth], at[k][worth])
        higher = top > value[worth]
        at_h[worth] = np.where(higher, top_h, at_h[worth])
        value[worth] = np.where(higher, top, value[worth])
    return value, at_h


def summit_beside(
    here: Sequence[Standing],
    before: Sequence[Standing],
    looks: FloatArray,
    output: str,
    best: FloatArray,
    at: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Find the top beside the highest look of each member, on the side to which the curve still rises.

    ``here`` and ``before`` are where each part stands at that look, ``at``, and at the one before it, and
    ``best`` is what was seen there. Returns the top and its time, h, both of shape (n_members,).
    """
    none = np.zeros(best.size)
    last = at == looks.size - 1
    slopes_on = [one.slope(one.state, none) for one in here]
    rise_on = read(here, slopes_on, output)
    rises_on = (rise_on > 0) & ~last
    length = looks[at] - looks[np.maximum(at - 1, 0)]
    ends = [one.slope(state.state, length * (1 - 1e-9)) for one, state in zip(before, here, strict=True)]
    fall_before = read(here, ends, output)
    fell_before = (fall_before < 0) & ~rises_on & (at > 0)
    rise_before = read(before, [one.slope(one.state, none) for one in before], output)
    bend_on = read(here, [one.curvature(slope) for one, slope in zip(here, slopes_on, strict=True)], output)
    with np.errstate(divide="ignore", invalid="ignore"):
        guesses = -rise_on / bend_on, length * rise_before / (rise_before - fall_before)
    value, at_h = best.copy(), looks[at]
    for wanted, starts, guess in zip((rises_on, fell_before), (here, before), guesses, strict=True):
        if wanted.any():
            chosen = [one.some(wanted) for one in starts]
            index = at[wanted] if starts is here else at[wanted] - 1
            within = looks[index + 1] - looks[index]
            first = np.where((guess[wanted] > 0) & (guess[wanted] < within), guess[wanted], within / 2)
            tau, top = turn(chosen, within, first, output)
            higher = top > best[wanted]
            value[wanted] = np.where(higher, top, best[wanted])
            at_h[wanted] = np.where(higher, looks[index] + tau, at_h[wanted])
    return value, at_h


def _caught(
    parts: Sequence[Part], walks: Sequence[Walk], looks: FloatArray, *wanted: IntArray
) -> list[list[Standing]]:
    """Catch the coordinates of each member at looks of its own."""
    caught = [
        [Standing(part, looks[at], np.zeros_like(part.cascade.rates_per_h)) for part in parts]
        for at in wanted
    ]
    spans = [(int(at.min()), int(at.max())) for at in wanted]
    for look, states in together(walks, max(last for _, last in spans) + 1):
        for at, (first, last), starts in zip(wanted, spans, caught, strict=True):
            if not first <= look <= last:
                continue
            where = at == look
            if where.any():
                for start, state in zip(starts, states, strict=True):
                    np.copyto(start.state, state, where=where)
    return caught


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


def half_life(cascade: Cascade, output: str) -> FloatArray:
    """Compute the terminal half-life of an output, h, shape (n_members,): that of its slowest coordinate."""
    closure, rows = cascade.closure, {row for row, _ in cascade.outputs[output]}
    feeding = [j for j in range(cascade.n_coordinates) if any(closure[row][j] for row in rows)]
    return np.asarray(np.log(2.0) / np.min(cascade.rates_per_h[feeding], axis=0))

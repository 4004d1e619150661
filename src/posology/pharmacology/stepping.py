"""Concentrations at given times: a dose is placed where it was given, never on the nearest point of a grid.

The grid says when to look. A dose, the end of an infusion or the end of a slow input may fall anywhere
between two looks, for each member elsewhere: what it leaves at the next look comes from its own moment.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from posology.pharmacology.cascade import Cascade, Members
from posology.pharmacology.errors import ModelError
from posology.pharmacology.moments import SAME_MOMENT_H
from posology.pharmacology.propagators import Propagator, propagator
from posology.pharmacology.stages import FloatArray

IntArray = npt.NDArray[np.int64]
Reader = Callable[[FloatArray, FloatArray], object]

# An input that ended longer than this before a look is carried on from its end: the difference of two long
# inputs would have lost its digits where little is left. Sooner the difference is as exact, and cheaper.
_SOON_H = 1.0

# Coefficients of a block of members are meant to stay in the second level of the cache.
_CACHE_BYTES = 1_200_000


@dataclass(frozen=True, slots=True)
class Input:
    """One dose into one port: at once, or at a constant rate.

    Attributes
    ----------
    port : str
        Where it enters.
    amount_mg : float or ndarray of float, shape (n_members,)
        How much in all, mg.
    start_h : float
        When it begins, h.
    duration_h : float or ndarray of float, shape (n_members,)
        How long it lasts, h; 0 for a dose at once.
    """

    port: str
    amount_mg: float | FloatArray
    start_h: float = 0.0
    duration_h: float | FloatArray = 0.0

    @property
    def at_once(self) -> bool:
        """Whether all of it is there at the start."""
        return not isinstance(self.duration_h, np.ndarray) and self.duration_h <= SAME_MOMENT_H

    def block(self, part: Members) -> "Input":
        """The same dose for some of the members."""
        amount = self.amount_mg[part] if isinstance(self.amount_mg, np.ndarray) else self.amount_mg
        lasting = self.duration_h[part] if isinstance(self.duration_h, np.ndarray) else self.duration_h
        return Input(self.port, amount, self.start_h, lasting)


def simulate(
    cascade: Cascade,
    inputs: Sequence[Input],
    t_h: FloatArray,
    *,
    out: Mapping[str, FloatArray] | None = None,
) -> Mapping[str, FloatArray]:
    """Compute every output at the times ``t_h``.

    Parameters
    ----------
    cascade : Cascade
        The system of all members.
    inputs : sequence of Input
        What is given; none of it before the first time.
    t_h : ndarray of float, shape (n_times,)
        When to look, h, rising.
    out : mapping of str to ndarray of float, shape (n_times, n_members), optional
        Where to write; new arrays otherwise.

    Returns
    -------
    mapping of str to ndarray of float, shape (n_times, n_members)
        Concentrations by output, mg/L.

    Raises
    ------
    ModelError
        If the times do not rise, or something is given before the first of them.
    """
    t_h = np.asarray(t_h, dtype=float)
    _check_times(t_h, inputs)
    system = cascade.reached_from({one.port for one in inputs}) if inputs else cascade
    members = cascade.n_members
    if out is None:
        # One piece for all outputs: from 4 MiB on NumPy asks for large pages, cheaper to touch first.
        whole = np.empty((len(cascade.outputs), t_h.size, members))
        out = dict(zip(cascade.outputs, whole, strict=True))
    size = max(64, _CACHE_BYTES // (8 * _coefficients(system)))
    for start in range(0, members, size):
        part = slice(start, min(start + size, members))
        block = system.block(part)
        tables = [(reader(block, name), table[:, part]) for name, table in out.items()]
        for look, state in Walk(block, [one.block(part) for one in inputs], t_h).steps():
            for read, table in tables:
                read(state, table[look])
    return out


def _check_times(t_h: FloatArray, inputs: Sequence[Input]) -> None:
    if t_h.ndim != 1 or t_h.size == 0 or not np.isfinite(t_h).all() or (np.diff(t_h) <= 0).any():
        raise ModelError("The times to look at do not rise one after another. Give them in order, in hours.")
    early = [one for one in inputs if one.start_h < t_h[0] - SAME_MOMENT_H]
    if early:
        raise ModelError(
            f"A dose begins at {early[0].start_h:g} h, before the first time to look at ({t_h[0]:g} h), so "
            "it would be lost. Begin the times with the first dose."
        )


def _coefficients(system: Cascade) -> int:
    pairs = sum(sum(row) for row in system.closure)
    return 3 * system.n_coordinates + pairs


# ----------------------------------------------------------------------------------- one block of members
@dataclass(slots=True)
class _Plan:
    """What is added to the coordinates: at a look, or at the end of the interval before it."""

    at_look: dict[int, list[FloatArray]] = field(default_factory=lambda: defaultdict(list))
    at_end: dict[int, list[FloatArray]] = field(default_factory=lambda: defaultdict(list))


class _Run:
    """The propagators of one block, each built once."""

    def __init__(self, cascade: Cascade, constant: tuple[str, ...], t_h: FloatArray) -> None:
        self.cascade = cascade
        self.constant = constant
        self.t_h = t_h
        self._built: dict[float, Propagator] = {}

    def over(self, dt_h: float) -> Propagator:
        """What one interval does; where an input may run meanwhile, ``forced`` has built it already."""
        key = round(dt_h, 13)
        if key not in self._built:
            self._built[key] = propagator(self.cascade, dt_h)
        return self._built[key]

    def forced(self, port: str, dt_h: float) -> FloatArray:
        """What one mg/h through a port leaves behind after an interval."""
        key = round(dt_h, 13)
        if key not in self._built or port not in self._built[key].forced:
            self._built[key] = propagator(self.cascade, dt_h, self.constant)
        return self._built[key].forced[port]

    def look_before(self, moment_h: float) -> int:
        """The last look at or before a moment."""
        return int(np.searchsorted(self.t_h, moment_h + SAME_MOMENT_H, side="right")) - 1


class Walk:
    """One block of members on its way along the looks; what an interval does is computed once and kept."""

    def __init__(self, cascade: Cascade, inputs: Sequence[Input], t_h: FloatArray) -> None:
        constant = tuple(dict.fromkeys(one.port for one in inputs if not one.at_once))
        self._run = _Run(cascade, constant, t_h)
        self._plan = _Plan()
        for one in inputs:
            if one.at_once:
                _place_at_once(self._run, self._plan, one)
            elif isinstance(one.duration_h, np.ndarray):
                _place_each_member(self._run, self._plan, one)
            else:
                _place_constant(self._run, self._plan, one)
        self._added = {look: _sum(parts) for look, parts in self._plan.at_end.items()}

    def steps(
        self, until: int | None = None, begun: FloatArray | None = None
    ) -> Iterator[tuple[int, FloatArray]]:
        """Yield each look and the coordinates at it, shape (n_coordinates, n_members).

        ``begun`` is what earlier doses left there before the first look. The array is the same one each time
        and changes with the next look: copy what must stay.
        """
        last = self._run.t_h.size if until is None else until
        return _step(self._run, self._plan, self._added, last, begun)


def _sum(parts: list[FloatArray]) -> FloatArray:
    return parts[0] if len(parts) == 1 else np.sum(parts, axis=0)


def _place_at_once(run: _Run, plan: _Plan, one: Input) -> None:
    look = run.look_before(one.start_h)
    if abs(run.t_h[look] - one.start_h) <= SAME_MOMENT_H:
        now = np.zeros_like(run.cascade.rates_per_h)
        for row, share in run.cascade.ports[one.port]:
            now[row] += share * one.amount_mg
        plan.at_look[look].append(now)
    elif look + 1 < run.t_h.size:
        left = run.over(run.t_h[look + 1] - one.start_h).after_impulse(run.cascade, one.port)
        plan.at_end[look + 1].append(left * one.amount_mg)


def _place_constant(run: _Run, plan: _Plan, one: Input) -> None:
    assert isinstance(one.duration_h, float | int)
    rate = one.amount_mg / one.duration_h
    end_h = one.start_h + one.duration_h
    whole: dict[float, FloatArray] = {}
    for look in range(run.look_before(one.start_h), run.t_h.size - 1):
        begin, stop = float(run.t_h[look]), float(run.t_h[look + 1])
        if begin >= end_h - SAME_MOMENT_H:
            break
        since = stop - max(begin, one.start_h)
        key = round(since, 13)
        if key not in whole:
            whole[key] = run.forced(one.port, since) * rate
        left = whole[key]
        if stop > end_h + SAME_MOMENT_H:
            left = _ended(run, one.port, since, stop - end_h) * rate
        plan.at_end[look + 1].append(left)


def _ended(run: _Run, port: str, since_h: float, after_h: float) -> FloatArray:
    """What one mg/h leaves that began ``since_h`` before a look and ended ``after_h`` before it."""
    if after_h <= _SOON_H:  # as if it went on, less what would have come after its end
        return run.forced(port, since_h) - run.forced(port, after_h)
    return run.over(after_h).carried_on(run.forced(port, since_h - after_h))


def _place_each_member(run: _Run, plan: _Plan, one: Input) -> None:
    """An input that ends at another moment in each member."""
    duration = np.asarray(one.duration_h)
    rate = np.asarray(one.amount_mg / duration)
    end_h = one.start_h + duration
    last = np.searchsorted(run.t_h, end_h, side="right") - 1  # the interval in which it ends
    inside = last < run.t_h.size - 1
    following = run.t_h[np.minimum(last + 1, run.t_h.size - 1)]
    after = np.where(inside, following - end_h, 0.0)
    soon = float(after.max()) <= _SOON_H
    ending = _beyond(run, one.port, after) if soon else _carried(run, one, after, end_h, last)
    for look in range(run.look_before(one.start_h), min(int(last.max()) + 1, run.t_h.size - 1)):
        begin, stop = float(run.t_h[look]), float(run.t_h[look + 1])
        running = last >= look if soon else last > look
        left = run.forced(one.port, stop - max(begin, one.start_h)) * np.where(running, rate, 0.0)
        left += np.where(last == look, ending * rate, 0.0)
        plan.at_end[look + 1].append(left)


def _beyond(run: _Run, port: str, after_h: FloatArray) -> FloatArray:
    """What must be taken off at the look after an end if the input is run on to that look."""
    return -propagator(run.cascade, after_h, run.constant).forced[port]


def _carried(run: _Run, one: Input, after_h: FloatArray, end_h: FloatArray, last: IntArray) -> FloatArray:
    """What the interval in which an input ends leaves at the look after it."""
    given_h = end_h - np.maximum(run.t_h[last], one.start_h)
    left = propagator(run.cascade, given_h, run.constant).forced[one.port]
    return propagator(run.cascade, after_h).carried_on(left)


# ----------------------------------------------------------------------------------------- the stepping
def _groups(cascade: Cascade) -> list[tuple[int, int, int]]:
    """Neighbours that do not feed each other, and the first coordinate that feeds any of them."""
    closure, groups, start = cascade.closure, [], 0
    for row in range(1, cascade.n_coordinates + 1):
        if row == cascade.n_coordinates or any(closure[row][start:row]):
            feeding = [j for i in range(start, row) for j in range(start) if closure[i][j]]
            groups.append((start, row, min(feeding, default=start)))
            start = row
    return groups


def _step(
    run: _Run, plan: _Plan, added: Mapping[int, FloatArray], until: int, begun: FloatArray | None
) -> Iterator[tuple[int, FloatArray]]:
    cascade, t_h = run.cascade, run.t_h
    state = np.zeros_like(cascade.rates_per_h) if begun is None else begun.copy()
    carried = np.zeros_like(state)
    groups = _groups(cascade)
    fed_from = next((start for start, _, low in groups if low < start), cascade.n_coordinates)
    lengths = np.round(np.diff(t_h), 13).tolist()
    current: float | None = None
    decay, feeds = state, []
    for look in range(until):
        if look:
            if lengths[look - 1] != current:
                current = lengths[look - 1]
                over = run.over(current)
                decay = over.decay
                feeds = [
                    (np.ascontiguousarray(over.passed[a:b, low:a]), state[low:a], carried[a:b])
                    for a, b, low in groups
                    if low < a
                ]
            for passed, source, target in feeds:
                np.einsum("ijn,jn->in", passed, source, out=target)
            state *= decay
            if feeds:
                state[fed_from:] += carried[fed_from:]
            if look in added:
                state += added[look]
        for now in plan.at_look.get(look, ()):
            state += now
        yield look, state


def reader(cascade: Cascade, name: str) -> Reader:
    """Return how one output is read: a function of the coordinates and of the row to write into."""
    rows = cascade.outputs[name]
    if not rows:
        return lambda state, row: row.fill(0.0)
    first, last = rows[0][0], rows[-1][0] + 1
    if all(not isinstance(weight, np.ndarray) and weight == 1.0 for _, weight in rows):
        if last - first == 1:
            return lambda state, row: np.copyto(row, state[first])
        return lambda state, row: _added_up(state, first, last, row)
    weights = np.stack([np.broadcast_to(weight, (cascade.n_members,)) for _, weight in rows])
    return lambda state, row: np.einsum("in,in->n", weights, state[first:last], out=row)


def _added_up(state: FloatArray, first: int, last: int, row: FloatArray) -> None:
    """Add up a few rows; for so few, row by row is faster than a reduction."""
    np.add(state[first], state[first + 1], row)
    for other in range(first + 2, last):
        np.add(row, state[other], row)

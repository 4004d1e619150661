"""Exposure session by session, exactly: peak, trough and area of each, and the hours above given levels.

One walk serves a whole course. Each session is walked in hours of its own, from what the sessions before it
have left, so that what an interval does is worked out once for all sessions that are equally far apart. As
for one curve, peaks are where the slope is zero and levels are met where the curve meets them; the looks only
say between which two of them to search.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from posology.pharmacology.exposure import Exposure, looks_for, passed
from posology.pharmacology.session_turns import WORTH, Seen, Turns, summit_of, turns_of
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import (
    ROUNDS,
    BoolArray,
    Part,
    Standing,
    kept_between,
    read,
    value_of,
)
from posology.pharmacology.stepping import Walk, reader

Levels = Mapping[str, Sequence[FloatArray]]

# So near, the next step of Newton's method is past the last digit.
_ARRIVED_H = 1e-7


@dataclass(frozen=True, slots=True)
class CourseExposure:
    """What one output amounts to in each member, over a course and in each of its sessions.

    Attributes
    ----------
    whole : Exposure
        Over the whole course; times from its begin, h.
    Cmax, trough, AUC : ndarray of float, shape (n_sessions, n_members)
        Of each session, from its begin to that of the next, or to the end of the course: the peak, what is
        there at its end, and the area.
    hours_above : tuple of ndarray of float, shape (n_members,)
        Over the whole course, for each level in the order in which they were given.
    """

    whole: Exposure
    Cmax: FloatArray
    trough: FloatArray
    AUC: FloatArray
    hours_above: tuple[FloatArray, ...]


def course_exposures(
    sessions: Sequence[Sequence[Part]],
    at_h: Sequence[float],
    until_h: float,
    outputs: Sequence[str],
    levels: Levels | None = None,
) -> Mapping[str, CourseExposure]:
    """Compute peak, trough and area of each session, and hours above levels over all of them.

    Parameters
    ----------
    sessions : sequence of sequence of Part
        What is given in each session, in hours from its begin. Either the same parts each time, which then
        carry on from session to session, or parts of each session's own, which all add up.
    at_h : sequence of float
        When each session begins, h, rising.
    until_h : float
        How far to look, h; after the last dose has been given.
    outputs : sequence of str
        Names of outputs.
    levels : mapping of str to sequence of ndarray of float, shape (n_members,), optional
        By output, the levels above which hours are counted.

    Returns
    -------
    mapping of str to CourseExposure
        Exact to rounding. Between two looks a curve may turn once; one that turned twice between them would
        be seen at its ends alone.
    """
    course = _Course(outputs, levels or {}, sessions[0][0].cascade.n_members)
    ends = [*at_h[1:], until_h]
    for k, (parts, begin, end) in enumerate(zip(sessions, at_h, ends, strict=True)):
        if k == 0 or parts is not sessions[0]:
            course.join(parts)
        course.walk(begin - at_h[0], end - begin)
    return course.told()


@dataclass(slots=True)
class _Track:
    """One system on its way through the sessions: what is given into it, and what is left in it."""

    part: Part
    state: FloatArray
    giving: bool = True
    walks: dict[tuple[bool, float], Walk] = field(default_factory=dict)

    @property
    def now(self) -> Part:
        """The system with what is given into it in this session."""
        return self.part if self.giving else Part(self.part.cascade, ())

    def walk(self, looks: FloatArray) -> Walk:
        """How it walks along these looks; built once for sessions of one length."""
        key = (self.giving, float(looks[-1]))
        if key not in self.walks:
            self.walks[key] = Walk(self.part.cascade, self.now.inputs, looks)
        return self.walks[key]


@dataclass(slots=True)
class _Session:
    """One output in one session, member by member."""

    Cmax: FloatArray
    at_h: FloatArray
    trough: FloatArray
    AUC: FloatArray
    hours_above: list[FloatArray]


class _Course:
    """The systems of a course, session after session."""

    def __init__(self, outputs: Sequence[str], levels: Levels, n_members: int) -> None:
        self._outputs = outputs
        self._levels = levels
        self._n = n_members
        self._tracks: list[_Track] = []
        self._looks: dict[float, FloatArray] = {}
        self._first: list[Part] = []
        self._sessions: dict[str, list[_Session]] = {name: [] for name in outputs}

    def join(self, parts: Sequence[Part]) -> None:
        """Let systems in that begin with this session; those before go on without further doses."""
        for track in self._tracks:
            track.giving = False
        pruned = [part.pruned() for part in parts]
        self._first = self._first or pruned
        self._tracks += [_Track(part, np.zeros_like(part.cascade.rates_per_h)) for part in pruned]

    def walk(self, begin_h: float, length_h: float) -> None:
        """Walk through one session, and keep what is asked of it."""
        # Where to look comes from the first session, so that sessions of one length share their intervals.
        looks = self._looks.setdefault(length_h, looks_for(self._first, length_h))
        tracks = self._tracks
        kept = [np.empty((looks.size, *track.state.shape)) for track in tracks]
        values = {name: np.empty((looks.size, self._n)) for name in self._outputs}
        readers = {name: [reader(track.part.cascade, name) for track in tracks] for name in self._outputs}
        row = np.empty(self._n)
        walks = [track.walk(looks).steps(begun=track.state) for track in tracks]
        for steps in zip(*walks, strict=True):
            look, states = steps[0][0], [state for _, state in steps]
            for table, state in zip(kept, states, strict=True):
                table[look] = state
            for name, table in values.items():
                value_of(readers[name], states, row, table[look])
        seen = Seen([track.now for track in tracks], looks, kept)
        areas = [
            passed(part, table[-1], length_h, track.state)
            for part, table, track in zip(seen.parts, kept, tracks, strict=True)
        ]
        for name in self._outputs:
            self._sessions[name].append(self._of_output(seen, name, values[name], areas, begin_h))
        for track, table in zip(tracks, kept, strict=True):
            track.state = table[-1].copy()

    def _of_output(
        self, seen: "Seen", name: str, values: FloatArray, areas: Sequence[FloatArray], begin_h: float
    ) -> _Session:
        levels = self._levels.get(name, ())
        turns = turns_of(seen, name, values, least=None if levels else WORTH * values.max(axis=0))
        Cmax, tmax_h = summit_of(seen.looks, values, turns)
        hours = [_hours_above(seen, name, values, level, turns) for level in levels]
        area, row = np.zeros(self._n), np.empty(self._n)
        for part, over in zip(seen.parts, areas, strict=True):
            reader(part.cascade, name)(over, row)
            area += row
        return _Session(Cmax, begin_h + tmax_h, values[-1], area, hours)

    def told(self) -> Mapping[str, CourseExposure]:
        """Put the sessions of each output together."""
        return {name: _put_together(sessions) for name, sessions in self._sessions.items()}


def _put_together(sessions: Sequence[_Session]) -> CourseExposure:
    Cmax = np.stack([one.Cmax for one in sessions])
    AUC = np.stack([one.AUC for one in sessions])
    highest = Cmax.argmax(axis=0)[None]
    times = np.stack([one.at_h for one in sessions])
    whole = Exposure(
        np.take_along_axis(Cmax, highest, axis=0)[0],
        np.take_along_axis(times, highest, axis=0)[0],
        _added(list(AUC)),
    )
    hours = tuple(_added(list(each)) for each in zip(*(one.hours_above for one in sessions), strict=True))
    return CourseExposure(whole, Cmax, np.stack([one.trough for one in sessions]), AUC, hours)


def _added(rows: Sequence[FloatArray]) -> FloatArray:
    """Add up one after the other, always in the same order."""
    total = rows[0].copy()
    for row in rows[1:]:
        total += row
    return total


# ------------------------------------------------------------------------------------- within one session
def _hours_above(seen: Seen, output: str, values: FloatArray, level: FloatArray, turns: Turns) -> FloatArray:
    """Hours of one session above a level: each way down less each way up."""
    looks, length = seen.looks, np.diff(seen.looks)
    above = values > level
    up_at, up_of = np.nonzero(~above[:-1] & above[1:])
    down_at, down_of = np.nonzero(above[:-1] & ~above[1:])
    # A top between two looks that both lie below the level: up before it, down after it; and a dip.
    first, second = above[turns.at, turns.of], above[turns.at + 1, turns.of]
    hidden = turns.tops & ~first & ~second & (turns.value > level[turns.of])
    dips = ~turns.tops & first & second & (turns.value < level[turns.of])
    twice = np.concatenate((np.nonzero(hidden)[0], np.nonzero(dips)[0]))
    turned, is_top = turns.tau_h[twice], turns.tops[twice]
    at = np.concatenate((up_at, down_at, turns.at[twice], turns.at[twice]))
    of = np.concatenate((up_of, down_of, turns.of[twice], turns.of[twice]))
    low, high = np.zeros(at.size), length[at]
    once = up_at.size + down_at.size
    high[once : once + twice.size] = turned
    low[once + twice.size :] = turned
    upwards = np.concatenate((np.arange(once) < up_at.size, is_top, ~is_top))
    met = _met(seen.standing(at, of), output, level[of], low, high, upwards)
    signed = np.where(upwards, -1.0, 1.0) * (looks[at] + met)
    hours: FloatArray = np.where(above[-1], looks[-1], 0.0)
    if at.size:
        hours += np.bincount(of, weights=signed, minlength=level.size)
    return hours


def _met(
    starts: Sequence[Standing],
    output: str,
    level: FloatArray,
    low: FloatArray,
    high: FloatArray,
    upwards: BoolArray,
) -> FloatArray:
    """Find where each curve meets its level between two times at which it stands on its two sides."""
    met = (low + high) / 2
    left = np.arange(met.size)
    low, high = low.copy(), high.copy()
    for _ in range(ROUNDS if met.size else 0):
        here = met[left]
        states = [start.after(here) for start in starts]
        over = read(starts, states, output) - level[left]
        slope = read(starts, [s.slope(v, here) for s, v in zip(starts, states, strict=True)], output)
        past = (over > 0) == upwards[left]
        low[left] = np.where(past, low[left], here)
        high[left] = np.where(past, here, high[left])
        step = kept_between(here, over, slope, low[left], high[left])
        # Exactly on it: nothing is left to search.
        step = np.where(over == 0, here, step)
        met[left] = step
        going = np.abs(step - here) > _ARRIVED_H
        if not going.any():
            break
        if going.mean() < 0.7:
            starts, left = [start.some(going) for start in starts], left[going]
    return met

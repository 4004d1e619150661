"""What a walk through one session saw, and where the curves turned between two of its looks.

A curve turns where its slope has one sign just after a look and the other just before the next. Each such
interval is searched, whichever look is the highest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posology.pharmacology.cascade import Cascade
from posology.pharmacology.moments import SAME_MOMENT_H
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import BoolArray, IntArray, Part, Standing, turn
from posology.pharmacology.stepping import Input

# A top is searched only where a look beside it comes to this share of the highest one: a summit that towers
# twice over both looks beside it would have to fit between them.
WORTH = 0.5


@dataclass(frozen=True, slots=True)
class Seen:
    """What a walk through one session saw: the systems, the looks, and the coordinates at each."""

    parts: Sequence[Part]
    looks: FloatArray
    kept: Sequence[FloatArray]

    def standing(self, at: IntArray, members: IntArray | None = None) -> list[Standing]:
        """Where each part stands at looks of each member's own; of some members, or of all in their order."""
        starts = []
        for part, table in zip(self.parts, self.kept, strict=True):
            of = np.arange(table.shape[2]) if members is None else members
            chosen = part if members is None else _some(part, members)
            starts.append(Standing(chosen, self.looks[at], np.ascontiguousarray(table[at, :, of].T)))
        return starts


def _some(part: Part, members: IntArray) -> Part:
    cascade: Cascade = part.cascade.block(members)
    return Part(cascade, tuple(one.block(members) for one in part.inputs))


@dataclass(frozen=True, slots=True)
class Turns:
    """Where curves turn between two looks.

    Attributes
    ----------
    at, of : ndarray of int, shape (n_turns,)
        The look before each, and whose it is.
    tops : ndarray of bool, shape (n_turns,)
        Whether it is a top; a bottom otherwise.
    tau_h, value : ndarray of float, shape (n_turns,)
        How long after that look, h, and what stands there.
    """

    at: IntArray
    of: IntArray
    tops: BoolArray
    tau_h: FloatArray
    value: FloatArray


def turns_of(seen: Seen, output: str, values: FloatArray, *, least: FloatArray | None) -> Turns:
    """Find where each curve turns between two looks.

    Parameters
    ----------
    seen : Seen
        A walk through one session.
    output : str
        Name of an output.
    values : ndarray of float, shape (n_looks, n_members)
        What the output was at each look, in its own unit.
    least : ndarray of float, shape (n_members,), or None
        Only tops beside a look that comes to so much; None for every top and bottom.

    Returns
    -------
    Turns
        Tops first.
    """
    after, before = _slopes(seen, output)
    tops, bottoms = (after[:-1] > 0) & (before[1:] < 0), (after[:-1] < 0) & (before[1:] > 0)
    if least is not None:
        bottoms[...] = False
        tops &= np.maximum(values[:-1], values[1:]) >= least
    at, of = (np.concatenate(both) for both in zip(np.nonzero(tops), np.nonzero(bottoms), strict=True))
    is_top = np.arange(at.size) < np.count_nonzero(tops)
    tau_h, value = np.empty((2, at.size))
    length, rise, fall = np.diff(seen.looks)[at], after[at, of], before[at + 1, of]
    for kind, top in ((is_top, True), (~is_top, False)):
        if kind.any():
            guess = length[kind] * rise[kind] / (rise[kind] - fall[kind])
            starts = seen.standing(at[kind], of[kind])
            tau_h[kind], value[kind] = turn(starts, length[kind], guess, output, top=top)
    return Turns(at, of, is_top, tau_h, value)


def _slopes(seen: Seen, output: str) -> tuple[FloatArray, FloatArray]:
    """How fast an output changes just after and just before each look, per h, (n_looks, n_members) each."""
    looks = seen.looks[:, None]
    after, before = np.zeros((2, looks.size, seen.kept[0].shape[2]))
    for part, table in zip(seen.parts, seen.kept, strict=True):
        cascade = part.cascade
        for row, weight in cascade.outputs[output]:
            slope = -cascade.rates_per_h[row] * table[:, row]
            for each in cascade.feeding.get(row, ()):
                slope += each.per_h * table[:, each.source]
            slope *= weight
            after += slope
            before += slope
            for one in part.inputs:
                if one.at_once:
                    look = np.abs(seen.looks - one.start_h) <= SAME_MOMENT_H
                    before[look] -= weight * _at_once(cascade, one, row)
                    continue
                begin, end = one.start_h, one.start_h + one.duration_h
                on_after = (looks >= begin - SAME_MOMENT_H) & (looks < end - SAME_MOMENT_H)
                on_before = (looks > begin + SAME_MOMENT_H) & (looks <= end + SAME_MOMENT_H)
                for entered, share in cascade.ports[one.port]:
                    if entered == row:
                        given = weight * share * one.amount_mg / one.duration_h
                        after += given * on_after
                        before += given * on_before
    return after, before


def _at_once(cascade: Cascade, one: Input, row: int) -> FloatArray | float:
    """By how much a dose at once changes the slope of a coordinate."""
    change: FloatArray | float = 0.0
    for entered, share in cascade.ports[one.port]:
        if entered == row:
            change = change - cascade.rates_per_h[row] * share * one.amount_mg
        for each in cascade.feeding.get(row, ()):
            if each.source == entered:
                change = change + each.per_h * share * one.amount_mg
    return change


def summit_of(looks: FloatArray, values: FloatArray, turns: Turns) -> tuple[FloatArray, FloatArray]:
    """Return the highest of all tops and looks of each member and its time, h, both of shape (n_members,)."""
    highest = values.argmax(axis=0)
    Cmax, tmax_h = np.take_along_axis(values, highest[None], axis=0)[0], looks[highest]
    order = np.argsort(turns.value, kind="stable")
    order = order[turns.tops[order] & (turns.value[order] > Cmax[turns.of[order]])]
    # In rising order, so that the highest of a member is written last.
    Cmax[turns.of[order]] = turns.value[order]
    tmax_h[turns.of[order]] = looks[turns.at[order]] + turns.tau_h[order]
    return Cmax, tmax_h

"""The one linear system behind every model: stages of modes, each fed by stages before it.

A depot, a step of a delay chain and a mode of a compartment system are the same thing here: a *coordinate*
that decays at a rate of its own and is fed by coordinates before it. Written so, the matrix of every model
is lower triangular, its rates stand on the diagonal, and what joins two stages is kept as a coupling. Nothing
is ever divided by the difference of two rates, so rates that coincide, as in a delay chain, are no special
case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from posology.pharmacology.stages import FloatArray

Weights = FloatArray | float
Members = slice | npt.NDArray[np.bool_] | npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Coupling:
    """What coordinate ``source`` gives to coordinate ``target``, 1/h, member by member; source < target."""

    source: int
    target: int
    per_h: FloatArray


@dataclass(frozen=True)
class Cascade:
    """A lower-triangular linear system for all members of a cohort at once.

    Attributes
    ----------
    rates_per_h : ndarray of float, shape (n_coordinates, n_members)
        How fast each coordinate decays, 1/h.
    couplings : tuple of Coupling
        What feeds what.
    ports : mapping of str to tuple of (int, Weights)
        Where a dose in mg enters: coordinate and share.
    outputs : mapping of str to tuple of (int, Weights)
        What is measured, mg/L: coordinate and weight.
    """

    rates_per_h: FloatArray
    couplings: tuple[Coupling, ...]
    ports: Mapping[str, tuple[tuple[int, Weights], ...]]
    outputs: Mapping[str, tuple[tuple[int, Weights], ...]]

    @property
    def n_coordinates(self) -> int:
        """How many coordinates the system has."""
        return int(self.rates_per_h.shape[0])

    @property
    def n_members(self) -> int:
        """How many members run side by side."""
        return int(self.rates_per_h.shape[1])

    @cached_property
    def closure(self) -> tuple[tuple[bool, ...], ...]:
        """Which coordinate (column) reaches which (row) sooner or later, itself included."""
        size = self.n_coordinates
        reached = np.eye(size, dtype=bool)
        for one in sorted(self.couplings, key=lambda each: each.target):
            reached[one.target] |= reached[one.source]
        return tuple(tuple(bool(cell) for cell in row) for row in reached)

    @cached_property
    def reached(self) -> Mapping[int, tuple[int, ...]]:
        """Each coordinate that others reach, sooner or later, and those others."""
        pairs = {
            row: tuple(j for j in range(row) if self.closure[row][j]) for row in range(self.n_coordinates)
        }
        return {row: sources for row, sources in pairs.items() if sources}

    @cached_property
    def feeding(self) -> Mapping[int, tuple[Coupling, ...]]:
        """The couplings by the coordinate that they feed."""
        by_target: dict[int, tuple[Coupling, ...]] = {}
        for one in self.couplings:
            by_target[one.target] = (*by_target.get(one.target, ()), one)
        return by_target

    @cached_property
    def shallow(self) -> bool:
        """Whether no coordinate is fed by one that is itself fed: two rates at a time, closed form."""
        fed = {one.target for one in self.couplings}
        return not any(one.source in fed for one in self.couplings)

    def block(self, part: Members) -> "Cascade":
        """The same system for some of the members."""
        return Cascade(
            self.rates_per_h[:, part],
            tuple(Coupling(one.source, one.target, one.per_h[part]) for one in self.couplings),
            {name: _cut(rows, part) for name, rows in self.ports.items()},
            {name: _cut(rows, part) for name, rows in self.outputs.items()},
        )

    def reached_from(self, ports: Iterable[str]) -> "Cascade":
        """Leave out every coordinate that the given ports never fill."""
        begun = {row for port in ports for row, _ in self.ports[port]}
        kept = [row for row in range(self.n_coordinates) if any(self.closure[row][one] for one in begun)]
        place = {row: index for index, row in enumerate(kept)}
        return Cascade(
            np.ascontiguousarray(self.rates_per_h[kept]),
            tuple(
                Coupling(place[one.source], place[one.target], one.per_h)
                for one in self.couplings
                if one.source in place
            ),
            {name: _moved(rows, place) for name, rows in self.ports.items() if name in set(ports)},
            {name: _moved(rows, place) for name, rows in self.outputs.items()},
        )


def _cut(rows: Sequence[tuple[int, Weights]], part: Members) -> tuple[tuple[int, Weights], ...]:
    return tuple((row, weight[part] if isinstance(weight, np.ndarray) else weight) for row, weight in rows)


def _moved(rows: Sequence[tuple[int, Weights]], place: Mapping[int, int]) -> tuple[tuple[int, Weights], ...]:
    return tuple((place[row], weight) for row, weight in rows if row in place)


class Builder:
    """Put a cascade together, stage by stage, upstream first."""

    def __init__(self, n_members: int) -> None:
        self._n = n_members
        self._rates: list[FloatArray] = []
        self._couplings: dict[tuple[int, int], FloatArray] = {}
        self._ports: dict[str, tuple[tuple[int, Weights], ...]] = {}
        self._outputs: dict[str, tuple[tuple[int, Weights], ...]] = {}

    def stage(self, rates_per_h: FloatArray) -> tuple[int, ...]:
        """Add coordinates that decay at these rates, shape (n_modes, n_members) or (n_members,)."""
        rates = np.atleast_2d(np.asarray(rates_per_h, dtype=float))
        first = len(self._rates)
        self._rates.extend(np.broadcast_to(row, (self._n,)) for row in rates)
        return tuple(range(first, len(self._rates)))

    def feed(
        self,
        sources: Sequence[int],
        targets: Sequence[int],
        *,
        per_h: Weights,
        leaving: Sequence[Weights] | FloatArray | None = None,
        entering: Sequence[Weights] | FloatArray | None = None,
    ) -> None:
        """Let ``sources`` feed ``targets``: a rate constant, what leaves by source, what enters by target."""
        for place, source in enumerate(sources):
            for index, target in enumerate(targets):
                gain: Weights = per_h
                gain = gain if leaving is None else gain * leaving[place]
                gain = gain if entering is None else gain * entering[index]
                before = self._couplings.get((source, target), 0.0)
                self._couplings[source, target] = before + np.broadcast_to(gain, (self._n,))

    def port(
        self, name: str, rows: Sequence[int], shares: Sequence[Weights] | FloatArray | None = None
    ) -> None:
        """Name where a dose enters."""
        self._ports[name] = tuple((row, 1.0 if shares is None else shares[i]) for i, row in enumerate(rows))

    def output(
        self, name: str, rows: Sequence[int], weights: Sequence[Weights] | FloatArray | None = None
    ) -> None:
        """Name what is measured, mg/L."""
        self._outputs[name] = tuple(
            (row, 1.0 if weights is None else weights[i]) for i, row in enumerate(rows)
        )

    def build(self) -> Cascade:
        """Return the finished system."""
        return Cascade(
            np.ascontiguousarray(np.stack(self._rates)),
            tuple(
                Coupling(source, target, np.ascontiguousarray(per_h))
                for (source, target), per_h in sorted(self._couplings.items())
            ),
            dict(self._ports),
            dict(self._outputs),
        )

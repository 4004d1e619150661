"""Cohorts that do not fit in memory: a study is run in pieces, and each piece is the same wherever it is run.

A piece holds a fixed number of members, given by the study and not by the machine. Members are drawn and run
in whole blocks, each from streams of its own, so that neither the size of a piece nor the number of members,
of processes or of machines changes one bit of any member. The bits are those of one build of NumPy on one
family of processors: another family may round an exponential otherwise in its last place.

Nothing here knows files, processes or networks; ``posology cohort`` brings them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import numpy.typing as npt

from posology.pharmacology.cohort_people import (
    Block,
    Prepared,
    changes_of,
    draw_block,
    past_soft_bounds,
    prepare,
)
from posology.pharmacology.cohort_study import PIECE, Spread, Study
from posology.pharmacology.cohort_summary import ColumnSummary, Summary
from posology.pharmacology.errors import ModelError
from posology.pharmacology.population import BLOCK, Cohort, draw_cohort
from posology.pharmacology.session_exposure import CourseExposure, course_exposures
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import Part

__all__ = [
    "BLOCK",
    "PIECE",
    "ColumnSummary",
    "Piece",
    "Spread",
    "Study",
    "Summary",
    "columns_of",
    "pieces",
    "prepare",
    "run_piece",
    "summarise",
    "summary",
]


@dataclass(frozen=True)
class Piece:
    """Some of the members of a study, one after another.

    Attributes
    ----------
    index : int
        Which piece, from 0.
    first : int
        The number of its first member, from 0.
    columns : mapping of str to ndarray of float, shape (n_members,)
        What each member comes to; names carry their units.
    past : mapping of str to int
        How many members lie past each soft bound of the model, by the bound's sentence.
    """

    index: int
    first: int
    columns: Mapping[str, FloatArray]
    past: Mapping[str, int]

    @property
    def n_members(self) -> int:
        """How many members it holds."""
        return next(iter(self.columns.values())).size

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The numbers of its members."""
        return np.arange(self.first, self.first + self.n_members)


def columns_of(study: Study) -> tuple[str, ...]:
    """Return the names of all columns, in their order.

    ``weight_kg`` and ``age_years`` where they are drawn. For each analyte ``_Cmax_ng_per_mL``, ``_tmax_h``
    and ``_AUC_ng_h_per_mL`` over the whole course; for each session, from 1, ``_session_1_Cmax_ng_per_mL``
    and ``_session_1_trough_ng_per_mL``, what is there when the next begins or the study ends; then
    ``_hours_above_100_ng_per_mL`` for each level.
    """
    names = [name for name, spread in _drawn(study) if spread is not None]
    for analyte in prepare(study).model.file.analytes:
        names += [f"{analyte}_{one}" for one in ("Cmax_ng_per_mL", "tmax_h", "AUC_ng_h_per_mL")]
        for session in range(1, len(study.sessions_h) + 1):
            names += [f"{analyte}_session_{session}_{one}_ng_per_mL" for one in ("Cmax", "trough")]
        names += [f"{analyte}_hours_above_{level!r}_ng_per_mL" for level in _levels(study, analyte)]
    return tuple(name.replace(".0_ng_per_mL", "_ng_per_mL") for name in names)


def pieces(study: Study) -> Iterator[Piece]:
    """Run all pieces one after the other; only one is held at a time."""
    return (run_piece(study, index) for index in range(study.pieces))


def summary(study: Study) -> Summary:
    """Run a whole study here and return its summary, holding one piece at a time.

    Parameters
    ----------
    study : Study
        The study. Two that differ in what is given, and not in seed, weights and ages, have the same members:
        the arms of a virtual trial can be compared member by member.

    Returns
    -------
    Summary
        Of all members.

    Raises
    ------
    ModelError, OutsideDomain, Mixed
        If the model must not be run for such a study.
    """
    return reduce(Summary.merged, map(summarise, pieces(study)))


def run_piece(study: Study, index: int) -> Piece:
    """Run one piece of a study.

    Parameters
    ----------
    study : Study
        The study.
    index : int
        Which piece, from 0.

    Returns
    -------
    Piece
        The same to the last bit on every machine of one kind.

    Raises
    ------
    ModelError, OutsideDomain
        If there is no such piece, or the model must not be run for such a study.
    """
    prepared = prepare(study)
    if not 0 <= index < study.pieces:
        raise ModelError(f"The study has pieces 0 to {study.pieces - 1}, and {index} was asked for.")
    first = index * study.piece_members
    n_members = min(study.piece_members, study.members - first)
    names = columns_of(study)
    table = np.empty((len(names), n_members))
    past: dict[str, int] = {}
    for at in range(0, n_members, BLOCK):
        size = min(BLOCK, n_members - at)
        # A block is always run whole and then cut: who runs beside a member may not change its last bit.
        block = draw_block(prepared, (first + at) // BLOCK)
        for row, values in zip(table, _run_block(prepared, block, first + at), strict=True):
            row[at : at + size] = values[:size]
        for sentence, count in past_soft_bounds(prepared, _cut(block, size), size).items():
            past[sentence] = past.get(sentence, 0) + count
    return Piece(index, first, dict(zip(names, table, strict=True)), past)


def summarise(piece: Piece) -> Summary:
    """Return a piece's summary, to be merged with those of others in any order."""
    return Summary.of(piece.columns, piece.past)


def _drawn(study: Study) -> tuple[tuple[str, Spread | None], ...]:
    return ("weight_kg", study.weights), ("age_years", study.ages)


def _levels(study: Study, analyte: str) -> list[float]:
    return [level for name, level in study.levels if name == analyte]


def _cut(block: Block, size: int) -> Block:
    return Block(
        None if block.weight_kg is None else block.weight_kg[:size],
        None if block.age_years is None else block.age_years[:size],
    )


def _run_block(prepared: Prepared, block: Block, first: int) -> Iterator[FloatArray]:
    """Run one whole block, and yield its columns in their order."""
    study = prepared.study
    changes, factors = changes_of(prepared, block)
    sessions = _sessions(prepared, block, _cohort(prepared, first), changes)
    levels = {
        name: [level / factor for level in _levels(study, name)]
        for name, factor in factors.items()
        if _levels(study, name)
    }
    found = course_exposures(sessions, study.sessions_h, study.end_h, tuple(factors), levels)
    if block.weight_kg is not None:
        yield block.weight_kg
    if block.age_years is not None:
        yield block.age_years
    for name, factor in factors.items():
        yield from _of_analyte(found[name], factor)


def _of_analyte(one: CourseExposure, factor: FloatArray) -> Iterator[FloatArray]:
    yield one.whole.Cmax * factor
    yield one.whole.tmax_h
    yield one.whole.AUC * factor
    for Cmax, trough in zip(one.Cmax, one.trough, strict=True):
        yield Cmax * factor
        yield trough * factor
    yield from one.hours_above


def _cohort(prepared: Prepared, first: int) -> Cohort:
    file = prepared.model.file
    if any(one.between for one in file.parameters.values()):
        return draw_cohort(file, BLOCK, seed=prepared.study.seed, first=first)
    return Cohort(file.id, prepared.study.seed, {}, BLOCK, first)


def _sessions(
    prepared: Prepared, block: Block, cohort: Cohort, changes: Mapping[str, FloatArray]
) -> list[tuple[Part, ...]]:
    """Return the parts of each session in hours of its own, for the members of a block."""
    study, model, reference = prepared.study, prepared.model, prepared.reference
    if not any(one.between_occasion for one in model.file.parameters.values()):
        one = model.parts(study.one_session(reference.weight_kg), reference, cohort, changes)
        return [_weighed(prepared, block, one)] * len(study.sessions_h)
    # Members differ from session to session: one system a session and form, in the order of the sessions.
    parts = model.parts(study.course(reference.weight_kg), reference, cohort, changes)
    forms = len(parts) // len(study.sessions_h)
    return [
        _weighed(prepared, block, tuple(_earlier(part, at_h) for part in parts[k * forms : (k + 1) * forms]))
        for k, at_h in enumerate(study.sessions_h)
    ]


def _earlier(part: Part, by_h: float) -> Part:
    return Part(part.cascade, tuple(replace(one, start_h=one.start_h - by_h) for one in part.inputs))


def _weighed(prepared: Prepared, block: Block, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Give each member the dose of its own weight where the dose goes by weight."""
    if not prepared.study.per_kg or block.weight_kg is None or prepared.reference.weight_kg is None:
        return parts
    ratio = block.weight_kg / prepared.reference.weight_kg
    return tuple(
        Part(part.cascade, tuple(replace(one, amount_mg=one.amount_mg * ratio) for one in part.inputs))
        for part in parts
    )

"""What a virtual cohort is asked: a model, a course, how many persons, how their weights and ages spread.

A study is a value: the same study gives the same members to the last bit, and its digest names it. It knows
nothing of files, processes or machines.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import isfinite, log
from typing import Any

import numpy as np

from posology.pharmacology.errors import ModelError, OutsideDomain
from posology.pharmacology.people import Person
from posology.pharmacology.population import BLOCK
from posology.pharmacology.regimens import Dose, Regimen
from posology.pharmacology.stages import FloatArray

PIECE = 10 * BLOCK
"""Members of a piece unless the study says otherwise."""

DEFAULT_SEED = 20261123
"""Where the streams begin unless the study says otherwise."""

_MOST_MEMBERS = 1_000_000_000
_MOST_SEED = 2**32
_MOST_SESSIONS = 400
_AFTER_THE_LAST_H = 24.0


@dataclass(frozen=True, slots=True)
class Spread:
    """How weights (kg) or ages (years) spread in a study, always between two ends.

    Attributes
    ----------
    low, high : float
        The ends; whoever is drawn outside is drawn again.
    mean, sd : float or None
        Of a normal distribution before it is cut.
    median, cv_percent : float or None
        Of a log-normal distribution before it is cut. With neither pair all values between the ends are
        equally likely.
    """

    low: float
    high: float
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    cv_percent: float | None = None

    def __post_init__(self) -> None:
        given = [one for one in (self.mean, self.sd, self.median, self.cv_percent) if one is not None]
        if not all(isfinite(one) and one > 0 for one in (self.low, self.high, *given)):
            raise OutsideDomain(
                "A spread holds a number that is not above 0, which no weight or age is. Give it anew."
            )
        if self.low >= self.high:
            raise OutsideDomain(
                f"The spread begins at {self.low:g} and ends at {self.high:g}, so nobody lies within. Give "
                "low below high."
            )
        if (self.mean is None, self.median is None) != (self.sd is None, self.cv_percent is None) or (
            self.mean is not None and self.median is not None
        ):
            raise ModelError(
                "A spread is told in two ways or by half. Give mean and sd, or median and cv_percent, or "
                "low and high alone."
            )

    def within(self, low: float, high: float) -> "Spread":
        """Return the same spread between ends that may be nearer."""
        return replace(self, low=max(low, self.low), high=min(high, self.high))

    def draw(self, stream: np.random.Generator, n: int) -> FloatArray:
        """Draw ``n`` values, some of which may lie outside the ends, shape (n,)."""
        if self.mean is not None and self.sd is not None:
            return self.mean + self.sd * stream.standard_normal(n)
        if self.median is not None and self.cv_percent is not None:
            deviation = np.sqrt(log(1 + (self.cv_percent / 100) ** 2))
            drawn: FloatArray = self.median * np.exp(deviation * stream.standard_normal(n))
            return drawn
        return stream.uniform(self.low, self.high, n)


@dataclass(frozen=True, slots=True)
class Study:
    """A virtual cohort that gets a course; the same study gives the same members everywhere.

    Attributes
    ----------
    model : str
        Id of a published model.
    session : Regimen
        What is given in one session, in hours from its begin; mg of base, or mg/kg with ``per_kg``.
    members : int
        How many persons.
    per_kg : bool
        Whether the amounts of ``session`` are per kg of each member's own weight.
    sessions_h : tuple of float
        When each session begins, h; the first is 0.
    person : Person
        What all members share: a fixed weight or age, a liver, drugs, what is known not to hold.
    weights, ages : Spread or None
        How weights (kg) and ages (years) spread, independently of each other; None for those of ``person``.
    levels : tuple of (str, float)
        Analytes with levels, ng/mL, above which hours are counted.
    until_h : float or None
        How far to look, h; 24 h after the begin of the last session if left out.
    seed : int
        Where the streams of random numbers begin.
    piece_members : int
        Members of a piece, a multiple of the block: part of the study, never of the machine that runs it.

    Raises
    ------
    ModelError, OutsideDomain
        If a number has no meaning; the sentence says which.

    Examples
    --------
    >>> from posology.pharmacology import Substance, infusion
    >>> study = Study(
    ...     "ketamine-otto-2021", infusion(Substance.KETAMINE, 0.5, 40), members=1000, per_kg=True,
    ...     sessions_h=(0.0, 72.0), weights=Spread(45, 120, mean=78, sd=15), person=Person(age_years=40),
    ... )
    >>> study.pieces
    1
    """

    model: str
    session: Regimen
    members: int
    per_kg: bool = False
    sessions_h: tuple[float, ...] = (0.0,)
    person: Person = field(default_factory=Person)
    weights: Spread | None = None
    ages: Spread | None = None
    levels: tuple[tuple[str, float], ...] = ()
    until_h: float | None = None
    seed: int = DEFAULT_SEED
    piece_members: int = PIECE

    def __post_init__(self) -> None:
        _check_size(self)
        _check_course(self)
        for name, spread, fixed in (
            ("weight", self.weights, self.person.weight_kg),
            ("age", self.ages, self.person.age_years),
        ):
            if spread is not None and fixed is not None:
                raise ModelError(
                    f"The study gives one {name} for all and a spread of it, and one alone can hold. "
                    "Leave one out."
                )
        for analyte, level in self.levels:
            if not (isfinite(level) and level > 0):
                raise OutsideDomain(
                    f"The level of {analyte} is {level:g} ng/mL, above which nothing can be counted. Give "
                    "one above 0."
                )
        if len(set(self.levels)) < len(self.levels):
            raise ModelError("A level stands twice in the study. Give each once.")

    @property
    def pieces(self) -> int:
        """How many pieces it has; the last may be smaller than the others."""
        return -(-self.members // self.piece_members)

    @property
    def end_h(self) -> float:
        """How far the study looks, h from the begin of the first session."""
        return self.sessions_h[-1] + _AFTER_THE_LAST_H if self.until_h is None else self.until_h

    def course(self, weight_kg: float | None) -> Regimen:
        """Return all doses for a weight, mg.

        Raises
        ------
        OutsideDomain
            If the dose goes by a weight that is not known.
        """
        return self.one_session(weight_kg).repeated(self.sessions_h)

    def one_session(self, weight_kg: float | None) -> Regimen:
        """Return the doses of one session for a weight, mg; see :meth:`course`."""
        if not self.per_kg:
            return self.session
        if weight_kg is None:
            raise OutsideDomain(
                "The dose is per kg, and the study gives no weight. Give one weight, or a spread of weights."
            )
        return Regimen(
            tuple(replace(dose, amount_mg=dose.amount_mg * weight_kg) for dose in self.session.doses)
        )

    def as_data(self) -> Mapping[str, Any]:
        """Return the study in JSON's own types, for its digest and for people."""
        return {
            "model": self.model,
            "session": [_dose(dose) for dose in self.session.doses],
            "per_kg": self.per_kg,
            "sessions_h": list(self.sessions_h),
            "until_h": self.end_h,
            "members": self.members,
            "seed": self.seed,
            "piece_members": self.piece_members,
            "person": {one.name: _plain(getattr(self.person, one.name)) for one in fields(Person)},
            "weights_kg": _spread(self.weights),
            "ages_years": _spread(self.ages),
            "levels_ng_per_mL": [list(level) for level in self.levels],
        }

    @property
    def digest(self) -> str:
        """The name of the study: 64 hexadecimal digits; another study has another."""
        told = json.dumps(self.as_data(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(told.encode()).hexdigest()


def _check_size(study: Study) -> None:
    if not 1 <= study.members <= _MOST_MEMBERS:
        raise ModelError(
            f"A study of {study.members} members cannot be run. Give 1 to {_MOST_MEMBERS:,} members."
        )
    if not 0 <= study.seed < _MOST_SEED:
        raise ModelError(
            f"The seed {study.seed} is not one of 0 to {_MOST_SEED - 1}. Give a whole number there."
        )
    if study.piece_members < BLOCK or study.piece_members % BLOCK:
        raise ModelError(
            f"Pieces of {study.piece_members} members cannot be made: they are drawn in blocks of {BLOCK}. "
            f"Give a multiple of {BLOCK}."
        )


def _check_course(study: Study) -> None:
    hours = study.sessions_h
    if not hours or hours[0] != 0.0 or len(hours) > _MOST_SESSIONS:
        raise ModelError(
            f"The sessions do not begin at 0 h, or there are more than {_MOST_SESSIONS} of them. Count hours "
            "from the begin of the first."
        )
    if study.session.start_h != 0.0:
        raise ModelError(
            "The first dose of the session does not begin at 0 h. Count from the session's begin."
        )
    ends = (*hours[1:], study.end_h)
    for begin, end in zip(hours, ends, strict=True):
        if not (isfinite(end) and end - begin > study.session.end_h):
            raise ModelError(
                f"The session at {begin:g} h has not ended at {end:g} h, where the next begins or the study "
                "ends. Give hours that rise by more than a session lasts."
            )


def _dose(dose: Dose) -> dict[str, Any]:
    return {one.name: _plain(getattr(dose, one.name)) for one in fields(Dose)}


def _spread(spread: Spread | None) -> dict[str, Any] | None:
    return None if spread is None else {one.name: getattr(spread, one.name) for one in fields(Spread)}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

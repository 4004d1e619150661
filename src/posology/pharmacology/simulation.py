"""What a dose becomes: the typical curve, the band of a cohort around it, and what belongs beside both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from posology.knowledge.schema.common import Substance
from posology.knowledge.schema.pk import PkModelFile
from posology.knowledge.schema.pk_parts import Flag
from posology.pharmacology.covariates import Adjusted, adjust
from posology.pharmacology.domain import Remark, check_domain, check_given, time_remarks
from posology.pharmacology.errors import ModelError, OutsideDomain
from posology.pharmacology.exposure import Exposure, exposures
from posology.pharmacology.levels import time_above
from posology.pharmacology.model import Model, load
from posology.pharmacology.people import Person
from posology.pharmacology.population import Band, Cohort, bands, check_whole_persons, draw_cohort, typical
from posology.pharmacology.regimens import Regimen
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import Part
from posology.pharmacology.stepping import simulate as run

DEFAULT_MEMBERS = 1000
DEFAULT_SEED = 20261123

# Bookkeeping: a table of more numbers than this would fill the memory of a small machine (2 GB), and a band
# of fewer members has none outside its widest part.
_MOST_NUMBERS = 250_000_000
_FEWEST_MEMBERS = 40

_FEW = "The band is drawn from {n} members alone, too few for its outer part."
_WORSE_LAST = (Flag.MEASURED, Flag.SECOND_HAND, Flag.DERIVED, Flag.RECALLED, Flag.ASSUMED)


@dataclass(frozen=True)
class Simulation:
    """Concentrations over time, with everything that a reader must know beside them.

    Attributes
    ----------
    model : PkModelFile
        The model that was run: its site, population, flags and limits.
    regimen : Regimen
        What was given.
    person : Person
        For whom.
    t_h : ndarray of float, shape (n_times,)
        Times, h.
    typical_ng_per_mL : mapping of str to ndarray of float, shape (n_times,)
        By analyte: the curve of the typical person of this weight and age.
    members_ng_per_mL : mapping of str to ndarray of float, shape (n_times, n_members)
        By analyte: one curve a member of the cohort; empty for a model without a spread.
    remarks : tuple of Remark
        Why to trust it less than usual, in the words of the model's file.
    """

    model: PkModelFile
    regimen: Regimen
    person: Person
    t_h: FloatArray
    typical_ng_per_mL: Mapping[str, FloatArray]
    members_ng_per_mL: Mapping[str, FloatArray]
    remarks: tuple[Remark, ...]
    parts: tuple[Part, ...] = field(repr=False)
    factors: Mapping[str, FloatArray] = field(repr=False)
    covariate_flags: tuple[Flag, ...] = field(default=(), repr=False)
    cohort: Cohort | None = field(default=None, repr=False)

    @property
    def site(self) -> str:
        """Where the blood is drawn that the curve speaks of: venous or arterial."""
        return self.model.site

    @property
    def analytes(self) -> tuple[str, ...]:
        """What was computed, in the order of the model's file."""
        return tuple(self.typical_ng_per_mL)

    @property
    def has_band(self) -> bool:
        """Whether the model was published with a spread between persons."""
        return bool(self.members_ng_per_mL)

    def bands(self, analyte: str) -> tuple[Band, ...]:
        """Return the bands that hold 50, 80 and 95 % of the cohort, ng/mL; none without a spread."""
        return self._ranked[analyte][0] if self.has_band else ()

    def median_ng_per_mL(self, analyte: str) -> FloatArray:
        """Return the median of the cohort at each time, or the typical curve where there is no cohort."""
        return self._ranked[analyte][1] if self.has_band else self.typical_ng_per_mL[analyte]

    @cached_property
    def _ranked(self) -> Mapping[str, tuple[tuple[Band, ...], FloatArray]]:
        return {name: bands(curves) for name, curves in self.members_ng_per_mL.items()}

    @cached_property
    def exposures(self) -> Mapping[str, Exposure]:
        """By analyte: Cmax (ng/mL), tmax (h) and AUC (ng·h/mL) from the first dose to the last time, exactly.

        The last member is the typical person; those before are the cohort, if there is one.
        """
        found = exposures(self.parts, self.analytes, float(self.t_h[-1]))
        return {
            name: Exposure(one.Cmax * self.factors[name], one.tmax_h, one.AUC * self.factors[name])
            for name, one in found.items()
        }

    def hours_above(self, analyte: str, level_ng_per_mL: float) -> FloatArray:
        """Return how long each member stays above a level, h; the last member is the typical person.

        Raises
        ------
        OutsideDomain
            If the level is no number of 0 or more.
        """
        if not 0 <= level_ng_per_mL < np.inf:
            raise OutsideDomain(
                f"A level of {level_ng_per_mL:g} ng/mL is none that blood can hold, so no hours are counted. "
                "Give a number of 0 or more."
            )
        level = level_ng_per_mL / self.factors[analyte]
        return time_above(self.parts, analyte, level, float(self.t_h[-1]))

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """How the numbers behind the curve were come by, the least sure last.

        Those of scaling, racemate, liver, drugs, extremes of weight and study populations count too.
        """
        mine = [one for name, one in self.model.parameters.items() if self._is_used(name)]
        used = {one.flag for one in mine}
        used |= {flag for one in mine if (flag := getattr(one.scaling, "flag", None)) is not None}
        if self.model.racemate is not None and self.regimen.substance is Substance.KETAMINE:
            used.add(Flag.DERIVED)
        used |= set(self.covariate_flags)
        if self.person.study_population is not None:
            used |= {one.flag for one in self.model.study_population_effects}
        return tuple(flag for flag in _WORSE_LAST if flag in used)

    def _is_used(self, name: str) -> bool:
        depots = {"intramuscular": "_im", "subcutaneous": "_sc", "oral": "_oral", "nasal": "_nasal"}
        given = {route.value for route in self.regimen.routes}
        return all(route in given for route, end in depots.items() if name.endswith(end))


def simulate(
    model: str | Model,
    regimen: Regimen,
    person: Person,
    *,
    t_h: FloatArray | None = None,
    plan: Regimen | None = None,
    cohort: Cohort | None = None,
    members: int = DEFAULT_MEMBERS,
    seed: int = DEFAULT_SEED,
) -> Simulation:
    """Run a published model for one person, with the band of a cohort of such persons.

    Parameters
    ----------
    model : str or Model
        A model or its id.
    regimen : Regimen
        What is given; mg of base, h.
    person : Person
        For whom. What the model needs and does not get, it asks for.
    t_h : ndarray of float, shape (n_times,), optional
        When to look, h; from the first dose to 24 h after the last, every 5 minutes, if left out.
    plan : Regimen, optional
        What was meant to be given, where ``regimen`` is what has been given so far: the bounds are held
        against the plan, since three minutes of an infusion are no rapid bolus. What has been given is held
        against them where it is another thing than the plan, or more than the model may be run for.
    cohort : Cohort, optional
        Whose deviations to take; drawn from the model otherwise.
    members : int
        Size of the cohort that is drawn; 0 for the typical person alone. The first members are the same
        persons whatever their number, and their curves agree to 1e-13 of a value, not to the last bit: arrays
        of another width are rounded in another order.
    seed : int
        Where its streams of random numbers begin.

    Returns
    -------
    Simulation
        Curves in ng/mL, bands, exposures, and the sentences that belong beside them.

    Raises
    ------
    OutsideDomain, Mixed, ModelError
        If the model must not be run for this person or this regimen; the sentence says why.
    """
    chosen = load(model) if isinstance(model, str) else model
    remarks = check_domain(chosen.file, person, regimen if plan is None else plan)
    if plan is not None:
        check_given(chosen.file, person, regimen)
    adjusted = adjust(chosen.file, person, regimen)
    looks = default_times(regimen) if t_h is None else np.asarray(t_h, dtype=float)
    check_whole_persons(members)
    _check_size(chosen, looks.size, members if cohort is None else cohort.n_members)
    group = _cohort(chosen, cohort, members, seed)
    everyone = group.with_typical() if group else typical(chosen.file)
    parts = tuple(part.pruned() for part in chosen.parts(regimen, person, everyone, adjusted.changes))
    factors: dict[str, FloatArray] = {}
    factors |= {name: _factor(chosen, adjusted, name, everyone) for name in chosen.file.analytes}
    curves = _curves(parts, looks, factors)
    _check_numbers(chosen, curves)
    remarks = (*remarks, *time_remarks(chosen.file, regimen, looks))
    if group and group.n_members < _FEWEST_MEMBERS:
        remarks = (*remarks, Remark("members", _FEW.format(n=group.n_members)))
    return Simulation(
        model=chosen.file,
        regimen=regimen,
        person=person,
        t_h=looks,
        typical_ng_per_mL={name: table[:, -1] for name, table in curves.items()},
        members_ng_per_mL={name: table[:, :-1] for name, table in curves.items()} if group else {},
        remarks=_all_remarks(remarks, adjusted),
        parts=parts,
        factors=factors,
        covariate_flags=adjusted.flags,
        cohort=group,
    )


def default_times(regimen: Regimen) -> FloatArray:
    """Return times every 5 minutes from the first dose to 24 h after the last one has been given."""
    length_h = regimen.end_h - regimen.start_h + 24.0
    return regimen.start_h + np.arange(round(length_h * 12) + 1) / 12.0


def _check_size(model: Model, n_times: int, n_members: int) -> None:
    """Refuse what would not fit in memory, before anything is drawn."""
    numbers = n_times * (max(n_members, 0) + 1) * len(model.file.analytes)
    if numbers > _MOST_NUMBERS:
        raise ModelError(
            f"{n_members:,} members at {n_times:,} times are {numbers:,} numbers, more than are held at once "
            f"({_MOST_NUMBERS:,}). Give fewer members or times, or run them as a study in pieces."
        )


def _check_numbers(model: Model, curves: Mapping[str, FloatArray]) -> None:
    """Refuse a curve that is no number: an amount or a weight so large or small that it cannot be computed.

    A sum is enough to see it: one that is no number, or without end, makes the whole sum so.
    """
    for name, table in curves.items():
        if not np.isfinite(table.sum()):
            raise OutsideDomain(
                f"The curve of {name} by {model.file.id} comes to no number, so the amounts, the times or "
                "the person cannot be real. Give them anew."
            )


def _all_remarks(remarks: tuple[Remark, ...], adjusted: Adjusted) -> tuple[Remark, ...]:
    return tuple(dict.fromkeys((*remarks, *adjusted.remarks)))


def _cohort(model: Model, given: Cohort | None, members: int, seed: int) -> Cohort | None:
    """The cohort of the band; none where the model has no spread or none is wanted."""
    if given is not None:
        if given.model != model.file.id:
            raise ModelError(
                f"The cohort was drawn from {given.model}, and the model is {model.file.id}. Spreads of two "
                "models are not mixed; draw a cohort from this one."
            )
        return given
    if members == 0 or not any(one.between for one in model.file.parameters.values()):
        return None
    return draw_cohort(model.file, members, seed=seed)


def _factor(model: Model, adjusted: Adjusted, analyte: str, everyone: Cohort) -> FloatArray:
    """What the output of each member is multiplied by to be ng/mL of the analyte; the typical one is last."""
    factor = np.full(everyone.n_members, model.factor(analyte))
    spread = adjusted.spread(analyte, everyone.n_members - 1)
    if spread is not None:
        factor[:-1] *= spread
    return factor


def _curves(
    parts: tuple[Part, ...], t_h: FloatArray, factors: Mapping[str, FloatArray]
) -> Mapping[str, FloatArray]:
    """Add up what the parts show, ng/mL, by analyte."""
    total: dict[str, FloatArray] = {}
    for part in parts:
        shown = run(part.cascade, part.inputs, t_h)
        for name in factors:
            if name in total:
                total[name] += shown[name]
            else:
                total[name] = shown[name]
    for name, factor in factors.items():
        if (factor != 1.0).any():
            total[name] *= factor
    return total

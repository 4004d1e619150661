"""A pharmacokinetic model as a file: who was studied, its parameters with their spread, and where it holds.

A model computes what a simulation shows. It decides nothing, and no dose follows from it.
"""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from posology.knowledge.schema.common import (
    Certainty,
    Cited,
    Header,
    Number,
    Strict,
    Substance,
    Texts,
    Whole,
)
from posology.knowledge.schema.pk_structures import STRUCTURES, StructureName, dimension_of, is_fraction
from posology.quantities import UNITS


class Flag(StrEnum):
    """How a number was come by; shown wherever a result that rests on it is shown."""

    MEASURED = "measured"  # read in the source's own text
    SECOND_HAND = "second-hand"  # read in a transcription of the source
    RECALLED = "recalled"  # nobody read it here
    DERIVED = "derived"  # worked out from numbers that were read
    ASSUMED = "assumed"  # no document gives it


_CERTAINTY = {
    Flag.MEASURED: Certainty.VERIFIED,
    Flag.SECOND_HAND: Certainty.SECONDARY,
    Flag.RECALLED: Certainty.NOT_VERIFIED,
    Flag.DERIVED: Certainty.DERIVED,
    Flag.ASSUMED: Certainty.NOT_VERIFIED,
}
PkRoute = Literal[
    "intravenous", "intramuscular", "subcutaneous", "nasal", "oral", "sublingual", "rectal"
]  # the last only in what was observed
Analyte = Literal["ketamine", "norketamine", "hydroxynorketamine"]
Site = Literal["venous", "arterial"]
Sentence = Annotated[str, Field(pattern=r"^[^a-z].*[.]$", max_length=320)]
Where = str | None


class Flagged(Cited):
    """A number of a model with its flag and its sources. The certainty follows from the flag alone."""

    flag: Flag

    @model_validator(mode="before")
    @classmethod
    def _certainty_of_its_flag(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        if "certainty" in given:
            raise ValueError("it has a certainty; write its flag, from which the certainty follows")
        flag = given.get("flag")
        # Where the flag is none, its own fault is told; the certainty is only a place-holder until then.
        known = Flag(flag) if isinstance(flag, str) and flag in set(Flag) else Flag.RECALLED
        return {**given, "certainty": _CERTAINTY[known]}

    @model_validator(mode="after")
    def _says_where_it_comes_from(self) -> "Flagged":
        """Ask for a source alone: the numbers of a model have no ids in the sheets, only rows have."""
        if not self.sources:
            raise ValueError("it names no source; add one that stands in sources.yaml")
        return self


def check_unit(unit: str, *dimensions: str) -> None:
    """Refuse a unit that is not in the closed table, or measures something else than what was asked for.

    Raises
    ------
    ValueError
        With what was found and what to write instead.
    """
    if unit not in UNITS:
        raise ValueError(f"'{unit}' is not a UCUM code that is read here; use one of {', '.join(UNITS)}")
    if dimensions and UNITS[unit].dimension not in dimensions:
        fit = [code for code, one in UNITS.items() if one.dimension in dimensions]
        raise ValueError(f"'{unit}' is a {UNITS[unit].dimension}; use one of {', '.join(fit)}")


# ---------------------------------------------------------------- parameters


class PowerOfWeight(Strict):
    """The parameter is multiplied by (weight / reference) to a power."""

    covariate: Literal["weight"]
    reference: Number = Field(gt=0)
    unit: Literal["kg"]
    exponent: Number


class SlopeOfAge(Strict):
    """Above an age the parameter changes by so much for each year."""

    covariate: Literal["age"]
    above: Number = Field(gt=0)
    unit: Literal["a"]
    slope: Number
    slope_unit: str

    @model_validator(mode="after")
    def _has_a_unit(self) -> "SlopeOfAge":
        check_unit(self.slope_unit, "clearance per year of age")
        return self


class Between(Strict):
    """How far persons differ, as it was published: a log-normal variance, a CV, a deviation, or not at all.

    ``variance`` is ω² on the logarithm; ``cv_percent`` is of the parameter, so that ω² = ln(1 + CV²);
    ``sd`` stands on the scale that ``on`` names; ``try_sd`` are deviations on the logarithm to run one after
    the other where the paper has a spread and does not print it.
    """

    variance: Number | None = Field(default=None, ge=0)
    cv_percent: Number | None = Field(default=None, ge=0)
    sd: Number | None = Field(default=None, ge=0)
    on: Literal["logit"] | None = None
    try_sd: tuple[Number, ...] = ()

    @model_validator(mode="after")
    def _has_one_form(self) -> "Between":
        if sum((self.variance is not None, self.cv_percent is not None, self.sd is not None,
                bool(self.try_sd))) != 1:  # fmt: skip
            raise ValueError("a spread has exactly one of variance, cv_percent, sd, try_sd")
        if (self.sd is None) != (self.on is None):
            raise ValueError("sd and on go together; say on which scale it stands")
        if any(sd < 0 for sd in self.try_sd) or list(self.try_sd) != sorted(set(self.try_sd)):
            raise ValueError("try_sd is a rising list of numbers, none below 0")
        return self


class BetweenOccasions(Strict):
    """How far one person differs from session to session, a log-normal variance."""

    variance: Number = Field(ge=0)


class Range(Strict):
    """Two bounds, the lower one first."""

    low: Number
    high: Number

    @model_validator(mode="after")
    def _rises(self) -> "Range":
        if self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        return self


class Parameter(Flagged):
    """One parameter of a structure: its typical value, what it changes with, and how far persons differ."""

    value: Number = Field(gt=0)
    unit: str
    where: Where = None
    scaling: Annotated[PowerOfWeight | SlopeOfAge, Field(discriminator="covariate")] | None = None
    between: Between | None = None
    between_occasion: BetweenOccasions | None = None
    plausible: Range | None = None  # of a value that was derived or assumed
    note: str | None = None


class Covariance(Flagged):
    """How two parameters vary together, on the logarithm."""

    parameters: Annotated[tuple[str, str], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)]
    covariance: Number
    where: Where = None


class Additive(Strict):
    """A residual error that does not grow with the concentration."""

    value: Number = Field(gt=0)
    unit: str

    @model_validator(mode="after")
    def _has_a_unit(self) -> "Additive":
        check_unit(self.unit, "drug concentration in blood", "amount concentration in blood")
        return self


class Residual(Flagged):
    """What the model leaves unexplained of one measured concentration."""

    proportional_sd: Number | None = Field(default=None, gt=0)
    log_sd: Number | None = Field(default=None, gt=0)
    additive: Additive | None = None
    where: Where = None
    note: str | None = None

    @model_validator(mode="after")
    def _has_one_form(self) -> "Residual":
        if (self.proportional_sd is None) == (self.log_sd is None):
            raise ValueError("a residual has exactly one of proportional_sd, log_sd")
        return self


class StudyPopulationEffect(Flagged):
    """A difference between study populations. It is offered, and never on by itself."""

    id: str
    population: Literal["asian", "japanese"]
    parameter: str
    multiplier: Number = Field(gt=0)
    note: str | None = None


class Stated(Flagged):
    """A number that was published beside the parameters and that the structure does not take."""

    value: Number
    unit: str
    say: Sentence

    @model_validator(mode="after")
    def _has_a_unit(self) -> "Stated":
        check_unit(self.unit)
        return self


class MolarMass(Flagged):
    """Molar masses of the free bases, g/mol, by analyte."""

    values: dict[Analyte, Annotated[Number, Field(gt=0)]]


# ---------------------------------------------------------------- who was studied, and where it holds


class Spread(Strict):
    """A characteristic of those who were studied, as far as it was published."""

    low: Number | None = None
    high: Number | None = None
    median: Number | None = None
    mean: Number | None = None
    sd: Number | None = None
    unit: str

    @model_validator(mode="after")
    def _is_ordered(self) -> "Spread":
        check_unit(self.unit, "age", "body mass")
        if (self.low is None) != (self.high is None):
            raise ValueError("it has one end; write low and high, or neither")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        return self


class Population(Flagged):
    """Who was studied, in one sentence and in the numbers that were published."""

    n: Whole = Field(ge=1)
    healthy: Whole | None = None
    patients: Whole | None = None
    age: Spread | None = None
    weight: Spread | None = None
    female_percent: Number | None = Field(default=None, ge=0, le=100)
    doses: str
    sampling: str
    text: Sentence


What = Literal["age", "weight", "dose-per-kg", "dose", "duration", "time-after", "device-count"]
_MEASURES = {
    "age": "age",
    "weight": "body mass",
    "dose-per-kg": "dose per body mass",
    "dose": "drug mass",
    "duration": "time",
    "time-after": "time",
    "device-count": "count",
}


class Bound(Strict):
    """Between what the model holds, on some routes or on all, with the sentence that a clinician reads."""

    what: What
    routes: tuple[PkRoute, ...] = ()
    low: Number | None = None
    high: Number | None = None
    unit: str
    say: Sentence

    @model_validator(mode="after")
    def _bounds(self) -> "Bound":
        check_unit(self.unit, _MEASURES[self.what])
        if self.low is None and self.high is None:
            raise ValueError("it has no bound; write low, high, or both")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        return self


class Domain(Strict):
    """Outside ``hard`` the model is not run; outside ``soft`` it is, and its sentence stands beside."""

    hard: tuple[Bound, ...] = Field(min_length=1)
    soft: tuple[Bound, ...] = ()


class Racemate(Strict):
    """How a racemate is simulated from a model of the S-form."""

    method: Literal["s-plus-r-copy"]
    R_over_S_clearance: Parameter
    note: str | None = None


# ---------------------------------------------------------------- the file


class PkModelFile(Header):
    """One published model, as it was published; the engine turns it into numbers of one unit system."""

    kind: Literal["pk-model"]
    structure: StructureName
    site: Site
    site_note: str | None = None
    substances: Annotated[tuple[Substance, ...], Field(min_length=1)]
    analytes: Annotated[tuple[Analyte, ...], Field(min_length=1)]  # in the order of output
    routes: Annotated[tuple[PkRoute, ...], Field(min_length=1)]
    role: Literal["primary", "second-opinion", "driver"]
    role_by_route: dict[PkRoute, Literal["primary", "second-opinion", "driver"]] = Field(default={})
    level_of_evidence: Sentence
    # A metabolite's amount is carried as mass of its parent, or as moles, which asks for the molar masses.
    metabolites_carried_as: Literal["parent-mass", "moles"] = "parent-mass"
    molar_mass_g_per_mol: MolarMass | None = None
    parameters: dict[str, Parameter]
    between_covariances: tuple[Covariance, ...] = ()
    residual: dict[Analyte, Residual] = Field(default={})
    study_population_effects: tuple[StudyPopulationEffect, ...] = ()
    racemate: Racemate | None = None
    also_published: dict[str, Stated] = Field(default={})
    population: Population
    domain: Domain
    limits: Annotated[tuple[Sentence, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_its_structure(self) -> "PkModelFile":
        for problem in (*self._list_faults(), *self._parameter_faults(), *self._spread_faults()):
            raise ValueError(problem)
        return self

    def _list_faults(self) -> Iterator[str]:
        for name in ("substances", "analytes", "routes"):
            listed = getattr(self, name)
            if len(set(listed)) < len(listed):
                yield f"{name} name one entry twice; write each once"
        for route in self.role_by_route:
            if route not in self.routes:
                yield f"role_by_route names '{route}', which is none of its routes"
        for analyte in self.residual:
            if analyte not in self.analytes:
                yield f"residual names '{analyte}', which is none of its analytes"
        for bound in (*self.domain.hard, *self.domain.soft):
            if not set(bound.routes) <= set(self.routes):
                yield f"the bound of {bound.what} names a route that is none of the model's"
        if self.metabolites_carried_as == "moles" and (
            self.molar_mass_g_per_mol is None or set(self.molar_mass_g_per_mol.values) < set(self.analytes)
        ):
            yield "amounts in moles need the molar mass of every analyte under molar_mass_g_per_mol"
        if self.racemate is not None and not {"ketamine", "esketamine"} <= set(self.substances):
            yield "a racemate is simulated only by a model of ketamine and of esketamine; mend substances"

    def _parameter_faults(self) -> Iterator[str]:
        structure = STRUCTURES[self.structure]
        for name in structure.missing(set(self.parameters), self.routes, self.analytes):
            yield f"the structure '{self.structure}' needs the parameter '{name}', which is missing. Add it"
        for name, parameter in self.parameters.items():
            if name not in structure.known:
                yield f"the structure '{self.structure}' has no parameter '{name}'; mend its spelling"
            try:
                check_unit(parameter.unit, dimension_of(name))
            except ValueError as fault:
                yield f"{name}: {fault}"
            if is_fraction(name) and parameter.value > 1:
                yield f"{name} is {parameter.value}, and a fraction is no more than 1; mend it"
        for effect in self.study_population_effects:
            if effect.parameter not in self.parameters:
                yield f"the effect '{effect.id}' is on '{effect.parameter}', which is no parameter here"

    def _spread_faults(self) -> Iterator[str]:
        pairs = [frozenset(one.parameters) for one in self.between_covariances]
        if len(set(pairs)) < len(pairs):
            yield "one pair of parameters has two covariances; keep one of them"
        for pair in self.between_covariances:
            for name in pair.parameters:
                if name not in self.variances:
                    yield f"a covariance names '{name}', which has no variance here; give it one"
        if not positive_definite(self.variances, self.between_covariances):
            yield "the variances and covariances are not positive definite; read them again at the source"

    @property
    def variances(self) -> Mapping[str, Decimal]:
        """The parameters whose spread was published as a variance, in their order."""
        return {
            name: one.between.variance
            for name, one in self.parameters.items()
            if one.between is not None and one.between.variance is not None
        }


def positive_definite(variances: Mapping[str, Decimal], covariances: tuple[Covariance, ...]) -> bool:
    """Whether a covariance matrix has a Cholesky root; parameters without a covariance need none."""
    names = [name for name in variances if any(name in one.parameters for one in covariances)]
    given = {frozenset(one.parameters): float(one.covariance) for one in covariances}
    root: list[list[float]] = []
    for i, row in enumerate(names):
        root.append([])
        for j, column in enumerate(names[: i + 1]):
            wanted = float(variances[row]) if i == j else given.get(frozenset((row, column)), 0.0)
            rest = wanted - math.fsum(root[i][k] * root[j][k] for k in range(j))
            if i == j and rest <= 0:
                return False
            root[i].append(math.sqrt(rest) if i == j else rest / root[j][j])
    return True


__all__ = ["Analyte", "Bound", "Flag", "Flagged", "Parameter", "PkModelFile", "Texts", "check_unit"]

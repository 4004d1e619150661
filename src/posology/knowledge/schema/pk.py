"""A pharmacokinetic model as a file: who was studied, its parameters with their spread, and where it holds.

A model computes what a simulation shows. It decides nothing, and no dose follows from it.
"""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from posology.knowledge.schema.common import Header, Number, Strict, Substance
from posology.knowledge.schema.pk_domain import Domain, Population
from posology.knowledge.schema.pk_parts import (
    Analyte,
    Flag,
    Flagged,
    PkRoute,
    PlacedFault,
    Range,
    Sentence,
    Site,
    Where,
    check_unit,
)
from posology.knowledge.schema.pk_structures import STRUCTURES, StructureName, dimension_of, is_fraction

# ---------------------------------------------------------------- parameters


class PowerOfWeight(Strict):
    """The parameter is multiplied by (weight / reference) to a power."""

    covariate: Literal["weight"]
    reference: Number = Field(gt=0)
    unit: Literal["kg"]
    exponent: Number
    flag: Flag | None = None  # where it is not the parameter's own


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


class AlsoRun(Flagged):
    """Another value of what reaches the blood on some routes: the curve is run with it too, and both told."""

    id: str
    routes: Annotated[tuple[PkRoute, ...], Field(min_length=1)]
    analyte: Analyte
    bioavailability: Annotated[Number, Field(gt=0, le=1)]
    say: Sentence


class MolarMass(Flagged):
    """Molar masses of the free bases, g/mol, by analyte."""

    values: dict[Analyte, Annotated[Number, Field(gt=0)]]


class Racemate(Strict):
    """How a racemate is simulated from a model of the S-form.

    ``s-plus-r-copy``: half the dose as S, half as a copy with another clearance; ``twice-s``: all of it as S.
    """

    method: Literal["s-plus-r-copy", "twice-s"]
    R_over_S_clearance: Stated | None = None
    note: str

    @model_validator(mode="after")
    def _has_its_number(self) -> "Racemate":
        if (self.method == "s-plus-r-copy") != (self.R_over_S_clearance is not None):
            raise ValueError("s-plus-r-copy needs R_over_S_clearance, and twice-s has none")
        return self


# ---------------------------------------------------------------- the file

Placed = tuple[str, tuple[str | int, ...]]  # a fault in words, and which part of the file is meant


class PkModelFile(Header):
    """One published model, as it was published; the engine turns it into numbers of one unit system."""

    kind: Literal["pk-model"]
    structure: StructureName
    site: Site
    site_note: str | None = None
    substances: Annotated[tuple[Substance, ...], Field(min_length=1)]
    substances_by_route: dict[PkRoute, tuple[Substance, ...]] = Field(default={})  # where they are fewer
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
    also_run: tuple[AlsoRun, ...] = ()
    population: Population
    domain: Domain
    limits: Annotated[tuple[Sentence, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_its_structure(self) -> "PkModelFile":
        for problem, path in (*self._list_faults(), *self._parameter_faults(), *self._spread_faults()):
            raise PlacedFault(problem, *path)
        return self

    def _list_faults(self) -> Iterator[Placed]:
        for name in ("substances", "analytes", "routes"):
            listed = getattr(self, name)
            if len(set(listed)) < len(listed):
                yield f"{name} name one entry twice; write each once", (name,)
        for route in self.role_by_route:
            if route not in self.routes:
                yield f"role_by_route names '{route}', which is none of its routes", ("role_by_route",)
        for route, fewer in self.substances_by_route.items():
            if route not in self.routes or not set(fewer) < set(self.substances) or not fewer:
                yield (
                    f"substances_by_route of '{route}' does not name fewer substances of one of its routes",
                    ("substances_by_route", route),
                )
        for analyte in self.residual:
            if analyte not in self.analytes:
                yield f"residual names '{analyte}', which is none of its analytes", ("residual", analyte)
        for i, other in enumerate(self.also_run):
            if not set(other.routes) <= set(self.routes) or other.analyte not in self.analytes:
                yield f"'{other.id}' names a route or an analyte that is none of the model's", ("also_run", i)
        for part in ("hard", "soft"):
            for i, bound in enumerate(getattr(self.domain, part)):
                if not set(bound.routes) <= set(self.routes):
                    yield (
                        f"the bound of {bound.what} names a route that is none of the model's",
                        ("domain", part, i),
                    )
        if self.metabolites_carried_as == "moles" and (
            self.molar_mass_g_per_mol is None
            or not set(self.molar_mass_g_per_mol.values) >= set(self.analytes)
        ):
            yield (
                "amounts in moles need the molar mass of every analyte under molar_mass_g_per_mol",
                ("molar_mass_g_per_mol",),
            )
        both = {"ketamine", "esketamine"} <= set(self.substances)
        if self.racemate is not None and not both:
            yield (
                "a racemate is simulated only by a model of ketamine and of esketamine; mend substances",
                ("racemate",),
            )
        if self.racemate is None and both:
            yield (
                "it is of ketamine and of esketamine; say under racemate how one follows from the other",
                ("substances",),
            )

    def _parameter_faults(self) -> Iterator[Placed]:
        structure = STRUCTURES[self.structure]
        for name in self.parameters:
            if name not in structure.known:
                yield (
                    f"the structure '{self.structure}' has no parameter '{name}'; mend its spelling",
                    ("parameters", name),
                )
        for name in structure.missing(set(self.parameters), self.routes, self.analytes):
            yield (
                f"the structure '{self.structure}' needs the parameter '{name}', which is missing. Add it",
                ("parameters",),
            )
        for name, parameter in self.parameters.items():
            try:
                check_unit(parameter.unit, dimension_of(name))
            except ValueError as fault:
                yield str(fault), ("parameters", name, "unit")
            if is_fraction(name) and parameter.value > 1:
                yield (
                    f"it is {parameter.value}, and a fraction is no more than 1; mend it",
                    ("parameters", name, "value"),
                )
        for i, effect in enumerate(self.study_population_effects):
            if effect.parameter not in self.parameters:
                yield (
                    f"the effect '{effect.id}' is on '{effect.parameter}', which is no parameter here",
                    ("study_population_effects", i),
                )

    def _spread_faults(self) -> Iterator[Placed]:
        pairs = [frozenset(one.parameters) for one in self.between_covariances]
        if len(set(pairs)) < len(pairs):
            yield "one pair of parameters has two covariances; keep one of them", ("between_covariances",)
        for i, pair in enumerate(self.between_covariances):
            for name in pair.parameters:
                if name not in self.variances:
                    yield (
                        f"a covariance names '{name}', which has no variance here; give it one",
                        ("between_covariances", i),
                    )
        if not positive_definite(self.variances, self.between_covariances):
            yield (
                "the variances and covariances are not positive definite; read them again at the source",
                ("between_covariances",),
            )

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

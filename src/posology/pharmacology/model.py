"""A published model ready to run: its numbers in L, h and mg, for one person and the members of a cohort."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from posology.knowledge.models import pk_models
from posology.knowledge.schema.common import Route, Substance
from posology.knowledge.schema.pk import Parameter, PkModelFile, PowerOfWeight
from posology.pharmacology.domain import sessions_of
from posology.pharmacology.errors import ModelError, OutsideDomain
from posology.pharmacology.people import Person
from posology.pharmacology.population import Cohort, draw_occasion
from posology.pharmacology.regimens import Dose, Regimen
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import Part
from posology.pharmacology.stepping import Input
from posology.pharmacology.structures import STRUCTURES
from posology.quantities import UNITS, convert

# The one system of units within: each dimension of a parameter and what it is converted to.
_WITHIN = {
    "volume": "L",
    "clearance": "L/h",
    "rate constant": "1/h",
    "time": "h",
    "count": "1",
    "volume per body mass": "L/kg",
    "clearance per year of age": "L/h/a",
}
_MICRO = 1000.0  # doses go in as µg, so that what comes out per L is ng/mL

Changes = Mapping[str, float | FloatArray]


def load(model: str) -> "Model":
    """Return a model by its id.

    Raises
    ------
    ModelError
        If there is no such model; the sentence lists those that there are.
    """
    files = pk_models()
    if model not in files:
        raise ModelError(f"There is no model '{model}'. There are: {', '.join(sorted(files))}.")
    return Model(files[model])


@dataclass(frozen=True)
class Model:
    """One published model."""

    file: PkModelFile

    @cached_property
    def values(self) -> Mapping[str, float]:
        """Typical values in L, h and mg."""
        return {name: within(one.value, one.unit) for name, one in self.file.parameters.items()}

    def parts(
        self, regimen: Regimen, person: Person, cohort: Cohort, changes: Changes | None = None
    ) -> tuple[Part, ...]:
        """Return the systems to run with what goes into each: they add up.

        Parameters
        ----------
        regimen : Regimen
            What is given.
        person : Person
            For whom.
        cohort : Cohort
            Whose deviations to take.
        changes : mapping of str to float or ndarray of float, shape (n_members,), optional
            Multipliers of parameters, from the covariates.

        Returns
        -------
        tuple of Part
            One a form of the drug and, where sessions differ within a person, one a session. Amounts are in
            µg, so that outputs are ng/mL.

        Raises
        ------
        OutsideDomain
            If the model scales with something about the person that is not known, or a parameter comes to
            nothing or to no number.
        """
        made = []
        for occasion, doses in self._occasions(regimen):
            p = self.parameters(person, cohort, occasion=occasion, changes=changes or {})
            for share, values in self._forms(regimen.substance, p):
                cascade = STRUCTURES[self.file.structure](values)
                inputs = tuple(
                    one for dose in doses for one in _inputs(self.file.structure, dose, values, share)
                )
                made.append(Part(cascade, inputs))
        return tuple(made)

    def _occasions(self, regimen: Regimen) -> Iterator[tuple[int, Sequence[Dose]]]:
        """Part the doses by session where sessions differ within a person; each keeps its own numbers."""
        if any(one.between_occasion for one in self.file.parameters.values()):
            yield from enumerate(sessions_of(regimen), start=1)
        else:
            yield 0, regimen.doses

    def parameters(
        self, person: Person, cohort: Cohort, *, occasion: int = 0, changes: Changes
    ) -> Mapping[str, FloatArray]:
        """Return every parameter for each member, L, h, mg; arrays of shape (n_members,)."""
        within_person = draw_occasion(self.file, cohort, occasion) if occasion else {}
        made: dict[str, FloatArray] = {}
        for name, one in self.file.parameters.items():
            value = self._scaled(name, one, person) * changes.get(name, 1.0)
            value *= self._study_population(name, person)
            deviation = cohort.deviations.get(name, 0.0) + within_person.get(name, 0.0)
            if one.between is not None and one.between.on == "logit":
                made[name] = _share(self.values[name], deviation, value / self.values[name], cohort.n_members)
            else:
                made[name] = np.broadcast_to(value * np.exp(deviation), (cohort.n_members,))
        if "V1_per_kg" in made:
            made["V1"] = made["V1_per_kg"] * self._weight(person)
        self._check_whole(made)
        return made

    def _check_whole(self, made: Mapping[str, FloatArray]) -> None:
        """Refuse a volume, a flow or a rate of nothing: what divides by it comes to no number."""
        for name, values in made.items():
            # One comparison each, which no number that is none passes.
            if not (values.min() > 0 and values.max() < np.inf):
                wrong = float(values[~((values > 0) & (values < np.inf))][0])
                raise OutsideDomain(
                    f"The parameter {name} of {self.file.id} comes to {wrong:g} for somebody, and nobody has "
                    "such a one. Use no curve for this, and look at the numbers of the model and the person."
                )

    def _weight(self, person: Person) -> float:
        if person.weight_kg is None:
            raise OutsideDomain(
                f"The model {self.file.id} scales with weight, and the weight is not known. Give it in kg."
            )
        return person.weight_kg

    def _scaled(self, name: str, one: Parameter, person: Person) -> float:
        value = self.values[name]
        if isinstance(one.scaling, PowerOfWeight):
            value *= (self._weight(person) / float(one.scaling.reference)) ** float(one.scaling.exponent)
        elif one.scaling is not None:
            if person.age_years is None:
                raise OutsideDomain(
                    f"The model {self.file.id} changes with age, and the age is not known. Give it in years."
                )
            slope = within(one.scaling.slope, one.scaling.slope_unit)
            value += slope * max(0.0, person.age_years - float(one.scaling.above))
            if value <= 0:
                raise OutsideDomain(
                    f"At {person.age_years:g} years the model {self.file.id} has no {name} left: it was "
                    "not made for this age. Use no curve for this."
                )
        return value

    def _study_population(self, name: str, person: Person) -> float:
        """Return what a study population differs by, only if asked for; the Japanese count as Asian."""
        asked = {"japanese": ("japanese", "asian"), "asian": ("asian",)}.get(
            person.study_population or "", ()
        )
        product = 1.0
        for effect in self.file.study_population_effects:
            if effect.parameter == name and effect.population in asked:
                product *= float(effect.multiplier)
        return product

    def _forms(
        self, substance: Substance, p: Mapping[str, FloatArray]
    ) -> Iterator[tuple[float, Mapping[str, FloatArray]]]:
        """The forms that a dose holds, each with its share of the dose and its own numbers."""
        racemate = self.file.racemate
        if (
            substance is Substance.KETAMINE
            and racemate is not None
            and racemate.R_over_S_clearance is not None
        ):
            yield 0.5, p
            yield 0.5, {**p, "CL": p["CL"] * float(racemate.R_over_S_clearance.value)}
        else:
            yield 1.0, p

    def factor(self, analyte: str) -> float:
        """What an output is multiplied by to be ng/mL of the analyte itself."""
        if self.file.metabolites_carried_as != "moles":
            return 1.0
        assert self.file.molar_mass_g_per_mol is not None
        masses = self.file.molar_mass_g_per_mol.values
        return float(masses[analyte] / masses["ketamine"])  # type: ignore[index]


def within(value: Decimal, unit: str) -> float:
    """Convert a published number to L, h and mg."""
    return float(convert(value, unit, _WITHIN[UNITS[unit].dimension]))


def _share(
    typical: float, deviation: FloatArray | float, factor: FloatArray | float, n_members: int
) -> FloatArray:
    """A fraction whose spread is on the logit; a factor on top may not lift it above the whole."""
    odds = typical / (1 - typical) * np.exp(deviation)
    return np.broadcast_to(np.minimum(odds / (1 + odds) * factor, 1.0), (n_members,))


def _inputs(structure: str, dose: Dose, p: Mapping[str, FloatArray], share: float) -> Iterator[Input]:
    """What one dose puts into which port of a structure, µg."""
    amount = dose.amount_mg * share * _MICRO
    if dose.route is Route.INTRAVENOUS:
        yield Input("central", amount, dose.start_h, dose.duration_h)
    elif structure == "mammillary":
        yield Input({Route.INTRAMUSCULAR: "im", Route.SUBCUTANEOUS: "sc"}[dose.route], amount, dose.start_h)
    elif dose.route is Route.NASAL:
        taken = p["FRn"] if dose.device == 1 else p["FRn"] * p["FRn_later_devices"]
        yield Input("nasal", amount * taken, dose.start_h)
        yield Input("swallowed", amount * (1 - taken) * p["Fgut"], dose.start_h, float(p["D_swallowed"][0]))
    elif dose.route is Route.ORAL:
        yield Input("oral", amount * p["Fgut"], dose.start_h, float(p["D_oral"][0]))
    else:
        yield Input("mucosal", amount * p["F1"], dose.start_h, p["D1"])
        yield Input("gut", amount * p["F2"], dose.start_h, p["D2"])

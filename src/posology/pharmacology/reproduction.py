"""What a model reproduces and by how much it misses: every public observation beside the same thing computed.

Nothing is tuned here. A row that a model misses is shown as missed, and a row that cannot be asked of a model
says why. The tests, the passports and the table in the docs are made from these same rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import median

import numpy as np

from posology.knowledge.models import pk_models, pk_reference
from posology.knowledge.schema.common import Route, Substance
from posology.knowledge.schema.pk_rows import Design, Gate, Input, Observation, ReferenceRow
from posology.pharmacology.exposure import auc_to_infinity, exposures
from posology.pharmacology.model import Model
from posology.pharmacology.people import Person
from posology.pharmacology.population import typical
from posology.pharmacology.regimens import Dose, Regimen
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import Part
from posology.pharmacology.stepping import simulate as run
from posology.quantities import UNITS, convert

_DAY_H = 24.0


class Verdict(StrEnum):
    """How a row came out."""

    MET = "met"
    MISSED = "missed"
    NOT_GATED = "not gated"


@dataclass(frozen=True, slots=True)
class Point:
    """One number that was seen and the same one computed, in the unit of the observation."""

    at_h: float | None
    observed: float
    simulated: float

    @property
    def miss_percent(self) -> float:
        """By how much the computed number misses, in percent of what was seen."""
        return 100 * (self.simulated / self.observed - 1)


@dataclass(frozen=True, slots=True)
class Reproduced:
    """One observation of one row, with what a model makes of it."""

    row: str
    model: str
    observation: Observation
    points: tuple[Point, ...]
    verdict: Verdict

    @property
    def gate(self) -> Gate:
        """What was allowed, or why nothing was asked."""
        return self.observation.gate


def reproduce(model: str | None = None) -> tuple[Reproduced, ...]:
    """Hold the models against every public observation that is asked of one of them.

    Parameters
    ----------
    model : str, optional
        Only the observations that are asked of this model.

    Returns
    -------
    tuple of Reproduced
        In the order of the file.
    """
    found = []
    for name, row in pk_reference().rows.items():
        for observation in row.observations:
            asked = observation.gate.model
            if asked is not None and model in (None, asked):
                points = tuple(points_of(asked, row, observation))
                found.append(Reproduced(name, asked, observation, points, _verdict(observation.gate, points)))
    return tuple(found)


def not_gated() -> tuple[tuple[str, Observation], ...]:
    """Return the observations of which nothing is asked, with the id of their row."""
    return tuple(
        (name, observation)
        for name, row in pk_reference().rows.items()
        for observation in row.observations
        if observation.gate.model is None
    )


def _verdict(gate: Gate, points: tuple[Point, ...]) -> Verdict:
    misses = [abs(point.miss_percent) for point in points]
    if gate.kind == "within-range":
        assert gate.low is not None and gate.high is not None
        met = all(float(gate.low) <= point.simulated <= float(gate.high) for point in points)
    else:
        assert gate.percent is not None
        miss = median(misses) if gate.kind == "median-error" else max(misses)
        met = miss <= float(gate.percent)
    return Verdict.MET if met else Verdict.MISSED


# ------------------------------------------------------------------------------------------------- one row
def points_of(model: str, row: ReferenceRow, observation: Observation) -> Iterator[Point]:
    """Compute what was seen, point by point, with the typical person of a model."""
    chosen = Model(pk_models()[model])
    design = row.design
    regimen = _regimen(design, chosen)
    person = _person(design)
    parts, share = _measured(chosen, regimen, person, observation.of)
    factor = share * chosen.factor(observation.analyte)
    to_unit = _unit_of(chosen, observation)
    if observation.quantity == "clearance":
        dose_ug = share * sum(one.amount_mg for one in regimen.doses) * 1000
        form = 0.5 if len(parts) < len(chosen.parts(regimen, person, typical(chosen.file))) else 1.0
        cleared_L_per_h = form * dose_ug / (share * float(auc_to_infinity(parts, observation.analyte)[0]))
        yield Point(None, _seen(observation), _clearance(cleared_L_per_h, observation.unit, design))
        return
    if observation.quantity in {"cmax", "tmax", "auc"}:
        until_h = float(observation.to) if observation.to is not None else regimen.end_h + _DAY_H
        one = exposures(parts, (observation.analyte,), until_h)[observation.analyte]
        value = {"cmax": one.Cmax, "tmax": one.tmax_h, "auc": one.AUC}[observation.quantity]
        scale = 1.0 if observation.quantity == "tmax" else factor
        yield Point(None, _seen(observation), float(value[0]) * scale * to_unit)
        return
    times, seen = _looked_at(observation)
    curve = _curve(parts, observation.analyte, times)
    for hour, was, value in zip(times, seen, curve, strict=True):
        yield Point(hour, was, float(value) * factor * to_unit)


def _seen(observation: Observation) -> float:
    if observation.value is not None:
        return float(observation.value)
    assert observation.low is not None and observation.high is not None
    return float(observation.low + observation.high) / 2


def _looked_at(observation: Observation) -> tuple[list[float], list[float]]:
    if observation.curve:
        return [float(hour) for hour, _ in observation.curve], [
            float(value) for _, value in observation.curve
        ]
    assert observation.at is not None and observation.time_unit is not None
    return [float(convert(observation.at, observation.time_unit, "h"))], [_seen(observation)]


def _curve(parts: tuple[Part, ...], analyte: str, times: list[float]) -> FloatArray:
    looks = np.array([0.0, *times] if times[0] > 0 else times)
    total = np.zeros(looks.size)
    for part in parts:
        total += run(part.cascade, part.inputs, looks)[analyte][:, 0]
    return total[-len(times) :]


def _unit_of(model: Model, observation: Observation) -> float:
    """What ng/mL, ng·h/mL or h is multiplied by to be in the unit of the observation."""
    unit, dimension = observation.unit, UNITS[observation.unit].dimension
    if dimension == "amount concentration in blood":
        return 1 / float(_molar_mass(model, observation.analyte))
    basis = {"drug concentration in blood": "ng/mL", "exposure": "ng.h/mL", "time": "h"}.get(dimension)
    return float(convert(Decimal(1), basis, unit)) if basis else 1.0


def _molar_mass(model: Model, analyte: str | None) -> Decimal:
    """Return g/mol: the model's own, or those of another file, since a molecule weighs the same in each."""
    told = (file.molar_mass_g_per_mol for file in (model.file, *pk_models().values()))
    return next(known.values[analyte] for known in told if known and analyte in known.values)


def _clearance(value_L_per_h: float, unit: str, design: Design) -> float:
    if unit == "mL/min/kg":
        assert design.weight_kg is not None
        return value_L_per_h * float(convert(Decimal(1), "L/h", "mL/min")) / float(design.weight_kg)
    return value_L_per_h * float(convert(Decimal(1), "L/h", unit))


def _person(design: Design) -> Person:
    asked = "japanese" if "japanese" in design.study_population else None
    asked = asked or ("asian" if "asian" in design.study_population else None)
    weight = float(design.weight_kg) if design.weight_kg is not None else None
    age = float(design.age_a) if design.age_a is not None else None
    return Person(weight_kg=weight, age_years=age if age is not None else 40.0, study_population=asked)


def _regimen(design: Design, model: Model) -> Regimen:
    """The doses of a design that the structure of a model can take."""
    doses, device = [], 0
    for one in design.inputs:
        if one.route != "intravenous" and one.route not in model.file.routes:
            continue
        device += one.route == "nasal"
        start, lasting = (float(convert(t, one.time_unit, "h")) for t in (one.start, one.duration))
        amount = _amount(one, design, lasting)
        doses.append(Dose(Substance(one.substance), Route(one.route), amount, start, lasting, max(device, 1)))
    return Regimen(tuple(doses))


def _amount(one: Input, design: Design, lasting_h: float) -> float:
    """Amount of a dose in mg, whether it was told as such, for weight, or as a rate for weight."""
    value = float(one.dose)
    if "/kg" in one.unit:
        assert design.weight_kg is not None
        value *= float(design.weight_kg)
    per = one.unit.split("/")[-1]
    if per in {"h", "min"}:
        value *= lasting_h * float(convert(Decimal(1), "h", per))
    return value * float(convert(Decimal(1), one.unit.split("/")[0], "mg"))


def _measured(
    model: Model, regimen: Regimen, person: Person, of: Substance | None
) -> tuple[tuple[Part, ...], float]:
    """The systems whose outputs were measured, and what share of theirs: one form of a racemate, or all."""
    parts = model.parts(regimen, person, typical(model.file))
    if of is None or regimen.substance is not Substance.KETAMINE:
        return parts, 1.0
    if model.file.racemate is not None and model.file.racemate.R_over_S_clearance is not None:
        return parts[0::2] if of is Substance.ESKETAMINE else parts[1::2], 1.0
    return parts, 0.5

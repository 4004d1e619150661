"""What is run both ways because a paper leaves it open, told beside the curve with the numbers of each way.

Two things are open: how far persons differ in a number whose spread was named and not printed, and which of
two published shares of a dose reaches the blood. The curve is drawn one way; the other is computed here and
said in a sentence, so that nobody takes the drawn one for settled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from posology.knowledge.models import pk_models
from posology.knowledge.schema.common import Route
from posology.knowledge.schema.pk import AlsoRun, Between
from posology.pharmacology.covariates import adjust
from posology.pharmacology.domain import Remark
from posology.pharmacology.exposure import auc_to_infinity, exposures
from posology.pharmacology.lettering import analyte_name, exactly, shown
from posology.pharmacology.model import Model
from posology.pharmacology.people import Person
from posology.pharmacology.population import Cohort, rank, typical
from posology.pharmacology.regimens import single
from posology.pharmacology.simulation import Simulation
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import Part
from posology.pharmacology.stepping import Input
from posology.pharmacology.stepping import simulate as run

_MIDDLE = (0.1, 0.9)


def run_both(simulation: Simulation) -> tuple[Remark, ...]:
    """Return what is computed both ways for this dose and this person, in sentences.

    Parameters
    ----------
    simulation : Simulation
        The curve as it is drawn.

    Returns
    -------
    tuple of Remark
        None where the model's file leaves nothing open on the routes of the dose.
    """
    return (*_shares(simulation), *_spreads(simulation))


# ------------------------------------------------------------------ another share that reaches the blood
def _shares(simulation: Simulation) -> Iterator[Remark]:
    routes = {route.value for route in simulation.regimen.routes}
    for other in simulation.model.also_run:
        if routes <= set(other.routes):
            yield Remark("run both", _share_told(simulation, other))


def _share_told(simulation: Simulation, other: AlsoRun) -> str:
    """Say what the typical person's peak and area would be with the other share.

    All models are linear, and ketamine itself follows what reaches the blood in proportion.
    """
    model, name = Model(simulation.model), other.analyte
    share = bioavailability(simulation.model.id, simulation.regimen.routes[0], name)
    times = float(other.bioavailability) / share
    until_h = float(simulation.t_h[-1])
    parts = _parts(simulation, typical(simulation.model))
    drawn = exposures(parts, (name,), until_h)[name]
    peak, area = (float(one[0]) * model.factor(name) for one in (drawn.Cmax, drawn.AUC))
    return (
        f"{other.say} With it the typical peak would be {shown(peak * times)} ng/mL instead of "
        f"{shown(peak)}, and the area {shown(area * times)} ng·h/mL instead of {shown(area)}; drawn is "
        f"{shown(100 * share)} %."
    )


@cache
def bioavailability(model: str, route: Route, analyte: str) -> float:
    """Compute what share of a dose reaches the blood in a model's typical person.

    Parameters
    ----------
    model : str
        Id of a model whose structure has a central port.
    route : Route
        How the dose enters.
    analyte : str
        What is measured.

    Returns
    -------
    float
        The area after the dose over that after the same dose into the blood, of an adult of 40 years and
        70 kg with a healthy liver.
    """
    chosen = Model(pk_models()[model])
    regimen = single(chosen.file.substances[0], route, 1.0)
    (part,) = chosen.parts(regimen, Person(weight_kg=70.0, age_years=40.0), typical(chosen.file))
    straight = Part(part.cascade, (Input("central", 1000.0, 0.0, 1.0),))
    return float(auc_to_infinity([part], analyte)[0] / auc_to_infinity([straight], analyte)[0])


# ---------------------------------------------------------------------------- a spread that was not printed
def _spreads(simulation: Simulation) -> Iterator[Remark]:
    tried = {
        name: one.between
        for name, one in simulation.model.parameters.items()
        if one.between is not None and one.between.try_sd
    }
    cohort = simulation.cohort
    if not tried or cohort is None or not simulation.has_band:
        return
    narrow = _narrowed(cohort, tried)
    told = _spreads_told(simulation, narrow)
    names = " and ".join(tried)
    ends = ((float(one.try_sd[0]), float(one.try_sd[-1])) for one in tried.values())
    sizes = "; ".join(f"{exactly(low) or 0} and {exactly(high)}" for low, high in ends)
    yield Remark(
        "run both",
        f"How far persons differ in {names} was named and not printed, so an SD on the logarithm of {sizes} "
        f"was run; the wider is drawn. At the typical peak the middle 80 % lie, {', '.join(told)}.",
    )


def _narrowed(cohort: Cohort, tried: Mapping[str, Between]) -> Cohort:
    """The same persons, with the smallest of the tried spreads instead of the widest."""
    deviations = dict(cohort.deviations)
    for name, between in tried.items():
        if name in deviations:
            deviations[name] = deviations[name] * float(between.try_sd[0] / between.try_sd[-1])
    return replace(cohort, deviations=deviations)


def _spreads_told(simulation: Simulation, narrow: Cohort) -> Iterator[str]:
    """Say of each analyte between what the middle of the cohort lies at its typical peak, either way."""
    tops = {name: int(np.argmax(simulation.typical_ng_per_mL[name])) for name in simulation.analytes}
    # Along the looks of the curve: they share an interval, and each other interval costs more than its steps.
    t_h = simulation.t_h[: max(tops.values()) + 1]
    model = Model(simulation.model)
    shown_by_part = [run(part.cascade, part.inputs, t_h) for part in _parts(simulation, narrow)]
    for name, top in tops.items():
        # A scaled curve carries its scale in the factors, and the doses run here hold it already.
        factors = simulation.factors[name] / simulation.factors[name][-1] * model.factor(name)
        values = sum(table[name][top] for table in shown_by_part) * factors[:-1]
        wide = simulation.members_ng_per_mL[name][top]
        yield (
            f"of {analyte_name(name, simulation.regimen.substance)} between {_middle(values)} ng/mL with the "
            f"smaller and between {_middle(wide)} with the larger"
        )


def _middle(values: FloatArray) -> str:
    ranked = np.sort(values)[np.newaxis]
    return " and ".join(shown(float(rank(ranked, share)[0])) for share in _MIDDLE)


def _parts(simulation: Simulation, cohort: Cohort) -> tuple[Part, ...]:
    known = adjust(simulation.model, simulation.person, simulation.regimen)
    parts = Model(simulation.model).parts(simulation.regimen, simulation.person, cohort, known.changes)
    return tuple(part.pruned() for part in parts)

"""The curve of one dose for one person: by the model that is primary, with all that stands beside it.

Every model here is linear: twice the amount, given in the same way, is twice the concentration. Doses that
differ in nothing but their amount are one computation, scaled; what a model says of each dose is asked anew.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from math import ceil

import numpy as np

from posology.knowledge import Route, Substance
from posology.knowledge.schema.pk_effects import ConcentrationRange
from posology.pharmacology.choice import BY_ROUTE, dissociation_range, primary_model, second_opinion
from posology.pharmacology.covariates import adjust
from posology.pharmacology.model import load
from posology.pharmacology.people import Person
from posology.pharmacology.population import typical
from posology.pharmacology.regimens import Regimen, devices, infusion, single
from posology.pharmacology.simulation import DEFAULT_MEMBERS, DEFAULT_SEED, Simulation, simulate
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.stepping import simulate as run
from posology.quantities import DomainError
from posology.recommendation.curve_people import Subject

# Bookkeeping of a picture, no clinical numbers: how far it looks, and where the rows of its table stand.
HOURS_SHOWN = 4.0
LOOKS_MIN = (0, 5, 10, 20, 30, 40, 60, 90, 120, 180, 240)
_STEP_MIN = 5
_SAME_H = 1e-9
_PARTS = 16


class NoCurve(DomainError):
    """A dose whose curve cannot be drawn as it was described."""

    code = "no-curve"


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest point of the typical person's curve, within 0.1 % of the exact one."""

    Cmax_ng_per_mL: float
    tmax_h: float


@dataclass(frozen=True)
class Curve:
    """The simulated curve of one dose for one person, with what belongs beside it.

    Attributes
    ----------
    simulation : Simulation
        Typical curve, cohort and remarks, by the model that is primary for the substance and route.
    peak : Peak
        Of the typical person, exact between the looks.
    beside : Simulation or None
        The second opinion, typical person alone; None where no other model agrees in site and substance.
    level : ConcentrationRange or None
        The range that the literature links with dissociation, where one is known of this substance.
    weighed_at : datetime or None
        When the weight was measured that the curve rests on.
    """

    simulation: Simulation
    peak: Peak
    beside: Simulation | None
    level: ConcentrationRange | None
    weighed_at: datetime | None


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One row of a curve's table: when, the typical person, and between what the bands lie, ng/mL.

    ``middle_80`` and ``middle_95`` are ``None`` for a model that was published without a spread.
    """

    t_min: float
    typical_ng_per_mL: float
    middle_80_ng_per_mL: tuple[float, float] | None
    middle_95_ng_per_mL: tuple[float, float] | None


def planned(
    substance: Substance,
    route: Route,
    dose_mg: Decimal,
    *,
    minutes: Decimal | int | None = None,
    devices: int | None = None,
    rest_minutes: Decimal | None = None,
) -> Regimen:
    """Return one planned dose as the models take it.

    Parameters
    ----------
    substance : Substance
        What is given.
    route : Route
        How it enters.
    dose_mg : Decimal
        The whole dose of the session, mg of base.
    minutes : Decimal or int, optional
        How long an infusion takes, min.
    devices : int, optional
        Among how many nasal devices the dose is shared.
    rest_minutes : Decimal, optional
        From one device to the next, min.

    Raises
    ------
    NoCurve
        If an infusion has no minutes, or a nasal dose no devices.
    OutsideDomain
        If an amount or a time has no meaning.
    """
    if route is Route.INTRAVENOUS:
        if minutes is None:
            raise NoCurve("The minutes of the infusion are not known, so no curve is drawn. Give them.")
        return infusion(substance, float(dose_mg), float(minutes))
    if route is Route.NASAL:
        return _devices(substance, dose_mg, devices, rest_minutes)
    return single(substance, route, float(dose_mg))


def _devices(
    substance: Substance, dose_mg: Decimal, count: int | None, rest_minutes: Decimal | None
) -> Regimen:
    if substance is not Substance.ESKETAMINE:
        return single(substance, Route.NASAL, float(dose_mg))  # for which no model is found
    if not count or (count > 1 and rest_minutes is None):
        raise NoCurve(
            "The number of devices, or the rest between them, is not known, so no curve is drawn. Give both."
        )
    return devices(count, mg_each=float(dose_mg / count), rest_minutes=float(rest_minutes or 0))


def look_times(regimen: Regimen, *, until_h: float = HOURS_SHOWN) -> FloatArray:
    """Return when a curve is looked at, h: every 5 minutes, and where a dose begins or ends."""
    until = max(until_h, regimen.end_h + 1.0)
    steps = np.arange(ceil(until * 60 / _STEP_MIN) + 1) * (_STEP_MIN / 60)
    ends = [hour for dose in regimen.doses for hour in (dose.start_h, dose.end_h)]
    # A moment that differs from a step in its last digits alone would cost a step of its own.
    between = [hour for hour in ends if np.abs(steps - hour).min() > _SAME_H]
    return np.unique(np.concatenate([steps, between]))


def rows_of(curve: Curve) -> tuple[CurveRow, ...]:
    """Return the table of a curve: at the looks of ``LOOKS_MIN`` that it reaches."""
    simulation = curve.simulation
    t_h, name = simulation.t_h, simulation.analytes[0]
    bands = {band.percent: band for band in simulation.bands(name)}
    typical_person = simulation.typical_ng_per_mL[name]

    def between(percent: float, at: int) -> tuple[float, float] | None:
        band = bands.get(percent)
        return None if band is None else (float(band.low[at]), float(band.high[at]))

    found = ((minutes, int(np.argmin(np.abs(t_h * 60 - minutes)))) for minutes in LOOKS_MIN)
    return tuple(
        CurveRow(minutes, float(typical_person[at]), between(80.0, at), between(95.0, at))
        for minutes, at in found
        if abs(t_h[at] * 60 - minutes) < _SAME_H * 60
    )


class Drawn:
    """The curves of one answer: what differs in its amount alone is computed once."""

    def __init__(self, members: int = DEFAULT_MEMBERS) -> None:
        self._members = members
        self._made: dict[tuple[object, ...], tuple[Curve, float]] = {}

    def curve(self, regimen: Regimen, subject: Subject) -> Curve:
        """Return the curve of a dose for a person.

        Raises
        ------
        DomainError
            With one sentence, where no model describes the dose or the person.
        """
        key = (_shape(regimen), subject)
        if key not in self._made:
            made = curve_of(regimen, subject, members=self._members)
            self._made[key] = made, regimen.total_mg
            return made
        made, mg = self._made[key]
        return _scaled(made, regimen, regimen.total_mg / mg)


def curve_of(
    regimen: Regimen,
    subject: Subject,
    *,
    members: int = DEFAULT_MEMBERS,
    until_h: float = HOURS_SHOWN,
    t_h: FloatArray | None = None,
    plan: Regimen | None = None,
) -> Curve:
    """Compute the curve of one dose for one person.

    Parameters
    ----------
    regimen : Regimen
        What is given, by one route; mg of base, h.
    subject : Subject
        For whom.
    members : int
        Size of the cohort of the band; 0 for none.
    until_h : float
        How far to look, h.
    t_h : ndarray of float, shape (n_times,), optional
        When to look, h, instead.
    plan : Regimen, optional
        What was meant to be given, where ``regimen`` is what has been given so far.

    Raises
    ------
    DomainError
        With one sentence, where no model describes the dose or the person.
    """
    if len(regimen.routes) > 1:
        names = " and ".join(BY_ROUTE[route.value] for route in regimen.routes)
        raise NoCurve(f"The dose is given {names}, and no one model draws both. Draw each alone.")
    substance, route = regimen.substance, regimen.routes[0]
    file = primary_model(substance, route)
    looks = look_times(regimen, until_h=until_h) if t_h is None else t_h
    person = subject.person
    full = simulate(file.id, regimen, person, t_h=looks, plan=plan, members=members, seed=DEFAULT_SEED)
    return Curve(
        simulation=full,
        peak=_peak(full),
        beside=_beside(file.id, regimen, person, looks, plan),
        level=dissociation_range(substance, file.site),
        weighed_at=subject.weighed_at,
    )


def _peak(simulation: Simulation) -> Peak:
    """Find the highest point of the typical person between the looks around the highest one.

    Five looks 5 minutes apart determine a polynomial that is within 0.1 % of the exact peak and costs no run.
    It needs a smooth curve: where a dose begins or ends, the curve has a corner. An end that is itself the
    highest look is the peak; with a corner anywhere else near, the typical person is run once more, densely.
    """
    t_h, looked = simulation.t_h, simulation.typical_ng_per_mL[simulation.analytes[0]]
    at = int(np.argmax(looked))
    near = t_h[max(at - 2, 0) : at + 3]
    if near.size == 5 and not _has_corner(simulation.regimen, near[0], near[-1]):
        if np.ptp(np.diff(near)) < _SAME_H:
            return _summit(near, looked[at - 2 : at + 3])
    elif any(abs(dose.end_h - t_h[at]) < _SAME_H for dose in simulation.regimen.doses if dose.duration_h):
        return Peak(float(looked[at]), float(t_h[at]))
    begin, end = t_h[max(at - 1, 0)], t_h[min(at + 1, t_h.size - 1)]
    fine = np.linspace(begin, end, _PARTS + 1)
    curve = _typical(simulation, np.concatenate([t_h[t_h < begin - _SAME_H], fine]))[-fine.size :]
    top = min(max(int(np.argmax(curve)), 2), _PARTS - 2)
    if curve.max() <= looked[at] or _has_corner(simulation.regimen, fine[top - 2], fine[top + 2]):
        best = int(np.argmax(curve))
        if curve[best] <= looked[at]:
            return Peak(float(looked[at]), float(t_h[at]))
        return Peak(float(curve[best]), float(fine[best]))
    return _summit(fine[top - 2 : top + 3], curve[top - 2 : top + 3])


def _summit(t_h: FloatArray, values: FloatArray) -> Peak:
    """Return the highest point of the polynomial through five points at even distances."""
    steps = np.arange(-2.0, 3.0)
    made = np.polyfit(steps, values, 4)
    turns = np.roots(np.polyder(made))
    inside = [float(x.real) for x in turns if abs(x.imag) < _SAME_H and abs(x.real) <= 2]
    top = max((*inside, float(steps[np.argmax(values)])), key=lambda x: float(np.polyval(made, x)))
    return Peak(float(np.polyval(made, top)), float(t_h[2] + top * (t_h[3] - t_h[2])))


def _typical(simulation: Simulation, looks: FloatArray) -> FloatArray:
    """Run the typical person alone, ng/mL of what was given."""
    name, file, person = simulation.analytes[0], simulation.model, simulation.person
    model, regimen = load(file.id), simulation.regimen
    changes = adjust(file, person, regimen).changes
    parts = model.parts(regimen, person, typical(file), changes)
    total = np.zeros(looks.size)
    for part in parts:
        total += run(part.cascade, part.inputs, looks)[name][:, 0]
    return total * model.factor(name)


def _has_corner(regimen: Regimen, begin: float, end: float) -> bool:
    ends = (hour for dose in regimen.doses for hour in (dose.start_h, dose.end_h))
    return any(begin - _SAME_H < hour < end + _SAME_H for hour in ends)


def _beside(
    model: str, regimen: Regimen, person: Person, looks: FloatArray, plan: Regimen | None
) -> Simulation | None:
    """Run the second opinion; where it refuses this person or dose, the first stands alone."""
    substance, route = regimen.substance, regimen.routes[0]
    other = second_opinion(primary_model(substance, route), substance, route)
    if other is None or other.id == model:
        return None
    try:
        return simulate(other.id, regimen, person, t_h=looks, plan=plan, members=0)
    except DomainError:
        return None


def _shape(regimen: Regimen) -> tuple[object, ...]:
    """Return what two doses share that differ in their amount alone: the way of each part, and its share."""
    return tuple(
        (
            dose.substance,
            dose.route,
            dose.start_h,
            dose.duration_h,
            dose.device,
            round(dose.amount_mg / regimen.total_mg, 12),
        )
        for dose in regimen.doses
    )


def _scaled(curve: Curve, regimen: Regimen, by: float) -> Curve:
    """Return the curve of a dose that is ``by`` times as large, with what the model says of that dose."""
    peak = curve.peak
    return replace(
        curve,
        simulation=_scaled_simulation(curve.simulation, regimen, by),
        peak=Peak(peak.Cmax_ng_per_mL * by, peak.tmax_h),
        beside=_scaled_or_refused(curve.beside, regimen, by),
    )


def _scaled_or_refused(simulation: Simulation | None, regimen: Regimen, by: float) -> Simulation | None:
    if simulation is None:
        return None
    try:
        return _scaled_simulation(simulation, regimen, by)
    except DomainError:
        return None


def _scaled_simulation(simulation: Simulation, regimen: Regimen, by: float) -> Simulation:
    # The bounds of a model are of its dose, so they are asked of each dose, by a run of the typical person at
    # two looks; the factors carry the scale to every number that is worked out of the parts later.
    ends = simulation.t_h[[0, -1]]
    asked = simulate(simulation.model.id, regimen, simulation.person, t_h=ends, members=0)
    of_cohort = (remark for remark in simulation.remarks if remark.what == "members")
    return replace(
        simulation,
        regimen=regimen,
        typical_ng_per_mL={name: one * by for name, one in simulation.typical_ng_per_mL.items()},
        members_ng_per_mL={name: one * by for name, one in simulation.members_ng_per_mL.items()},
        remarks=(*asked.remarks, *of_cohort),
        factors={name: one * by for name, one in simulation.factors.items()},
    )

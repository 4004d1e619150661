"""What goes along with a concentration: two shapes to read beside a curve, neither of them a forecast.

The dissociation-like shape is an effect site behind *arterial* S-ketamine, so it is driven by an arterial
model whatever model draws the curve beside it. The blood-pressure shape borrows the delay of that effect site
and takes its height from what was measured: the placebo-corrected mean of a trial, or the patient's own
sessions. A shape waives no reading and sets no dose.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import isfinite, log

import numpy as np

from posology.knowledge.models import pk_effects
from posology.knowledge.schema.common import Route, Substance
from posology.knowledge.schema.pk_effects import EffectSite, Estimate, ObservedChange
from posology.pharmacology.cascade import Builder, Cascade
from posology.pharmacology.covariates import Adjusted, adjust
from posology.pharmacology.domain import Remark, check_domain
from posology.pharmacology.errors import OutsideDomain
from posology.pharmacology.exposure import exposures
from posology.pharmacology.model import Model, load
from posology.pharmacology.people import Person
from posology.pharmacology.population import Band, bands, draw_cohort, typical
from posology.pharmacology.regimens import Regimen
from posology.pharmacology.stages import FloatArray
from posology.pharmacology.standing import Part
from posology.pharmacology.stepping import simulate as run
from posology.quantities import convert

DISSOCIATION = "dissociation-like"
_PEAK_WITHIN_H = 24.0  # bookkeeping: how far the peak of the form is sought; it stands within the first hours
_EFFECT = "effect"
_EFFECT_STREAM = 3  # beside those of weights and ages of a cohort


@dataclass(frozen=True)
class EffectShape:
    """A shape over time, as a multiple of what gives half of the effect or of its own height.

    Attributes
    ----------
    t_h : ndarray of float, shape (n_times,)
        Times, h.
    typical : ndarray of float, shape (n_times,)
        The typical person.
    bands : tuple of Band
        50, 80 and 95 % of a cohort that differs in its concentrations and in the two numbers of the effect.
    unit : str
        What a value of 1 stands for.
    says, is_not : str
        What it is, and what it is not; both belong beside it.
    remarks : tuple of Remark
        Why to trust it less.
    """

    t_h: FloatArray
    typical: FloatArray
    bands: tuple[Band, ...]
    unit: str
    says: str
    is_not: str
    remarks: tuple[Remark, ...]


def dissociation_shape(
    regimen: Regimen, person: Person, t_h: FloatArray, *, members: int = 500, seed: int = 20261123
) -> EffectShape:
    """Compute the concentration at the effect site over the one that gives half of the effect.

    Parameters
    ----------
    regimen : Regimen
        What is given; of a racemate only the S-form counts.
    person : Person
        For whom.
    t_h : ndarray of float, shape (n_times,)
        When to look, h, from the first dose.
    members : int
        Size of the cohort of the band.
    seed : int
        Where its streams begin.

    Returns
    -------
    EffectShape
        In multiples of C50.

    Raises
    ------
    OutsideDomain
        If no arterial model describes the route, or none is run for this person; the sentence says so.
    """
    site = _effect_site()
    driver = load(site.driver.model)
    mine = _s_form(regimen, site, driver)
    adjusted = adjust(driver.file, person, mine)
    remarks = tuple(dict.fromkeys((*check_domain(driver.file, person, mine), *adjusted.remarks)))
    curves, c50 = _at_effect_site(driver, mine, person, t_h, site, members, seed, adjusted)
    curves /= c50
    made, _ = bands(curves[:, :-1])
    return EffectShape(t_h, curves[:, -1], made, "C50", site.say, site.is_not, remarks)


def _at_effect_site(
    driver: Model,
    regimen: Regimen,
    person: Person,
    t_h: FloatArray,
    site: EffectSite,
    members: int,
    seed: int,
    adjusted: Adjusted,
) -> tuple[FloatArray, FloatArray]:
    """Compute ketamine at the effect site, ng/mL, the typical person last; and C50 of each member."""
    cohort = draw_cohort(driver.file, members, seed=seed).with_typical()
    ke0, c50 = _effect_numbers(site, members, seed)
    total = np.zeros((t_h.size, members + 1))
    for part in driver.parts(regimen, person, cohort, adjusted.changes):
        total += run(with_effect_site(part.cascade, ke0), part.inputs, t_h)[_EFFECT]
    widened = adjusted.spread("ketamine", members)
    if widened is not None:
        total[:, :-1] *= widened
    return total, c50


def _effect_site() -> EffectSite:
    return next(
        one.effect_sites[DISSOCIATION] for one in pk_effects().values() if DISSOCIATION in one.effect_sites
    )


def _s_form(regimen: Regimen, site: EffectSite, driver: Model) -> Regimen:
    """The S-form of what is given, as the driver takes it."""
    share = 1.0 if regimen.substance is Substance.ESKETAMINE else float(site.driver.share_of_racemate)
    if regimen.substance is Substance.ARKETAMINE:
        raise OutsideDomain(
            "Arketamine did not contribute to this effect in the study, so no shape is drawn."
        )
    for route in regimen.routes:
        if route.value not in driver.file.routes:
            raise OutsideDomain(
                f"No arterial model describes the {route.value} route, and this effect was fitted to "
                "arterial blood. No shape is drawn from venous concentrations."
            )
    return Regimen(
        tuple(
            replace(one, substance=Substance.ESKETAMINE, amount_mg=one.amount_mg * share)
            for one in regimen.doses
        )
    )


def _effect_numbers(site: EffectSite, members: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Draw ke0 (1/h) and C50 (ng/mL) log-normal from their published 95 % intervals; typical last."""
    # A key of its own: fewer numbers would be filled up with zeros to that of a session's first block.
    stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 2, 0, _EFFECT_STREAM])))
    z = np.vstack((stream.standard_normal((members, 2)), np.zeros(2)))
    half_h = _drawn(site.t_half_ke0, z[:, 0]) * float(convert(Decimal(1), site.t_half_ke0.unit, "h"))
    c50 = _drawn(site.c50, z[:, 1]) * float(site.molar_mass_g_per_mol)
    return log(2) / half_h, c50


def _drawn(estimate: Estimate, z: FloatArray) -> FloatArray:
    assert estimate.low is not None and estimate.high is not None
    low, high, value = float(estimate.low), float(estimate.high), float(estimate.value)
    sd = log(high / low) / (2 * 1.959963984540054)  # half of a 95 % interval, in deviations of a normal
    drawn: FloatArray = value * np.exp(sd * z)
    return drawn


def with_effect_site(cascade: Cascade, ke0_per_h: FloatArray) -> Cascade:
    """Return a system with an effect site behind its ketamine, which follows the blood and takes nothing."""
    builder = Builder(cascade.n_members)
    rows = builder.stage(cascade.rates_per_h)
    (effect,) = builder.stage(ke0_per_h)
    for one in cascade.couplings:
        builder.feed((rows[one.source],), (rows[one.target],), per_h=one.per_h)
    for row, weight in cascade.outputs["ketamine"]:
        builder.feed((row,), (effect,), per_h=ke0_per_h * weight)
    for name, entries in cascade.ports.items():
        builder.port(name, [row for row, _ in entries], [weight for _, weight in entries])
    builder.output(_EFFECT, (effect,))
    return builder.build()


# ------------------------------------------------------------------------------------------- blood pressure
@dataclass(frozen=True, slots=True)
class Rise:
    """The highest rise of blood pressure over its own baseline in one earlier session, mmHg."""

    systolic_mmHg: float
    diastolic_mmHg: float

    def __post_init__(self) -> None:
        if not (isfinite(self.systolic_mmHg) and isfinite(self.diastolic_mmHg)):
            raise OutsideDomain(
                f"The highest rise of a session is {self.systolic_mmHg:g}/{self.diastolic_mmHg:g} mmHg, "
                "which nobody can have measured. Give what was measured, or leave the session out."
            )


@dataclass(frozen=True)
class PressureShape:
    """A shape of blood pressure over baseline, mmHg, with whence its height is.

    Attributes
    ----------
    t_h : ndarray of float, shape (n_times,)
        Times, h.
    systolic_mmHg, diastolic_mmHg : ndarray of float, shape (n_times,)
        Rise over baseline.
    low, high : ndarray of float, shape (n_times,)
        Systolic rise between the smallest and the largest of the patient's own sessions; equal to the shape
        where there are fewer than two.
    height_from : str
        Whose rise sets the height.
    driven_by : str
        Which blood gives the form, and what is assumed of it.
    says, is_not : str
        What it is, and what it is not; both belong beside it.
    """

    t_h: FloatArray
    systolic_mmHg: FloatArray
    diastolic_mmHg: FloatArray
    low: FloatArray
    high: FloatArray
    height_from: str
    driven_by: str
    says: str
    is_not: str


def pressure_shape(
    regimen: Regimen, person: Person, t_h: FloatArray, *, model: str, own: Sequence[Rise] = ()
) -> PressureShape:
    """Give the effect site's form over time the height of what was measured.

    Parameters
    ----------
    regimen : Regimen
        What is given.
    person : Person
        For whom.
    t_h : ndarray of float, shape (n_times,)
        When to look, h, from the first dose.
    model : str
        The model that drives the form where no arterial one describes the route; only the form is taken.
    own : sequence of Rise
        The highest rises in the patient's own earlier sessions; if there is none, the placebo-corrected mean
        of the trials is taken.

    Returns
    -------
    PressureShape
        Never a reason to leave a reading out. Its highest point is that of the whole course, also where
        ``t_h`` ends before it.

    Raises
    ------
    OutsideDomain
        If the model that drives the form is not run for this person or this regimen.
    """
    site = _effect_site()
    arterial = all(route in arterial_routes() for route in regimen.routes)
    driver = load(site.driver.model if arterial else model)
    given = _s_form(regimen, site, driver) if arterial else regimen
    check_domain(driver.file, person, given)
    changes = adjust(driver.file, person, given).changes
    ke0 = np.array([log(2) / float(convert(site.t_half_ke0.value, site.t_half_ke0.unit, "h"))])
    parts = [
        Part(with_effect_site(part.cascade, ke0), part.inputs)
        for part in driver.parts(given, person, typical(driver.file), changes)
    ]
    form = np.zeros(t_h.size)
    for part in parts:
        form += run(part.cascade, part.inputs, t_h)[_EFFECT][:, 0]
    # The height is that of the whole course: a window that ends sooner must not stretch what it shows to it.
    until_h = max(float(t_h[-1]), given.end_h + _PEAK_WITHIN_H)
    form /= float(exposures(parts, (_EFFECT,), until_h)[_EFFECT].Cmax[0])
    return _of_height(t_h, form, own, driver.file.site)


def _of_height(t_h: FloatArray, form: FloatArray, own: Sequence[Rise], blood: str) -> PressureShape:
    observed = _observed_pressure()
    if own:
        systolic = float(np.median([one.systolic_mmHg for one in own]))
        diastolic = float(np.median([one.diastolic_mmHg for one in own]))
        low, high = min(one.systolic_mmHg for one in own), max(one.systolic_mmHg for one in own)
        height = f"the patient's own {len(own)} session{'s' if len(own) > 1 else ''}"
    else:
        systolic, diastolic = (
            float(observed.changes[name].corrected or 0) for name in ("systolic", "diastolic")
        )
        low = high = systolic
        height = "the placebo-corrected mean of the trials"
    return PressureShape(
        t_h=t_h,
        systolic_mmHg=form * systolic,
        diastolic_mmHg=form * diastolic,
        low=form * low,
        high=form * high,
        height_from=height,
        driven_by=f"{blood} blood; that its delay is the one of dissociation is assumed",
        says=observed.say,
        is_not=observed.is_not,
    )


def _observed_pressure() -> ObservedChange:
    name = "nasal-blood-pressure"
    return next(one.observed[name] for one in pk_effects().values() if name in one.observed)


def arterial_routes() -> tuple[Route, ...]:
    """Return the routes for which the effect site has a driver."""
    return tuple(Route(route) for route in load(_effect_site().driver.model).file.routes)

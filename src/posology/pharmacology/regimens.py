"""What is given, when and how: the doses of one session or of many, as they were planned or as they were.

A regimen is a row of doses. An infusion whose rate was changed, paused or stopped is several doses one after
another; a session of nasal devices is one dose a device. Times are hours from a moment that the caller knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite, isnan

from posology.knowledge.schema.common import Route, Substance
from posology.pharmacology.errors import ModelError, OutsideDomain
from posology.pharmacology.moments import SAME_MOMENT_H

_MINUTES = 60.0


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose into one route.

    Attributes
    ----------
    substance : Substance
        Racemic ketamine, esketamine or arketamine; base, never the salt.
    route : Route
        How it enters.
    amount_mg : float
        How much in all, mg of base; above 0.
    start_h : float
        When it begins, h.
    duration_h : float
        How long a constant-rate infusion lasts, h; 0 for every other route.
    device : int
        Which device of its session it is, from 1; the second and third of a session are absorbed less.
    """

    substance: Substance
    route: Route
    amount_mg: float
    start_h: float = 0.0
    duration_h: float = 0.0
    device: int = 1

    def __post_init__(self) -> None:
        if not (isfinite(self.amount_mg) and self.amount_mg > 0):
            raise OutsideDomain(
                f"The amount of a dose is {self.amount_mg:g} mg, and nothing can be computed from it. "
                "Give an amount above 0 mg."
            )
        if not isfinite(self.start_h) or not (isfinite(self.duration_h) and self.duration_h >= 0):
            raise OutsideDomain(
                f"A dose begins at {self.start_h:g} h and lasts {self.duration_h:g} h. Give times in hours, "
                "and a length of 0 or more."
            )
        if self.duration_h and self.route is not Route.INTRAVENOUS:
            raise OutsideDomain(
                f"A dose by the {self.route.value} route is to last {self.duration_h:g} h, and the models "
                "take only an infusion into a vein to last. Leave the length out."
            )
        if self.device < 1:
            raise OutsideDomain(f"Device number {self.device} does not exist; count the devices from 1.")

    @property
    def end_h(self) -> float:
        """When it has all been given, h."""
        return self.start_h + self.duration_h


@dataclass(frozen=True, slots=True)
class Regimen:
    """All doses, of one substance, in the order of their times."""

    doses: tuple[Dose, ...]

    def __post_init__(self) -> None:
        if not self.doses:
            raise ModelError("The regimen holds no dose, so there is nothing to compute. Add one.")
        if len({dose.substance for dose in self.doses}) > 1:
            names = ", ".join(sorted({dose.substance.value for dose in self.doses}))
            raise ModelError(
                f"The regimen holds {names}. They are different substances, and their doses cannot be added "
                "up. Run one regimen for each."
            )
        object.__setattr__(self, "doses", tuple(sorted(self.doses, key=lambda dose: dose.start_h)))

    @property
    def substance(self) -> Substance:
        """The one substance of all doses."""
        return self.doses[0].substance

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes that are used, each once."""
        return tuple(dict.fromkeys(dose.route for dose in self.doses))

    @property
    def total_mg(self) -> float:
        """The amount of all doses, mg of base."""
        return sum(dose.amount_mg for dose in self.doses)

    @property
    def start_h(self) -> float:
        """When the first dose begins, h."""
        return self.doses[0].start_h

    @property
    def end_h(self) -> float:
        """When the last dose has all been given, h."""
        return max(dose.end_h for dose in self.doses)

    def shifted(self, by_h: float) -> "Regimen":
        """Return the same doses, all ``by_h`` hours later."""
        return Regimen(tuple(replace(dose, start_h=dose.start_h + by_h) for dose in self.doses))

    def repeated(self, at_h: Sequence[float]) -> "Regimen":
        """Return the regimen given anew at each of these hours (sessions of a course)."""
        return Regimen(tuple(dose for hour in at_h for dose in self.shifted(hour).doses))

    def until(self, hour: float) -> "Regimen | None":
        """Return what was given before ``hour``, a running infusion cut there; None if nothing."""
        if isnan(hour):
            raise OutsideDomain("The hour until which was given is no number. Give it in hours.")
        given = []
        for dose in self.doses:
            if dose.duration_h and dose.start_h + SAME_MOMENT_H < hour < dose.end_h:
                part = (hour - dose.start_h) / dose.duration_h
                given.append(replace(dose, amount_mg=dose.amount_mg * part, duration_h=hour - dose.start_h))
            elif dose.end_h <= hour:
                given.append(dose)
        return Regimen(tuple(given)) if given else None


def infusion(substance: Substance, amount_mg: float, minutes: float, *, at_h: float = 0.0) -> Regimen:
    """Return one infusion at a constant rate into a vein: mg of base, minutes, h."""
    if not (isfinite(minutes) and minutes > 0):
        raise OutsideDomain(f"An infusion over {minutes:g} min cannot be run; give the minutes it takes.")
    return Regimen((Dose(substance, Route.INTRAVENOUS, amount_mg, at_h, minutes / _MINUTES),))


def rate_profile(substance: Substance, steps: Iterable[tuple[float, float, float]]) -> Regimen:
    """Return an infusion as it really ran: (from h, to h, mg/h) for each stretch, a rate of 0 for a pause."""
    stretches = sorted(steps)
    for begin, end, rate in stretches:
        if not (isfinite(begin) and isfinite(end) and isfinite(rate) and end >= begin and rate >= 0):
            raise OutsideDomain(
                f"A stretch of the infusion runs from {begin:g} to {end:g} h at {rate:g} mg/h, so what was "
                "given is not known. Give rising hours, and a rate of 0 or more."
            )
    for (_, end, _), (begin, _, _) in pairwise(stretches):
        if begin < end - SAME_MOMENT_H:
            raise OutsideDomain(
                f"A stretch of the infusion begins at {begin:g} h, and the one before it ends at {end:g} h. "
                "An infusion has one rate at a time; give stretches that follow one another."
            )
    return Regimen(
        tuple(
            Dose(substance, Route.INTRAVENOUS, (end - begin) * rate, begin, end - begin)
            for begin, end, rate in stretches
            if rate > 0 and end > begin
        )
    )


def devices(count: int, *, mg_each: float, rest_minutes: float, at_h: float = 0.0) -> Regimen:
    """Return nasal esketamine devices one after another, ``rest_minutes`` from one to the next."""
    if count < 1:
        raise OutsideDomain(f"{count} devices cannot be given; count from 1.")
    if not rest_minutes >= 0:
        raise OutsideDomain(
            f"A rest of {rest_minutes:g} min between devices is no time, and would turn their order round. "
            "Give 0 or more."
        )
    return Regimen(
        tuple(
            Dose(Substance.ESKETAMINE, Route.NASAL, mg_each, at_h + i * rest_minutes / _MINUTES, device=i + 1)
            for i in range(count)
        )
    )


def single(substance: Substance, route: Route, amount_mg: float, *, at_h: float = 0.0) -> Regimen:
    """Return one dose given at once: an injection, a drink, a film."""
    if route is Route.INTRAVENOUS:
        raise OutsideDomain(
            "A dose into a vein at once is a rapid bolus, which no model here describes. Give it as an "
            "infusion with its minutes."
        )
    return Regimen((Dose(substance, route, amount_mg, at_h),))

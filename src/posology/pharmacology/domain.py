"""Where a model holds: past a hard bound it is not run, past a soft one its sentence stands beside.

The bounds and their sentences come from the model's file. What is not known is not taken for normal: a
bound on something unknown is told as such.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from posology.knowledge.schema.common import Route
from posology.knowledge.schema.pk import PkModelFile
from posology.knowledge.schema.pk_domain import Bound
from posology.pharmacology.errors import Mixed, ModelError, OutsideDomain
from posology.pharmacology.moments import SAME_MOMENT_H
from posology.pharmacology.people import Person
from posology.pharmacology.regimens import Dose, Regimen
from posology.pharmacology.stages import FloatArray
from posology.quantities import convert

# Doses further apart than this belong to two sessions: bookkeeping, no clinical number. A session with its
# devices, pauses and rests lasts a few hours, and two sessions of a course are days apart.
SESSION_GAP_H = 8.0


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence that stands beside a curve: it was run, and this is why to trust it less."""

    what: str
    sentence: str


def sessions_of(regimen: Regimen) -> tuple[tuple[Dose, ...], ...]:
    """Part the doses into sessions, by the time between them."""
    parted: list[list[Dose]] = []
    end = float("-inf")
    for dose in regimen.doses:
        if dose.start_h - end > SESSION_GAP_H:
            parted.append([])
        parted[-1].append(dose)
        end = max(end, dose.end_h)
    return tuple(tuple(session) for session in parted)


def check_domain(file: PkModelFile, person: Person, regimen: Regimen) -> tuple[Remark, ...]:
    """Refuse what the model must not be run for, and return what must be said beside it.

    What a hard bound is held against must be known: an age that nobody told is not taken for one of an adult.

    Parameters
    ----------
    file : PkModelFile
        The model.
    person : Person
        For whom.
    regimen : Regimen
        What is given.

    Returns
    -------
    tuple of Remark
        One for each soft bound that is passed or cannot be checked, and for each below whose length of an
        infusion the drug is given by a faster stretch.

    Raises
    ------
    OutsideDomain
        At the first hard bound that is passed or cannot be checked, a route that the model does not describe,
        or a dose that is to be in a vein all at once.
    Mixed
        If the model does not describe the substance.
    ModelError
        If the nasal devices of a session are not numbered one after another.
    """
    _check_described(file, regimen)
    _check_not_at_once(regimen)
    _check_devices(regimen)
    remarks = []
    for hard, bounds in ((True, file.domain.hard), (False, file.domain.soft)):
        for bound in bounds:
            for value in _values(bound, person, regimen):
                if value is None and hard:
                    raise OutsideDomain(
                        f"The {bound.what.replace('-', ' ')} is not known, so no curve is drawn: {bound.say} "
                        "Give it; nothing is guessed."
                    )
                if value is None:
                    remarks.append(Remark(bound.what, _unknown(bound)))
                elif _passed(bound, value) and hard:
                    raise OutsideDomain(f"{bound.say} Found: {value:g} {bound.unit}. Use no curve for this.")
                elif _passed(bound, value):
                    remarks.append(Remark(bound.what, bound.say))
    remarks.extend(_too_fast(file, regimen))
    return tuple(dict.fromkeys(remarks))


def check_given(file: PkModelFile, person: Person, given: Regimen) -> None:
    """Refuse what was given, all of it or a part, where it goes beyond the model whatever was planned.

    A part of a plan may be shorter and less than the model asks for; it may not be of another substance or
    route, nor more.

    Raises
    ------
    OutsideDomain, Mixed, ModelError
        As for the whole of a plan.
    """
    _check_described(file, given)
    _check_not_at_once(given)
    _check_devices(given)
    for bound in file.domain.hard:
        for value in _values(bound, person, given):
            if value is not None and bound.high is not None and value > float(bound.high):
                raise OutsideDomain(f"{bound.say} Found: {value:g} {bound.unit}. Use no curve for this.")


def time_remarks(file: PkModelFile, regimen: Regimen, t_h: FloatArray) -> tuple[Remark, ...]:
    """Return what must be said of a curve that is looked at sooner or longer than the model holds.

    Parameters
    ----------
    file : PkModelFile
        The model.
    regimen : Regimen
        What is given.
    t_h : ndarray of float, shape (n_times,)
        When the curve is looked at, h, rising.

    Returns
    -------
    tuple of Remark
        One for each bound in time that the curve passes: sooner after a dose of its routes, or later after
        the last of these has been given.
    """
    remarks = []
    for bound in file.domain.soft:
        mine = [one for one in regimen.doses if not bound.routes or one.route.value in bound.routes]
        if bound.what == "time-after" and mine:
            low_h, high_h = (
                None if end is None else float(convert(end, bound.unit, "h"))
                for end in (bound.low, bound.high)
            )
            late = high_h is not None and t_h[-1] - max(one.end_h for one in mine) > high_h + SAME_MOMENT_H
            # Every curve begins with its first dose, so that it passes through the first hours as well.
            if late or (low_h is not None and t_h[-1] > min(one.start_h for one in mine)):
                remarks.append(Remark(bound.what, bound.say))
    return tuple(remarks)


def _check_not_at_once(regimen: Regimen) -> None:
    for dose in regimen.doses:
        if dose.route is Route.INTRAVENOUS and dose.duration_h <= SAME_MOMENT_H:
            raise OutsideDomain(
                f"A dose of {dose.amount_mg:g} mg is to be in a vein all at once. That is a rapid bolus, "
                "which no model here describes. Give the minutes it takes."
            )


def _check_devices(regimen: Regimen) -> None:
    """Hold the numbers of nasal devices against their order: a first device is taken up more than a later."""
    for session in sessions_of(regimen):
        numbers = [one.device for one in session if one.route is Route.NASAL]
        if numbers != list(range(1, len(numbers) + 1)):
            found = ", ".join(str(number) for number in numbers)
            raise ModelError(
                f"The nasal devices of one session are numbered {found} in the order of their times, so it "
                "is not known which is taken up as a first one. Number them from 1 in each session; sessions "
                f"are more than {SESSION_GAP_H:g} h apart."
            )


def _too_fast(file: PkModelFile, regimen: Regimen) -> Iterator[Remark]:
    """Hold a fast stretch against the bounds as an infusion of its own.

    A pause or a slow remainder makes the session long and the bolus no slower: two boluses, one after the
    other, are refused where one is.
    """
    for hard, bounds in ((True, file.domain.hard), (False, file.domain.soft)):
        for bound in bounds:
            if bound.what == "duration" and bound.low is not None:
                low_h = float(convert(bound.low, bound.unit, "h"))
                for session in sessions_of(regimen):
                    infused = [one for one in session if one.route is Route.INTRAVENOUS]
                    if not infused or (shortest_h := _shortest_h(infused)) >= low_h * (1 - 1e-9):
                        continue
                    if hard:
                        raise OutsideDomain(
                            f"{bound.say} Found: an infusion that at its fastest would take "
                            f"{shortest_h * 60:.3g} min. Use no curve for this."
                        )
                    yield Remark(bound.what, bound.say)


def _shortest_h(infused: list[Dose]) -> float:
    """How long a session's infusion would take at its fastest, h; no longer than its longest stretch."""
    longest, begin, end = 0.0, infused[0].start_h, infused[0].start_h
    for dose in infused:
        if dose.start_h > end + SAME_MOMENT_H:
            begin = dose.start_h
        end = max(end, dose.end_h)
        longest = max(longest, end - begin)
    fastest = max(
        sum(two.amount_mg / two.duration_h for two in infused if two.start_h <= one.start_h < two.end_h)
        for one in infused
    )
    return min(longest, sum(dose.amount_mg for dose in infused) / fastest)


def _check_described(file: PkModelFile, regimen: Regimen) -> None:
    for route in regimen.routes:
        if route.value not in file.routes:
            raise OutsideDomain(
                f"The model {file.id} describes {', '.join(file.routes)}, not {route.value}. Choose a model "
                "that was made for this route."
            )
        here = file.substances_by_route.get(route.value, file.substances)
        if regimen.substance not in here:
            described = " and ".join(one.value for one in here)
            raise Mixed(
                f"The model {file.id} describes {described} by the {route.value} route, and the dose is "
                f"{regimen.substance.value}. They are different substances; choose a model made for this one."
            )


def _unknown(bound: Bound) -> str:
    return f"The {bound.what.replace('-', ' ')} is not known, so this could not be checked: {bound.say}"


def _passed(bound: Bound, value: float) -> bool:
    return (bound.low is not None and value < float(bound.low)) or (
        bound.high is not None and value > float(bound.high)
    )


def _values(bound: Bound, person: Person, regimen: Regimen) -> Iterator[float | None]:
    """What a bound is held against, in its own unit; None where it is not known."""
    if bound.routes and not set(bound.routes) & {route.value for route in regimen.routes}:
        return
    if bound.what == "age":
        yield person.age_years
    elif bound.what == "weight":
        yield person.weight_kg
    else:
        for session in sessions_of(regimen):
            mine = [one for one in session if not bound.routes or one.route.value in bound.routes]
            if mine:
                yield from _of_session(bound, person, mine)


def _of_session(bound: Bound, person: Person, doses: list[Dose]) -> Iterator[float | None]:
    total_mg = sum(dose.amount_mg for dose in doses)
    if bound.what == "dose":
        yield total_mg
    elif bound.what == "dose-per-kg":
        yield None if person.weight_kg is None else total_mg / person.weight_kg
    elif bound.what == "device-count":
        yield float(max(dose.device for dose in doses))
    elif bound.what == "device-dose":
        yield from dict.fromkeys(dose.amount_mg for dose in doses)
    elif bound.what == "duration":
        infused = [dose for dose in doses if dose.route is Route.INTRAVENOUS]
        if infused:
            length_h = max(dose.end_h for dose in infused) - min(dose.start_h for dose in infused)
            yield length_h * float(convert(Decimal(1), "h", bound.unit))

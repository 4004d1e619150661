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
from posology.pharmacology.errors import Mixed, OutsideDomain
from posology.pharmacology.people import Person
from posology.pharmacology.regimens import Dose, Regimen
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

    Raises
    ------
    OutsideDomain
        At the first hard bound that is passed, or a route that the model does not describe.
    Mixed
        If the model does not describe the substance.
    """
    _check_described(file, regimen)
    remarks = []
    for hard, bounds in ((True, file.domain.hard), (False, file.domain.soft)):
        for bound in bounds:
            for value in _values(bound, person, regimen):
                if value is None:
                    remarks.append(Remark(bound.what, _unknown(bound)))
                elif _passed(bound, value) and hard:
                    raise OutsideDomain(f"{bound.say} Found: {value:g} {bound.unit}. Use no curve for this.")
                elif _passed(bound, value):
                    remarks.append(Remark(bound.what, bound.say))
    return tuple(dict.fromkeys(remarks))


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
    elif bound.what == "duration":
        infused = [dose for dose in doses if dose.route is Route.INTRAVENOUS]
        if infused:
            length_h = max(dose.end_h for dose in infused) - min(dose.start_h for dose in infused)
            yield length_h * float(convert(Decimal(1), "h", bound.unit))

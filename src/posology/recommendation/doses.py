"""One dose of one protocol for one patient: the level, the weight it is computed from, and the sum."""

from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from posology.case import Missing
from posology.knowledge import Library, Route, in_force
from posology.knowledge.schema import ProtocolFile
from posology.protocols.conditions import Context
from posology.protocols.dosing_weight import CannotDose, DosingWeight, dosing_weight
from posology.protocols.limits import check_dose, dose_for_level
from posology.quantities import Quantity
from posology.recommendation.options import ProposedDose, Step


def numbers(protocol: ProtocolFile, name: str, as_of: datetime) -> tuple[Decimal, ...]:
    """Return a value of a protocol as a tuple of numbers, in the unit of its file, as in force on a day."""
    value = in_force(protocol.values[name], on=as_of.date()).value
    many = value if isinstance(value, tuple) else (value,)
    return tuple(Decimal(v) for v in many if not isinstance(v, bool | str))


def weight_for(protocol: ProtocolFile, context: Context) -> DosingWeight | tuple[Missing, ...] | None:
    """Return the weight that a protocol's doses are computed from here, or all that is missing for a dose.

    Returns
    -------
    DosingWeight or tuple of Missing or None
        ``None`` where weight plays no part. A protocol of another jurisdiction, or a policy of the dosing
        weight that cannot be followed, is missing a decision, and says which.
    """
    here = context.case.jurisdiction
    if protocol.jurisdictions and here not in protocol.jurisdictions:
        ask = f"By which protocol of this jurisdiction ({here}) is the patient to be treated?"
        return (Missing("protocol", ask, f"{protocol.id} is none of them"),)
    try:
        return dosing_weight(protocol, context)
    except CannotDose as refused:
        return (Missing("dosing_weight_policy", str(refused), "for the site to decide"),)


def propose_dose(
    protocol: ProtocolFile,
    level: Decimal,
    *,
    weight: DosingWeight | None,
    minutes: int | None,
    library: Library,
    as_of: datetime,
) -> ProposedDose:
    """Compute one dose with its sum, rounded down and then held against the limits.

    Raises
    ------
    LimitExceeded
        If the dose is above a limit: it is refused, never cut.
    """
    on = as_of.date()
    dose_mg = dose_for_level(protocol, level, weight.kg if weight else None, on)
    devices = _devices(protocol, dose_mg, library)
    check_dose(
        protocol,
        level=level,
        dose_mg=dose_mg,
        weight_kg=weight.kg if weight else None,
        minutes=minutes,
        devices=devices,
        on=on,
        actual_kg=weight.actual_kg if weight else None,
    )
    steps = _sum(protocol, level, dose_mg, weight, minutes, devices, as_of)
    return ProposedDose(dose_mg, level, protocol.dose_basis, weight, minutes, devices, steps)


def _devices(protocol: ProtocolFile, dose_mg: Decimal, library: Library) -> int | None:
    if protocol.route is not Route.NASAL:
        return None
    per_device = next(p.device_mg for i in protocol.products if (p := library.products.products[i]).device_mg)
    assert per_device is not None
    return int(dose_mg / per_device)


def _sum(
    protocol: ProtocolFile,
    level: Decimal,
    dose_mg: Decimal,
    weight: DosingWeight | None,
    minutes: int | None,
    devices: int | None,
    as_of: datetime,
) -> tuple[Step, ...]:
    shown = str(Quantity(dose_mg, "mg"))
    steps = []
    if weight is not None:
        exact = level * weight.kg
        step = numbers(protocol, "dose_step", as_of)[0]
        note = f"rounded down to steps of {Quantity(step, 'mg')}" if exact != dose_mg else ""
        expression = f"{Quantity(level, 'mg/kg')} × {Quantity(weight.kg, 'kg')} = {Quantity(exact, 'mg')}"
        steps.append(Step("Dose", expression if note else expression.rsplit(" = ", 1)[0], shown, note))
    if devices is not None:
        counted = f"{devices} device{'' if devices == 1 else 's'}"
        expression = f"{counted} × {Quantity(dose_mg / devices, 'mg')}"
        steps.append(Step("Dose", expression, shown, "not by weight"))
    if minutes is not None:
        # Down, as everything that is set: a rate read from here must not lie above the highest (hazard H-12).
        rate = (dose_mg / minutes).quantize(Decimal("0.0001"), ROUND_DOWN)
        steps.append(
            Step("Rate", f"{shown} ÷ {Quantity(Decimal(minutes), 'min')}", str(Quantity(rate, "mg/min")))
        )
    return tuple(steps)


def infusion_minutes(protocol: ProtocolFile, as_of: datetime) -> tuple[int | None, ...]:
    """Return the infusion times of a protocol, the usual one first; ``(None,)`` where nothing is infused."""
    if "infusion_minutes" not in protocol.values:
        return (None,)
    return tuple(int(m) for m in numbers(protocol, "infusion_minutes", as_of))


def neighbour(protocol: ProtocolFile, level: Decimal, *, up: bool, as_of: datetime) -> Decimal | None:
    """Return the protocol's next dose level above or below one, or ``None`` where there is none."""
    levels = numbers(protocol, "dose_levels", as_of)
    beyond = [x for x in levels if x > level] if up else [x for x in levels if x < level]
    if not beyond:
        return None
    return min(beyond) if up else max(beyond)


def show_level(protocol: ProtocolFile, level: Decimal) -> str:
    """Show a dose level in the protocol's basis: ``0.5 mg/kg``, ``56 mg``."""
    return str(Quantity(level, protocol.dose_basis))

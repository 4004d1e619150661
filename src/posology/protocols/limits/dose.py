"""How much at once: ceiling, floor, allowed totals, the sum with the weight, and the devices."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from posology.knowledge.schema import ProtocolFile
from posology.protocols.limits.errors import LimitExceeded
from posology.protocols.limits.rate import check_infusion
from posology.protocols.limits.values import (
    allowed_levels,
    check_number,
    either,
    floor_of,
    in_basis,
    in_mg,
    limit_in,
    value_of,
    weight_of,
)
from posology.quantities import Quantity


def check_dose(
    protocol: ProtocolFile,
    *,
    level: Decimal,
    dose_mg: Decimal,
    weight_kg: Decimal | None,
    minutes: int | None,
    devices: int | None,
    on: date,
    actual_kg: Decimal | None = None,
) -> None:
    """Refuse a dose that the protocol does not allow on a day.

    Parameters
    ----------
    protocol : ProtocolFile
        Whose limits hold; it binds substance, route and dose basis (hazard H-10).
    level : Decimal
        The dose in the protocol's basis: mg/kg, or the total in mg.
    dose_mg : Decimal
        The dose that will be ordered, mg.
    weight_kg : Decimal or None
        The dosing weight, kg; needed where the basis is mg/kg, and without effect elsewhere.
    minutes : int or None
        Infusion time, min; for the intravenous route and no other.
    devices : int or None
        Number of nasal devices; for the nasal route and no other.
    on : date
        The day whose limits are in force.
    actual_kg : Decimal or None
        The actual weight, kg, where it is known beside the dosing weight: no policy may give more than the
        actual weight would. An order carries the dosing weight alone, which was checked when it was signed.

    Raises
    ------
    LimitExceeded
        At the first limit that the dose does not meet. Nothing is ever cut to fit.
    """
    _check_weights(protocol, weight_kg=weight_kg, actual_kg=actual_kg)
    _check_amount(protocol, level=level, dose_mg=dose_mg, weight_kg=weight_kg, on=on)
    check_infusion(protocol, dose_mg=dose_mg, weight_kg=weight_kg, minutes=minutes, on=on)
    check_devices(protocol, dose_mg=dose_mg, devices=devices, on=on)


def dose_for_level(protocol: ProtocolFile, level: Decimal, weight_kg: Decimal | None, on: date) -> Decimal:
    """Return the dose in mg for a level, rounded down to a measurable step and then checked.

    Rounding comes first and the limit last, so that no rounding can lift a dose over it (hazard H-12).

    Raises
    ------
    LimitExceeded
        If the level or the dose is not allowed, or a needed weight is missing.
    """
    check_number(level, f"dose level in {protocol.dose_basis}")
    exact = _exact_mg(protocol, level, weight_kg)
    step = limit_in(protocol, "dose_step", "mg", on)
    dose_mg = (
        Decimal(int(exact / Fraction(step))) * step if protocol.dose_basis == "mg/kg" else Decimal(level)
    )
    if dose_mg == 0:
        raise LimitExceeded(
            f"The dose comes to less than {in_mg(step)}, the smallest step that can be measured. "
            "Check the weight.",
            limit="dose_step",
            value=value_of(protocol, "dose_step", on),
        )
    _check_amount(protocol, level=level, dose_mg=dose_mg, weight_kg=weight_kg, on=on)
    return dose_mg


def tenfold_question(protocol: ProtocolFile, level: Decimal, on: date) -> str | None:
    """Return the question to ask where a slip of the point would give another allowed level, or ``None``.

    A level whose tenth or tenfold is allowed too cannot be told from a slip by the limits alone, so
    the two are named side by side before anyone signs (hazard H-06).
    """
    lowest, highest = floor_of(protocol, on), limit_in(protocol, "dose_ceiling", protocol.dose_basis, on)
    for other, word in ((level * 10, "a tenth of"), (level / 10, "ten times")):
        if lowest <= other <= highest:
            this, that = Quantity(level, protocol.dose_basis), Quantity(other, protocol.dose_basis)
            return (
                f"{this} is {word} {that}, which is allowed here too. Read the point aloud: is {this} meant?"
            )
    return None


def _check_weights(protocol: ProtocolFile, *, weight_kg: Decimal | None, actual_kg: Decimal | None) -> None:
    if protocol.dose_basis == "mg" or actual_kg is None:
        return
    check_number(actual_kg, "actual weight in kg")
    weight = weight_of(protocol, weight_kg)
    if weight > actual_kg:
        raise LimitExceeded(
            f"The dosing weight of {Quantity(weight, 'kg')} is above the actual {Quantity(actual_kg, 'kg')}, "
            "and no dose is computed from more than that. Work the dose out again from the weight.",
            limit="weight",
        )


def _check_amount(
    protocol: ProtocolFile, *, level: Decimal, dose_mg: Decimal, weight_kg: Decimal | None, on: date
) -> None:
    check_number(level, f"dose level in {protocol.dose_basis}")
    check_number(dose_mg, "dose in mg")
    _check_ceiling(protocol, level, on)
    _check_floor(protocol, level, on)
    if protocol.dose_basis == "mg":
        _check_total(protocol, level, dose_mg, on)
    else:
        _check_sum(protocol, level, dose_mg, weight_kg, on)


def _check_ceiling(protocol: ProtocolFile, level: Decimal, on: date) -> None:
    ceiling = limit_in(protocol, "dose_ceiling", protocol.dose_basis, on)
    if level > ceiling:
        raise LimitExceeded(
            f"{in_basis(protocol, level)} is above {in_basis(protocol, ceiling)}, the ceiling of "
            f"{protocol.title}. Choose {in_basis(protocol, ceiling)} or less.",
            limit="dose_ceiling",
            value=value_of(protocol, "dose_ceiling", on),
        )


def _check_floor(protocol: ProtocolFile, level: Decimal, on: date) -> None:
    lowest = floor_of(protocol, on)
    if level < lowest:
        raise LimitExceeded(
            f"{in_basis(protocol, level)} is below {in_basis(protocol, lowest)}, the lowest dose of "
            f"{protocol.title}; a point may have slipped. Check the number, and choose a dose from the "
            "protocol's list.",
            limit="dose_floor",
            value=value_of(protocol, "dose_levels", on),
        )


def _check_total(protocol: ProtocolFile, level: Decimal, dose_mg: Decimal, on: date) -> None:
    totals = allowed_levels(protocol, on)
    value = value_of(protocol, "dose_levels", on)
    if level not in totals:
        raise LimitExceeded(
            f"{in_mg(level)} is no total of {protocol.title}. Choose {either(in_mg(t) for t in totals)}.",
            limit="dose_levels",
            value=value,
        )
    if dose_mg != level:
        raise LimitExceeded(
            f"The dose is {in_mg(dose_mg)} and its level {in_mg(level)}; the two are one total here. "
            "Choose the dose again.",
            limit="dose_levels",
            value=value,
        )


def _check_sum(
    protocol: ProtocolFile, level: Decimal, dose_mg: Decimal, weight_kg: Decimal | None, on: date
) -> None:
    weight = weight_of(protocol, weight_kg)
    exact = Fraction(level) * Fraction(weight)
    step = limit_in(protocol, "dose_step", "mg", on)
    given = Fraction(dose_mg)
    value = value_of(protocol, "dose_step", on)
    product = f"{in_basis(protocol, level)} × {Quantity(weight, 'kg')}"
    if given > exact:
        raise LimitExceeded(
            f"{in_mg(dose_mg)} is more than {product}; doses are rounded down. "
            "Work the dose out again from the weight.",
            limit="weight",
            value=value,
        )
    if given <= exact - Fraction(step):
        raise LimitExceeded(
            f"{in_mg(dose_mg)} is {in_mg(step)} or more below {product}; a point may have slipped. "
            "Work the dose out again from the weight.",
            limit="weight",
            value=value,
        )
    if given % Fraction(step):
        raise LimitExceeded(
            f"{in_mg(dose_mg)} is no multiple of {in_mg(step)}, the step in which "
            f"{protocol.title} is measured. Round it down to the step.",
            limit="dose_step",
            value=value,
        )


def check_devices(protocol: ProtocolFile, *, dose_mg: Decimal, devices: int | None, on: date) -> None:
    """Refuse a number of devices that does not add up to the dose."""
    if protocol.route != "nasal":
        if devices is not None:
            raise LimitExceeded(
                f"A number of devices ({devices} devices) is given, and {protocol.title} uses none. "
                "Take it away.",
                limit="devices",
            )
        return
    holds = limit_in(protocol, "dose_step", "mg", on)
    if isinstance(devices, bool) or not isinstance(devices, int) or devices * holds != dose_mg:
        raise LimitExceeded(
            f"{_shown(devices)} for {in_mg(dose_mg)}, at {in_mg(holds)} a device, is not the dose. "
            "Work the number of devices out again.",
            limit="devices",
            value=value_of(protocol, "dose_step", on),
        )


def _shown(devices: object) -> str:
    if devices is None:
        return "No number of devices"
    return f"{devices} device{'' if isinstance(devices, int) and devices == 1 else 's'}"


def _exact_mg(protocol: ProtocolFile, level: Decimal, weight_kg: Decimal | None) -> Fraction:
    if protocol.dose_basis == "mg":
        return Fraction(level)
    return Fraction(level) * Fraction(weight_of(protocol, weight_kg))

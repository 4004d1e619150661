"""The one place where a dose meets its limits: ceiling, floor, allowed totals, weight, rate.

Recommendation, orders and worksheets all call :func:`check_dose`. A dose beyond a limit is refused
with the limit, its source and who may override it; it is never cut to fit. The comparison is exact
(fractions), so that no rounding stands between a dose and its limit (hazards H-06, H-12).
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from posology.knowledge import in_force
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.schema import ProtocolFile, Role, Value
from posology.quantities import DomainError, Quantity, convert


class LimitExceeded(DomainError):
    """A dose that a protocol does not allow. The message says the limit, its source, and who may override it.

    Attributes
    ----------
    limit : str
        The name of the limit: ``dose_ceiling``, ``dose_floor``, ``dose_levels``, ``dose_step``, ``weight``,
        ``rate_ceiling``, ``minutes``, ``devices``, ``number``.
    facts, sources : tuple of str
        What the limit rests on; empty where the limit is arithmetic alone.
    may_override : Role
        Who may pass it. Nobody, in this release.
    """

    code = "limit"

    def __init__(self, sentence: str, *, limit: str, value: Value | None = None) -> None:
        self.limit = limit
        self.facts: tuple[str, ...] = value.facts if value else ()
        self.sources: tuple[str, ...] = value.sources if value else ()
        self.may_override = Role.NOBODY
        grounds = ", ".join((*self.facts, *self.sources))
        super().__init__(
            f"{sentence} {f'The limit rests on {grounds}. ' if grounds else ''}Nobody may override it."
        )


def check_dose(
    protocol: ProtocolFile,
    *,
    level: Decimal,
    dose_mg: Decimal,
    weight_kg: Decimal | None,
    minutes: int | None,
    devices: int | None,
    on: date,
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

    Raises
    ------
    LimitExceeded
        At the first limit that the dose does not meet. Nothing is ever cut to fit.
    """
    _check_amount(protocol, level=level, dose_mg=dose_mg, weight_kg=weight_kg, on=on)
    _check_rate(protocol, dose_mg=dose_mg, weight_kg=weight_kg, minutes=minutes, on=on)
    _check_devices(protocol, dose_mg=dose_mg, devices=devices, on=on)


def check_rate(
    protocol: ProtocolFile, *, rate_mg_per_min: Fraction | Decimal, weight_kg: Decimal | None, on: date
) -> None:
    """Refuse an infusion rate above the protocol's highest.

    Parameters
    ----------
    protocol : ProtocolFile
        Whose limit holds.
    rate_mg_per_min : Fraction or Decimal
        The rate, mg/min.
    weight_kg : Decimal or None
        The dosing weight, kg.
    on : date
        The day whose limit is in force.

    Raises
    ------
    LimitExceeded
        If the rate for this weight is above the limit.
    """
    weight = _weight(protocol, weight_kg)
    ceiling = limit_in(protocol, "rate_ceiling", "mg/kg/min", on)
    per_kg = Fraction(rate_mg_per_min) / Fraction(weight)
    if per_kg > Fraction(ceiling):
        shown = Quantity(_rounded_up(per_kg), "mg/kg/min")
        raise LimitExceeded(
            f"{shown} for {Quantity(weight, 'kg')} is above {Quantity(ceiling, 'mg/kg/min')}, the highest "
            f"rate of {protocol.title}. Infuse over more minutes.",
            limit="rate_ceiling",
            value=_value(protocol, "rate_ceiling", on),
        )


def dose_for_level(protocol: ProtocolFile, level: Decimal, weight_kg: Decimal | None, on: date) -> Decimal:
    """Return the dose in mg for a level, rounded down to a measurable step and then checked.

    Rounding comes first and the limit last, so that no rounding can lift a dose over it (hazard H-12).

    Raises
    ------
    LimitExceeded
        If the level or the dose is not allowed, or a needed weight is missing.
    """
    _check_number(level, f"dose level in {protocol.dose_basis}")
    exact = _exact_mg(protocol, level, weight_kg)
    step = limit_in(protocol, "dose_step", "mg", on)
    dose_mg = (
        Decimal(int(exact / Fraction(step))) * step if protocol.dose_basis == "mg/kg" else Decimal(level)
    )
    if dose_mg == 0:
        raise LimitExceeded(
            f"The dose comes to less than {_mg(step)}, the smallest step that can be measured. "
            "Check the weight.",
            limit="dose_step",
            value=_value(protocol, "dose_step", on),
        )
    _check_amount(protocol, level=level, dose_mg=dose_mg, weight_kg=weight_kg, on=on)
    return dose_mg


def tenfold_question(protocol: ProtocolFile, level: Decimal, on: date) -> str | None:
    """Return the question to ask where a slip of the point would give another allowed level, or ``None``.

    A level whose tenth or tenfold is allowed too cannot be told from a slip by the limits alone, so
    the two are named side by side before anyone signs (hazard H-06).
    """
    lowest, highest = _floor(protocol, on), limit_in(protocol, "dose_ceiling", protocol.dose_basis, on)
    for other, word in ((level * 10, "a tenth of"), (level / 10, "ten times")):
        if lowest <= other <= highest:
            this, that = Quantity(level, protocol.dose_basis), Quantity(other, protocol.dose_basis)
            return (
                f"{this} is {word} {that}, which is allowed here too. Read the point aloud: is {this} meant?"
            )
    return None


def limit_in(protocol: ProtocolFile, name: str, unit: str, on: date) -> Decimal:
    """Return one numeric value of a protocol that is in force on a day, in ``unit``.

    Raises
    ------
    KnowledgeError
        If the protocol has no such value, or it is not a number.
    NotInForce
        If ``on`` lies before its first effective day.
    """
    value = _value(protocol, name, on)
    if not isinstance(value.value, Decimal) or value.unit is None:
        raise KnowledgeError(
            f"The value '{name}' of {protocol.id} is not a number with a unit. Mend the file."
        )
    return convert(value.value, value.unit, unit)


def allowed_levels(protocol: ProtocolFile, on: date) -> tuple[Decimal, ...]:
    """Return the dose levels that the protocol lists on a day, in its dose basis, rising."""
    value = _value(protocol, "dose_levels", on)
    listed = value.value if isinstance(value.value, tuple) else ()
    return tuple(
        convert(x, value.unit or protocol.dose_basis, protocol.dose_basis)
        for x in listed
        if isinstance(x, Decimal)
    )


def _check_amount(
    protocol: ProtocolFile, *, level: Decimal, dose_mg: Decimal, weight_kg: Decimal | None, on: date
) -> None:
    _check_number(level, f"dose level in {protocol.dose_basis}")
    _check_number(dose_mg, "dose in mg")
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
            f"{_at(protocol, level)} is above {_at(protocol, ceiling)}, the ceiling of {protocol.title}. "
            f"Choose {_at(protocol, ceiling)} or less.",
            limit="dose_ceiling",
            value=_value(protocol, "dose_ceiling", on),
        )


def _check_floor(protocol: ProtocolFile, level: Decimal, on: date) -> None:
    lowest = _floor(protocol, on)
    if level < lowest:
        raise LimitExceeded(
            f"{_at(protocol, level)} is below {_at(protocol, lowest)}, the lowest dose of {protocol.title}; "
            "a point may have slipped. Check the number, and choose a dose from the protocol's list.",
            limit="dose_floor",
            value=_value(protocol, "dose_levels", on),
        )


def _check_total(protocol: ProtocolFile, level: Decimal, dose_mg: Decimal, on: date) -> None:
    totals = allowed_levels(protocol, on)
    value = _value(protocol, "dose_levels", on)
    if level not in totals:
        raise LimitExceeded(
            f"{_mg(level)} is no total of {protocol.title}. Choose {_either(_mg(t) for t in totals)}.",
            limit="dose_levels",
            value=value,
        )
    if dose_mg != level:
        raise LimitExceeded(
            f"The dose is {_mg(dose_mg)} and its level {_mg(level)}; the two are one total here. "
            "Choose the dose again.",
            limit="dose_levels",
            value=value,
        )


def _check_sum(
    protocol: ProtocolFile, level: Decimal, dose_mg: Decimal, weight_kg: Decimal | None, on: date
) -> None:
    weight = _weight(protocol, weight_kg)
    exact = Fraction(level) * Fraction(weight)
    step = limit_in(protocol, "dose_step", "mg", on)
    given = Fraction(dose_mg)
    value = _value(protocol, "dose_step", on)
    product = f"{_at(protocol, level)} × {Quantity(weight, 'kg')}"
    if given > exact:
        raise LimitExceeded(
            f"{_mg(dose_mg)} is more than {product}; doses are rounded down. "
            "Work the dose out again from the weight.",
            limit="weight",
            value=value,
        )
    if given <= exact - Fraction(step):
        raise LimitExceeded(
            f"{_mg(dose_mg)} is {_mg(step)} or more below {product}; a point may have slipped. "
            "Work the dose out again from the weight.",
            limit="weight",
            value=value,
        )
    if given % Fraction(step):
        raise LimitExceeded(
            f"{_mg(dose_mg)} is no multiple of {_mg(step)}, the step in which {protocol.title} is measured. "
            "Round it down to the step.",
            limit="dose_step",
            value=value,
        )


def _check_rate(
    protocol: ProtocolFile, *, dose_mg: Decimal, weight_kg: Decimal | None, minutes: int | None, on: date
) -> None:
    if protocol.route != "intravenous":
        if minutes is not None:
            raise LimitExceeded(
                f"An infusion time of {minutes} min is given, and {protocol.title} is not infused. "
                "Take it away.",
                limit="minutes",
            )
        return
    if isinstance(minutes, bool) or not isinstance(minutes, int) or minutes <= 0:
        raise LimitExceeded(
            f"The infusion time is {'missing' if minutes is None else f'{minutes} min'}, "
            "so the rate is not known. Give the minutes, above 0.",
            limit="minutes",
        )
    check_rate(protocol, rate_mg_per_min=Fraction(dose_mg) / minutes, weight_kg=weight_kg, on=on)


def _check_devices(protocol: ProtocolFile, *, dose_mg: Decimal, devices: int | None, on: date) -> None:
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
            f"{'No number of devices' if devices is None else f'{devices} devices'} for {_mg(dose_mg)}, "
            f"at {_mg(holds)} a device, is not the dose. Work the number of devices out again.",
            limit="devices",
            value=_value(protocol, "dose_step", on),
        )


def _exact_mg(protocol: ProtocolFile, level: Decimal, weight_kg: Decimal | None) -> Fraction:
    if protocol.dose_basis == "mg":
        return Fraction(level)
    return Fraction(level) * Fraction(_weight(protocol, weight_kg))


def _weight(protocol: ProtocolFile, weight_kg: Decimal | None) -> Decimal:
    if weight_kg is None:
        raise LimitExceeded(
            f"{protocol.title} is dosed by weight, and no weight is given. Weigh the patient.", limit="weight"
        )
    _check_number(weight_kg, "weight in kg")
    return weight_kg


def _check_number(number: object, what: str) -> None:
    # Python lets a float or a bool through where a Decimal is declared, and NaN passes every comparison.
    if isinstance(number, bool) or not isinstance(number, Decimal | int):
        raise LimitExceeded(
            f"The {what} is {number!r}, which is not an exact number. Give a decimal.", limit="number"
        )
    if not Decimal(number).is_finite() or number <= 0:
        raise LimitExceeded(
            f"The {what} is {number}, which is not a number above 0. Enter the value again.", limit="number"
        )


def _rounded_up(number: Fraction) -> Decimal:
    return Decimal(-(-number * 100_000 // 1)) / 100_000


def _floor(protocol: ProtocolFile, on: date) -> Decimal:
    return min(allowed_levels(protocol, on))


def _value(protocol: ProtocolFile, name: str, on: date) -> Value:
    dated = protocol.values.get(name)
    if dated is None:
        raise KnowledgeError(
            f"{protocol.id} has no value '{name}', so the dose cannot be checked. Add it to the file."
        )
    return in_force(dated, on=on)


def _at(protocol: ProtocolFile, level: Decimal) -> str:
    return str(Quantity(level, protocol.dose_basis))


def _mg(amount: Decimal) -> str:
    return str(Quantity(amount, "mg"))


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last

"""The values that limits are read from, as in force on a day, and the checks that a number is one."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from posology.knowledge import in_force
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.schema import ProtocolFile, Value
from posology.protocols.limits.errors import LimitExceeded
from posology.quantities import Quantity, convert


def limit_in(protocol: ProtocolFile, name: str, unit: str, on: date) -> Decimal:
    """Return one numeric value of a protocol that is in force on a day, in ``unit``.

    Raises
    ------
    KnowledgeError
        If the protocol has no such value, or it is not a number.
    NotInForce
        If ``on`` lies before its first effective day.
    """
    value = value_of(protocol, name, on)
    if not isinstance(value.value, Decimal) or value.unit is None:
        raise KnowledgeError(
            f"The value '{name}' of {protocol.id} is not a number with a unit. Mend the file."
        )
    return convert(value.value, value.unit, unit)


def allowed_levels(protocol: ProtocolFile, on: date) -> tuple[Decimal, ...]:
    """Return the dose levels that the protocol lists on a day, in its dose basis, rising."""
    value = value_of(protocol, "dose_levels", on)
    listed = value.value if isinstance(value.value, tuple) else ()
    return tuple(
        convert(x, value.unit or protocol.dose_basis, protocol.dose_basis)
        for x in listed
        if isinstance(x, Decimal)
    )


def floor_of(protocol: ProtocolFile, on: date) -> Decimal:
    """Return the lowest dose level of a protocol on a day."""
    return min(allowed_levels(protocol, on))


def value_of(protocol: ProtocolFile, name: str, on: date) -> Value:
    """Return the value of that name that is in force on a day, with its facts and sources."""
    dated = protocol.values.get(name)
    if dated is None:
        raise KnowledgeError(
            f"{protocol.id} has no value '{name}', so the dose cannot be checked. Add it to the file."
        )
    return in_force(dated, on=on)


def weight_of(protocol: ProtocolFile, weight_kg: Decimal | None) -> Decimal:
    """Return the dosing weight, kg, or refuse a dose by weight that has none."""
    if weight_kg is None:
        raise LimitExceeded(
            f"{protocol.title} is dosed by weight, and no weight is given. Weigh the patient.", limit="weight"
        )
    check_number(weight_kg, "weight in kg")
    return weight_kg


def check_number(number: object, what: str) -> None:
    """Refuse what is not an exact number above 0."""
    # Python lets a float or a bool through where a Decimal is declared, and NaN passes every comparison.
    if isinstance(number, bool) or not isinstance(number, Decimal | int):
        raise LimitExceeded(
            f"The {what} is {number!r}, which is not an exact number. Give a decimal.", limit="number"
        )
    if not Decimal(number).is_finite() or number <= 0:
        raise LimitExceeded(
            f"The {what} is {number}, which is not a number above 0. Enter the value again.", limit="number"
        )


def in_basis(protocol: ProtocolFile, level: Decimal) -> str:
    """Show a dose level in the basis of its protocol."""
    return str(Quantity(level, protocol.dose_basis))


def in_mg(amount: Decimal) -> str:
    """Show an amount in mg."""
    return str(Quantity(amount, "mg"))


def either(words: Iterable[str]) -> str:
    """Join words as in *28, 56 or 84*."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last

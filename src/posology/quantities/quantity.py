"""A magnitude with its unit: the form in which every amount enters and leaves the library."""

from dataclasses import dataclass
from decimal import Decimal

from posology.quantities.errors import QuantityError
from posology.quantities.grammar import number_of, read_number
from posology.quantities.units import UNITS, convert, unit_of

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A magnitude and its UCUM unit.

    Raises
    ------
    QuantityError
        At construction, if the unit is unknown or the magnitude is not finite.
    """

    magnitude: Decimal
    unit: str

    def __post_init__(self) -> None:
        unit_of(self.unit)
        object.__setattr__(self, "magnitude", number_of(self.magnitude, what=f"value in {self.unit}"))

    def to(self, unit: str) -> "Quantity":
        """Return the same amount in another unit of the same dimension."""
        return Quantity(convert(self.magnitude, self.unit, unit), unit)

    def in_unit(self, unit: str) -> Decimal:
        """Return the bare magnitude in ``unit``; the caller's variable carries the unit in its name."""
        return convert(self.magnitude, self.unit, unit)

    def __str__(self) -> str:
        shown = UNITS[self.unit].shown
        if not shown:
            return show_number(self.magnitude)
        gap = "" if shown in {"%", "/min"} else NO_BREAK_SPACE
        return f"{show_number(self.magnitude)}{gap}{shown}"


def read_quantity(text: str, *, what: str) -> Quantity:
    """Read a quantity such as ``"72.5 kg"``; a number without a unit is refused.

    Raises
    ------
    QuantityError
        If the number or the unit cannot be read.
    """
    parts = text.replace(NO_BREAK_SPACE, " ").split()
    if len(parts) == 1:
        read_number(parts[0], what=what)
        raise QuantityError(
            f"The {what} '{parts[0]}' has no unit, so it could be read two ways. Write the unit after it."
        )
    if len(parts) != 2:
        raise QuantityError(f"The {what} '{text[:40]}' is not a number and a unit. Write it as in '72.5 kg'.")
    return Quantity(read_number(parts[0], what=what), parts[1])


def show_number(number: Decimal) -> str:
    """Show a number as a label must: leading zero, no trailing zero, thousands parted by a thin gap.

    ``0.50`` is shown as ``0.5`` and ``5.0`` as ``5``, since a trailing zero has been read as a tenfold dose.
    """
    plain = format(number.normalize() if number else Decimal(0), "f")
    sign, digits = ("−", plain[1:]) if plain.startswith("-") else ("", plain)
    whole, _, decimals = digits.partition(".")
    if len(whole) > 4:
        groups = []
        while whole:
            groups.append(whole[-3:])
            whole = whole[:-3]
        whole = NARROW_SPACE.join(reversed(groups))
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def round_down(number: Decimal, step: Decimal) -> Decimal:
    """Round a positive number down to a multiple of ``step``.

    Doses are rounded down first and checked against the limit afterwards, so that rounding
    can never lift a dose over it (hazard H-12).
    """
    if step <= 0:
        raise QuantityError(f"A rounding step of {step} cannot be used. Give a step above 0.")
    return (number // step) * step

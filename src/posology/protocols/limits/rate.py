"""How fast: the highest rate of an infusion, whenever it is set."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from posology.knowledge.schema import ProtocolFile
from posology.protocols.limits.errors import LimitExceeded
from posology.protocols.limits.values import limit_in, value_of, weight_of
from posology.quantities import Quantity


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
    weight = weight_of(protocol, weight_kg)
    ceiling = limit_in(protocol, "rate_ceiling", "mg/kg/min", on)
    per_kg = Fraction(rate_mg_per_min) / Fraction(weight)
    if per_kg > Fraction(ceiling):
        shown = Quantity(_rounded_up(per_kg), "mg/kg/min")
        raise LimitExceeded(
            f"{shown} for {Quantity(weight, 'kg')} is above {Quantity(ceiling, 'mg/kg/min')}, the highest "
            f"rate of {protocol.title}. Infuse over more minutes.",
            limit="rate_ceiling",
            value=value_of(protocol, "rate_ceiling", on),
        )


def check_infusion(
    protocol: ProtocolFile, *, dose_mg: Decimal, weight_kg: Decimal | None, minutes: int | None, on: date
) -> None:
    """Refuse an infusion without whole minutes or too fast, and minutes where nothing is infused."""
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


def _rounded_up(number: Fraction) -> Decimal:
    return Decimal(-(-number * 100_000 // 1)) / 100_000

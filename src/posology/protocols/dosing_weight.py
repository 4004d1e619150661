"""Which weight a dose is computed from: actual, ideal, or capped, by the policy that a protocol names.

No policy ever gives more than the actual weight would: where another weight is higher, the actual one is
used. What the ideal weight needs and is not known is asked for; the formula is never stretched below the
height from which it is defined, and the actual weight never slips in for it (hazards H-02, H-03, H-22).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_DOWN, Decimal
from types import MappingProxyType

from posology.case import Fact, Missing, Sex
from posology.knowledge import Library, in_force, number_in_force
from posology.knowledge.schema import ProtocolFile, WeightPolicy
from posology.protocols.conditions import Context, body_mass_index, look
from posology.quantities import DomainError, Quantity, day_in_zone_of, show_number

# How each policy is named on an order and its worksheet.
POLICY_WORDS: Mapping[str, str] = MappingProxyType(
    {
        WeightPolicy.ACTUAL: "actual weight",
        WeightPolicy.IDEAL_IF_BMI_30: "ideal weight from a BMI of 30",
        WeightPolicy.IDEAL: "ideal weight",
        WeightPolicy.CAPPED: "actual weight, capped",
    }
)
# Scales and published examples (PR-WT-06) give a tenth of a kilogram; a hundredth of an inch keeps the
# sum that is shown the sum that is done. Ties go down.
_KG_SHOWN = Decimal("0.1")
_INCH_SHOWN = Decimal("0.01")


class CannotDose(DomainError):
    """A protocol whose policy for the dosing weight cannot be followed."""

    code = "cannot-dose"


@dataclass(frozen=True, slots=True)
class DosingWeight:
    """The weight a dose was computed from, and how it was chosen; never above the actual weight."""

    kg: Decimal
    policy: str  # "actual", "ideal-if-bmi-30"
    measured_at: datetime  # of the actual weight, which every policy reads
    reason: str  # "Actual body weight; BMI 24.9 kg/m²."
    actual_kg: Decimal

    def __post_init__(self) -> None:
        if not 0 < self.kg <= self.actual_kg:
            raise CannotDose(
                f"A dosing weight of {Quantity(self.kg, 'kg')} does not lie between nothing and the actual "
                f"{Quantity(self.actual_kg, 'kg')}. Check the numbers of the policy '{self.policy}'."
            )


@dataclass(frozen=True, slots=True)
class _Body:
    """What the policies look at: the weight, and what else of the case each of them asks for."""

    weight: Fact
    kg: Decimal
    protocol: ProtocolFile
    context: Context

    def taken(self, kg: Decimal, reason: str) -> DosingWeight:
        policy = policy_of(self.protocol, self.context.today)
        return DosingWeight(kg, policy.value, self.weight.at, reason, self.kg)


def dosing_weight(protocol: ProtocolFile, context: Context) -> DosingWeight | tuple[Missing, ...] | None:
    """Return the weight a dose is computed from and why that one; ``None`` where weight plays no part.

    Parameters
    ----------
    protocol : ProtocolFile
        Whose ``dosing_weight_policy`` of the day decides, and whose ``dosing_weight_cap`` caps.
    context : Context
        The case as of a moment, and the knowledge.

    Returns
    -------
    DosingWeight or tuple of Missing or None
        What is missing, all of it, where a weight, height or sex that the policy needs is not known or
        too old, or where the height lies outside of what the formula is defined for.

    Raises
    ------
    CannotDose
        If the policy is not known, or is *capped* and the site has set no cap.
    """
    if protocol.dose_basis == "mg":
        return None
    choose = _CHOOSE[policy_of(protocol, context.today)]
    weight = look("weight", context)
    if isinstance(weight, Missing):
        return (weight, *_also_missing(protocol, context))
    value = weight[0].value
    assert isinstance(value, Quantity)  # the case's check saw to it
    return choose(_Body(weight[0], value.in_unit("kg"), protocol, context))


def policy_of(protocol: ProtocolFile, on: date) -> WeightPolicy:
    """Return the policy that a protocol names for a day.

    Raises
    ------
    CannotDose
        If it names none that is known.
    """
    named = in_force(protocol.values["dosing_weight_policy"], on=on).value
    try:
        return WeightPolicy(str(named))
    except ValueError:
        raise CannotDose(
            f"{protocol.title} asks for the dosing weight '{named}', which is not known here. "
            f"Use one of {', '.join(WeightPolicy)}."
        ) from None


def ideal_weight_kg(height_in: Decimal, sex: Sex, library: Library, *, on: date) -> Decimal | None:
    """Compute Devine's ideal body weight; ``None`` where the formula is not defined.

    Parameters
    ----------
    height_in : Decimal
        Height, inches.
    sex : Sex
        Female or male; the formula has no form for any other.
    library : Library
        Its ``dosing-weights`` file holds the formula's numbers.
    on : date
        The day whose numbers are in force.

    Returns
    -------
    Decimal or None
        base + per_inch × (height − first height), kg, to a tenth; ``None`` below the first height.

    References
    ----------
    DEVINE-CALC (PR-WT-05)
    """
    base = _BASES.get(sex)
    first = _number(library, "ideal_from_height", on)
    if base is None or height_in < first:
        return None
    shown = height_in.quantize(_INCH_SHOWN, ROUND_HALF_DOWN)
    kg = _number(library, base, on) + _number(library, "ideal_per_inch", on) * (shown - first)
    return kg.quantize(_KG_SHOWN, ROUND_HALF_DOWN)


_BASES: Mapping[Sex, str] = MappingProxyType({Sex.MALE: "ideal_base_male", Sex.FEMALE: "ideal_base_female"})


# ---------------------------------------------------------------- one function a policy


def _actual(body: _Body) -> DosingWeight:
    height = look("height", body.context)
    if isinstance(height, Missing):
        return body.taken(body.kg, "Actual body weight.")
    return body.taken(body.kg, f"Actual body weight; {_bmi_shown(body.weight, height[0])}.")


def _capped(body: _Body) -> DosingWeight:
    cap = _cap(body.protocol, body.context.today)
    if body.kg <= cap:
        return body.taken(body.kg, f"Actual body weight, not above this site's cap of {_kg(cap)}.")
    return body.taken(cap, f"Capped at {_kg(cap)} by this site; actual weight {_kg(body.kg)}.")


def _ideal_if_obese(body: _Body) -> DosingWeight | tuple[Missing, ...]:
    height = look("height", body.context)
    if isinstance(height, Missing):
        return (height,)
    limit = _number(body.context.library, "ideal_from_bmi", body.context.today)
    if body_mass_index(body.weight, height[0]) < limit:
        bmi = _bmi_shown(body.weight, height[0])
        return body.taken(body.kg, f"Actual body weight; {bmi}, below {Quantity(limit, 'kg/m2')}.")
    return _ideal(body)


def _ideal(body: _Body) -> DosingWeight | tuple[Missing, ...]:
    missing = _missing_for_ideal(body.context)
    if missing:
        return missing
    height = look("height", body.context)
    assert not isinstance(height, Missing) and isinstance(height[0].value, Quantity)
    inches = height[0].value.in_unit("[in_i]")
    sex, library, on = body.context.case.sex, body.context.library, body.context.today
    ideal = ideal_weight_kg(inches, sex, library, on=on)
    assert ideal is not None  # what the formula lacks was missing above
    told = f"{_sum(inches, sex, ideal, library, on)}; {_measured(body, height[0])}"
    if ideal > body.kg:
        return body.taken(
            body.kg, f"Actual body weight, since the ideal weight would be more: {told}. Never above actual."
        )
    return body.taken(ideal, f"Ideal body weight: {told}.")


_CHOOSE: Mapping[WeightPolicy, Callable[[_Body], DosingWeight | tuple[Missing, ...]]] = MappingProxyType(
    {
        WeightPolicy.ACTUAL: _actual,
        WeightPolicy.CAPPED: _capped,
        WeightPolicy.IDEAL: _ideal,
        WeightPolicy.IDEAL_IF_BMI_30: _ideal_if_obese,
    }
)


# ---------------------------------------------------------------- what is missing


def _also_missing(protocol: ProtocolFile, context: Context) -> tuple[Missing, ...]:
    """Return what a policy needs beside the weight, so that everything is asked for at once."""
    policy = policy_of(protocol, context.today)
    if policy is WeightPolicy.IDEAL:
        return _missing_for_ideal(context)
    height = look("height", context)
    if policy is WeightPolicy.IDEAL_IF_BMI_30 and isinstance(height, Missing):
        return (height,)
    return ()


def _missing_for_ideal(context: Context) -> tuple[Missing, ...]:
    found = []
    height = look("height", context)
    if isinstance(height, Missing):
        found.append(height)
    elif (low := _too_low(height[0], context)) is not None:
        found.append(low)
    if context.case.sex not in _BASES:
        found.append(
            Missing(
                "sex",
                "Is the patient female or male? The ideal weight has a form for these two only.",
                f"recorded as {context.case.sex.value}",
            )
        )
    return tuple(found)


def _too_low(height: Fact, context: Context) -> Missing | None:
    assert isinstance(height.value, Quantity)
    first = Quantity(_number(context.library, "ideal_from_height", context.today), "[in_i]")
    if height.value.in_unit("[in_i]") >= first.magnitude:
        return None
    return Missing(
        "height",
        "Is the height right? If it is, the site has to choose another dosing weight for this patient.",
        f"{height.value}; the ideal weight is defined from {first.to('cm')} ({first}) on",
    )


# ---------------------------------------------------------------- words and numbers


def _sum(inches: Decimal, sex: Sex, ideal: Decimal, library: Library, on: date) -> str:
    """Write the formula with its numbers: ``50 + 2.3 × (70.87 − 60) = 75 kg``."""
    base, per_inch = _number(library, _BASES[sex], on), _number(library, "ideal_per_inch", on)
    first = _number(library, "ideal_from_height", on)
    tall = show_number(inches.quantize(_INCH_SHOWN, ROUND_HALF_DOWN))
    return (
        f"{show_number(base)} + {show_number(per_inch)} × ({tall} − {show_number(first)}) = {_kg(ideal)} "
        f"({sex.value}, height in inches)"
    )


def _measured(body: _Body, height: Fact) -> str:
    day = day_in_zone_of(body.context.as_of, height.at)
    actual = f"actual weight {_kg(body.kg)}"
    return f"{_bmi_shown(body.weight, height)}, {actual}, height {height.value} of {day}"


def _bmi_shown(weight: Fact, height: Fact) -> str:
    return f"BMI {Quantity(body_mass_index(weight, height), 'kg/m2')}"


def _kg(kg: Decimal) -> str:
    return str(Quantity(kg, "kg"))


def _cap(protocol: ProtocolFile, on: date) -> Decimal:
    dated = protocol.values.get("dosing_weight_cap")
    if dated is None or on < min(dated):
        raise CannotDose(
            f"{protocol.title} caps the dosing weight, and no cap is set. No source gives one: the site sets "
            "its own, or chooses another dosing weight."
        )
    return number_in_force(protocol.values, "dosing_weight_cap", on=on, unit="kg")


def _number(library: Library, name: str, on: date) -> Decimal:
    return number_in_force(library.dosing_weights.values, name, on=on)

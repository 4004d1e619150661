"""A measured value: FHIR's Quantity in, ours out, or the sentence that says why not (hazard H-02)."""

import re
from datetime import datetime
from decimal import Decimal

from posology.case import CaseError, Fact, Origin, OriginKind, check_value
from posology.fhir.elements import UCUM, Resource, a_dict, a_text, system_of, values
from posology.fhir.json_door import ExponentNumber
from posology.knowledge.schema import Question
from posology.quantities import UNITS, Quantity, QuantityError, number_of, unit_of
from posology.quantities.units import meant_unit

# UCUM's curly braces are remarks without meaning: {beats}/min is /min.
_REMARK = re.compile(r"\{[^{}]*\}")
_GRAMS_PER_KG = 1000
# Nothing that is measured here needs more; a chart's own arithmetic leaves tails such as 83.70000000000001.
_FINEST = Decimal("0.000001")


class NotMeasured(Exception):
    """Why a value cannot be taken over; the message is a sentence for the list."""


def measured(element: Resource, question: Question, *, at: datetime) -> Quantity:
    """Return the quantity of an Observation or a component, checked against its question.

    Raises
    ------
    NotMeasured
        If it has no value, no unit that is UCUM, a unit of another dimension, or cannot be true.
    """
    found = dict(values(element))
    if "Quantity" not in found:
        told = ", ".join(f"value{kind}" for kind in found)
        raise NotMeasured(
            f"The {question.named} is given as {told}, not as a quantity." if told else "It has no value."
        )
    quantity = a_dict(found["Quantity"])
    number = number_in(quantity, question.named)
    try:
        read = _in_known_unit(number, unit_code(quantity, question.named), question)
        check_value(Fact("", read, at, Origin(OriginKind.CHART)), question)
    except QuantityError as error:
        raise NotMeasured(f"The {question.named}: {error}") from None
    except CaseError as error:
        raise NotMeasured(str(error)) from None
    return read


def number_in(quantity: Resource, what: str) -> Decimal:
    """Return the number of a Quantity.

    Raises
    ------
    NotMeasured
        If it is absent, text, written with an exponent, or only a bound (``< 5``).
    """
    if "comparator" in quantity:
        raise NotMeasured(f"The {what} is only a bound ({a_text(quantity['comparator'])}), not a value.")
    value = quantity.get("value")
    if value is None:
        raise NotMeasured(f"The {what} has no number.")
    if isinstance(value, str | ExponentNumber):
        raise NotMeasured(
            f"The {what} is written as '{value}', which is not a plain number. Mend it at its source."
        )
    try:
        number = number_of(value, what=what)
    except QuantityError as error:
        raise NotMeasured(str(error)) from None
    return number if number == number.quantize(_FINEST) else number.quantize(_FINEST)


def unit_code(quantity: Resource, what: str) -> str:
    """Return the unit of a Quantity as a code that is known here.

    A code counts only in UCUM. Without a code the unit's text counts if it is a UCUM code itself;
    ``lbs`` is not, and stays unread. Where code and text say different things neither is believed.

    Raises
    ------
    NotMeasured
        If there is no such code.
    """
    system, code, text = system_of(quantity), a_text(quantity.get("code")), a_text(quantity.get("unit"))
    if code and system not in {"", UCUM}:
        raise NotMeasured(f"The unit of the {what} is coded in {system}, not in UCUM. Mend it at its source.")
    written = code or text
    if not written:
        raise NotMeasured(f"The {what} has no unit, so it could be read two ways. Mend it at its source.")
    meant = _known(written)
    try:
        unit_of(meant)
    except QuantityError as error:
        raise NotMeasured(f"The {what}: {error}") from None
    other = meant_unit(text)
    if other is not None and _known(other) != meant:
        raise NotMeasured(
            f"The unit of the {what} is '{text}' in words and '{code}' in code, and the two differ. "
            "Measure again."
        )
    return meant


def _known(code: str) -> str:
    if code in UNITS:
        return code
    bare = _REMARK.sub("", code)
    return bare if bare in UNITS else code


def _in_known_unit(number: Decimal, code: str, question: Question) -> Quantity:
    """Return the quantity in the question's own dimension; a body weight may come in grams."""
    if code == "g" and question.unit == "kg":
        return Quantity(number / _GRAMS_PER_KG, "kg")
    quantity = Quantity(number, code)
    quantity.in_unit(question.unit or "1")  # refuses another dimension
    return quantity

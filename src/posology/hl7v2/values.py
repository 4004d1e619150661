"""The value of an observation: one plain number in a unit that is known, or the sentence that says why not.

A number is read as it was sent, by the one number grammar (hazards H-07, H-08): no sign of comparison, no
comma, no digits of another script, no NaN. An empty field is told as empty and never becomes 0 (hazard H-43).
"""

from decimal import Decimal
from enum import StrEnum

from posology.hl7v2.codes import CodeTable, Disagreement
from posology.hl7v2.delimiters import fit_to_show
from posology.hl7v2.errors import Hl7Error
from posology.hl7v2.messages import Observation
from posology.hl7v2.table import Sign
from posology.quantities import Quantity, QuantityError, read_number

_NUMERIC = frozenset({"NM", "SN", "ST", "TX", ""})  # older senders write numbers as text, or name no type
_COMPARISONS = ("<", ">", "≤", "≥", "~")
_DELETED = '""'  # HL7's null: there was a value, and there is none now
_MEND = "Mend it at the sender."


class Reason(StrEnum):
    """Why an observation became no reading."""

    UNUSED = "unused"  # it is of nothing that is read here
    EMPTY = "empty"  # no value was sent
    NOT_OBTAINED = "not obtained"  # its status says that there is none
    WITHDRAWN = "withdrawn"  # its status takes back what was sent before
    UNREADABLE = "unreadable"  # the value or its unit cannot be read
    DISAGREES = "disagrees"  # what was said twice differs


class NotAValue(Hl7Error):
    """Why an observation has no value that may be used; ``field`` is the number of its field in OBX."""

    code = "hl7-value"

    def __init__(self, reason: Reason, field: int, sentence: str) -> None:
        self.reason = reason
        self.field = field
        super().__init__(sentence)


def value_of(observation: Observation, sign: Sign, codes: CodeTable) -> Quantity:
    """Return the value of an observation in the unit in which the record holds its sign.

    Parameters
    ----------
    observation : Observation
        As it was sent.
    sign : Sign
        What it is of.
    codes : CodeTable
        The units that are known.

    Returns
    -------
    Quantity
        In mm[Hg], /min or %; exact where a decimal can hold it.

    Raises
    ------
    NotAValue
        If there is no value, it is no plain number, or its unit is missing, unknown or of another kind.
    """
    number = _number(observation, sign)
    target = codes.unit_of(sign).unit
    try:
        unit = codes.read_unit(observation.unit)
    except Disagreement as error:
        raise NotAValue(Reason.DISAGREES, 6, f"The {sign.words} was not taken: {error}.") from None
    if unit is None:
        told = observation.unit.shown
        said = f"the unit '{told}', which is not known here" if observation.unit.code else "no unit"
        raise NotAValue(
            Reason.UNREADABLE,
            6,
            f"The {sign.words} has {said}, so it was not taken. Have the sender give it in {target}.",
        )
    try:
        return Quantity(Quantity(unit.convert(number), unit.unit).in_unit(target), target)
    except QuantityError as error:
        raise NotAValue(Reason.UNREADABLE, 6, f"The {sign.words} was not taken: {error}") from None


def as_sent(observation: Observation) -> str:
    """Return value and unit as they were sent, for people to look at."""
    value = " ".join("^".join(repetition) for repetition in observation.values)
    return fit_to_show(f"{value} {observation.unit.text or observation.unit.code}")[:60]


def _number(observation: Observation, sign: Sign) -> Decimal:
    text = _only_value(observation, sign)
    if text.startswith(_COMPARISONS):
        raise NotAValue(
            Reason.UNREADABLE,
            5,
            f"The {sign.words} is only a bound ('{fit_to_show(text)[:24]}') and no value. Measure again.",
        )
    try:
        return read_number(text, what=sign.words)
    except QuantityError as error:
        raise NotAValue(Reason.UNREADABLE, 5, str(error)) from None


def _only_value(observation: Observation, sign: Sign) -> str:
    """Return the one text in which the number stands."""
    values = [v for v in observation.values if any(part.strip() for part in v)]
    if not values or values == [(_DELETED,)]:
        raise NotAValue(Reason.EMPTY, 5, f"For the {sign.words} no value was sent.")
    if observation.value_type not in _NUMERIC:
        kind = fit_to_show(observation.value_type)[:10]
        raise NotAValue(
            Reason.UNREADABLE, 2, f"The {sign.words} is sent as '{kind}', which is no number. {_MEND}"
        )
    if len(values) > 1:
        raise NotAValue(
            Reason.UNREADABLE, 5, f"The {sign.words} has {len(values)} values in one field. {_MEND}"
        )
    parts = values[0]
    if observation.value_type == "SN":
        parts = _of_structured(parts, sign)
    if len([part for part in parts if part.strip()]) > 1:
        raise NotAValue(
            Reason.UNREADABLE,
            5,
            f"The {sign.words} '{fit_to_show('^'.join(parts))[:24]}' is more than one number. {_MEND}",
        )
    return parts[0]


def _of_structured(parts: tuple[str, ...], sign: Sign) -> tuple[str, ...]:
    """Return the number of a structured numeric: comparator, number, separator, number."""
    comparator, first, *rest = (*(part.strip() for part in parts), "", "")
    if comparator not in {"", "="}:
        raise NotAValue(
            Reason.UNREADABLE,
            5,
            f"The {sign.words} is only a bound ('{fit_to_show(comparator + first)[:24]}') and no value. "
            "Measure again.",
        )
    return (first, *rest)

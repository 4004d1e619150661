"""The kinds of field an event may hold, each with the one grammar of its door.

JSON and forms give strings, ints and floats; every number goes through ``quantities.number_of``, so
that ``"７５"``, ``"7_5"``, ``1e999`` and ``NaN`` are refused here as at every other door (H-07, H-08).
"""

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StrictBool

from posology.quantities import QuantityError, check_aware, number_of, read_day, read_moment


class FieldFaultError(ValueError):
    """A fault that a whole payload shows, told of the field that a person would mend."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class Payload(BaseModel):
    """What one kind of event holds: frozen, no unknown keys, nothing coerced but by the fields below."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def _as_fault(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let a domain refusal speak through pydantic, which listens to ValueError alone."""

    def reader(value: Any) -> Any:
        try:
            return read(value)
        except QuantityError as error:
            raise ValueError(str(error)) from None

    return reader


def _above_zero(value: Any) -> Decimal:
    number = number_of(value, what="value")
    if number <= 0:
        raise QuantityError(f"The value is {number}; it must be above 0. Enter it again.")
    return number


def _whole(value: Any) -> int:
    number = number_of(value, what="value")
    if number != number.to_integral_value() or number < 0:
        raise QuantityError(f"The value is {number}; it must be a whole number, 0 or more. Enter it again.")
    return int(number)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise QuantityError(f"The value is {value!r:.40}; it must be text. Write it again.")
    stripped = value.strip()
    if not stripped:
        raise QuantityError("The text is empty. Write it out.")
    if len(stripped) > 2000:
        raise QuantityError(f"The text has {len(stripped)} characters; 2000 is the most. Shorten it.")
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in stripped):
        raise QuantityError("The text holds a control character. Write it again without.")
    return stripped


def _short(value: str) -> str:
    if len(value) > 120 or "\n" in value:
        raise ValueError("The text must be one line of 120 characters at most. Shorten it.")
    return value


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise QuantityError(f"The value is {value!r:.40}; it must be a day. Write it as in 1980-02-29.")
    return read_day(value, what="day")


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return check_aware(value, what="moment")
    if not isinstance(value, str):
        raise QuantityError(f"The value is {value!r:.40}; it must be a moment. Write it with its offset.")
    return read_moment(value, what="moment")


Amount = Annotated[Decimal, BeforeValidator(_as_fault(_above_zero))]
"""An exact number above 0; the field's name carries the unit."""

Whole = Annotated[int, BeforeValidator(_as_fault(_whole))]
"""A whole number, 0 or more."""

Text = Annotated[str, BeforeValidator(_as_fault(_text))]
"""Text of 1 to 2000 characters without control characters."""

Word = Annotated[str, BeforeValidator(_as_fault(_text)), AfterValidator(_short)]
"""One line of 1 to 120 characters: a name, a key, a lot."""

Day = Annotated[date, BeforeValidator(_as_fault(_day))]
Moment = Annotated[datetime, BeforeValidator(_as_fault(_moment))]
YesNo = StrictBool
"""True or false; neither 1 nor "yes" passes for it."""


class Related(StrEnum):
    """Whether an adverse event is thought to come from the dose; unknown is an answer."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Scale(StrEnum):
    """What a nurse scores at the chair.

    ``moaa_s`` and ``cadss`` are published scales; ``dissociation`` and ``nausea`` are this product's
    four-step bedside ratings (0 none, 1 mild, 2 moderate, 3 severe) and no published instrument.
    """

    MOAA_S = "moaa_s"
    DISSOCIATION = "dissociation"
    NAUSEA = "nausea"
    CADSS = "cadss"


# The range is part of what a scale is (S-SED-01; A-SCL-07), as the number of its items is.
SCALE_RANGE = {Scale.MOAA_S: (0, 5), Scale.DISSOCIATION: (0, 3), Scale.NAUSEA: (0, 3), Scale.CADSS: (0, 92)}

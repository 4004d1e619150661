"""What every knowledge file shares: certainty, header, citations, dated values, and strict numbers.

Numbers that came from a paper, a label or a decision stand in ``values`` under the day from which
they hold; everything that rests on facts names the fact ids, the sources, and how sure they are.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from posology.quantities import UNITS


class Certainty(StrEnum):
    """How far a fact was verified; N (not verified) may only tighten."""

    VERIFIED = "V"
    SECONDARY = "S"
    DERIVED = "D"
    SEED = "SEED"
    NOT_VERIFIED = "N"
    SITE_DEFAULT = "SITE"  # an engineering default that a site sets within bounds; not a clinical fact


class Substance(StrEnum):
    """Three substances, never one word for all of them, and no conversion between them."""

    KETAMINE = "ketamine"
    ESKETAMINE = "esketamine"
    ARKETAMINE = "arketamine"


class Route(StrEnum):
    """How a dose enters the body; a change of route is a new order."""

    INTRAVENOUS = "intravenous"
    INTRAMUSCULAR = "intramuscular"
    NASAL = "nasal"
    ORAL = "oral"
    SUBCUTANEOUS = "subcutaneous"
    SUBLINGUAL = "sublingual"


class Level(StrEnum):
    """What a rule asks for when it holds."""

    STOP = "stop"
    HOLD = "hold"
    CAUTION = "caution"


class Role(StrEnum):
    """Who may clear what a rule holds up."""

    PRESCRIBER = "prescriber"
    NURSE = "nurse"
    DIRECTOR = "director"
    NOBODY = "nobody"


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


def _is_a_number(value: Any) -> Any:
    """Refuse a text where a number belongs: ``Decimal("４０")`` would succeed (hazard H-07)."""
    if isinstance(value, bool | str | float):
        raise ValueError(
            f"{value!r} is not a number as it is written here; write plain digits without quotes"
        )
    return value


Number = Annotated[Decimal, BeforeValidator(_is_a_number)]
Whole = Annotated[int, BeforeValidator(_is_a_number)]


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and coerces nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cited(Strict):
    """Anything that rests on facts: the fact ids of the sheets, the sources, and how sure they are."""

    facts: Texts = ()
    sources: Texts
    certainty: Certainty

    @model_validator(mode="after")
    def _says_where_it_comes_from(self) -> "Cited":
        if not self.sources:
            raise ValueError("it names no source; add one that stands in sources.yaml")
        if self.certainty is not Certainty.SITE_DEFAULT and not self.facts:
            raise ValueError("it names no fact id; add the id of the fact that it encodes")
        return self


class Header(Strict):
    """Who wrote a file, who read it after, and until when it counts as read."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    kind: str
    title: str
    status: Literal["draft", "active", "retired"]
    version: Whole = Field(ge=1)
    authored_by: str
    reviewed_by: str
    clinical_sign_off: str | None = None  # a licensed clinician's; none until a site gives its own
    last_review_date: date
    review_due: date
    jurisdiction: str = "any"

    @model_validator(mode="after")
    def _was_read_by_another(self) -> "Header":
        if self.reviewed_by.strip().casefold() == self.authored_by.strip().casefold():
            raise ValueError("reviewed_by is authored_by; a second reader must be someone else")
        if self.review_due <= self.last_review_date:
            raise ValueError("review_due does not lie after last_review_date; set a later day")
        return self


class Value(Cited):
    """One number (or list, or word) with its unit, from one effective day on."""

    value: Number | bool | str | tuple[Number, ...] | tuple[str, ...]
    unit: str | None = None
    where: str | None = None
    note: str | None = None
    announced: date | None = None
    cleared_by: Role | None = None  # who may pass it, where it is a limit that only holds a dose up

    @model_validator(mode="after")
    def _can_be_relied_on(self) -> "Value":
        if self.certainty is Certainty.NOT_VERIFIED:
            raise ValueError(
                "its certainty is N (not verified), which may only tighten; a value needs a source"
            )
        numeric = not isinstance(self.value, bool | str) and not (
            isinstance(self.value, tuple) and self.value and isinstance(self.value[0], str)
        )
        if not numeric and self.unit is not None:
            raise ValueError(f"{self.value!r} has a unit and is no number; write plain digits without quotes")
        if numeric and self.unit is None:
            raise ValueError("it has no unit; write one of the UCUM codes that are read here")
        if self.unit is not None and self.unit not in UNITS:
            raise ValueError(
                f"'{self.unit}' is not a UCUM code that is read here; use one of {', '.join(UNITS)}"
            )
        return self


def _in_order(value: Any) -> Any:
    days = list(value) if isinstance(value, Mapping) else []
    if any(not isinstance(day, date) for day in days):
        raise ValueError("a key under it is not a day; write days as 2025-01-17")
    if days != sorted(days):
        raise ValueError("its days do not run forward; order them from the first to the last")
    return value


Dated = Annotated[dict[date, Value], BeforeValidator(_in_order), Field(min_length=1)]


class Statement(Cited):
    """One sentence for, against, or beside an option, with what it rests on."""

    say: str = Field(max_length=240)
    jurisdictions: Texts = ()  # where it is said; everywhere when empty


class ProtocolStatement(Statement):
    """A sentence for or against a protocol; ``about`` narrows it to the usual or the lower start."""

    side: Literal["for", "against"]
    about: Literal["usual", "lower"] | None = None

"""What every file of the models shares: flags, units held against what they measure, ranges.

The certainty of the other knowledge files follows from a flag, so that the same lists count both.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import Certainty, Cited, Number, Strict
from posology.quantities import UNITS


class Flag(StrEnum):
    """How a number was come by; shown wherever a result that rests on it is shown."""

    MEASURED = "measured"  # read in the source's own text
    SECOND_HAND = "second-hand"  # read in a transcription of the source
    RECALLED = "recalled"  # nobody read it here
    DERIVED = "derived"  # worked out from numbers that were read
    ASSUMED = "assumed"  # no document gives it


_CERTAINTY = {
    Flag.MEASURED: Certainty.VERIFIED,
    Flag.SECOND_HAND: Certainty.SECONDARY,
    Flag.RECALLED: Certainty.NOT_VERIFIED,
    Flag.DERIVED: Certainty.DERIVED,
    Flag.ASSUMED: Certainty.NOT_VERIFIED,
}
PkRoute = Literal[
    "intravenous", "intramuscular", "subcutaneous", "nasal", "oral", "sublingual", "rectal"
]  # the last only in what was observed
Analyte = Literal["ketamine", "norketamine", "hydroxynorketamine"]
Site = Literal["venous", "arterial"]
Sentence = Annotated[str, Field(pattern=r"^[^a-z].*[.]$", max_length=320)]
Where = str | None


class Flagged(Cited):
    """A number of a model with its flag and its sources. The certainty follows from the flag alone."""

    flag: Flag

    @model_validator(mode="before")
    @classmethod
    def _certainty_of_its_flag(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        if "certainty" in given:
            raise ValueError("it has a certainty; write its flag, from which the certainty follows")
        flag = given.get("flag")
        # Where the flag is none, its own fault is told; the certainty is only a place-holder until then.
        known = Flag(flag) if isinstance(flag, str) and flag in set(Flag) else Flag.RECALLED
        return {**given, "certainty": _CERTAINTY[known]}

    @model_validator(mode="after")
    def _says_where_it_comes_from(self) -> "Flagged":
        """Ask for a source alone: the numbers of a model have no ids in the sheets, only rows have."""
        if not self.sources:
            raise ValueError("it names no source; add one that stands in sources.yaml")
        return self


class PlacedFault(ValueError):
    """A fault of a file as a whole that knows which part of it is meant, so that its line can be told."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


def check_unit(unit: str, *dimensions: str) -> None:
    """Refuse a unit that is not in the closed table, or measures something else than what was asked for.

    Raises
    ------
    ValueError
        With what was found and what to write instead.
    """
    if unit not in UNITS:
        raise ValueError(f"'{unit}' is not a UCUM code that is read here; use one of {', '.join(UNITS)}")
    if dimensions and UNITS[unit].dimension not in dimensions:
        fit = [code for code, one in UNITS.items() if one.dimension in dimensions]
        raise ValueError(f"'{unit}' is a {UNITS[unit].dimension}; use one of {', '.join(fit)}")


class Range(Strict):
    """Two bounds, the lower one first."""

    low: Number
    high: Number

    @model_validator(mode="after")
    def _rises(self) -> "Range":
        if self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        return self

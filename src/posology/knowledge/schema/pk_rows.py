"""Public observations that a model is held against: what was given to whom, what was seen, what is allowed.

A row that cannot be a gate says why. Values that were worked out with the models before are kept apart.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from posology.knowledge.reference import FactId
from posology.knowledge.schema.common import Header, Number, Strict, Substance, Whole
from posology.knowledge.schema.pk_parts import Analyte, Flag, Flagged, PkRoute, Sentence, Site, check_unit

Pair = tuple[Number, Number]


def _as_pairs(value: Any) -> Any:
    return tuple(tuple(one) if isinstance(one, list) else one for one in value) if value else ()


class Input(Strict):
    """One dose: an amount, an amount for body weight, or a rate for body weight, over how long."""

    route: PkRoute
    substance: Substance
    dose: Number = Field(gt=0)
    unit: str
    start: Number = Field(default=Decimal(0), ge=0)
    duration: Number = Field(default=Decimal(0), ge=0)
    time_unit: Literal["s", "min", "h", "d"] = "min"

    @model_validator(mode="after")
    def _is_a_dose(self) -> "Input":
        check_unit(self.unit, "drug mass", "dose per body mass", "dose rate per body mass")
        if self.unit.endswith(("/h", "/min")) and self.duration == 0:
            raise ValueError("a rate without a duration gives no dose; write its duration")
        return self


class Design(Strict):
    """What was given, and to whom as far as a simulation needs it."""

    inputs: tuple[Input, ...] = Field(min_length=1)
    weight_kg: Number | None = Field(default=None, gt=0)
    weight_basis: Literal["published", "assumed"] | None = None
    age_a: Number | None = Field(default=None, gt=0)
    study_population: tuple[Literal["asian", "japanese"], ...] = ()
    who: str

    @model_validator(mode="after")
    def _says_whence_its_weight_is(self) -> "Design":
        if (self.weight_kg is None) != (self.weight_basis is None):
            raise ValueError("weight_kg and weight_basis go together; say whether it was published")
        return self


class Gate(Strict):
    """What a model may miss the observation by; or why nothing is asked of it."""

    kind: Literal["within-range", "relative", "median-error", "none"]
    model: str | None = None
    low: Number | None = None
    high: Number | None = None
    percent: Number | None = Field(default=None, gt=0)
    reason: Sentence | None = None

    @model_validator(mode="after")
    def _has_its_numbers(self) -> "Gate":
        asks = self.kind != "none"
        if asks != (self.model is not None) or asks != (self.reason is None):
            raise ValueError("a gate names its model, and where there is none it gives its reason")
        if (self.kind in {"relative", "median-error"}) != (self.percent is not None):
            raise ValueError("relative and median-error have a percent, and nothing else has")
        if (self.kind == "within-range") != (self.low is not None and self.high is not None):
            raise ValueError("within-range has low and high, and nothing else has")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        return self


Quantity = Literal[
    "concentration",
    "concentration range",
    "curve",
    "steady-state concentration",
    "cmax",
    "tmax",
    "auc",
    "clearance",
    "half-life",
    "bioavailability",
    "ratio of auc",
    "share excreted",
]
_DIMENSIONS = {
    "concentration": ("drug concentration in blood", "amount concentration in blood"),
    "tmax": ("time",),
    "half-life": ("time",),
    "auc": ("exposure",),
    "clearance": ("clearance", "clearance per body mass"),
    "bioavailability": ("count", "fraction"),
    "ratio of auc": ("count",),
    "share excreted": ("fraction",),
}


class Observation(Strict):
    """One quantity that was seen: a value, a range, or a curve of [h, value]."""

    quantity: Quantity
    analyte: Analyte | Literal["dehydronorketamine"]
    of: Substance | None = None  # which form of it was measured; none where both together
    at: Number | None = None  # when, in ``time_unit``
    from_: Number | None = Field(default=None, alias="from")
    to: Number | None = None  # over what an AUC goes; to infinity, or not stated, where there is none
    time_unit: Literal["min", "h"] | None = None
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    sd: Number | None = None
    gsd: Number | None = None  # geometric standard deviation
    curve: Annotated[tuple[Pair, ...], BeforeValidator(_as_pairs)] = ()
    unit: str
    flag: Flag
    note: str | None = None
    gate: Gate
    computed: dict[str, Number] = Field(default={})  # by model: typical values worked out independently

    @model_validator(mode="after")
    def _is_whole(self) -> "Observation":
        check_unit(self.unit, *_DIMENSIONS.get(self.quantity, _DIMENSIONS["concentration"]))
        if (self.quantity == "curve") != bool(self.curve):
            raise ValueError("a curve has points under curve, and nothing else has")
        hours = [hour for hour, _ in self.curve]
        if hours != sorted(set(hours)):
            raise ValueError("the hours of its curve do not rise; order them, and write each once")
        has_range = self.low is not None and self.high is not None
        if not self.curve and self.value is None and not has_range:
            raise ValueError("it has no value; give one, or both ends of its range")
        if (self.low is None) != (self.high is None):
            raise ValueError("its range has one end; write both, or neither")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        if (self.at is not None or self.to is not None) != (self.time_unit is not None):
            raise ValueError("at or to, and time_unit, go together")
        return self


class ReferenceRow(Flagged):
    """One public row of the sheet: its design, and everything that was seen in it."""

    say: Sentence
    site: Site | Literal["not stated"]
    design: Design
    n: Whole | None = Field(default=None, ge=1)
    n_text: str | None = None  # where it is no one number
    where: str | None = None
    observations: tuple[Observation, ...] = Field(min_length=1)


def _with_ids(rows: Any) -> Any:
    """Give each row its own id as the fact that it encodes, so that a file need not write it twice."""
    if not isinstance(rows, dict):
        return rows
    return {key: {"facts": (key,), **row} if isinstance(row, dict) else row for key, row in rows.items()}


class CodingConstant(Flagged):
    """A number that follows from a model's parameters alone: it tests the program, and not the model."""

    model: str
    quantity: Literal["terminal half-life", "volume at steady state", "bioavailability", "nasal fraction"]
    analyte: Analyte
    weight_kg: Number = Field(gt=0)
    devices: Whole | None = None
    value: Number = Field(gt=0)
    unit: str

    @model_validator(mode="after")
    def _has_a_unit(self) -> "CodingConstant":
        check_unit(self.unit)
        return self


class PkReferenceFile(Header):
    """Every public observation that models are held against, and constants that follow from them."""

    kind: Literal["pk-reference"]
    rows: Annotated[dict[FactId, ReferenceRow], BeforeValidator(_with_ids)]
    coding_constants: tuple[CodingConstant, ...]
    limits: Annotated[tuple[Sentence, ...], Field(min_length=1)]

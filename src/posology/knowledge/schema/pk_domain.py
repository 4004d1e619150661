"""Who was studied for a model, and between what it holds, with the sentence that a clinician reads."""

from typing import Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import Number, Strict, Whole
from posology.knowledge.schema.pk_parts import Flagged, PkRoute, Sentence, check_unit


class Spread(Strict):
    """A characteristic of those who were studied, as far as it was published."""

    low: Number | None = None
    high: Number | None = None
    median: Number | None = None
    mean: Number | None = None
    sd: Number | None = None
    unit: str

    @model_validator(mode="after")
    def _is_ordered(self) -> "Spread":
        check_unit(self.unit, "age", "body mass")
        if (self.low is None) != (self.high is None):
            raise ValueError("it has one end; write low and high, or neither")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        return self


class Population(Flagged):
    """Who was studied, in one sentence and in the numbers that were published."""

    n: Whole | None = Field(default=None, ge=1)  # none where it was not read
    healthy: Whole | None = None
    patients: Whole | None = None
    age: Spread | None = None
    weight: Spread | None = None
    female_percent: Number | None = Field(default=None, ge=0, le=100)
    doses: str
    sampling: str
    text: Sentence


What = Literal[
    "age", "weight", "dose-per-kg", "dose", "duration", "time-after", "device-count", "device-dose"
]
_MEASURES = {
    "age": "age",
    "weight": "body mass",
    "dose-per-kg": "dose per body mass",
    "dose": "drug mass",
    "duration": "time",
    "time-after": "time",
    "device-count": "count",
    "device-dose": "drug mass",
}


class Bound(Strict):
    """Between what the model holds, on some routes or on all, with the sentence that a clinician reads."""

    what: What
    routes: tuple[PkRoute, ...] = ()
    low: Number | None = None
    high: Number | None = None
    unit: str
    say: Sentence

    @model_validator(mode="after")
    def _bounds(self) -> "Bound":
        check_unit(self.unit, _MEASURES[self.what])
        if self.low is None and self.high is None:
            raise ValueError("it has no bound; write low, high, or both")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        return self


class Domain(Strict):
    """Outside ``hard`` the model is not run; outside ``soft`` it is, and its sentence stands beside."""

    hard: tuple[Bound, ...] = Field(min_length=1)
    soft: tuple[Bound, ...] = ()

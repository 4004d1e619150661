"""One substance by one route: doses, phases, monitoring, discharge."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import (
    Cited,
    Dated,
    Header,
    Number,
    ProtocolStatement,
    Route,
    Substance,
    Texts,
    Whole,
)
from posology.knowledge.schema.rules import Condition


class Missed(Cited):
    """What a source says to do after a missed session; with ``if_worse`` it asks for the denser schedule."""

    do: str
    if_worse: str = ""


class Checkpoint(Cited):
    """A question that is put to the prescriber on the way; it stops nothing and chooses nothing.

    *benefit* is due on a day of its phase, counted from 1; *duration* so many months after the first
    response; *futility* where the score fell too little after one session, or after each of several.
    """

    id: str
    asks: Literal["benefit", "duration", "futility"]
    title: str
    do: str
    limit: str = ""  # what this prompt cannot tell
    on_day: Whole | None = None
    months: Whole | None = None
    after_one: Whole | None = None
    after_each: tuple[Whole, ...] = ()
    at_h: Whole | None = None  # hours after a session at which the source measured

    @model_validator(mode="after")
    def _says_when(self) -> "Checkpoint":
        given = {
            "benefit": self.on_day is not None,
            "duration": self.months is not None,
            "futility": None not in (self.after_one, self.at_h) and bool(self.after_each),
        }
        if [asks for asks, told in given.items() if told] != [self.asks]:
            raise ValueError(
                "a checkpoint has on_day for benefit, months for duration, and after_one, after_each and "
                "at_h for futility; write those of its kind alone"
            )
        return self


class Phase(Cited):
    """One stretch of a course: visit days counted from day 1, or an interval that may be stepped."""

    id: str
    title: str
    visit_days: tuple[Whole, ...] | None = None
    every_days: Whole | None = None
    sessions: Whole | None = None
    interval_days: tuple[Whole, ...] | None = None  # allowed intervals, the first being usual
    checkpoint: str | None = None
    checkpoints: tuple[Checkpoint, ...] = ()
    missed: Missed | None = None  # none: no source gives a rule, and a prescriber decides
    in_force_from: date | None = None

    @model_validator(mode="after")
    def _has_one_pattern(self) -> "Phase":
        if sum(v is not None for v in (self.visit_days, self.every_days, self.interval_days)) != 1:
            raise ValueError("a phase has exactly one of visit_days, every_days, interval_days")
        if (self.every_days is not None) != (self.sessions is not None):
            raise ValueError("every_days and sessions go together")
        if self.visit_days and (
            self.visit_days[0] != 1 or list(self.visit_days) != sorted(set(self.visit_days))
        ):
            raise ValueError("visit_days start at 1 and run forward")
        return self


class Monitoring(Cited):
    """When readings are due: before, at fixed minutes from the first dose, or by steps during and after."""

    before: bool = True
    at_min: tuple[Whole, ...] = ()
    during_every_min: Whole | None = None
    after_every_min: Whole | None = None
    after_until_min: Whole | None = None
    readings: tuple[Literal["blood_pressure", "heart_rate", "spo2", "respiratory_rate", "sedation"], ...]


class Discharge(Cited):
    """From which moment the minimum stay counts, how long it is, and what must be seen."""

    clock_from: Literal["first_device", "administration_end", "dose"]
    minimum_min: Whole = Field(ge=0)
    criteria: dict[str, str]  # key -> the sentence a nurse confirms


class OlderAdults(Cited):
    """The only first dose from an age on, where a label gives one."""

    from_age: Whole = Field(ge=18)
    dose_start: Number
    unit: str


class ProtocolFile(Header):
    """One substance by one route: doses, schedule, monitoring, discharge, and what speaks for and against."""

    kind: Literal["protocol"]
    # The product's protocol that a site's own stands on; every rule that names the one holds for the other.
    based_on: str | None = None
    substance: Substance
    route: Route
    approval: Literal["approved", "off-label"]
    dose_basis: Literal["mg/kg", "mg"]
    jurisdictions: Texts = ()
    only_where: Condition | None = None  # the one group it is offered to; a rule holds it for all others
    values: dict[str, Dated]
    older_adults: OlderAdults | None = None
    phases: tuple[Phase, ...]
    monitoring: Monitoring
    discharge: Discharge
    statements: tuple[ProtocolStatement, ...] = ()
    products: Texts

    @property
    def names(self) -> frozenset[str]:
        """The ids by which a rule may name this protocol: its own, and that of what it is based on."""
        return frozenset({self.id, self.based_on} - {None})  # type: ignore[arg-type]

"""One substance by one route: doses, phases, monitoring, discharge."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

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
    Value,
    Whole,
)
from posology.knowledge.schema.rules import Condition
from posology.quantities import QuantityError, convert

# Guards against a slip, not clinical facts: beyond them no day can be counted and no reading planned.
LONGEST_DAYS, LONGEST_MINUTES, MOST_SESSIONS = 366, 1440, 100

Days = Annotated[Whole, Field(ge=1, le=LONGEST_DAYS)]
Minutes = Annotated[Whole, Field(ge=1, le=LONGEST_MINUTES)]
ManyDays = Annotated[tuple[Days, ...], Field(min_length=1)]


def unusable(name: str, value: Value) -> str | None:
    """Return why a protocol cannot be followed with a value: no number in it, none above 0, or no length.

    Parameters
    ----------
    name : str
        What the value is called in the file.
    value : Value
        The value of one day.
    """
    many = value.value if isinstance(value.value, tuple) else (value.value,)
    if not many:
        return "it is empty; write at least one number"
    for number in many:
        if isinstance(number, bool | str):
            continue
        if not number.is_finite() or number < 0 or (number == 0 and not name.endswith("_hold_above")):
            return f"{number} is not above 0; write a number above 0"
        if name == "infusion_minutes" and number != number.to_integral_value():
            return f"{number} is no whole number of minutes; write whole minutes"
        if (longest := _longest(name, value.unit)) is not None and number > longest:
            return f"{number} {value.unit} is longer than {longest} {value.unit}; write a shorter time"
    return None


def _longest(name: str, unit: str | None) -> Decimal | None:
    """Return the longest time that is read here; none for what is no time."""
    most = (LONGEST_DAYS, "d") if name == "session_interval_min" else (LONGEST_MINUTES, "min")
    try:
        return None if unit is None else convert(Decimal(most[0]), most[1], unit)
    except QuantityError:
        return None


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
    visit_days: ManyDays | None = None
    every_days: Days | None = None
    sessions: Annotated[Whole, Field(ge=1, le=MOST_SESSIONS)] | None = None
    interval_days: ManyDays | None = None  # allowed intervals, the first being usual
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
        if self.interval_days and len(set(self.interval_days)) < len(self.interval_days):
            raise ValueError("interval_days name one interval twice; write each once")
        return self


class Monitoring(Cited):
    """When readings are due: before, at fixed minutes from the first dose, or by steps during and after."""

    before: bool = True
    at_min: tuple[Minutes, ...] = ()
    during_every_min: Minutes | None = None
    after_every_min: Minutes | None = None
    after_until_min: Minutes | None = None
    readings: tuple[Literal["blood_pressure", "heart_rate", "spo2", "respiratory_rate", "sedation"], ...]

    @model_validator(mode="after")
    def _has_one_form(self) -> "Monitoring":
        if self.at_min and self.during_every_min is not None:
            raise ValueError("it has fixed minutes and a step while it runs; write one of the two")
        return self


class Discharge(Cited):
    """From which moment the minimum stay counts, how long it is, and what must be seen."""

    clock_from: Literal["first_device", "administration_end", "dose"]
    minimum_min: Whole = Field(ge=0, le=LONGEST_MINUTES)
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

    @model_validator(mode="after")
    def _can_be_followed(self) -> "ProtocolFile":
        for name, dated in self.values.items():
            for day, value in dated.items():
                if (fault := unusable(name, value)) is not None:
                    raise ValueError(f"{name} on {day}: {fault}")
        return self

    @property
    def names(self) -> frozenset[str]:
        """The ids by which a rule may name this protocol: its own, and that of what it is based on."""
        return frozenset((self.id,) if self.based_on is None else (self.id, self.based_on))

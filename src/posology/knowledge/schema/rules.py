"""Rules and their conditions: a small fixed vocabulary, answered true, false or unknown."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import (
    Certainty,
    Cited,
    Dated,
    Header,
    Level,
    Number,
    Role,
    Route,
    Strict,
    Substance,
    Texts,
    Whole,
)


class Condition(Strict):
    """A small fixed vocabulary: exactly one of the forms, answered true, false or unknown."""

    fact: str | None = None
    is_: str | None = Field(default=None, alias="is")
    above: Number | str | None = (
        None  # a bare number in the question's unit, or the name of a value of the rule
    )
    at_least: Number | str | None = None
    below: Number | str | None = None
    at_most: Number | str | None = None
    within_days: Whole | str | None = None
    # The last answer, however old, is this one; false where there is none. It takes a blank for false, so
    # it may only add caution: as a further part of any_of, beside one that does not.
    known: str | None = None
    changed_by_more_than_percent: Number | None = None
    age: "Compare | None" = None
    bmi: "Compare | None" = None
    taking: str | None = None
    unlisted_drug: bool | None = None
    # No session of the course that runs was given by the protocol that is asked about.
    first_session: Literal[True] | None = None
    any_of: tuple["Condition", ...] | None = None
    all_of: tuple["Condition", ...] | None = None
    not_: "Condition | None" = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _has_one_form(self) -> "Condition":
        heads = [n for n in ("fact", "age", "bmi", "taking", "unlisted_drug", "first_session", "any_of",
                             "all_of", "not_") if getattr(self, n) is not None]  # fmt: skip
        if len(heads) != 1:
            raise ValueError("a condition has exactly one of fact, age, bmi, taking, unlisted_drug, "
                             "first_session, any_of, all_of, not")  # fmt: skip
        tests = [n for n in ("is_", "above", "at_least", "below", "at_most", "within_days", "known",
                             "changed_by_more_than_percent") if getattr(self, n) is not None]  # fmt: skip
        if (heads == ["fact"]) != (len(tests) == 1):
            raise ValueError("a fact has exactly one test (is, above, at_least, below, at_most, within_days, "
                             "known, changed_by_more_than_percent), and nothing else has one")  # fmt: skip
        return self

    @property
    def reads_the_protocol(self) -> bool:
        """Whether the answer may differ from protocol to protocol, for one patient at one moment."""
        inner = (*(self.any_of or ()), *(self.all_of or ()), *((self.not_,) if self.not_ else ()))
        return self.first_session is not None or any(part.reads_the_protocol for part in inner)


class Compare(Strict):
    """One comparison with a number."""

    above: Number | None = None
    at_least: Number | None = None
    below: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _has_one(self) -> "Compare":
        if sum(v is not None for v in (self.above, self.at_least, self.below, self.at_most)) != 1:
            raise ValueError("a comparison has exactly one of above, at_least, below, at_most")
        return self


class AppliesTo(Strict):
    """Where a rule speaks at all; empty means everywhere."""

    substances: tuple[Substance, ...] = ()
    routes: tuple[Route, ...] = ()
    jurisdictions: Texts = ()
    protocols: Texts = ()
    except_protocols: Texts = ()  # which a rule of the others does not fit, such as another indication


class Effect(Strict):
    """What an interaction changes, and which way: by how much stands among the file's sizes, if anywhere."""

    on: Literal[
        "exposure", "sedation", "slow breathing", "blood pressure", "risk of seizures", "effect of ketamine"
    ]
    direction: Literal["up", "down", "disputed", "plausible"]


class InteractionSize(Cited):
    """How much one drug changed the exposure to another by one route, as it was measured.

    It is told beside an option and computes nothing: no dose follows from it. A ratio of 1 is no change.
    """

    drug: str  # a key of the drugs file
    measured_of: Substance
    route: Route
    direction: Literal["up", "down", "none"]
    auc_ratio: Number = Field(gt=0)  # of the whole exposure
    auc_ratio_low: Number | None = None
    auc_ratio_high: Number | None = None
    cmax_ratio: Number | None = Field(default=None, gt=0)  # of the peak
    note: str = Field(default="", max_length=120)

    @model_validator(mode="after")
    def _goes_the_way_it_says(self) -> "InteractionSize":
        told = "up" if self.auc_ratio > 1 else "down" if self.auc_ratio < 1 else "none"
        if told != self.direction:
            raise ValueError(
                f"its ratio goes {told} and its direction says {self.direction}; mend one of them"
            )
        if (self.auc_ratio_low is None) != (self.auc_ratio_high is None):
            raise ValueError("its range has one end; write both, or neither")
        if (
            not (self.auc_ratio_low or self.auc_ratio)
            <= self.auc_ratio
            <= (self.auc_ratio_high or self.auc_ratio)
        ):
            raise ValueError("its ratio lies outside its own range; read them again at the source")
        return self


class Rule(Cited):
    """One rule: when it holds, what it asks for, in what words, on what grounds, and who may clear it."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = Field(max_length=70)
    level: Level
    applies_to: AppliesTo = AppliesTo()
    when: Condition
    say: str = Field(max_length=140)
    do: str = Field(max_length=240)
    cleared_by: Role = Role.NOBODY
    in_force_from: date | None = None
    in_force_until: date | None = None
    each_session: bool = False
    effects: tuple[Effect, ...] = ()  # of a rule on interacting drugs: what they change
    # Of a caution: the beginning that it asks to consider, which then has its place among the options.
    speaks_for: Literal["lower start"] | None = None

    @model_validator(mode="after")
    def _may_do_what_it_does(self) -> "Rule":
        if self.certainty is Certainty.NOT_VERIFIED:
            if self.level is Level.STOP:
                raise ValueError(
                    "its certainty is N, so it may not stop; make it a hold that a prescriber decides"
                )
            if self.level is Level.HOLD and self.cleared_by is Role.NOBODY:
                raise ValueError("its certainty is N, so a prescriber must be able to clear it")
        if self.level is Level.HOLD and self.cleared_by is Role.NOBODY:
            raise ValueError("a hold that nobody may clear is a stop; say who clears it")
        if self.speaks_for is not None and self.level is not Level.CAUTION:
            raise ValueError("only a caution speaks for a beginning; make it a caution, or take that out")
        return self


class RulesFile(Header):
    """Rules, the dated values that they compare with, and the measured sizes of interactions."""

    kind: Literal["rules"]
    values: dict[str, Dated] = Field(default={})
    rules: tuple[Rule, ...]
    sizes: tuple[InteractionSize, ...] = ()

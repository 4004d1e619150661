"""What changes a model's curve: other drugs, organs, genes, weight; and for whom no curve is drawn.

Sizes that were only recalled may widen a band. None allows or forbids a dose: rules do that elsewhere.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import Header, Number, Strict, Substance, Whole
from posology.knowledge.schema.pk_parts import (
    Analyte,
    Flag,
    Flagged,
    PkRoute,
    PlacedFault,
    Sentence,
    check_unit,
)

Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Ratio = Annotated[Number, Field(gt=0)]


class Fold(Strict):
    """By how much something changed, and how surely that was read; without a number only which way."""

    direction: Literal["up", "down", "none"]
    ratio: Ratio | None = None
    low: Ratio | None = None
    high: Ratio | None = None
    interval: Literal["range of persons or groups", "interval as published"] | None = None
    flag: Flag
    direction_flag: Flag | None = None  # where the way was read more surely than the size

    @model_validator(mode="after")
    def _goes_the_way_it_says(self) -> "Fold":
        for number in (n for n in (self.ratio, self.low, self.high) if n is not None):
            told = "up" if number > 1 else "down" if number < 1 else "none"
            if told != self.direction and not (number == 1 and number in (self.low, self.high)):
                raise ValueError(f"{number} goes {told} and its direction says {self.direction}; mend one")
        if (self.low is None) != (self.high is None) or (self.low is None) != (self.interval is None):
            raise ValueError("low, high and interval go together; write all three, or none")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        if self.ratio is not None and self.low is not None and self.high is not None:
            if not self.low <= self.ratio <= self.high:
                raise ValueError("its ratio lies outside its own range; read them again at the source")
        return self


class FoldChange(Flagged):
    """What one thing did to the exposure to one substance by one route."""

    id: Id
    with_: str = Field(alias="with")
    organ: bool = False  # of an organ, and so no drug that somebody takes
    how: str | None = None  # dose and length of what was given, class of the organ
    substance: Substance
    route: PkRoute
    dose: str | None = None
    n: Whole | None = Field(default=None, ge=1)
    auc: Fold | None = None
    cmax: Fold | None = None
    half_life: Fold | None = None
    metabolite: dict[Literal["auc", "cmax", "ratio to ketamine", "relative amount"], Fold] = Field(default={})
    say: Sentence

    @model_validator(mode="after")
    def _says_what_changed(self) -> "FoldChange":
        if self.auc is None and self.cmax is None:
            raise ValueError("it says neither what AUC nor what Cmax did; write one of them")
        return self


class Multipliers(Flagged):
    """How a change is laid into the hepatoportal structure: on elimination by liver, on passage of the gut.

    ``m`` multiplies kel and kmet, ``g`` multiplies Fgut, which stays at 1 or below.
    """

    id: Id
    fits: str
    m: Ratio
    g: Ratio
    predicts: dict[
        Literal["oral AUC", "nasal AUC 28 mg", "nasal AUC 84 mg", "nasal Cmax", "intravenous AUC"], Ratio
    ]
    routes: tuple[PkRoute, ...] = ()  # on which it may be used; all where empty
    say: Sentence


class Genotype(Flagged):
    """Clearance by genotype, which widens a prior and sets no dose."""

    id: Id
    gene: str
    clearance: dict[str, Ratio]
    unit: str
    n: Whole = Field(ge=1)
    say: Sentence

    @model_validator(mode="after")
    def _is_a_clearance(self) -> "Genotype":
        check_unit(self.unit, "clearance")
        return self


class WeightExtreme(Flagged):
    """Exposure beyond a weight, against that of the reference weights."""

    id: Id
    route: PkRoute
    below: Ratio | None = None
    above: Ratio | None = None
    against_low: Ratio
    against_high: Ratio
    unit: Literal["kg"]
    cmax: dict[Analyte, Ratio]
    auc: dict[Analyte, Ratio]
    say: Sentence

    @model_validator(mode="after")
    def _lies_beside_the_reference(self) -> "WeightExtreme":
        if (self.below is None) == (self.above is None):
            raise ValueError("it has exactly one of below, above")
        if self.against_low >= self.against_high:
            raise ValueError("against_low does not lie below against_high; mend one of them")
        return self


class OptionalEffect(Flagged):
    """A difference that studies disagree on: it may be tried, and is off by itself."""

    id: Id
    what: str
    on: str
    ratio: Ratio
    say: Sentence


class PkRefusal(Flagged):
    """For whom no curve is drawn at all, in the sentence that the clinician reads."""

    id: Id
    who: str
    say: Sentence


class Plausible(Strict):
    """Beyond what a number that is told of a person cannot be true: a slip of the hand, no rule of dosing."""

    what: Literal["weight", "age"]
    low: Number
    high: Number
    unit: str

    @model_validator(mode="after")
    def _is_ordered(self) -> "Plausible":
        check_unit(self.unit, {"weight": "body mass", "age": "age"}[self.what])
        if self.low >= self.high:
            raise ValueError(f"low {self.low} does not lie below high {self.high}; mend one of them")
        return self


class PkCovariatesFile(Header):
    """What changes a curve, by how much, how surely; and for whom none is drawn."""

    kind: Literal["pk-covariates"]
    fgut_of_the_model: Ratio  # what g multiplies; g may not lift it above 1
    plausible: tuple[Plausible, ...]
    fold_changes: tuple[FoldChange, ...]
    multipliers: tuple[Multipliers, ...]
    genotypes: tuple[Genotype, ...]
    weight_extremes: tuple[WeightExtreme, ...]
    optional: tuple[OptionalEffect, ...]
    refusals: tuple[PkRefusal, ...]
    limits: Annotated[tuple[Sentence, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_of_one_piece(self) -> "PkCovariatesFile":
        listed = (
            self.fold_changes,
            self.multipliers,
            self.genotypes,
            self.weight_extremes,
            self.optional,
            self.refusals,
        )
        ids = [one.id for entries in listed for one in entries]
        for twice in sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"two entries carry the id '{twice}'; give one of them another")
        for i, pair in enumerate(self.multipliers):
            if pair.g * self.fgut_of_the_model > Decimal("1.001"):  # g is written rounded
                raise PlacedFault(
                    f"'{pair.id}' lifts Fgut above 1; g is at most 1/{self.fgut_of_the_model}",
                    *("multipliers", i),
                )
        return self

"""What goes along with a concentration: effect sites, ranges seen in studies, and observed changes.

They are shown beside a simulated curve. None of them replaces a measurement or an observation.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import Header, Number, Strict, Substance, Whole
from posology.knowledge.schema.pk_parts import Flagged, PkRoute, Range, Sentence, Site, check_unit


class Estimate(Strict):
    """A number with its interval, as it was estimated."""

    value: Number = Field(gt=0)
    low: Number | None = Field(default=None, gt=0)
    high: Number | None = None
    interval: Literal["95% interval"] | None = None
    unit: str

    @model_validator(mode="after")
    def _lies_in_its_interval(self) -> "Estimate":
        check_unit(self.unit)
        bounds = (self.low, self.high, self.interval)
        if any(part is None for part in bounds) and any(part is not None for part in bounds):
            raise ValueError("low, high and interval go together; write all three, or none")
        if self.low is not None and self.high is not None and not self.low < self.value < self.high:
            raise ValueError("its value does not lie inside its interval; read them again at the source")
        return self


class Driver(Strict):
    """The concentration that drives an effect site: of what, where, by which model."""

    substance: Substance
    site: Site
    model: str
    share_of_racemate: Annotated[Number, Field(gt=0, le=1)]  # what of a racemic dose is that substance


class EffectSite(Flagged):
    """An effect-site model: half of the effect at C50, behind the blood by a half-life."""

    endpoint: str
    driver: Driver
    c50: Estimate
    c50_in_mass: Estimate | None = None  # the same, worked out with the molar mass
    t_half_ke0: Estimate
    molar_mass_g_per_mol: Annotated[Number, Field(gt=0)]
    n: Whole = Field(ge=1)
    who: str
    say: Sentence
    is_not: Sentence

    @model_validator(mode="after")
    def _measures_what_it_says(self) -> "EffectSite":
        check_unit(self.c50.unit, "amount concentration in blood")
        check_unit(self.t_half_ke0.unit, "time")
        if self.c50_in_mass is not None:
            check_unit(self.c50_in_mass.unit, "drug concentration in blood")
            worked_out = self.c50.value * self.molar_mass_g_per_mol
            if self.c50_in_mass.unit != "ng/mL" or abs(self.c50_in_mass.value - worked_out) > 1:
                raise ValueError(
                    f"c50_in_mass is not {worked_out:.1f} ng/mL, which C50 and the molar mass give"
                )
        return self


class ConcentrationRange(Flagged):
    """Concentrations at which something was seen in a study.

    Where the source does not state in which blood, ``drawn_under`` says beside curves of which blood it may
    stand, and ``site_say`` is the sentence that then stands beside it.
    """

    what: str
    substance: Substance
    site: Site | Literal["not stated"]
    drawn_under: tuple[Site, ...] = ()
    site_say: Sentence | None = None
    range: Range
    unit: str
    n: Whole | None = None
    say: Sentence

    @model_validator(mode="after")
    def _is_a_concentration(self) -> "ConcentrationRange":
        check_unit(self.unit, "drug concentration in blood")
        if (self.site == "not stated") != (self.site_say is not None):
            raise ValueError("a range whose site is not stated has a site_say, and no other has; mend one")
        if self.drawn_under and self.site != "not stated":
            raise ValueError(f"its site is {self.site}, so it stands there alone; leave drawn_under out")
        return self

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites of the curves beside which it may stand."""
        return self.drawn_under if self.site == "not stated" else (self.site,)


class Change(Strict):
    """A change under the drug and under placebo, and what is left when the second is taken off."""

    active: Number
    placebo: Number | None = None
    corrected: Number | None = None
    unit: str

    @model_validator(mode="after")
    def _adds_up(self) -> "Change":
        check_unit(self.unit)
        if (self.placebo is None) != (self.corrected is None):
            raise ValueError("placebo and corrected go together; write both, or neither")
        if self.placebo is not None and self.corrected != Decimal(self.active - self.placebo):
            raise ValueError(f"corrected is not {self.active - self.placebo}, the active less the placebo")
        return self


class After(Strict):
    """How long after the dose."""

    value: Number = Field(gt=0)
    unit: str

    @model_validator(mode="after")
    def _is_a_time(self) -> "After":
        check_unit(self.unit, "time")
        return self


class ObservedChange(Flagged):
    """What was measured after a dose, by which statistic, when it was highest and when it was over."""

    what: str
    statistic: str
    changes: dict[str, Change] = Field(min_length=1)
    routes: tuple[PkRoute, ...] = ()
    dose: str
    who: str
    peak: After | None = None
    back_by: After | None = None
    label_allows_until: After | None = None
    say: Sentence
    is_not: Sentence


class PkStatement(Flagged):
    """What was found, in words alone: nothing is computed from it."""

    say: Sentence


class PkEffectsFile(Header):
    """Effects that go along with concentrations, for reading beside a curve."""

    kind: Literal["pk-effects"]
    effect_sites: dict[str, EffectSite] = Field(default={})
    ranges: dict[str, ConcentrationRange] = Field(default={})
    observed: dict[str, ObservedChange] = Field(default={})
    statements: dict[str, PkStatement] = Field(default={})
    limits: Annotated[tuple[Sentence, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _says_something(self) -> "PkEffectsFile":
        if not (self.effect_sites or self.ranges or self.observed):
            raise ValueError("it has no effect; write effect_sites, ranges, or observed")
        return self

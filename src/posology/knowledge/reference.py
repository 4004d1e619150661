"""The shapes of what is known and decides nothing: reference facts, trials, fact ids, site settings.

A fact that was not verified may stand here, marked so. None of this is part of the ``Library`` that
decisions are made from, so that no reference fact can become a dose, a permission or a stop.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from posology.knowledge.certainties import codes_in
from posology.knowledge.schema import Certainty, Cited, Header, Number, Role, Strict, Texts, Whole
from posology.knowledge.schema.canaries import CanariesFile
from posology.quantities import UNITS

FACT_ID = r"^(?:(?:PR|A|S|E)-[A-Z]+-\d+[a-z]?|P-[A-Z]+\d+|(?:MEASURES|CODES)-[A-Z0-9-]+)$"
# Units that a reference fact is shown in; nothing computes with them, so no factor is needed.
SHOWN_UNITS = frozenset({"L/h/70 kg", "L/70 kg", "ms", "mo"})

FactId = Annotated[str, Field(pattern=FACT_ID)]


def _check_unit(unit: str | None) -> None:
    if unit is not None and unit not in UNITS and unit not in SHOWN_UNITS:
        raise ValueError(f"'{unit}' is no unit that is shown here; use a UCUM code")


# ---------------------------------------------------------------- reference facts

Basis = Literal[
    "score threshold per patient",
    "spontaneous reports per patient",
    "per session",
    "week window",
    "per patient with at least one session",
    "per dose",
]
Topic = Literal[
    "general",
    "intravenous",
    "intramuscular",
    "nasal",
    "oral",
    "subcutaneous",
    "sublingual",
    "weight",
    "age",
    "liver and kidney",
    "adjusting",
    "products",
    "blood pressure",
    "sedation",
    "dissociation",
    "breathing",
    "monitoring",
    "discharge",
    "adverse events",
    "rems",
    "controlled drugs",
    "staffing",
    "assessment",
    "consent",
    "stopping",
    "long-term",
    "guidelines",
    "regulation",
    "pharmacokinetics",
    "interactions",
    "measures",
    "codes",
]


# Subjects whose rates are counted in ways that never compare.
_COUNTED = frozenset({"adverse events", "sedation", "dissociation"})


class ReferenceValue(Strict):
    """One value of a fact as the sheet gives it, to be shown and never computed with."""

    value: Number | bool | str | tuple[Number, ...] | tuple[str, ...]
    unit: str | None = None

    @model_validator(mode="after")
    def _has_a_unit_that_is_shown(self) -> "ReferenceValue":
        _check_unit(self.unit)
        return self


class ReferenceFact(Cited):
    """One fact in one plain sentence. ``basis`` says what a rate counts: rates of two bases never compare."""

    say: str = Field(max_length=240)
    values: dict[str, ReferenceValue] = Field(default={})
    topic: Topic
    jurisdictions: Texts = ()
    status: Literal["encoded", "unverified"]
    unverified: str | None = Field(default=None, max_length=240)  # the part of it that was not verified
    basis: Basis | None = None

    @model_validator(mode="after")
    def _is_marked_as_what_it_is(self) -> "ReferenceFact":
        if (self.certainty is Certainty.NOT_VERIFIED) != (self.status == "unverified"):
            raise ValueError("a fact of certainty N is unverified, and no other is; set its status so")
        if self.status == "unverified" and self.values:
            raise ValueError("an unverified fact has no value that software may read; say it in words")
        if not self.say.endswith("."):
            raise ValueError("it is no whole sentence; end it with a full stop")
        return self


def _with_ids(facts: Any) -> Any:
    """Give each fact its own id as what it rests on, so that a file need not write it twice."""
    if not isinstance(facts, Mapping):
        return facts
    return {key: {"facts": (key,), **fact} if isinstance(fact, dict) else fact for key, fact in facts.items()}


class ReferenceFile(Header):
    """Facts of one subject, for reading; nothing decides by them."""

    kind: Literal["reference"]
    note: str | None = None
    facts: Annotated[dict[FactId, ReferenceFact], BeforeValidator(_with_ids)]

    @model_validator(mode="after")
    def _rates_say_what_they_count(self) -> "ReferenceFile":
        for key, fact in self.facts.items():
            counted = any(v.unit == "%" for v in fact.values.values())
            if fact.topic in _COUNTED and counted and fact.basis is None:
                raise ValueError(f"{key} gives a rate and no basis; say what it counts")
        return self


# ---------------------------------------------------------------- trials

StudyKind = Literal[
    "trial",
    "follow-up",
    "cohort",
    "meta-analysis",
    "dose comparison",
    "moderator",
    "relapse",
    "hemodynamics",
    "sedation and dissociation",
    "calibration",
]


class Result(Strict):
    """One number that was found, with its unit, its spread or interval, and how surely it was read."""

    what: str
    value: Number | None = None
    against: Number | None = None  # the same measure in the comparator
    unit: str
    low: Number | None = None  # 95 % interval, or the range that ``spread`` names
    high: Number | None = None
    spread: Literal["95% interval", "interquartile range", "range"] | None = None
    sd: Number | None = None
    se: Number | None = None
    at: str | None = None
    certainty: Certainty

    @model_validator(mode="after")
    def _is_whole(self) -> "Result":
        _check_unit(self.unit)
        if self.value is None and (self.low is None or self.high is None):
            raise ValueError("it has no value; give one, or both ends of its range")
        if (self.low is None and self.high is None) != (self.spread is None):
            raise ValueError("low and high need the name of their interval under spread, and it needs them")
        return self

    @property
    def numbers(self) -> tuple[Decimal, ...]:
        """Every number of it, to be held against the sheet."""
        found = (self.value, self.against, self.low, self.high, self.sd, self.se)
        return tuple(n for n in found if n is not None)


class Study(Strict):
    """One study, or one finding across studies: what was done, to how many, and what came of it."""

    title: str
    kind: StudyKind
    design: str | None = None
    n: Whole | None = Field(default=None, ge=1)
    comparator: str | None = None
    dose: str | None = None
    schedule: str | None = None
    outcome: str | None = None
    finding: str = Field(max_length=240)
    results: tuple[Result, ...] = ()
    sources: Texts
    facts: Annotated[tuple[FactId, ...], Field(min_length=1)]
    certainty: Certainty  # of the design and of the finding in words; each result has its own


class TrialsFile(Header):
    """What was found in whom, by trial; a reader weighs it, no rule computes with it."""

    kind: Literal["trials"]
    note: str
    studies: dict[str, Study]


# ---------------------------------------------------------------- fact ids


class FactEntry(Strict):
    """Where a fact stands in the sheets and how sure it is there; and why, if nothing here encodes it."""

    sheet: Literal["protocols", "assessment", "safety", "evidence", "pharmacology", "measures", "codes"]
    certainty: str  # as the sheet writes it: "V", "V (design), N (numbers)", "—"
    group: str | None = None  # for ids coined here: the table or heading of the sheet
    stands_in: Texts = ()  # files that hold it without citing it: codes, forms
    why_not: str | None = Field(default=None, max_length=240)

    @property
    def codes(self) -> tuple[Certainty, ...]:
        """The certainties that the sheet's words name; none where it gives none."""
        return codes_in(self.certainty)

    @property
    def is_unverified(self) -> bool:
        """Whether nothing of it was verified."""
        return set(self.codes) == {Certainty.NOT_VERIFIED}


class FactIdsFile(Header):
    """Every fact id of the sheets, so that none is lost and none is invented."""

    kind: Literal["fact-ids"]
    facts: dict[FactId, FactEntry]


# ---------------------------------------------------------------- site settings


class StandsIn(Strict):
    """The value of a deciding file that is the default today."""

    file: str
    value: str


class SiteSetting(Cited):
    """One thing that each site decides for itself, its default, its bounds, and who may change it."""

    title: str = Field(max_length=70)
    why: str = Field(max_length=240)
    default: Number | bool | str | tuple[Number, ...] | None = None  # none: the site must say
    unit: str | None = None
    low: Number | None = None
    high: Number | None = None
    choices: Texts = ()
    may_change: Role
    stands_in: tuple[StandsIn, ...] = ()

    @model_validator(mode="after")
    def _default_is_allowed(self) -> "SiteSetting":
        _check_unit(self.unit)
        if self.certainty is Certainty.NOT_VERIFIED:
            raise ValueError(
                "its certainty is N; a setting needs a source, or SITE as an engineering default"
            )
        if (self.low is None) != (self.high is None):
            raise ValueError("it has one bound; give both, or none")
        numbers = self.default if isinstance(self.default, tuple) else (self.default,)
        for number in numbers:
            if isinstance(number, Decimal) and self.low is not None and self.high is not None:
                if not self.low <= number <= self.high:
                    raise ValueError(f"its default {number} lies outside its bounds; mend one of them")
        if self.choices and self.default is not None and self.default not in self.choices:
            raise ValueError(f"its default '{self.default}' is none of its choices; mend one of them")
        return self


class SiteSettingsFile(Header):
    """What a site sets for itself; the shape and the defaults, without any site's own values."""

    kind: Literal["site-settings"]
    settings: dict[str, SiteSetting]


BACKGROUND_KINDS: Mapping[str, type[Header]] = MappingProxyType(
    {
        "reference": ReferenceFile,
        "trials": TrialsFile,
        "fact-ids": FactIdsFile,
        "site-settings": SiteSettingsFile,
        "canaries": CanariesFile,
    }
)

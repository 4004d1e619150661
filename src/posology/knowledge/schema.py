"""The shapes of the knowledge files, strict: an unknown key is refused, so a slip cannot pass in silence.

Every file opens with one header. Numbers that came from a paper, a label or a decision stand in
``values`` under the day from which they hold; statements and rules carry fact ids and sources too.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
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


class ProtocolStatement(Statement):
    """A sentence for or against a protocol; ``about`` narrows it to the usual or the lower start."""

    side: Literal["for", "against"]
    about: Literal["usual", "lower"] | None = None


# ---------------------------------------------------------------- sources


class Source(Strict):
    """One document, once: free-text citations do not exist anywhere else."""

    title: str
    doi: str | None = None
    pmid: str | None = None
    url: str | None = None
    set_id: str | None = None  # a US label's
    published: str | None = None
    read: Certainty
    note: str | None = None


class SourcesFile(Header):
    """Every document that is cited anywhere, once."""

    kind: Literal["sources"]
    sources: dict[str, Source]


# ---------------------------------------------------------------- questions: the five parts

Part = Literal["psychiatric", "medical", "medication", "examination", "laboratory", "session"]


class Bounds(Strict):
    """Where a measurement usually lies, and beyond what it cannot be true."""

    usual: tuple[Number, Number]
    absolute: tuple[Number, Number]

    @model_validator(mode="after")
    def _nested(self) -> "Bounds":
        if not self.absolute[0] <= self.usual[0] < self.usual[1] <= self.absolute[1]:
            raise ValueError("the usual bounds do not lie inside the absolute ones; set them so that they do")
        return self


class CodeList(Strict):
    """Problems, by their codes, that answer a question in one way."""

    snomed: Texts = ()
    icd10: Texts = ()


class Question(Cited):
    """One thing to find out before treatment, what kind of answer it has, and how long it stays good."""

    part: Part
    ask: str
    short: str
    kind: Literal["yes_no", "quantity", "choice", "day", "text"]
    need: Literal["required", "conditional", "optional"]
    unit: str | None = None
    units: Texts = ()  # the units a form offers, the first being usual here
    bounds: Bounds | None = None
    choices: dict[str, str] | None = None
    good_for_days: Whole | None = Field(default=None, ge=0)
    help: str | None = None
    each_session: bool = False
    loinc: Texts = ()
    snomed: Texts = ()  # problems that answer it with yes
    icd10: Texts = ()
    ever: bool = False  # asks whether it ever was: a problem that is over answers it with yes too
    choice_codes: dict[str, CodeList] = {}  # the same for a choice; under 'unknown' what leaves it open

    @model_validator(mode="after")
    def _is_complete(self) -> "Question":
        if self.kind == "quantity" and (self.unit is None or self.bounds is None):
            raise ValueError("a quantity needs a unit and bounds; add both")
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("a choice needs choices, and nothing else has them")
        for choice in self.choice_codes:
            if choice != "unknown" and choice not in (self.choices or {}):
                raise ValueError(f"choice_codes names '{choice}', which is no choice; mend its spelling")
        for unit in (*self.units, *((self.unit,) if self.unit else ())):
            if unit not in UNITS:
                raise ValueError(f"'{unit}' is not a UCUM code that is read here")
        return self

    @property
    def named(self) -> str:
        """The short label as it stands inside a sentence: ``weight``, ``systolic pressure``, ``ECG``."""
        first, rest = self.short[:1], self.short[1:]
        return self.short if rest[:1].isupper() else first.lower() + rest


class QuestionsFile(Header):
    """What is asked before treatment, in five parts and at each session."""

    kind: Literal["questions"]
    questions: dict[str, Question]


# ---------------------------------------------------------------- drugs


class Drug(Strict):
    """One ingredient, the names it goes by, and the classes that rules speak of (none is an answer too)."""

    names: Texts = ()
    rxnorm: str | None = None
    atc: str | None = None
    classes: Texts = ()
    code_certainty: Certainty | None = None


class DrugClass(Strict):
    """A group of drugs that rules speak of."""

    title: str


class DrugsFile(Header):
    """Ingredients, their names and codes, and their classes."""

    kind: Literal["drugs"]
    classes: dict[str, DrugClass]
    drugs: dict[str, Drug]


# ---------------------------------------------------------------- rules


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
    any_of: tuple["Condition", ...] | None = None
    all_of: tuple["Condition", ...] | None = None
    not_: "Condition | None" = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _has_one_form(self) -> "Condition":
        heads = [n for n in ("fact", "age", "bmi", "taking", "unlisted_drug", "any_of", "all_of", "not_")
                 if getattr(self, n) is not None]  # fmt: skip
        if len(heads) != 1:
            raise ValueError(
                "a condition has exactly one of fact, age, bmi, taking, unlisted_drug, any_of, all_of, not"
            )
        tests = [n for n in ("is_", "above", "at_least", "below", "at_most", "within_days", "known",
                             "changed_by_more_than_percent") if getattr(self, n) is not None]  # fmt: skip
        if (heads == ["fact"]) != (len(tests) == 1):
            raise ValueError("a fact has exactly one test (is, above, at_least, below, at_most, within_days, "
                             "known, changed_by_more_than_percent), and nothing else has one")  # fmt: skip
        return self


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
        return self


class RulesFile(Header):
    """Rules, and the dated values that they compare with."""

    kind: Literal["rules"]
    values: dict[str, Dated] = {}
    rules: tuple[Rule, ...]


# ---------------------------------------------------------------- protocols and products


class Phase(Cited):
    """One stretch of a course: visit days counted from day 1, or an interval that may be stepped."""

    id: str
    title: str
    visit_days: tuple[Whole, ...] | None = None
    every_days: Whole | None = None
    sessions: Whole | None = None
    interval_days: tuple[Whole, ...] | None = None  # allowed intervals, the first being usual
    checkpoint: str | None = None
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


class Product(Cited):
    """One thing on the shelf: a vial with its strength, or a device with its content."""

    title: str
    substance: Substance
    routes: tuple[Route, ...]
    form: Literal["vial", "device", "oral"]
    strength_mg_per_mL: Number | None = None
    device_mg: Number | None = None
    volume_mL: Number | None = None
    dilute_first: tuple[Route, ...] = ()  # routes by which it may never be given undiluted
    codes: dict[str, str] = {}


class Refusal(Cited):
    """A substance by a route that is never ordered here, and why; no file may bring it back."""

    substance: Substance
    route: Route
    say: str = Field(max_length=240)
    do: str = Field(max_length=240)

    @model_validator(mode="after")
    def _rests_on_what_was_read(self) -> "Refusal":
        if self.certainty is Certainty.NOT_VERIFIED:
            raise ValueError("its certainty is N, and nobody can lift a refusal; it needs a source")
        return self


class ProductsFile(Header):
    """What stands on the shelf, and what never will."""

    kind: Literal["products"]
    values: dict[str, Dated] = {}
    products: dict[str, Product]
    refusals: dict[str, Refusal] = Field(default={})


# ---------------------------------------------------------------- measures


class Item(Strict):
    """One item of an instrument."""

    number: Whole
    loinc: str
    text: str | None = None  # only where the wording may be shipped
    short: str


class AnswerChoice(Strict):
    """One answer an item may have."""

    value: Whole
    text: str | None = None
    loinc: str | None = None


class Band(Strict):
    """One range of totals and its name."""

    low: Whole
    high: Whole
    label: str


class RiskItem(Cited):
    """An answer that asks for a person the same day, whatever the total."""

    item: Whole
    above: Whole
    say: str


class MeasureFile(Header):
    """One instrument: items, answers, bands, and the answers that need a person."""

    kind: Literal["measure"]
    short_title: str
    loinc_panel: str
    loinc_total: str
    recall_days: Whole
    question: str | None = None
    notice: str
    items: tuple[Item, ...]
    answers: tuple[AnswerChoice, ...]
    bands: tuple[Band, ...]
    bands_cited: Cited
    values: dict[str, Dated]  # response_fall_percent, remission_below, meaningful_change
    risk: tuple[RiskItem, ...] = ()

    @model_validator(mode="after")
    def _bands_cover_the_range(self) -> "MeasureFile":
        low = min(a.value for a in self.answers) * len(self.items)
        high = max(a.value for a in self.answers) * len(self.items)
        edges = sorted((b.low, b.high) for b in self.bands)
        seams = all(a[1] + 1 == b[0] for a, b in pairwise(edges))
        if edges[0][0] != low or edges[-1][1] != high or not seams:
            raise ValueError(
                f"the bands do not cover {low} to {high} without gap or overlap; mend their edges"
            )
        return self


# ---------------------------------------------------------------- adjustments: the next options


class NextOption(Strict):
    """One way to go on, when it is worth showing, and what speaks for and against it."""

    id: str
    dose: Literal["hold", "lower", "same", "raise", "end"]
    interval: Literal["shorten", "keep", "lengthen", "none"]
    title: str
    response: Texts  # states in which it is shown
    tolerability: Texts
    phases: Texts = ()
    for_: tuple[Statement, ...] = Field(alias="for")
    against: tuple[Statement, ...]


class AdjustmentsFile(Header):
    """How a course may go on, by response and tolerability."""

    kind: Literal["adjustments"]
    values: dict[str, Dated]
    options: tuple[NextOption, ...]


DECIDING_KINDS: Mapping[str, type[Header]] = MappingProxyType(
    {
        "sources": SourcesFile,
        "questions": QuestionsFile,
        "drugs": DrugsFile,
        "rules": RulesFile,
        "protocol": ProtocolFile,
        "products": ProductsFile,
        "measure": MeasureFile,
        "adjustments": AdjustmentsFile,
    }
)

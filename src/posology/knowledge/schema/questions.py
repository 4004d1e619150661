"""What is asked before treatment: the question, the kind of its answer, and how long it stays good."""

from typing import Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import Cited, Header, Number, Route, Strict, Substance, Texts, Whole
from posology.quantities import UNITS

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


class AskedFor(Strict):
    """Where a question is asked at all; empty means everywhere."""

    substances: tuple[Substance, ...] = ()
    routes: tuple[Route, ...] = ()
    jurisdictions: Texts = ()


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
    help_in: dict[str, str] = Field(default={})  # what is added to the help in a jurisdiction
    each_session: bool = False
    asked_for: AskedFor = AskedFor()
    loinc: Texts = ()
    snomed: Texts = ()  # problems that answer it with yes
    icd10: Texts = ()
    ever: bool = False  # asks whether it ever was: a problem that is over answers it with yes too
    choice_codes: dict[str, CodeList] = Field(
        default={}
    )  # the same for a choice; under 'unknown' what leaves it open

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

    def help_for(self, jurisdiction: str) -> str:
        """Return the help to show in a jurisdiction; empty where there is none."""
        return " ".join(part for part in (self.help_in.get(jurisdiction), self.help) if part)

    @property
    def named(self) -> str:
        """The short label as it stands inside a sentence: ``weight``, ``systolic pressure``, ``ECG``."""
        first, rest = self.short[:1], self.short[1:]
        return self.short if rest[:1].isupper() else first.lower() + rest


class QuestionsFile(Header):
    """What is asked before treatment, in five parts and at each session."""

    kind: Literal["questions"]
    questions: dict[str, Question]

"""Canaries: synthetic patients of whom it is written down which rule must speak (hazard H-18).

A rule that falls silent raises no error. So what each code, each answer and each drug leads to is
written here a second time, apart from the files that lead there, and asked anew every night.
"""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import Header, Level, Strict, Texts, Whole

Shown = Literal["stop", "hold", "cannot say", "caution", "pass"]


class Told(Strict):
    """An answer that is older than the others, or a day that lies so long back."""

    value: str | None = None
    hours_ago: Whole = 1
    days_ago: Whole | None = None  # the answer itself is a day, so many days back

    @model_validator(mode="after")
    def _says_something(self) -> "Told":
        if (self.value is None) == (self.days_ago is None):
            raise ValueError("give it either a value or days_ago")
        return self


Answers = dict[str, str | Told]


class WhereItSpeaks(Strict):
    """One rule: what it asks for, in which protocols of which jurisdiction, and until when."""

    level: Level
    speaks_in: dict[str, Texts] = Field(min_length=1)  # jurisdiction -> protocols
    until: date | None = None
    beside: Answers = Field(default={})  # what the plain patient answers otherwise, for it to pass


class Canary(Strict):
    """Inputs, each of which alone makes the named rules answer like this for the plain patient."""

    makes: dict[str, Shown] = Field(min_length=1)
    blank: Texts = ()  # questions that the plain patient leaves open here
    answers: tuple[Answers, ...] = ()  # by a case file
    drugs: Texts = ()  # by a case file, as words
    problems: Texts = ()  # by a FHIR record, each "SYSTEM CODE"
    past_problems: Texts = ()
    observations: Texts = ()  # "LOINC 8480-6 = 141 mm[Hg]"
    pregnancies: Texts = ()  # "82810-3 77386006", or "2106-3 Positive"
    allergies: Texts = ()
    intolerances: Texts = ()
    coded_drugs: Texts = ()  # "RxNorm 6470"


class FormCanary(Strict):
    """The codes of one instrument: its items in their order, and its answers with their points."""

    items: Texts
    answers: dict[str, Whole]


class CanariesFile(Header):
    """The plain patient, of whom no rule speaks; each rule's place; and what makes it speak."""

    kind: Literal["canaries"]
    age: Whole
    sex: str
    plain: Answers
    rules: dict[str, WhereItSpeaks]
    canaries: tuple[Canary, ...]
    forms: dict[str, FormCanary]

"""A programme that a jurisdiction sets around a drug: what it certifies and enrols, and the form it asks for.

The form is no copy of the programme's own. It lists the fields that are known to be on it, each with its
fact, in versions that hold from a day and may be retired on another.
"""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from posology.knowledge.schema.common import Cited, Dated, Header, Route, Substance, Texts, Whole

Setting = Literal["outpatient", "inpatient"]


class SettingRule(Cited):
    """What the programme asks of one kind of site."""

    title: str
    enrolment: bool  # whether each patient is enrolled before the first treatment
    form: bool  # whether each session has its monitoring form


class Contact(Cited):
    """Where the programme is told of something; ``telephone`` and ``fax`` as people dial them."""

    say: str = Field(max_length=240)
    telephone: str
    fax: str = ""


class Sign(Cited):
    """What on a scale counts as the effect that a field asks for."""

    scale: Literal["moaa_s", "dissociation", "cadss"]
    below: Whole | None = None
    above: Whole | None = None

    @model_validator(mode="after")
    def _has_one_side(self) -> "Sign":
        if (self.below is None) == (self.above is None):
            raise ValueError("a sign counts below a score or above it; give one of the two")
        return self

    def counts(self, score: int) -> bool:
        """Return whether a score is such a sign."""
        return score < self.below if self.below is not None else score > (self.above or 0)


class FormField(Cited):
    """One field of the form, what fills it, and who can supply what no entry tells."""

    label: str
    part: Literal["patient", "medicines", "programme", "site", "treatment", "monitoring", "events"]
    kind: Literal["text", "day", "yes_no", "minutes", "pressure", "dose"]
    who: str  # who can supply it
    question: str | None = None  # of the gate, whose answer in the session fills it
    drug_class: str | None = None  # of the drugs file: a drug of it on the list contradicts a "no"
    asked: bool = False  # only a person can know it; asked once a session
    note: str | None = None
    criteria: Texts = ()  # of the protocol's discharge: seen to be met, or not
    signs: tuple[Sign, ...] = ()
    terms: Texts = ()  # words of an adverse event that tell of it
    usual_mg: tuple[Whole, ...] = ()  # the doses that the form prints


class FormVersion(Cited):
    """One version of the form: its fields, and the days between which it is in use."""

    title: str
    effective: date
    effective_note: str | None = None
    retired: date | None = None  # from this day nobody finalises it any more
    fields: tuple[str, ...]

    def is_in_use(self, on: date) -> bool:
        """Return whether the version may be finalised on a day."""
        return self.effective <= on and (self.retired is None or on < self.retired)


class ProgrammeFile(Header):
    """One programme for one substance in one jurisdiction."""

    kind: Literal["programme"]
    substance: Substance
    routes: tuple[Route, ...]
    values: dict[str, Dated]
    settings: dict[Setting, SettingRule]
    contacts: dict[str, Contact]
    transcription: str  # what the form is not
    fields: dict[str, FormField]
    versions: dict[str, FormVersion]

    @model_validator(mode="after")
    def _versions_fit(self) -> "ProgrammeFile":
        days = [v.effective for v in self.versions.values()]
        if days != sorted(days):
            raise ValueError("its versions do not run forward; order them from the first to the last")
        for key, version in self.versions.items():
            unknown = [name for name in version.fields if name not in self.fields]
            if unknown:
                raise ValueError(f"version {key} lists '{unknown[0]}', which is no field; mend its spelling")
            if version.retired is not None and version.retired <= version.effective:
                raise ValueError(f"version {key} is retired before it holds; set a later day")
        return self

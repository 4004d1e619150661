"""What an import found: the case, what was understood, and what was not.

A chart is filled by the readers, one module a resource. None of them may drop anything in silence:
what does not become a fact is listed with the reason.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum

from posology.case import (
    Answer,
    Case,
    Choice,
    EarlierDose,
    Fact,
    FactValue,
    MeasuredScore,
    Medication,
    Origin,
    OriginKind,
    Sex,
    UndatedDose,
)
from posology.fhir.elements import Resource, a_text, label
from posology.fhir.errors import FhirError
from posology.knowledge import Library
from posology.knowledge.schema import Question
from posology.quantities import Quantity

_TENTH = Decimal("0.1")


class Reason(StrEnum):
    """Why something was not taken over."""

    UNREADABLE = "unreadable"  # it answers a question, and cannot be read as it stands
    SKIPPED = "skipped"  # its status says that it must not be used
    UNLISTED = "unlisted"  # a drug or a problem that the knowledge does not know
    UNUSED = "unused"  # nothing in the assessment is answered by it


@dataclass(frozen=True, slots=True)
class Understood:
    """One thing that was taken over, and the resource it stands in."""

    what: str  # "Weight"
    shown: str  # "72.5 kg"
    at: datetime | None
    resource: str  # "Observation/1234"
    key: str = ""  # the question it answers


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """One thing that was not taken over, and why."""

    resource: str
    why: str
    reason: Reason = Reason.UNUSED
    key: str = ""  # the question it would have answered
    count: int = 1
    what: str = ""  # the problem or drug it names


@dataclass(frozen=True, slots=True)
class Identifier:
    """One number that a patient goes by."""

    system: str
    value: str
    kind: str  # "Medical Record Number"


@dataclass(frozen=True, slots=True)
class Patient:
    """Who the record is about."""

    names: tuple[str, ...]  # "Family, Given"
    identifiers: tuple[Identifier, ...]
    born_on: date | None
    sex: Sex
    deceased_at: datetime | None
    resource: str


@dataclass(frozen=True, slots=True)
class Import:
    """A record as it was read."""

    case: Case
    understood: tuple[Understood, ...]
    not_understood: tuple[NotUnderstood, ...]
    patient: Patient
    not_given: tuple[tuple[str, ...], ...] = ()  # identifiers of doses that the record says were not given

    @property
    def doses(self) -> tuple[EarlierDose | UndatedDose, ...]:
        """The doses given, with a moment and without."""
        return (*self.case.earlier, *self.case.undated)

    @property
    def unreadable(self) -> tuple[NotUnderstood, ...]:
        """What answers a question and could not be read; someone must mend it or ask again."""
        return tuple(n for n in self.not_understood if n.reason is Reason.UNREADABLE)


def _shown(value: FactValue, question: Question) -> str:
    """Return a value as people read it; charts carry decimals that no scale has, and the case keeps them."""
    if isinstance(value, Choice):
        return (question.choices or {}).get(value.key, str(value))
    if isinstance(value, Quantity):
        return str(Quantity(rounded(value.magnitude), value.unit))
    return "not known" if value is Answer.UNKNOWN else str(value)


def rounded(number: Decimal) -> Decimal:
    """Return a number to one decimal, for reading."""
    return number if number == number.quantize(_TENTH) else number.quantize(_TENTH)


@dataclass(slots=True)
class Chart:
    """An import in the making."""

    library: Library
    as_of: datetime
    record_at: datetime | None  # the last moment at which anyone wrote into the record
    resources: Mapping[str, Resource] = field(default_factory=dict)  # by every reference that finds them
    zone: tzinfo = UTC  # the site's: in it the day of a dose ends of which no time is known
    facts: list[Fact] = field(default_factory=list)
    medications: list[Medication] = field(default_factory=list)
    scores: list[MeasuredScore] = field(default_factory=list)
    doses: list[EarlierDose | UndatedDose] = field(default_factory=list)
    not_given: list[tuple[str, ...]] = field(default_factory=list)
    understood: list[Understood] = field(default_factory=list)
    not_understood: list[NotUnderstood] = field(default_factory=list)
    _unused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def question(self, key: str) -> Question:
        return self.library.questions.questions[key]

    def answer(
        self,
        key: str,
        value: FactValue,
        at: datetime,
        resource: Resource,
        *,
        shown: str = "",
        beside: str = "",
    ) -> None:
        """Take over one answer to one question."""
        name = label(resource)
        question = self.question(key)
        self.facts.append(Fact(key, value, at, Origin(OriginKind.CHART, name)))
        told = shown or _shown(value, question)
        self.tell(question.short, f"{told} ({beside})" if beside else told, at, resource, key=key)

    def tell(self, what: str, shown: str, at: datetime | None, resource: Resource, *, key: str = "") -> None:
        """List something as understood."""
        self.understood.append(Understood(what, shown, at, label(resource), key))

    def cannot_read(self, key: str, why: str, at: datetime | None, resource: Resource) -> None:
        """List an answer that could not be read; the question is then *not known* from that moment on.

        An older answer does not step in for a newer one that could not be read: the newer one may
        say something else.
        """
        name = label(resource)
        self.not_understood.append(NotUnderstood(name, why, Reason.UNREADABLE, key))
        if at is not None:
            self.facts.append(Fact(key, Answer.UNKNOWN, at, Origin(OriginKind.CHART, name)))

    def half_read(self, why: str, resource: Resource) -> None:
        """List something that was taken over with a part of it not known."""
        self.not_understood.append(NotUnderstood(label(resource), why, Reason.UNREADABLE))

    def pass_over(
        self, resource: Resource, why: str, reason: Reason = Reason.SKIPPED, *, what: str = ""
    ) -> None:
        """List a resource that is not used, with the reason."""
        self.not_understood.append(NotUnderstood(label(resource), why, reason, what=what))

    def not_used(self, resource: Resource, what: str) -> None:
        """Count a resource that answers nothing; equal ones are listed once."""
        self._unused[(a_text(resource.get("resourceType")), what)] += 1

    def check_past(self, at: datetime | None, resource: Resource) -> None:
        """Refuse the record when something in it is dated after the decision.

        Raises
        ------
        FhirError
            With the resource and its date.
        """
        if at is not None and at > self.as_of:
            raise FhirError(
                f"{label(resource)} is dated {at:%Y-%m-%d %H:%M} UTC, after {self.as_of:%Y-%m-%d %H:%M} UTC, "
                "the moment of the decision. Correct its date, or decide as of a later moment."
            )

    def all_not_understood(self) -> tuple[NotUnderstood, ...]:
        unused = (
            NotUnderstood(kind, why, Reason.UNUSED, count=count)
            for (kind, why), count in sorted(self._unused.items())
        )
        return (*self.not_understood, *unused)

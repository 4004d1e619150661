"""Facts about a person: each with its moment and its origin, and *unknown* as a value of its own.

A blank is never *no* and ``None`` is never now: what was not asked is absent, what was asked and
not known is :attr:`Answer.UNKNOWN`, and both lead to *cannot say* (hazard H-14).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from posology.knowledge import Route, Substance
from posology.quantities import DomainError, Quantity, check_aware


class CaseError(DomainError):
    """A fact that cannot be true of the person it is told of; the message names the fact and the remedy."""

    code = "case"


class Answer(StrEnum):
    """The three answers to a yes-no question."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Sex(StrEnum):
    """Administrative sex as recorded; the codes are FHIR's."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class OriginKind(StrEnum):
    """Who or what a fact comes from."""

    PATIENT = "patient"
    STAFF = "staff"
    CHART = "chart"
    DEVICE = "device"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact comes from: its kind, and a word that finds it again (a resource id, a role)."""

    kind: OriginKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a question's listed choices."""

    key: str

    def __str__(self) -> str:
        return self.key.replace("_", " ")


FactValue = Answer | Quantity | Choice | date | str


@dataclass(frozen=True, slots=True)
class Fact:
    """One answer to one question of ``knowledge/data/questions.yaml``, true at a moment.

    ``value`` is an :class:`Answer` for yes-no questions (and ``NO`` for a day that never was), a
    ``Quantity`` in the question's unit or one that converts to it, a :class:`Choice`, a ``date``, or text.
    """

    key: str
    value: FactValue
    at: datetime
    origin: Origin

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", check_aware(self.at, what=f"moment of {self.key}"))

    @property
    def is_unknown(self) -> bool:
        """Whether it was asked and is not known."""
        return self.value is Answer.UNKNOWN

    @property
    def shown(self) -> str:
        """The value as words for a person: ``72.5 kg``, ``yes``, ``2026-11-02``."""
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Medication:
    """One drug that is, was or may be taken, as it was written down or coded."""

    text: str
    rxnorm: str | None
    active: Answer
    at: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class MeasuredScore:
    """One completed instrument: its total and the answers it came from, or why it has no total."""

    instrument: str
    total: int | None
    answers: tuple[int | None, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class PastSession:
    """One supervised session of this course, as its events tell it."""

    at: datetime
    protocol_id: str
    substance: Substance
    dose_mg: Decimal | None  # the most that may have gone in; None where nobody knows
    level: Decimal  # in the protocol's dose basis: mg/kg, or mg for a nasal total
    phase: str
    number: int
    completed: bool
    minutes: int | None = None
    worst_adverse_event_grade: int = 0
    adverse_events: tuple[str, ...] = ()
    peak_systolic: int | None = None
    peak_diastolic: int | None = None
    lowest_sedation_score: int | None = None  # MOAA/S
    weight_kg: Decimal | None = None  # from which the dose was computed


@dataclass(frozen=True, slots=True)
class EarlierDose:
    """One dose of a course that ended, or given elsewhere: it counts for what may be given within some days.

    ``protocol_id`` says by which route, and in which basis ``level`` is; it need not have been given by it.
    It is empty where the dose is told by its substance and route alone. ``helped`` is whether a response
    followed, as far as anyone knows. What could not be read is ``None``, and ``unread`` says why.
    """

    at: datetime  # the last moment at which it may have been given
    protocol_id: str
    substance: Substance | None
    dose_mg: Decimal | None  # None: not known
    level: Decimal | None = None  # None: not known
    weight_kg: Decimal | None = None
    helped: Answer = Answer.UNKNOWN
    route: Route | None = None
    on: date | None = None  # where the day is known and the time is not
    origin: Origin | None = None
    identifiers: tuple[str, ...] = ()  # under which the same dose is known again
    unread: str = ""


@dataclass(frozen=True, slots=True)
class UndatedDose:
    """One dose given elsewhere, nobody knows when: no limit can place it, and none takes it for nothing."""

    substance: Substance | None
    dose_mg: Decimal | None
    weight_kg: Decimal | None = None
    route: Route | None = None
    origin: Origin | None = None
    identifiers: tuple[str, ...] = ()
    unread: str = ""

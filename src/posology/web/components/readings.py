"""The reading pad: one column, big keys, the last value beside the empty field and never in it.

There is no field for an initial value: what a human must look at is asked again (hazard H-24). ``typed``
only shows back what this person has just typed, when the form returns with a question or an error.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PadInput:
    """One empty box. ``digits`` is how many digits fill it, after which the keys go on to the next box."""

    name: str
    label: str
    typed: str = ""
    digits: int = 3
    decimal: bool = False


@dataclass(frozen=True, slots=True)
class PadChoice:
    """One answer that can be tapped."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about an odd value, asked in place. The answer is never ticked beforehand."""

    text: str
    confirm_name: str
    confirm_label: str


@dataclass(frozen=True, slots=True)
class PadRow:
    """One reading: its boxes (two for blood pressure) or its choices, unit, and last value with its age."""

    label: str
    unit: str = ""
    inputs: tuple[PadInput, ...] = ()
    choices: tuple[PadChoice, ...] = ()
    choice_name: str = ""
    choice_typed: str = ""
    previous: str = ""
    previous_at: datetime | None = None
    hint: str = ""
    error: str = ""
    question: Question | None = None
    optional: bool = False
    plain: bool = False

    @property
    def key(self) -> str:
        """Return the name that the row's ids are made of."""
        return self.choice_name or self.inputs[0].name

    @property
    def described_by(self) -> str:
        """Return the ids of the texts that explain the boxes."""
        parts = {"previous": True, "hint": self.hint, "error": self.error, "question": self.question}
        return " ".join(f"{self.key}-{name}" for name, there in parts.items() if there)


@dataclass(frozen=True, slots=True)
class ReadingPad:
    """A set of readings, sent as one. ``request_id`` is the client-made id of the event (hazard H-25)."""

    template: ClassVar[str] = "web/components/reading_pad.html"
    rows: tuple[PadRow, ...]
    action: str
    request_id: str = ""
    heading: str = "Record a reading"
    due: str = ""
    submit_label: str = "Record reading"
    hidden: tuple[tuple[str, str], ...] = ()
    keys: bool = True

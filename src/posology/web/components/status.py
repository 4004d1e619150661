"""The states a thing can be in, and the chip that says so with an icon and a word, never colour alone."""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar


class Status(Enum):
    """One state: its key, the word people read, its tone of colour and its icon."""

    STOP = ("stop", "Stop", "stop", "stop")
    HOLD = ("hold", "Hold", "hold", "hold")
    CAUTION = ("caution", "Caution", "caution", "caution")
    PASS = ("pass", "Pass", "pass", "check")
    CANNOT_SAY = ("cannot say", "Cannot say", "unknown", "question")
    DUE = ("due", "Due", "caution", "clock")
    OVERDUE = ("overdue", "Overdue", "hold", "overdue")
    STALE = ("stale", "Stale", "unknown", "stale")
    DONE = ("done", "Done", "pass", "check")
    RUNNING = ("running", "Running", "neutral", "play")
    PAUSED = ("paused", "Paused", "hold", "hold")
    DRAFT = ("draft", "Draft", "neutral", "pen")
    SIGNED = ("signed", "Signed", "pass", "check")
    NOT_SENT = ("not sent", "Not sent yet", "hold", "send")
    LATE = ("late", "Arrived late", "caution", "clock")
    CORRECTED = ("corrected", "Corrected", "neutral", "pen")
    UNVERIFIED = ("unverified", "Unverified", "unknown", "question")

    def __init__(self, key: str, word: str, tone: str, icon: str) -> None:
        self.key = key
        self.word = word
        self.tone = tone
        self.icon = icon

    @classmethod
    def of(cls, key: str) -> "Status":
        """Return the status of this key, as the library's decisions spell it (``"cannot say"``)."""
        wanted = key.replace("_", " ").lower()
        for status in cls:
            if status.key == wanted:
                return status
        raise ValueError(f"'{key}' is not a status that a chip can show. Use one of {[s.key for s in cls]}.")


# The order in which verdicts are read: what stops first, what is fine last.
GRAVITY = (Status.STOP, Status.HOLD, Status.CAUTION, Status.CANNOT_SAY, Status.PASS)


@dataclass(frozen=True, slots=True)
class Chip:
    """A status in a few square centimetres. ``word`` replaces the usual word where a better one exists."""

    template: ClassVar[str] = "web/components/chip.html"
    status: Status
    word: str = ""

    @property
    def label(self) -> str:
        """Return the word that is shown."""
        return self.word or self.status.word

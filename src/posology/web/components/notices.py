"""What the product says to a person: notices, dialogs for what must be answered now, empty states."""

from dataclasses import dataclass
from typing import ClassVar

from posology.web.components.frame import Button
from posology.web.components.status import Status


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence in the page: what happened or is so. ``floats`` makes it a toast, kept until it is closed.

    ``status`` gives icon, word and tone; without one the notice is plain.
    """

    template: ClassVar[str] = "web/components/notice.html"
    text: str
    title: str = ""
    status: Status | None = None
    action: Button | None = None
    floats: bool = False

    @property
    def tone(self) -> str:
        """Return the tone of colour."""
        return self.status.tone if self.status else "neutral"


@dataclass(frozen=True, slots=True)
class Dialog:
    """A question that must be answered now: what, why, and the safe way first.

    ``safe`` closes the dialog; ``act`` does the thing. ``read_aloud`` is the whole order as one sentence.
    ``open`` shows it at once, which also works without scripts.
    """

    template: ClassVar[str] = "web/components/dialog.html"
    id: str
    title: str
    text: str
    safe: Button
    act: Button
    read_aloud: str = ""
    action: str = ""
    hidden: tuple[tuple[str, str], ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class EmptyState:
    """What will come here, and how."""

    template: ClassVar[str] = "web/components/empty.html"
    title: str
    text: str
    action: Button | None = None

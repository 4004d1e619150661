"""Free text as people write it: any language, and nothing that a page or a database cannot hold."""

import unicodedata

from posology.quantities.errors import DomainError

_BREAKS = frozenset("\n\r\t")


class TextRefused(DomainError):
    """A text with a control character in it; ``field`` names where it was written."""

    code = "text"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


def holds_control_character(text: str) -> bool:
    """Return whether a text holds a control character or half a sign; line breaks and tabs are none."""
    return any(unicodedata.category(c) in {"Cc", "Cs"} and c not in _BREAKS for c in text)


def check_text(text: str, *, field: str = "") -> str:
    """Return a text as it is, or refuse it.

    Raises
    ------
    TextRefused
        If it holds a control character, such as the NUL that a database does not take.
    """
    if holds_control_character(text):
        raise TextRefused(
            "The text holds a control character, which cannot be kept. Write it again without.", field=field
        )
    return text

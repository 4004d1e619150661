"""The separators that a message gives itself, and the escapes that stand for them.

Only words that are shown or looked up are unescaped. A number is read as it was sent: a library that drops an
escape it does not know turns ``1\\Zz\\20`` into 120.
"""

import re
from dataclasses import dataclass

from posology.hl7v2.errors import Condition, MessageRefused

_LONGEST_TEXT = 300
# Characters that would steer a terminal or turn a line round, and halves of pairs that no text has.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]+")
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The five characters that part a message."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def encoding_characters(self) -> str:
        """MSH-2."""
        return f"{self.component}{self.repetition}{self.escape}{self.subcomponent}"


USUAL = Delimiters()


def read_delimiters(segment: str) -> Delimiters:
    """Return the separators with which an MSH segment begins.

    Parameters
    ----------
    segment : str
        The segment, from ``MSH`` on.

    Returns
    -------
    Delimiters
        Those it gives; the escape and the last separator are the usual ones where it leaves them out.

    Raises
    ------
    MessageRefused
        If one is missing, stands twice, or is a character that numbers or words are made of.
    """
    field = segment[3:4]
    given = segment[4:].split(field, 1)[0] if field else ""
    characters = given + USUAL.encoding_characters[len(given) : 4]
    usable = all(
        c.isprintable() and not c.isalnum() and c not in " .+-_" and c.isascii() for c in field + given
    )
    if (
        not field
        or not 2 <= len(given) <= 5
        or not usable
        or len({field, *characters}) != 1 + len(characters)
    ):
        raise MessageRefused(
            f"The message gives '{_UNSHOWN.sub(' ', segment[3:9])}' as its separators, with which its fields "
            "cannot be told apart. Set the sender to |^~\\&.",
            condition=Condition.DATA_TYPE,
            place="MSH-2",
        )
    return Delimiters(field, *characters[:4])


def unescape(text: str, delimiters: Delimiters) -> str:
    """Return words with their escapes resolved; an escape that is not known stays as it was sent.

    Parameters
    ----------
    text : str
        One component as it was sent.
    delimiters : Delimiters
        Those of its message.

    Returns
    -------
    str
        The words. Marks for highlighting fall away, a line break becomes a space.
    """
    mark = delimiters.escape
    if mark not in text:
        return text
    parts = text.split(mark)
    said = [parts[0]]
    i = 1
    while i < len(parts):
        meant = _meant(parts[i], delimiters) if i + 1 < len(parts) else None
        if meant is None:  # no escape, or one that has no end
            said.append(mark + parts[i])
            i += 1
        else:
            said.append(meant + parts[i + 1])
            i += 2
    return "".join(said)


def _meant(escape: str, delimiters: Delimiters) -> str | None:
    known = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "H": "",
        "N": "",
        ".br": " ",
    }
    if escape in known:
        return known[escape]
    if (hexadecimal := _HEX.fullmatch(escape)) and len(escape) <= 65:
        raw = bytes.fromhex(hexadecimal.group(1))
        return raw.decode("ascii") if raw.isascii() else None
    return None


def escaped(text: str, delimiters: Delimiters) -> str:
    """Return words as one component may carry them; what would break a segment becomes a space."""
    mark = delimiters.escape
    marks = {
        delimiters.escape: f"{mark}E{mark}",
        delimiters.field: f"{mark}F{mark}",
        delimiters.component: f"{mark}S{mark}",
        delimiters.subcomponent: f"{mark}T{mark}",
        delimiters.repetition: f"{mark}R{mark}",
    }
    return "".join(marks.get(c, c) for c in _UNSHOWN.sub(" ", text))


def fit_to_show(text: str) -> str:
    """Return text fit to be shown on one line."""
    short = text[:_LONGEST_TEXT]
    return short.strip() if short.isprintable() else _UNSHOWN.sub(" ", short).strip()

"""The character set of a message: as MSH-18 says, or told where it says nothing or does not hold.

A byte that is no character of the set becomes a replacement mark and is counted in a remark. No number can
hold such a mark, so no value is made from a damaged one.
"""

from dataclasses import dataclass
from types import MappingProxyType

from posology.hl7v2.errors import Condition, MessageRefused
from posology.hl7v2.header import Header, read_header

# HL7's own names (table 0211), and others that senders write.
_CODECS = MappingProxyType(
    {
        "": "ascii",
        "ASCII": "ascii",
        "8859/1": "iso-8859-1",
        "UNICODE UTF-8": "utf-8",
        "UTF-8": "utf-8",
        "UTF8": "utf-8",
        "ISO 8859-1": "iso-8859-1",
        "ISO-8859-1": "iso-8859-1",
        "ISO8859-1": "iso-8859-1",
        "ISO IR100": "iso-8859-1",
    }
)
_MARK_OF_UTF8 = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a message, its header, and what was odd about its characters."""

    text: str
    header: Header
    codec: str
    remarks: tuple[str, ...]


def decode(body: bytes) -> Decoded:
    """Return the text of a message in its own character set.

    Parameters
    ----------
    body : bytes
        A message without its frame.

    Returns
    -------
    Decoded
        Its text, with a remark for each thing that was not as MSH-18 says.

    Raises
    ------
    MessageRefused
        If it has no header that can be read, or names a character set that is not read here.
    """
    remarks = []
    if body.startswith(_MARK_OF_UTF8):
        body = body[len(_MARK_OF_UTF8) :]
        remarks.append("The message begins with a byte order mark, which does not belong there.")
    first = body.lstrip(b"\r\n \t")
    header = read_header(first.split(b"\r", 1)[0].split(b"\n", 1)[0].decode("iso-8859-1"))
    named = header.character_sets[0] if header.character_sets else ""
    codec = codec_named(named)
    if codec is None:
        raise MessageRefused(
            f"The message is written in '{named[:30]}', which is not read here. Set the sender to "
            "UNICODE UTF-8, 8859/1 or ASCII.",
            condition=Condition.TABLE_VALUE,
            place="MSH-18",
            header=header,
        )
    if len(header.character_sets) > 1:
        remarks.append("The message names several character sets; only the first is used.")
    if codec == "ascii" and not named and not first.isascii() and _is_utf8(first):
        codec = "utf-8"
        remarks.append("The message names no character set and is read as UTF-8. Set it in MSH-18.")
    text = first.decode(codec, errors="replace")
    damaged = text.count("\ufffd") - (first.count("\ufffd".encode()) if codec == "utf-8" else 0)
    if damaged:
        remarks.append(
            f"In {damaged} places there are bytes that are no characters of "
            f"{named or 'ASCII, the set of a message that names none'}; they are shown as \ufffd. Set the "
            "sender's character set in MSH-18."
        )
    # The header once more, now that its characters are known.
    again = read_header(text.split("\r", 1)[0].split("\n", 1)[0])
    return Decoded(text, again, codec, tuple(remarks))


def codec_named(name: str) -> str | None:
    """Return Python's codec for a character set as MSH-18 names it, or None where it is not read here."""
    return _CODECS.get(name.upper())


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

"""Reading the queue that a device sends: strict JSON of bounded size into entries.

An entry that cannot be read is refused by itself, with a sentence, and holds up no other; the device keeps it
and shows it. Only what is no queue at all is refused whole.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from posology.clinic.care.rejoin import VERSION, Late
from posology.quantities import DomainError, read_moment

LONGEST = 1_000_000  # bytes of one send; a device sends its queue in parts
MOST = 200  # entries of one send
_DEEPEST = 4  # objects within objects; an entry of ours has two
_MOST_DIGITS = 18  # of a whole number
_HALF = re.compile("[\ud800-\udfff]")  # a surrogate alone; no store holds one
_KEYS = {"id", "kind", "payload", "occurred_at", "sequence", "version", "live"}
_MAY_BE_LEFT_OUT = {"version", "live"}
_LEAD = {"str": "text", "int": "a whole number", "dict": "an object", "bool": "yes or no"}


class QueueUnreadable(DomainError):
    """A queue that is not what a page of ours sends."""

    code = "queue-unreadable"


class EntryUnreadable(DomainError):
    """One entry of a queue that is not what a page of ours sends."""

    code = "entry-unreadable"

    def __init__(self, what_is_amiss: str) -> None:
        super().__init__(
            f"{what_is_amiss}, so nothing of this entry was recorded. "
            "Send it as a note, or write it on the downtime sheet."
        )


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry that cannot be read, and why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Queue:
    """Whose queue it is, which patient the page showed, and each entry in the place where it was sent.

    ``ids`` holds what each entry calls itself, as it was sent; empty where that is no text.
    """

    user: str
    patient: str
    entries: tuple[Late | Unread, ...]
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Odd:
    """What JSON can say and no entry of ours does."""

    why: str


def read_queue(body: bytes) -> Queue:
    """Return the queue that a device sent.

    Raises
    ------
    QueueUnreadable
        If it is too long, no strict JSON, or not of our shape; then nothing of it was stored.
    """
    if len(body) > LONGEST:
        raise QueueUnreadable(f"The queue has {len(body)} bytes; {LONGEST} is the most. Send it in parts.")
    try:
        read = json.loads(body, object_pairs_hook=_once, parse_constant=_no_number, parse_int=_whole)
        user, patient, entries = read["user"], read["patient"], read["entries"]
        if not isinstance(user, str) or not isinstance(patient, str):
            raise ValueError("user or patient is no text")
        if not isinstance(entries, list) or len(entries) > MOST:
            raise ValueError(f"more than {MOST} entries, or none")
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise QueueUnreadable(
            f"What was sent is no queue of entries ({str(fault)[:120]}). Reload the page and send again."
        ) from None
    return Queue(user, patient, tuple(_entry(one) for one in entries), tuple(_name(one) for one in entries))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Odd:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _Odd("a name stands twice in it")


def _no_number(name: str) -> _Odd:
    return _Odd(f"{name} is no number")


def _whole(digits: str) -> int | _Odd:
    return int(digits) if len(digits) <= _MOST_DIGITS else _Odd(f"a number has {len(digits)} digits")


def _name(one: Any) -> str:
    told = one.get("id") if isinstance(one, dict) else None
    return told[:64] if isinstance(told, str) else ""


def _entry(one: Any) -> Late | Unread:
    try:
        return _late(one)
    except DomainError as refusal:
        return Unread(str(refusal))


def _late(one: Any) -> Late:
    odd = next(_oddities(one), None)
    if odd is not None:
        raise EntryUnreadable(f"The entry cannot be read: {odd.why}")
    if not isinstance(one, dict):
        raise EntryUnreadable(f"The entry is {_shown(one)} and no object")
    if unknown := sorted(set(one) - _KEYS):
        raise EntryUnreadable(f"The entry has the unknown field {_shown(unknown[0])}")
    if missing := sorted(_KEYS - _MAY_BE_LEFT_OUT - set(one)):
        raise EntryUnreadable(f"The entry has no {missing[0]}")
    sequence = _of(one, "sequence", int)
    if not 0 <= sequence < 2**31:
        raise EntryUnreadable(f"The sequence of the entry is {sequence}, beyond what a device counts to")
    try:
        key = UUID(_of(one, "id", str))
    except ValueError:
        raise EntryUnreadable(f"The id of the entry is {_shown(one['id'])}, which is none") from None
    return Late(
        id=key,
        kind=_of(one, "kind", str),
        payload=_of(one, "payload", dict),
        occurred_at=_moment(_of(one, "occurred_at", str)),
        sequence=sequence,
        version=_of({"version": VERSION, **one}, "version", int),
        live=_of({"live": False, **one}, "live", bool),
    )


def _of(one: dict[str, Any], name: str, kind: type[Any]) -> Any:
    """Return a field of an entry, of exactly this kind: what is true is no number here."""
    value = one[name]
    if type(value) is not kind:
        raise EntryUnreadable(f"The {name} of the entry is {_shown(value)} and not {_LEAD[kind.__name__]}")
    return value


def _moment(text: str) -> datetime:
    try:
        return read_moment(text, what="moment of the entry")
    except DomainError:
        raise EntryUnreadable(f"The moment of the entry is {_shown(text)}, which tells no time") from None


def _oddities(one: Any) -> Iterator[_Odd]:
    """Yield what cannot be an entry's, without going down into what is nested beyond measure."""
    waiting = [(one, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, _Odd):
            yield value
        elif isinstance(value, str):
            if _HALF.search(value):
                yield _Odd("it holds half a character")
        elif isinstance(value, dict | list):
            if depth > _DEEPEST:
                yield _Odd("it is nested deeper than any entry of ours")
            else:
                inside = [*value, *value.values()] if isinstance(value, dict) else value
                waiting += [(part, depth + 1) for part in inside]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"

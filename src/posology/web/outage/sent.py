"""Reading the queue that a device sends: strict JSON of bounded size into entries."""

import json
from typing import Any
from uuid import UUID

from posology.clinic.care.rejoin import VERSION, Late
from posology.quantities import DomainError, read_moment

LONGEST = 1_000_000  # bytes of one send; a device sends its queue in parts
MOST = 200  # entries of one send
_KEYS = {"id", "kind", "payload", "occurred_at", "sequence", "version", "live"}


class QueueUnreadable(DomainError):
    """A queue that is not what a page of ours sends."""

    code = "queue-unreadable"


def read_queue(body: bytes) -> tuple[str, str, tuple[Late, ...]]:
    """Return whose queue it is, which patient the page showed, and the entries.

    Raises
    ------
    QueueUnreadable
        If it is too long, no strict JSON, or not of our shape; then nothing of it was stored.
    """
    if len(body) > LONGEST:
        raise QueueUnreadable(f"The queue has {len(body)} bytes; {LONGEST} is the most. Send it in parts.")
    try:
        read = json.loads(body, object_pairs_hook=_once, parse_constant=_no_constant)
        entries = read["entries"]
        if not isinstance(entries, list) or len(entries) > MOST:
            raise ValueError(f"more than {MOST} entries, or none")
        return str(read["user"]), str(read["patient"]), tuple(_entry(one) for one in entries)
    except (ValueError, KeyError, TypeError, RecursionError, DomainError) as fault:
        raise QueueUnreadable(
            f"What was sent is no queue of entries ({str(fault)[:120]}). Reload the page and send again."
        ) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _entry(one: dict[str, Any]) -> Late:
    if unknown := set(one) - _KEYS:
        raise ValueError(f"unknown field {sorted(unknown)[0]!r}")
    payload, sequence, version = one["payload"], one["sequence"], one.get("version", VERSION)
    if not isinstance(payload, dict) or type(sequence) is not int or type(version) is not int:
        raise ValueError("payload, sequence or version of another kind")
    if not 0 <= sequence < 2**31:
        raise ValueError("a sequence out of range")
    return Late(
        id=UUID(one["id"]),
        kind=str(one["kind"]),
        payload=payload,
        occurred_at=read_moment(one["occurred_at"], what="moment of the entry"),
        sequence=sequence,
        version=version,
        live=one.get("live") is True,
    )

"""Events: the door through which they enter, their canonical form, and the chain of their hashes.

A session is the fold of its events (``replay``). Each carries two clocks: ``occurred_at`` is when it
happened by the clock of the device that recorded it, ``recorded_at`` when the server stored it.
``sequence`` is the device's own counter: part of what the client sent, so that no order of arrival
can change it. The server's order of arrival lives in the hash chain and nowhere else.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from posology.knowledge import Library, load_library
from posology.quantities import DomainError, Quantity, check_aware
from posology.treatment.fields import FieldFaultError, Payload
from posology.treatment.payloads import PAYLOADS, Corrected, EventKind, ReadingTaken

GENESIS = "0" * 64
"""The hash before the first event of a chain."""

LATE_AFTER = timedelta(minutes=2)
"""From this lag between the clocks an entry is shown as late: a limit of the display, no clinical fact."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field, in a sentence."""

    field: str
    message: str


class EventError(DomainError):
    """An event that cannot be taken; ``faults`` holds a sentence a field, and ``field`` names the first."""

    code = "event"

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        self.faults = faults
        self.field = faults[0].field
        super().__init__(" ".join(f.message for f in faults))


class NeedsConfirmation(DomainError):
    """A reading beyond the usual, which is kept once a person confirms it; nothing is dropped (H-42)."""

    code = "needs-confirmation"

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        self.faults = faults
        self.field = faults[0].field
        super().__init__(" ".join(f.message for f in faults))


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a session, once, for ever.

    Attributes
    ----------
    id : UUID
        Made by the client; the same id is the same event, however often it is sent.
    session_id : UUID
        The session it belongs to.
    sequence : int
        The counter of the device that recorded it; it breaks ties between equal moments.
    kind, payload
        What happened.
    occurred_at, recorded_at : datetime
        Device clock and server clock, aware; kept in UTC.
    author : str
        Who recorded it.
    version : int
        Version of the payload's shape.
    """

    id: UUID
    session_id: UUID
    sequence: int
    kind: EventKind
    payload: Payload
    occurred_at: datetime
    recorded_at: datetime
    author: str
    version: int = 1

    def __post_init__(self) -> None:
        if type(self.payload) is not PAYLOADS[self.kind]:
            raise EventError(
                (
                    FieldFault(
                        "payload",
                        f"The payload is a {type(self.payload).__name__}, which is not what '{self.kind}' "
                        "holds. Read it with read_payload.",
                    ),
                )
            )
        object.__setattr__(self, "occurred_at", check_aware(self.occurred_at, what="moment of the event"))
        object.__setattr__(self, "recorded_at", check_aware(self.recorded_at, what="moment of storing"))

    @property
    def is_late(self) -> bool:
        """Whether it was stored so long after it happened that it is shown as late."""
        return self.recorded_at - self.occurred_at > LATE_AFTER


def read_payload(
    kind: EventKind | str, data: Mapping[str, Any], *, library: Library | None = None
) -> Payload:
    """Read the content of an event as it comes from outside: the one door for every client.

    Parameters
    ----------
    kind : EventKind or str
        What happened.
    data : mapping
        The fields, as JSON or a form gave them.
    library : Library, optional
        Where the bounds of readings stand; the package's own when left out.

    Returns
    -------
    Payload
        A frozen model of the kind.

    Raises
    ------
    EventError
        If the kind is unknown, a key is unknown, missing or of the wrong kind, or a value cannot be true.
    NeedsConfirmation
        If a reading lies outside its usual bounds and ``confirmed_extreme`` is not set.
    """
    known = _kind(kind)
    payload = load_payload(known, data)
    knowledge = library or load_library()
    if isinstance(payload, ReadingTaken):
        _check_bounds(payload, knowledge)
    if isinstance(payload, Corrected) and payload.payload is not None and payload.event_kind is not None:
        inner = read_payload(payload.event_kind, payload.payload, library=knowledge)
        payload = payload.model_copy(update={"payload": dump_payload(inner)})
    return payload


def load_payload(kind: EventKind | str, data: Mapping[str, Any]) -> Payload:
    """Read the content of an event from our own store: the shape alone, without the bounds of today.

    Bounds may change after a reading was stored; the record must stay readable.

    Raises
    ------
    EventError
        If it has not the shape of its kind.
    """
    if not isinstance(data, Mapping):
        raise EventError(
            (FieldFault("payload", "The content is not a set of named fields. Send an object."),)
        )
    try:
        return PAYLOADS[_kind(kind)].model_validate(dict(data))
    except ValidationError as error:
        raise EventError(_faults(error)) from None


def dump_payload(payload: Payload) -> dict[str, Any]:
    """Return a payload as plain JSON values, decimals and moments as text; :func:`load_payload` reads it."""
    plain: dict[str, Any] = _plain(payload.model_dump())
    return plain


def canonical(event: Event) -> bytes:
    """Return an event as canonical JSON: sorted keys, no spaces, decimals and UTC moments as text."""
    whole = {
        "id": event.id,
        "session_id": event.session_id,
        "sequence": event.sequence,
        "kind": event.kind,
        "payload": event.payload.model_dump(),
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "author": event.author,
        "version": event.version,
    }
    return json.dumps(_plain(whole), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chain_hash(previous_hash: str, event: Event) -> str:
    """Return the hash of an event in its chain: it covers the event and the hash of the one before."""
    return hashlib.sha256(previous_hash.encode() + b"\n" + canonical(event)).hexdigest()


def _kind(kind: EventKind | str) -> EventKind:
    try:
        return EventKind(kind)
    except ValueError:
        raise EventError(
            (
                FieldFault(
                    "kind",
                    f"There is no event of the kind '{str(kind)[:40]}'. Send one of {', '.join(EventKind)}.",
                ),
            )
        ) from None


def _faults(error: ValidationError) -> tuple[FieldFault, ...]:
    return tuple(_fault(fault) for fault in error.errors(include_url=False))


# What people read where the key is not a word.
_SHOWN = {"spo2": "oxygen saturation"}


def _fault(fault: ErrorDetails) -> FieldFault:
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, FieldFaultError):
        return FieldFault(cause.field, str(cause))
    field = str(fault["loc"][0]) if fault["loc"] else "payload"
    shown = _SHOWN.get(field, field[:40].replace("_", " "))
    if fault["type"] == "extra_forbidden":
        return FieldFault(
            field, f"The field '{field[:40]}' is not known here. Take it away, or mend its spelling."
        )
    if fault["type"] == "missing":
        return FieldFault(field, f"The {shown} is missing. Add it.")
    said = str(cause) if isinstance(cause, ValueError) else f"{fault['msg']}. Enter it again."
    return FieldFault(field, f"{shown.capitalize()}: {said[0].lower()}{said[1:]}")


def _check_bounds(reading: ReadingTaken, library: Library) -> None:
    impossible: list[tuple[str, str, Quantity, str]] = []
    unusual: list[tuple[str, str, Quantity, str]] = []
    for name, measured in reading.values().items():
        question = library.questions.questions[name]
        if question.bounds is None or question.unit is None:
            continue
        shown = Quantity(Decimal(measured), question.unit)
        for (low, high), found in ((question.bounds.absolute, impossible), (question.bounds.usual, unusual)):
            if not low <= measured <= high:
                within = f"{Quantity(low, question.unit)} to {Quantity(high, question.unit)}"
                found.append((name, question.short, shown, within))
                break
    if impossible:
        raise EventError(
            tuple(
                FieldFault(n, f"{s}: {q} is outside {w}, beyond what can be true. Measure again.")
                for n, s, q, w in impossible
            )
        )
    if unusual and not reading.confirmed_extreme:
        raise NeedsConfirmation(
            tuple(
                FieldFault(n, f"{s}: {q} is outside the usual {w}. Look again; confirm it if it is so.")
                for n, s, q, w in unusual
            )
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, datetime):
        return check_aware(value, what="moment").isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value

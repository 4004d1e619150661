"""What a page recorded without the network, told to the server afterwards: each entry once, each answered.

An entry has happened, so the policies of a live session are not asked and nothing is permitted by it; what
does not fit the record is kept and shown beside it (hazards H-29, H-46, H-47). Every entry is stored by
itself: one that cannot be taken holds up no other, and a queue that was sent twice is found again id by id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import NotFound, NotPermitted, check
from posology.clinic.care.chairside import chairside
from posology.clinic.care.session import record_event
from posology.clinic.conflicts import Conflict
from posology.clinic.sessions.actions import Recorded
from posology.clinic.sessions.queries import event_rows, session_for
from posology.quantities import DomainError, read_number
from posology.treatment import EventKind, NeedsConfirmation

VERSION = 1
"""The shape of the entries that today's page sends; the one before it is taken too (hazard H-48)."""

TOLD_AFTERWARDS = frozenset(
    {
        EventKind.ADMINISTRATION_STARTED,
        EventKind.DEVICE_GIVEN,
        EventKind.DOSE_GIVEN,
        EventKind.INFUSION_RATE_CHANGED,
        EventKind.INFUSION_PAUSED,
        EventKind.INFUSION_STOPPED,
        EventKind.READING_TAKEN,
        EventKind.SCALE_SCORED,
        EventKind.ADVERSE_EVENT,
        EventKind.DRUG_GIVEN,
        EventKind.NOTE_WRITTEN,
    }
)
"""What people do and see, and so may tell later. What decides something is done with the network."""

PUMP_RATE = "pump_rate_mL_per_h"  # as people read it off; the event holds mg/min


class Answered(StrEnum):
    """What became of an entry. After ``stored``, ``before`` and ``beside`` the device lets go of it."""

    STORED = "stored"
    BEFORE = "before"  # it was here already, from an earlier send
    BESIDE = "beside"  # stored, and it does not fit the rest of the record
    CONFLICT = "conflict"  # this id is here with another content; not stored
    ASKED = "asked"  # unusual; stored once a person confirms it
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Late:
    """One entry of a device's queue.

    ``occurred_at`` is by the device's clock, set right by what it last knew of the server's. ``live`` says
    that it may have been sent before as a form without a time: then the moment of that send stands.
    """

    id: UUID
    kind: str
    payload: Mapping[str, Any]
    occurred_at: datetime
    sequence: int
    version: int = VERSION
    live: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one entry, and why."""

    id: UUID
    became: Answered
    sentence: str = ""


def take_late(
    *,
    session_id: UUID,
    entries: Iterable[Late],
    page_patient_id: UUID | str | None,
    by: User,
    at: datetime,
) -> tuple[Answer, ...]:
    """Store a queue, entry by entry in the device's order, and say of each what became of it.

    The answers stand in the order in which the entries were given.

    Raises
    ------
    NotFound, NotPermitted
        If there is no such session here, or this person records nothing at all.
    """
    session_for(by, session_id)
    check(by, "record_event")
    queue = tuple(entries)
    answers: dict[int, Answer] = {}
    for place, entry in sorted(enumerate(queue), key=lambda one: (one[1].sequence, one[1].id.int)):
        answers[place] = _take(entry, session_id=session_id, page_patient_id=page_patient_id, by=by, at=at)
    return tuple(answers[place] for place in range(len(queue)))


def _take(entry: Late, **rest: Any) -> Answer:
    why = _why_not(entry)
    if why:
        return Answer(entry.id, Answered.REFUSED, why)
    try:
        recorded = record_event(
            event_id=entry.id,
            kind=entry.kind,
            payload=_in_its_own_unit(entry, rest["session_id"], by=rest["by"], at=rest["at"]),
            occurred_at=_moment(entry, rest["session_id"], rest["by"]),
            sequence=entry.sequence,
            happened_before=True,
            **rest,
        )
    except (NotFound, NotPermitted):
        raise
    except Conflict as conflict:
        return Answer(entry.id, Answered.CONFLICT, str(conflict))
    except NeedsConfirmation as question:
        return Answer(entry.id, Answered.ASKED, str(question))
    except DomainError as refusal:
        return Answer(entry.id, Answered.REFUSED, str(refusal))
    return _answer(entry, recorded)


def _answer(entry: Late, recorded: Recorded) -> Answer:
    beside = next((c for c in recorded.state.conflicts if c.event.id == entry.id), None)
    if beside is not None:
        return Answer(entry.id, Answered.BESIDE, beside.why)
    return Answer(entry.id, Answered.BEFORE if recorded.repeated else Answered.STORED)


def _why_not(entry: Late) -> str:
    if entry.version not in {VERSION, VERSION - 1}:
        return (
            f"The entry has the shape {entry.version}, and this server reads {VERSION}. "
            "Reload the page, then send again."
        )
    if entry.kind in set(EventKind) and EventKind(entry.kind) not in TOLD_AFTERWARDS:
        return (
            f"'{entry.kind.replace('_', ' ')}' decides something, so it is not taken from a page that was "
            "without the network. Do it now on the session's page."
        )
    if entry.kind == EventKind.READING_TAKEN and entry.payload.get("from_monitor"):
        return (
            "What a monitor sent is confirmed with the network, where it can be seen how old it is. "
            "Confirm it on the session's page, or tell by hand what was measured."
        )
    return ""


def _has_pump_rate(entry: Late) -> bool:
    return entry.kind == EventKind.INFUSION_RATE_CHANGED and PUMP_RATE in entry.payload


def _in_its_own_unit(entry: Late, session_id: UUID, *, by: User, at: datetime) -> Mapping[str, Any]:
    """Return the payload with the pump's rate as mg/min, by the worksheet that was checked."""
    if not _has_pump_rate(entry):
        return entry.payload
    payload = dict(entry.payload)
    typed = read_number(str(payload.pop(PUMP_RATE)), what="pump rate")
    sheet = chairside(by, session_id, at=at).sheet
    if sheet is None:
        raise RateUnknown(
            "No worksheet was checked in this session, so mL/h cannot be told as mg/min. "
            "Write the rate in a note."
        )
    return {**payload, "rate_mg_per_min": sheet.mg_per_min_at(typed)}


class RateUnknown(DomainError):
    """A pump rate that nothing in the session turns into a dose."""

    code = "rate-unknown"


def _moment(entry: Late, session_id: UUID, by: User) -> datetime:
    """Return when it happened: as first stored where the page's own form reached the server after all."""
    if not entry.live:
        return entry.occurred_at
    known = event_rows(session_for(by, session_id)).filter(pk=entry.id).first()
    return known.occurred_at if known else entry.occurred_at

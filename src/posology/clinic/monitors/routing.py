"""Where a reading belongs: the session that its monitor was joined to, or quarantine. Pure; nothing guesses.

A reading is in a session only if every question has its answer: the monitor is known, stands at a chair, was
joined by a person to the session in that chair, which is not over; the message names no other patient; the
clocks agree, and it was measured after the joining (hazards H-41, H-32).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from posology.hl7v2 import Message, Moment, ShownPatient

CLOCKS_MAY_DIFFER_BY = timedelta(seconds=60)  # hazard H-32; an engineering default


class Quarantine(StrEnum):
    """Why a reading is in no session."""

    UNNAMED = "unnamed"
    UNKNOWN = "unknown"
    NO_CHAIR = "no-chair"
    NOT_JOINED = "not-joined"
    MOVED = "moved"
    OVER = "over"
    OTHER_PATIENT = "other-patient"
    CLOCK = "clock"
    BEFORE = "before"
    UNREADABLE = "unreadable"


SAYS: dict[str, tuple[str, str]] = {
    Quarantine.UNNAMED: (
        "The message does not say which monitor it is from.",
        "Have the monitor or its gateway name itself (MSH-3, OBX-18) or its bed (PV1-3).",
    ),
    Quarantine.UNKNOWN: ("This monitor is not known here.", "Put it at a chair, in the list on this page."),
    Quarantine.NO_CHAIR: ("This monitor stands at no chair.", "Put it at a chair, in the list on this page."),
    Quarantine.NOT_JOINED: (
        "Nobody has joined this monitor to the session in its chair.",
        "Open the session and join it, with the patient's two identifiers.",
    ),
    Quarantine.MOVED: (
        "This monitor was joined to a session that is in another chair now.",
        "End the joining, and join the monitor to the session in its chair.",
    ),
    Quarantine.OVER: (
        "The session that this monitor was joined to is over.",
        "Join it to the next session when that patient is in the chair.",
    ),
    Quarantine.OTHER_PATIENT: (
        "The monitor names another patient than the one in the chair.",
        "Look who is at the monitor. Mend the name there, or join the monitor to the right session.",
    ),
    Quarantine.CLOCK: (
        "The clock of the monitor and ours differ by more than 60 s, or the reading is old.",
        "Set the monitor's clock. Until then read from its screen.",
    ),
    Quarantine.BEFORE: (
        "It was measured before this monitor was joined to the session.",
        "Nothing is to be done: it may be of the patient before.",
    ),
    Quarantine.UNREADABLE: (
        "The value, its unit or its code could not be read for certain.",
        "Mend it at the monitor. Until then read from its screen.",
    ),
}
"""What each reason means, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The session that a monitor is joined to, as far as a reading must know it."""

    session_id: UUID
    chair: int | None
    is_over: bool
    made_at: datetime
    record_number: str
    family_name: str
    born_on: date


@dataclass(frozen=True, slots=True)
class Place:
    """A known monitor: its row, its chair, and the session it is joined to."""

    device_id: UUID
    chair: int | None
    joined: Joined | None


@dataclass(frozen=True, slots=True)
class Route:
    """Where one reading goes. ``reason`` is empty where it is in a session."""

    device_id: UUID | None = None
    chair: int | None = None
    session_id: UUID | None = None
    reason: str = ""


def name_of(message: Message, device: str = "") -> str:
    """Return the name of a source as it names itself: application, facility, device, bed.

    All that is told belongs to the name: a monitor that is pushed to another bed, and says so, is no longer
    the one that a person put at this chair.
    """
    header = message.header
    told = (header.sending_application, header.sending_facility)
    parts = [" ".join(part.replace("^", " ").replace("&", " ").split()) for part in told]
    return " · ".join(part for part in (*parts, device, message.location) if part)


def route(
    name: str,
    place: Place | None,
    *,
    message: Message,
    measured: Moment | None,
    received_at: datetime,
    sent_at: datetime | None,
) -> Route:
    """Say where a reading belongs; the first question without its answer sends it to quarantine."""
    if place is None:
        return Route(reason=Quarantine.UNKNOWN if name else Quarantine.UNNAMED)
    found = Route(place.device_id, place.chair)
    joined = place.joined
    if place.chair is None:
        return _held(found, Quarantine.NO_CHAIR)
    if joined is None:
        return _held(found, Quarantine.NOT_JOINED)
    if joined.is_over:
        return _held(found, Quarantine.OVER)
    if joined.chair != place.chair:
        return _held(found, Quarantine.MOVED)
    if message.patient is not None and names_another(message.patient, joined):
        return _held(found, Quarantine.OTHER_PATIENT)
    if sent_at is not None and abs(received_at - sent_at) > CLOCKS_MAY_DIFFER_BY:
        return _held(found, Quarantine.CLOCK)
    at = moment_of(measured, received_at)
    if at is not None and at - received_at > CLOCKS_MAY_DIFFER_BY:
        return _held(found, Quarantine.CLOCK)
    if (at or received_at) < joined.made_at.replace(microsecond=0):  # monitors tell whole seconds
        return _held(found, Quarantine.BEFORE)
    return Route(place.device_id, place.chair, joined.session_id)


def _held(found: Route, reason: Quarantine) -> Route:
    return Route(found.device_id, found.chair, None, reason)


def moment_of(measured: Moment | None, received_at: datetime) -> datetime | None:
    """Return when it was measured; of two moments that it may be, the one nearer to its arrival."""
    if measured is None or measured.or_later is None:
        return None if measured is None else measured.at
    return min((measured.at, measured.or_later), key=lambda at: abs(received_at - at))


def names_another(told: ShownPatient, joined: Joined) -> bool:
    """Say whether a message names somebody else; whom it names never binds, and can only hold back."""
    number = joined.record_number.casefold()
    if told.identifiers and not any(
        (one.casefold() + " ").startswith(number + " ") for one in told.identifiers
    ):
        return True
    if told.names and not any(_holds(name, joined.family_name) for name in told.names):
        return True
    return told.born[:8].isdecimal() and told.born[:8] != f"{joined.born_on:%Y%m%d}"


def _holds(name: str, family_name: str) -> bool:
    return f" {' '.join(family_name.casefold().split())} " in f" {' '.join(name.casefold().split())} "

"""Messages of monitors: read, stored together, and only then answered (hazard H-34).

One call stores all that has arrived, in one transaction: a commit costs as much for fifty messages as for
one. The answer that is returned is the one that was stored, so a message that is sent again gets it again.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DatabaseError, IntegrityError, transaction

from posology.clinic.accounts.models import Clinic
from posology.clinic.audit import acting_as
from posology.clinic.monitors.models import LONGEST_NAME, MonitorMessage, MonitorReading
from posology.clinic.monitors.places import MessageRow, ReadingRow, insert, key_at, places_of
from posology.clinic.monitors.routing import Place, Quarantine, Route, moment_of, name_of, route
from posology.hl7v2 import (
    Acknowledgement,
    Condition,
    Header,
    Hl7Error,
    Message,
    MessageRefused,
    NotTaken,
    Reading,
    Readings,
    Reason,
    accept,
    not_stored,
    read_message,
    read_readings,
    read_stamp,
    refuse,
)

ACTOR, PURPOSE = "system:monitors", "monitors.receive"
TRY_AGAIN = "The message could not be stored. Send it again."
_NUL = "\u2400"  # PostgreSQL's text cannot hold NUL; no byte is this sign
_LONGEST_CONTROL_ID = 200
_BEYOND_ANY_SIGN = 1_000_000  # no column holds more, and no sign is near it in any unit


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came out of its frame, and when."""

    body: bytes
    received_at: datetime


@dataclass(slots=True)
class Received:
    """One message as far as it could be read, and the answer that it is to get."""

    arrival: Arrival
    id: UUID
    sha256: str
    message: Message | None = None
    readings: Readings | None = None
    refused: MessageRefused | None = None
    sent_at: datetime | None = None
    sender: str = ""
    control_id: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.sender, self.control_id, self.sha256


def kept_text(raw: bytes) -> str:
    """Return bytes as text that both databases keep exactly; :func:`raw_bytes` returns them."""
    return raw.decode("latin-1").replace("\0", _NUL)


def raw_bytes(text: str) -> bytes:
    """Return the bytes of :func:`kept_text`."""
    return text.replace(_NUL, "\0").encode("latin-1")


def receive(clinic: Clinic, arrivals: Sequence[Arrival], *, at: datetime) -> tuple[bytes, ...]:
    """Read and store messages, and return what each is answered; as :func:`store` of :func:`read`."""
    zone = ZoneInfo(clinic.zone)
    return store(clinic, [read(arrival, zone) for arrival in arrivals], at=at)


def store(clinic: Clinic, found: Sequence[Received], *, at: datetime) -> tuple[bytes, ...]:
    """Store messages of one clinic's monitors, and return what each is answered, in its frames.

    Parameters
    ----------
    clinic : Clinic
        Whose monitors they are.
    found : sequence of Received
        In the order in which they came.
    at : datetime
        The moment of the answers.

    Returns
    -------
    tuple of bytes
        For each message its answers; empty where the sender asked for none. Where the database is away, each
        is told that it was not stored.
    """
    for known_first in (False, True):  # few messages are sent twice, so nobody looks before it happens
        try:
            return _stored(clinic, found, at, known_first=known_first)
        except IntegrityError:
            continue
        except DatabaseError:
            break
    # One of them may be at fault; each is tried alone, so that it takes no other with it.
    return tuple(_alone(clinic, one, at) for one in found)


def _alone(clinic: Clinic, one: Received, at: datetime) -> bytes:
    try:
        return _stored(clinic, [one], at, known_first=True)[0]
    except DatabaseError:
        return _told_again(one, at)


def _told_again(one: Received, at: datetime) -> bytes:
    if one.message is not None:
        return _frames(not_stored(one.message, TRY_AGAIN, at=at, control_id=one.id.hex))
    header = one.refused.header if one.refused else None
    again = MessageRefused(TRY_AGAIN, condition=Condition.INTERNAL, header=header)
    return _frames(refuse(again, at=at, control_id=one.id.hex))


# ---------------------------------------------------------------- reading


def read(arrival: Arrival, zone: ZoneInfo) -> Received:
    """Read a message, without the database; ``zone`` is that of times without an offset."""
    one = Received(arrival, key_at(arrival.received_at), hashlib.sha256(arrival.body).hexdigest())
    try:
        message = read_message(arrival.body, zone=zone)
        _named(one, message.header, name_of(message))
        _check_production(message.header)
        one.message, one.readings = message, read_readings(message)
        one.sent_at = _sent_at(message.header, zone)
    except MessageRefused as refusal:
        one.refused = refusal
        if refusal.header is not None and not one.sender:
            _named(one, refusal.header, refusal.header.sending_application.replace("^", " "))
    return one


def _named(one: Received, header: Header, sender: str) -> None:
    one.sender = _fit(sender, LONGEST_NAME)
    one.control_id = _fit(header.control_id, _LONGEST_CONTROL_ID)


def _check_production(header: Header) -> None:
    if not header.is_production:
        told = header.processing_id[:10] or "nothing"
        raise MessageRefused(
            f"MSH-11 says '{told}' and not P, so this is training or a test and no patient's. Set the sender "
            "to P when it is at a patient.",
            condition=Condition.TABLE_VALUE,
            place="MSH-11",
            rejected=True,
            header=header,
        )


def _sent_at(header: Header, zone: ZoneInfo) -> datetime | None:
    try:
        return read_stamp(header.sent_at, zone=zone).at if header.sent_at else None
    except Hl7Error:
        return None


def _fit(text: str, longest: int) -> str:
    short = text[:longest]
    return (short if short.isprintable() else "".join(c if c.isprintable() else " " for c in short)).strip()


# ---------------------------------------------------------------- storing


def _stored(
    clinic: Clinic, found: Sequence[Received], at: datetime, *, known_first: bool
) -> tuple[bytes, ...]:
    with transaction.atomic(), acting_as(ACTOR, PURPOSE):
        known = _known(clinic, found) if known_first else {}
        new: dict[tuple[str, str, str], MessageRow] = {}
        fresh: list[Received] = []
        for one in found:
            if one.key not in known and one.key not in new:
                new[one.key] = _message_row(clinic, one, at)
                fresh.append(one)
        if fresh:
            filed = _filed(clinic, fresh)
            insert(MonitorMessage, new.values())
            insert(MonitorReading, filed)
    return tuple(raw_bytes(known[one.key] if one.key in known else new[one.key].answer) for one in found)


def _known(clinic: Clinic, found: Sequence[Received]) -> dict[tuple[str, str, str], str]:
    """Return the answers of messages that were stored before: the same sender, number and bytes."""
    rows = MonitorMessage.objects.for_clinic(clinic).filter(
        sender__in={one.sender for one in found},
        control_id__in={one.control_id for one in found},
        sha256__in={one.sha256 for one in found},
    )
    return {
        (sender, number, sha): answer
        for sender, number, sha, answer in rows.values_list("sender", "control_id", "sha256", "answer")
    }


def _message_row(clinic: Clinic, one: Received, at: datetime) -> MessageRow:
    answers = _answers(one, at)
    remarks = [str(one.refused)] if one.refused else []
    if one.message and one.readings:
        remarks = [*one.message.remarks, *one.readings.remarks]
    return MessageRow(
        id=one.id,
        clinic_id=clinic.pk,
        sender=one.sender,
        control_id=one.control_id,
        sha256=one.sha256,
        body=kept_text(one.arrival.body),
        received_at=one.arrival.received_at,
        ack=_ack(one),
        answer=kept_text(_frames(answers)),
        remarks=_clean("\n".join(remarks)),
    )


def _answers(one: Received, at: datetime) -> tuple[Acknowledgement, ...]:
    if one.message is not None and one.readings is not None:
        return accept(one.message, one.readings, at=at, control_id=one.id.hex)
    assert one.refused is not None
    return refuse(one.refused, at=at, control_id=one.id.hex)


def _ack(one: Received) -> str:
    if one.refused is None:
        return "AA"
    header = one.refused.header
    return "AR" if one.refused.rejected or header is None or not header.control_id else "AE"


def _frames(answers: Iterable[Acknowledgement]) -> bytes:
    return b"".join(answer.frame for answer in answers)


def _clean(text: str) -> str:
    return text.replace("\0", _NUL)


# ---------------------------------------------------------------- filing


def _filed(clinic: Clinic, found: Sequence[Received]) -> list[ReadingRow]:
    """Return the row of every observation, each where it belongs."""
    named = [(one, name, what) for one in found for name, what in _observed(one)]
    places = places_of(clinic, {name for _, name, _ in named if name})
    return [_row(clinic, one, name, what, places.get(name)) for one, name, what in named]


def _observed(one: Received) -> Iterator[tuple[str, Reading | NotTaken]]:
    if one.message is None or one.readings is None:
        return
    names: dict[str, str] = {}
    devices = {r.device for r in one.readings.taken if r.device_from.startswith("OBX")}
    only = next(iter(devices)) if len(devices) == 1 else ""
    everything: tuple[Reading | NotTaken, ...] = (*one.readings.taken, *one.readings.not_taken)
    for what in everything:
        if isinstance(what, NotTaken) and what.reason is Reason.UNUSED:
            continue  # of nothing that is read here; it stands in the message
        if isinstance(what, Reading):  # what is not of an OBX is the application, in the name already
            device = what.device if what.device_from.startswith("OBX") else ""
        else:
            device = what.device if what.device in devices else only
        if device not in names:
            names[device] = _fit(name_of(one.message, device), LONGEST_NAME)
        yield names[device], what


def _row(
    clinic: Clinic, one: Received, name: str, what: Reading | NotTaken, place: Place | None
) -> ReadingRow:
    received_at = one.arrival.received_at
    assert one.message is not None
    to = route(
        name, place, message=one.message, measured=what.at, received_at=received_at, sent_at=one.sent_at
    )
    value = what if isinstance(what, Reading) and abs(what.value.magnitude) < _BEYOND_ANY_SIGN else None
    unread = isinstance(what, NotTaken) and what.reason in {Reason.UNREADABLE, Reason.DISAGREES}
    unread = unread or (value is None and isinstance(what, Reading))
    if unread and not to.reason:
        to = Route(to.device_id, to.chair, None, Quarantine.UNREADABLE)
    return ReadingRow(
        id=key_at(received_at),
        clinic_id=clinic.pk,
        message_id=one.id,
        name=name,
        device_id=to.device_id,
        chair=to.chair,
        session_id=to.session_id,
        reason=to.reason,
        sign=what.sign.value if what.sign else "",
        value=round(value.value.magnitude, 12) if value else None,
        unit=value.value.unit if value else "",
        sent=_fit(what.sent, 200) if isinstance(what, Reading) else "",
        method=value.method if value else "",
        code=_fit(what.code, 200),
        position=what.position,
        status=value.status.value if value else "",
        marks=_fit(" ".join(value.marks), 200) if value else "",
        flags=", ".join(value.flags) if value else "",
        why=_why(what, value),
        measured_at=moment_of(what.at, received_at),
        received_at=received_at,
    )


def _why(what: Reading | NotTaken, value: Reading | None) -> str:
    if isinstance(what, NotTaken):
        return _clean(what.why)
    return "" if value else "The number is longer than any such value can be, so it was not taken."

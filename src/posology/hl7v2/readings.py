"""From the observations of a message to typed readings: what was taken, what was not and why.

Nothing is dropped in silence, nothing is averaged, and nothing is filled in. The time of an observation is
its own, else that of the channel that holds it, else that of its request; when the message was made says
nothing of when anything was measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from posology.hl7v2.codes import CodeTable, Disagreement, load_codes
from posology.hl7v2.crosschecks import marked
from posology.hl7v2.delimiters import fit_to_show
from posology.hl7v2.errors import Hl7Error
from posology.hl7v2.messages import Group, Message, Observation
from posology.hl7v2.moments import Moment, read_stamp
from posology.hl7v2.reading import NotTaken, Reading, Status
from posology.hl7v2.table import Sign, SignCode
from posology.hl7v2.values import NotAValue, Reason, as_sent, value_of
from posology.knowledge import Library, load_library

# HL7 table 0085. S and U are old forms of P and F.
_STATUS = {
    "F": Status.FINAL,
    "U": Status.FINAL,
    "R": Status.NOT_VERIFIED,
    "P": Status.PRELIMINARY,
    "S": Status.PRELIMINARY,
    "C": Status.CORRECTED,
    "": Status.NOT_TOLD,
}
_WITHDRAWN = {"D": "deleted", "W": "sent wrongly, as for another patient"}
_NONE_THERE = {"X": "cannot be obtained", "N": "not asked for", "I": "pending", "O": "only a description"}
_NORMAL = "N"


@dataclass(frozen=True, slots=True)
class Readings:
    """What one message gave.

    Attributes
    ----------
    taken : tuple of Reading
        In the order of the message.
    not_taken : tuple of NotTaken
        Every other observation, with the reason.
    remarks : tuple of str
        What concerns several of them, or their times.
    """

    taken: tuple[Reading, ...]
    not_taken: tuple[NotTaken, ...]
    remarks: tuple[str, ...]

    @property
    def unreadable(self) -> tuple[NotTaken, ...]:
        """What should have become a reading and could not: someone must mend its source."""
        return tuple(n for n in self.not_taken if n.reason in {Reason.UNREADABLE, Reason.DISAGREES})


def read_readings(
    message: Message, *, codes: CodeTable | None = None, library: Library | None = None
) -> Readings:
    """Read the vital signs of a message.

    Parameters
    ----------
    message : Message
        As it was sent.
    codes : CodeTable, optional
        Which code stands for what; the package's own when left out.
    library : Library, optional
        Where the bounds stand in which a reading is looked at; the package's own when left out.

    Returns
    -------
    Readings
        All that was taken, all that was not, and what was odd.
    """
    table = codes or load_codes()
    taken: list[Reading] = []
    not_taken: list[NotTaken] = []
    remarks: dict[str, None] = {}
    for group in message.groups:
        reader = _GroupReader(group, message, table, remarks)
        for found in reader.each():
            if isinstance(found, Reading):
                taken.append(found)
            else:
                not_taken.append(found)
    with_flags, said = marked(taken, table, library or load_library())
    return Readings(with_flags, tuple(not_taken), (*remarks, *said))


class _GroupReader:
    """Read the observations of one request, whose containers give them time and device."""

    def __init__(self, group: Group, message: Message, codes: CodeTable, remarks: dict[str, None]) -> None:
        self._group = group
        self._message = message
        self._codes = codes
        self._remarks = remarks
        self._held: dict[str, Observation] = {}
        self._stamps_read: dict[str, Moment] = {}
        for observation in group.observations:
            if observation.channel and (observation.observed_at or observation.device):
                self._held.setdefault(observation.channel, observation)

    def each(self) -> Iterator[Reading | NotTaken]:
        for observation in self._group.observations:
            yield self._read(observation)

    def _read(self, observation: Observation) -> Reading | NotTaken:
        try:
            entry = self._codes.sign_of(observation.code)
        except Disagreement as error:
            return _not_taken(observation, Reason.DISAGREES, 3, f"It was not taken: {error}.")
        if entry is None:
            return _not_taken(observation, Reason.UNUSED, 3, "It is of nothing that is read here.")
        status = observation.status
        if status in _NONE_THERE:
            return self._left_out(
                observation,
                entry.sign,
                Reason.NOT_OBTAINED,
                f"Its status says that it is {_NONE_THERE[status]}.",
            )
        if status in _WITHDRAWN:
            return self._left_out(
                observation,
                entry.sign,
                Reason.WITHDRAWN,
                f"Its status takes back an earlier {entry.sign.words}: {_WITHDRAWN[status]}.",
            )
        if status not in _STATUS:
            return self._left_out(
                observation,
                entry.sign,
                Reason.UNREADABLE,
                f"Its status '{fit_to_show(status)[:10]}' is not known here, so it was not taken. Mend it at "
                "the sender.",
            )
        return self._value(observation, entry, _STATUS[status])

    def _value(self, observation: Observation, entry: SignCode, status: Status) -> Reading | NotTaken:
        try:
            value = value_of(observation, entry.sign, self._codes)
        except NotAValue as refused:
            at, _ = self._moment(observation)
            return _not_taken(
                observation, refused.reason, refused.field, str(refused), sign=entry.sign, at=at
            )
        at, at_from = self._moment(observation)
        device, device_from = self._device(observation)
        return Reading(
            sign=entry.sign,
            value=value,
            sent=as_sent(observation),
            method=entry.method,
            at=at,
            at_from=at_from,
            status=status,
            channel=observation.channel,
            device=device,
            device_from=device_from,
            marks=tuple(mark for mark in observation.marks if mark != _NORMAL),
            code=observation.code.shown,
            position=observation.position,
        )

    def _left_out(self, observation: Observation, sign: Sign, reason: Reason, why: str) -> NotTaken:
        at, _ = self._moment(observation)
        device, _ = self._device(observation)
        return _not_taken(observation, reason, 11, why, sign=sign, at=at, device=device)

    def _moment(self, observation: Observation) -> tuple[Moment | None, str]:
        """Return when it was measured and where that stood; a time that cannot be read is not replaced."""
        for stamp, place in self._stamps(observation):
            if stamp:
                try:
                    return self._read_stamp(stamp), place
                except Hl7Error as error:
                    self._remarks.setdefault(f"{place}: {error}")
                    return None, place
        return None, ""

    def _read_stamp(self, stamp: str) -> Moment:
        """Read a time, once for all observations that share it."""
        if (known := self._stamps_read.get(stamp)) is None:
            known = self._stamps_read[stamp] = read_stamp(stamp, zone=self._message.zone)
        return known

    def _stamps(self, observation: Observation) -> Iterator[tuple[str, str]]:
        yield observation.observed_at, "OBX-14"
        for held in self._containers(observation):
            yield held.observed_at, "OBX-14 of the container"
        if self._group.request is not None:
            yield self._group.request.observed_at, "OBR-7"
            yield self._group.request.received_at, "OBR-14"

    def _device(self, observation: Observation) -> tuple[str, str]:
        if observation.device:
            return observation.device, "OBX-18"
        for held in self._containers(observation):
            if held.device:
                return held.device, "OBX-18 of the container"
        sender = self._message.header.sending_application
        return (fit_to_show(sender.replace("^", " ")), "MSH-3") if sender else ("", "")

    def _containers(self, observation: Observation) -> Iterator[Observation]:
        if not self._held:
            return
        for channel in containers_of(observation.channel):
            if (held := self._held.get(channel)) is not None and held is not observation:
                yield held


def containers_of(channel: str) -> Iterator[str]:
    """Yield the channels that hold this one, the nearest first.

    Of ``1.0.1.2`` these are ``1.0.1``, ``1.0`` and ``1``, and as newer senders write them ``1.0.1.0``,
    ``1.0.0.0``.
    """
    parts = channel.split(".")
    for n in range(len(parts) - 1, 0, -1):
        yield ".".join(parts[:n])
        filled = ".".join((*parts[:n], *("0" * (len(parts) - n))))
        if filled != channel:
            yield filled


def _not_taken(
    observation: Observation,
    reason: Reason,
    field: int,
    why: str,
    *,
    sign: Sign | None = None,
    at: Moment | None = None,
    device: str = "",
) -> NotTaken:
    return NotTaken(
        position=observation.position,
        code=observation.code.shown,
        reason=reason,
        why=why,
        field=field,
        sign=sign,
        at=at,
        channel=observation.channel,
        device=device,
    )

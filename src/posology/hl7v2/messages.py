"""A message as its parts: header, whom it names, and its observations in the groups in which they came.

Whom it names is shown to people and never used to find a patient: a bed changes hands faster than a monitor's
PID (hazard H-41). Nothing is read as a value here; that is done in ``readings``.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from posology.hl7v2.character_sets import decode
from posology.hl7v2.delimiters import Delimiters, fit_to_show, unescape
from posology.hl7v2.errors import Condition, MessageRefused
from posology.hl7v2.header import Header, check_readable

MOST_PARTS = 100_000
"""The most separators that a message may hold; each costs the parting memory, half a kilobyte."""

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}", re.ASCII)
# What is read, and the last field of each that is. The rest is not parted, which takes most of the time.
_READ = {"MSH": 9, "PID": 8, "PV1": 3, "OBR": 14, "OBX": 18}
_SHOWN_LINES = 5
_REMEMBERED = 200  # characters: longer fields are read each time, so that what is remembered stays small

# A segment as its fields. Parting them is three splits of a text. python-hl7 makes an object of each part,
# which took two thirds of the time of a whole message; it is the judge of these splits instead
# (tests/differential). Its unescaping, which makes 120 of 1\Zz\20, and its answers were never of use here.
# hl7apy was four to twenty times slower still, and refused a whole message for one line that is no segment.
Segment = list[str]
T = TypeVar("T")
_NOTHING = "The message holds no observation."


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded field: a code, its words and its system, and a second code that may mean the same."""

    code: str = ""
    text: str = ""
    system: str = ""
    other_code: str = ""
    other_text: str = ""
    other_system: str = ""

    @property
    def shown(self) -> str:
        """Return ``150456 MDC_PULS_OXIM_SAT_O2 MDC``, as much of it as was sent."""
        return fit_to_show(" ".join(p for p in (self.code, self.text, self.system) if p)) or "without a code"


@dataclass(frozen=True, slots=True)
class ShownPatient:
    """Whom the message names, for people to look at; it binds nothing."""

    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    born: str
    sex: str


@dataclass(frozen=True, slots=True)
class Request:
    """An OBR segment: what its observations were asked for by, and its times as they were sent."""

    placer_id: str
    filler_id: str
    service: Coded
    observed_at: str  # OBR-7
    ended_at: str  # OBR-8
    received_at: str  # OBR-14


@dataclass(frozen=True, slots=True)
class Observation:
    """An OBX segment as it was sent; words are unescaped, values are not."""

    position: int  # among the OBX of the message, from 1
    value_type: str
    code: Coded
    channel: str  # OBX-4
    values: tuple[tuple[str, ...], ...]  # OBX-5: repetitions of components
    unit: Coded
    marks: tuple[str, ...]  # OBX-8
    status: str  # OBX-11
    observed_at: str  # OBX-14
    device: str  # OBX-18

    @property
    def place(self) -> str:
        """Where it stands, for a sentence."""
        return f"OBX {self.position}"


@dataclass(frozen=True, slots=True)
class Group:
    """The observations that stand under one OBR; before the first there is none."""

    request: Request | None
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One ORU^R01.

    Attributes
    ----------
    zone : tzinfo
        The site's, in which a time without an offset is read.
    codec : str
        The character set in which it was read, by Python's name.
    location : str
        PV1-3, the bed or chair as the monitor has it; shown, and binds nothing.
    other_segments : mapping
        How many segments of each other kind it holds; none of them is read.
    remarks : tuple of str
        What was odd about it, in sentences.
    """

    header: Header
    zone: tzinfo
    codec: str
    patient: ShownPatient | None
    location: str
    groups: tuple[Group, ...]
    other_segments: Mapping[str, int]
    remarks: tuple[str, ...]


def read_message(body: bytes, *, zone: tzinfo) -> Message:
    """Read one message.

    Parameters
    ----------
    body : bytes
        The message without its frame.
    zone : tzinfo
        The site's.

    Returns
    -------
    Message
        Its parts, with remarks on what was odd.

    Raises
    ------
    MessageRefused
        If it is no ORU^R01 of a version read here, has no control id, names two patients, has more parts than
        are read, or is written in a character set that is not read.
    """
    decoded = decode(body)
    header = decoded.header
    check_readable(header)
    _check_size(decoded.text, header)
    lines, remarks = _lines(decoded.text)
    kept, others, odd = _sorted_out(lines, header.delimiters.field)
    parted = _parted(kept, header.delimiters.field)
    patients = _distinct(_patient(s, header.delimiters) for s in _of_kind(parted, "PID"))
    if len(patients) > 1:
        raise MessageRefused(
            f"The message names {len(patients)} patients, so a value could be of either. Have the sender "
            "make one message for each.",
            condition=Condition.SEGMENT_SEQUENCE,
            place="PID",
            header=header,
        )
    groups = _groups(parted, header.delimiters)
    visit = next(iter(_of_kind(parted, "PV1")), None)
    return Message(
        header=header,
        zone=zone,
        codec=decoded.codec,
        patient=patients[0] if patients else None,
        location=_words(visit, 3, header.delimiters) if visit is not None else "",
        groups=groups,
        other_segments=others,
        remarks=(
            *decoded.remarks,
            *remarks,
            *odd,
            *_of_processing(header),
            *(() if any(group.observations for group in groups) else (_NOTHING,)),
        ),
    )


def _check_size(text: str, header: Header) -> None:
    marks = header.delimiters
    n = sum(text.count(c) for c in (marks.field, marks.component, marks.repetition, "\r", "\n"))
    if n > MOST_PARTS:
        raise MessageRefused(
            f"The message has {n} parts; {MOST_PARTS} are the most that are read. Send fewer values in each.",
            condition=Condition.DATA_TYPE,
            header=header,
        )


def _of_processing(header: Header) -> tuple[str, ...]:
    if header.is_production:
        return ()
    told = header.processing_id or "nothing"
    return (
        f"MSH-11 says '{fit_to_show(told)}' and not P: this may be training or a test, and no patient's.",
    )


def _lines(text: str) -> tuple[list[str], tuple[str, ...]]:
    """Part a text into segments, which end in CR; a sender that writes LF alone is read and told."""
    if "\r" in text:
        lines = [line.removeprefix("\n") for line in text.split("\r")]
        remarks: tuple[str, ...] = (
            ("Segments end in CR LF; HL7 has CR alone.",) if "\r\n" in text.rstrip("\r\n") else ()
        )
    else:
        lines = text.split("\n")
        remarks = ("Segments end in LF; HL7 has CR.",) if len(lines) > 1 else ()
    return [line for line in lines if line.strip()], remarks


def _sorted_out(lines: list[str], separator: str) -> tuple[list[str], Mapping[str, int], tuple[str, ...]]:
    """Return the segments that are read, how many there are of each other kind, and lines that are none."""
    kept: list[str] = []
    others: Counter[str] = Counter()
    odd: list[str] = []
    for number, line in enumerate(lines, start=1):
        kind = line[:3] if line[3:4] in {"", separator} else ""
        if kind == "MSH" and number > 1:
            odd.append(f"Line {number} begins another message inside this one; it is not read as one.")
            break
        if kind in _READ:
            fields = line.split(separator, _READ[kind] + 1)
            kept.append(separator.join(fields[: _READ[kind] + 1]).rstrip(separator))
        elif _SEGMENT.fullmatch(kind):
            others[kind] += 1
        else:
            odd.append(f"Line {number} is no segment and was not read: '{fit_to_show(line)[:40]}'.")
    if len(odd) > _SHOWN_LINES:
        odd[_SHOWN_LINES:] = [f"{len(odd) - _SHOWN_LINES} further lines are no segments."]
    return kept, MappingProxyType(dict(others)), tuple(odd)


# ---------------------------------------------------------------- segments and their fields


def _parted(lines: list[str], separator: str) -> list[Segment]:
    """Return segments as their fields; what is blank at the end of a message belongs to no field."""
    return [line.split(separator) for line in (*lines[:-1], lines[-1].rstrip())]


def _of_kind(parted: list[Segment], kind: str) -> list[Segment]:
    return [segment for segment in parted if segment[0] == kind]


def _raw(segment: Segment, n: int) -> str:
    return segment[n] if n < len(segment) else ""


def _repetitions(segment: Segment, n: int, delimiters: Delimiters) -> tuple[tuple[str, ...], ...]:
    """Return a field as its repetitions, each as its components."""
    field = _raw(segment, n)
    if not field:
        return ()
    return tuple(tuple(one.split(delimiters.component)) for one in field.split(delimiters.repetition))


def _coded(segment: Segment, n: int, delimiters: Delimiters) -> Coded:
    field = _raw(segment, n)
    if len(field) > _REMEMBERED:
        return _read_coded(field, delimiters)
    return _remembered_coded(field, delimiters)


def _read_coded(field: str, delimiters: Delimiters) -> Coded:
    if not field:
        return Coded()
    parts = field.split(delimiters.repetition)[0].split(delimiters.component)
    return Coded(*(unescape(part.strip(), delimiters) for part in parts[:6]))


_remembered_coded = lru_cache(maxsize=1024)(_read_coded)  # a monitor says the same codes and units each time


def _words(segment: Segment, n: int, delimiters: Delimiters) -> str:
    """Return a field in words: its components that are not empty, the parts of each with it."""
    if not _raw(segment, n):
        return ""
    parts = (
        part
        for repetition in _repetitions(segment, n, delimiters)
        for component in repetition
        for part in component.split(delimiters.subcomponent)
    )
    return fit_to_show(" ".join(unescape(part, delimiters) for part in parts if part))


def _patient(segment: Segment, delimiters: Delimiters) -> ShownPatient:
    def each(n: int) -> tuple[str, ...]:
        return tuple(
            said
            for repetition in _repetitions(segment, n, delimiters)
            if (said := fit_to_show(" ".join(unescape(c, delimiters) for c in repetition if c)))
        )

    return ShownPatient(
        names=each(5),
        identifiers=_distinct((*each(3), *each(2))),
        born=_words(segment, 7, delimiters),
        sex=_words(segment, 8, delimiters),
    )


def _distinct(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))


def _groups(parted: list[Segment], delimiters: Delimiters) -> tuple[Group, ...]:
    groups: list[tuple[Request | None, list[Observation]]] = [(None, [])]
    position = 0
    for segment in parted:
        kind = segment[0]
        if kind == "OBR":
            groups.append((_request(segment, delimiters), []))
        elif kind == "OBX":
            position += 1
            groups[-1][1].append(_observation(segment, position, delimiters))
    return tuple(
        Group(request, tuple(observations)) for request, observations in groups if request or observations
    )


def _request(segment: Segment, delimiters: Delimiters) -> Request:
    return Request(
        placer_id=_words(segment, 2, delimiters),
        filler_id=_words(segment, 3, delimiters),
        service=_coded(segment, 4, delimiters),
        observed_at=_stamp(segment, 7, delimiters),
        ended_at=_stamp(segment, 8, delimiters),
        received_at=_stamp(segment, 14, delimiters),
    )


def _observation(segment: Segment, position: int, delimiters: Delimiters) -> Observation:
    return Observation(
        position=position,
        value_type=_raw(segment, 2).strip(),
        code=_coded(segment, 3, delimiters),
        channel=fit_to_show(_raw(segment, 4)),
        values=_repetitions(segment, 5, delimiters),
        unit=_coded(segment, 6, delimiters),
        marks=tuple(fit_to_show(r[0]) for r in _repetitions(segment, 8, delimiters) if r[0].strip()),
        status=_raw(segment, 11).strip(),
        observed_at=_stamp(segment, 14, delimiters),
        device=_words(segment, 18, delimiters),
    )


def _stamp(segment: Segment, n: int, delimiters: Delimiters) -> str:
    """Return a time as it was sent; the second component of an old one tells how precise it is."""
    repetitions = _repetitions(segment, n, delimiters)
    return repetitions[0][0].strip() if repetitions else ""

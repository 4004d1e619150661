"""What is answered to a message, and whether anything is: original or enhanced mode, decided for each.

An answer that accepts says that the message was stored, so it is made after it was (hazard H-34); who stores
it says so. It says nothing of whether each value could be taken: a monitor that is told *error* for one empty
field sends the same message again for ever. Values that could not be taken stand in it as warnings.

* AA, CA: read and stored.
* AE, CE: of a kind that is read here, and faulty.
* AR, CR: of no kind that is read here, or without the control id by which an answer is matched.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from posology.hl7v2.character_sets import codec_named
from posology.hl7v2.delimiters import USUAL, escaped
from posology.hl7v2.errors import Condition, Hl7Error, MessageRefused
from posology.hl7v2.frames import framed
from posology.hl7v2.header import VERSIONS, Header
from posology.hl7v2.messages import Message
from posology.hl7v2.readings import Readings
from posology.quantities import check_aware

_MOST_ERRORS = 10
_NEWEST = VERSIONS[-1]
_OLD_ERRORS = ("2.2", "2.3", "2.3.1", "2.4")  # ERR has one field in these
_NAMES = {
    Condition.SEGMENT_SEQUENCE: "Segment sequence error",
    Condition.REQUIRED_FIELD: "Required field missing",
    Condition.DATA_TYPE: "Data type error",
    Condition.TABLE_VALUE: "Table value not found",
    Condition.MESSAGE_TYPE: "Unsupported message type",
    Condition.EVENT: "Unsupported event code",
    Condition.VERSION: "Unsupported version id",
    Condition.INTERNAL: "Application internal error",
}
_NO_HEADER = Header(USUAL, "", "", "", "", "", "ORU", "R01", "", "P", _NEWEST, "", "", ())


class Outcome(StrEnum):
    """What became of a message; the second letter of every answer's code."""

    ACCEPTED = "A"
    FAULTY = "E"
    REJECTED = "R"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One answer, ready to be sent.

    Attributes
    ----------
    code : str
        AA, AE or AR of the application; CA, CE or CR of the acceptance in enhanced mode.
    control_id : str
        That of the message it answers (MSA-2); empty where that had none.
    body : bytes
        The answer without its frame.
    """

    code: str
    control_id: str
    body: bytes

    @property
    def frame(self) -> bytes:
        """The answer in its frame."""
        return framed(self.body)


@dataclass(frozen=True, slots=True)
class _Error:
    condition: Condition
    place: tuple[str, ...]  # segment, which of its kind, field
    severity: str
    sentence: str


def accept(
    message: Message, readings: Readings, *, at: datetime, control_id: str
) -> tuple[Acknowledgement, ...]:
    """Answer a message that was read and stored.

    Parameters
    ----------
    message : Message
        The one that is answered.
    readings : Readings
        What it gave; what could not be taken is told as a warning.
    at : datetime
        Now, aware.
    control_id : str
        The number of this answer; a second one, where both are asked for, ends in ``-2``.

    Returns
    -------
    tuple of Acknowledgement
        In the order in which they are sent; empty where the sender asked for none.

    Raises
    ------
    Hl7Error
        If ``control_id`` is empty.
    QuantityError
        If ``at`` has no zone.
    """
    warnings = [
        _Error(Condition.DATA_TYPE, ("OBX", str(n.position), str(n.field)), "W", n.why)
        for n in readings.unreadable
    ]
    if len(warnings) > _MOST_ERRORS:
        rest = len(warnings) - _MOST_ERRORS
        warnings[_MOST_ERRORS:] = [
            _Error(Condition.DATA_TYPE, (), "W", f"{rest} further values were not taken.")
        ]
    return _answers(message.header, Outcome.ACCEPTED, warnings, at=at, control_id=control_id)


def refuse(refused: MessageRefused, *, at: datetime, control_id: str) -> tuple[Acknowledgement, ...]:
    """Answer a message from which nothing was taken; parameters and result as of :func:`accept`."""
    outcome = Outcome.REJECTED if refused.rejected or refused.header is None else Outcome.FAULTY
    header = refused.header or _NO_HEADER
    if not header.control_id:
        outcome = Outcome.REJECTED
    error = _Error(refused.condition, _place(refused.place), "E", str(refused))
    return _answers(header, outcome, [error], at=at, control_id=control_id)


def not_stored(
    message: Message, sentence: str, *, at: datetime, control_id: str
) -> tuple[Acknowledgement, ...]:
    """Answer a message that was read and could not be stored, so that it is sent again.

    ``sentence`` tells why; the other parameters and the result are as of :func:`accept`.
    """
    error = _Error(Condition.INTERNAL, (), "E", sentence)
    return _answers(message.header, Outcome.FAULTY, [error], at=at, control_id=control_id)


def _place(place: str) -> tuple[str, ...]:
    segment, _, field = place.partition("-")
    return (segment, "1", field) if segment else ()


def _answers(
    header: Header, outcome: Outcome, errors: list[_Error], *, at: datetime, control_id: str
) -> tuple[Acknowledgement, ...]:
    check_aware(at, what="moment of the answer")
    if not control_id:
        raise Hl7Error("The answer has no control id of its own. Number the answers.")
    kinds = _kinds(header, outcome)
    return tuple(
        Acknowledgement(
            f"{kind}{outcome}",
            header.control_id,
            _body(header, f"{kind}{outcome}", errors, at, control_id if n == 1 else f"{control_id}-{n}"),
        )
        for n, kind in enumerate(kinds, start=1)
    )


def _kinds(header: Header, outcome: Outcome) -> tuple[str, ...]:
    """Return which answers are asked for: ``C`` of the acceptance, ``A`` of the application.

    Where MSH-15 and MSH-16 are both empty the mode is the original one, which always answers. In enhanced
    mode an empty field of the two asks for none.
    """
    asked = (("C", header.accept_acknowledgement), ("A", header.application_acknowledgement))
    if not any(wish for _, wish in asked):
        return ("A",)
    return tuple(kind for kind, wish in asked if _is_wanted(wish, outcome))


def _is_wanted(wish: str, outcome: Outcome) -> bool:
    """Return whether an answer is wanted: always, never, on error, on success (table 0155).

    A wish that is no word of that table is answered: silence would let the sender wait, or lose the message.
    """
    success = outcome is Outcome.ACCEPTED
    return {"": False, "NE": False, "ER": not success, "SU": success}.get(wish.upper(), True)


def _body(header: Header, code: str, errors: list[_Error], at: datetime, control_id: str) -> bytes:
    marks = header.delimiters
    old = header.version in _OLD_ERRORS
    text = errors[0].sentence if errors and old else ""
    kind = "ACK" if header.version == "2.2" else marks.component.join(("ACK", header.event or "R01"))
    if header.version not in {"2.2", "2.3"}:
        kind += f"{marks.component}ACK"
    version = header.version if header.version in VERSIONS else _NEWEST
    msa = marks.field.join(("MSA", code, header.control_id, escaped(text, marks))).rstrip(marks.field)
    err = _old_errors(header, errors) if old else [_error(header, error) for error in errors]
    rest = [msa if header.control_id or text else f"{msa}{marks.field}", *err]
    declared = header.character_sets[0] if header.character_sets else ""
    codec = codec_named(declared)
    said = "\r".join(rest)
    if codec is None or not _can_carry(said, codec):
        declared, codec = "UNICODE UTF-8", "utf-8"
    fields = [
        f"MSH{marks.field}{marks.encoding_characters}",
        header.receiving_application,
        header.receiving_facility,
        header.sending_application,
        header.sending_facility,
        at.strftime("%Y%m%d%H%M%S%z"),
        "",
        kind,
        escaped(control_id, marks),
        header.processing_id,
        version,
    ]
    if declared:
        fields += ["", "", "", "", "", declared]
    msh = marks.field.join(fields)
    return f"{msh}\r{said}\r".encode(codec, errors="replace")


def _can_carry(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _error(header: Header, error: _Error) -> str:
    """Return an ERR segment as versions from 2.5 on have it."""
    marks = header.delimiters
    condition = marks.component.join((error.condition, _NAMES[error.condition], "HL70357"))
    place = marks.component.join(error.place)
    fields = ("ERR", "", place, condition, error.severity, "", "", "", escaped(error.sentence, marks))
    return marks.field.join(fields)


def _old_errors(header: Header, errors: list[_Error]) -> list[str]:
    """Return the one ERR segment of older versions: a repetition for each error."""
    if not errors:
        return []
    marks = header.delimiters
    said = []
    for error in errors:
        coded = marks.subcomponent.join((error.condition, escaped(error.sentence, marks), "HL70357"))
        place = (*error.place, "", "", "")[:3]
        said.append(marks.component.join((*place, coded)))
    return [f"ERR{marks.field}{marks.repetition.join(said)}"]

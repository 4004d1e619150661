"""The header of a message: who sent it, what it is, and how it wants to be answered."""

from dataclasses import dataclass

from posology.hl7v2.delimiters import Delimiters, read_delimiters
from posology.hl7v2.errors import Condition, MessageRefused

VERSIONS = ("2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6")
"""The versions of HL7 v2 whose observations are read here."""


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of an MSH segment as they were sent; an answer repeats some of them."""

    delimiters: Delimiters
    sending_application: str
    sending_facility: str
    receiving_application: str
    receiving_facility: str
    sent_at: str  # MSH-7: when the message was made, which says nothing of when anything was measured
    message_type: str
    event: str
    control_id: str
    processing_id: str
    version: str
    accept_acknowledgement: str  # MSH-15
    application_acknowledgement: str  # MSH-16
    character_sets: tuple[str, ...]  # MSH-18

    @property
    def is_production(self) -> bool:
        """Whether the sender calls it a message about a patient, and no training or test."""
        return self.processing_id == "P"


def read_header(segment: str) -> Header:
    """Read an MSH segment.

    Parameters
    ----------
    segment : str
        The first segment of a message.

    Returns
    -------
    Header
        Its fields, empty where they were left out.

    Raises
    ------
    MessageRefused
        If it is no MSH segment, or its separators cannot be used.
    """
    if not segment.startswith("MSH"):
        raise MessageRefused(
            "The message does not begin with an MSH segment, so it cannot be read. Send HL7 version 2.",
            condition=Condition.SEGMENT_SEQUENCE,
            place="MSH",
        )
    delimiters = read_delimiters(segment)
    fields = ["MSH", delimiters.field, *segment[4:].split(delimiters.field)]
    fields += [""] * (22 - len(fields))
    kind = [part.strip() for part in fields[9].split(delimiters.component)] + ["", ""]
    return Header(
        delimiters=delimiters,
        sending_application=fields[3],
        sending_facility=fields[4],
        receiving_application=fields[5],
        receiving_facility=fields[6],
        sent_at=fields[7].strip(),
        message_type=kind[0],
        event=kind[1],
        control_id=fields[10].strip(),
        processing_id=fields[11].split(delimiters.component)[0].strip(),
        version=fields[12].split(delimiters.component)[0].strip(),
        accept_acknowledgement=fields[15].strip(),
        application_acknowledgement=fields[16].strip(),
        character_sets=tuple(c.strip() for c in fields[18].split(delimiters.repetition) if c.strip()),
    )


def check_readable(header: Header) -> None:
    """Refuse a message that is of no kind that is read here.

    Raises
    ------
    MessageRefused
        If it is no ORU^R01, of another version, or has no control id by which it could be answered.
    """
    for fault in _faults(header):
        sentence, condition, place = fault
        raise MessageRefused(sentence, condition=condition, place=place, rejected=True, header=header)


def _faults(header: Header) -> list[tuple[str, Condition, str]]:
    found = []
    if not header.control_id:
        found.append(
            (
                "The message has no control id, so no answer could say which message it is about. Have the "
                "sender number its messages in MSH-10.",
                Condition.REQUIRED_FIELD,
                "MSH-10",
            )
        )
    if header.message_type != "ORU":
        found.append(
            (
                f"The message is of the type '{header.message_type[:20]}'; only observations (ORU^R01) are "
                "read here. Send it elsewhere.",
                Condition.MESSAGE_TYPE,
                "MSH-9",
            )
        )
    elif header.event != "R01":
        found.append(
            (
                f"The message tells the event '{header.event[:20]}'; only R01 is read here. "
                "Send it as ORU^R01.",
                Condition.EVENT,
                "MSH-9",
            )
        )
    if header.version not in VERSIONS:
        found.append(
            (
                f"The message is of version '{header.version[:20]}'; read here are {', '.join(VERSIONS)}. "
                "Set the sender to one of them.",
                Condition.VERSION,
                "MSH-12",
            )
        )
    return found

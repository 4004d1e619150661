"""Refusals of a message as a whole; what is wrong with one value is listed beside the readings instead."""

from enum import StrEnum
from typing import TYPE_CHECKING

from posology.quantities import DomainError

if TYPE_CHECKING:
    from posology.hl7v2.header import Header


class Condition(StrEnum):
    """Why a message or a part of it was not used, in HL7's own codes (table 0357)."""

    SEGMENT_SEQUENCE = "100"
    REQUIRED_FIELD = "101"
    DATA_TYPE = "102"
    TABLE_VALUE = "103"
    MESSAGE_TYPE = "200"
    EVENT = "201"
    VERSION = "203"
    INTERNAL = "207"


class Hl7Error(DomainError):
    """Anything here that its sender or its caller must mend."""

    code = "hl7"


class MessageRefused(Hl7Error):
    """A message from which nothing is taken: what was found, why it stops us, what to do.

    Attributes
    ----------
    condition : Condition
        The reason in HL7's codes.
    place : str
        The segment and field where it was found, such as ``MSH-10``; empty where there is none.
    rejected : bool
        Whether the message is of no kind that is read here (answered AR), rather than faulty (AE).
    header : Header or None
        What could be read of its header, so that it can be answered.
    """

    code = "hl7-message"

    def __init__(
        self,
        sentence: str,
        *,
        condition: Condition,
        place: str = "",
        rejected: bool = False,
        header: "Header | None" = None,
    ) -> None:
        self.condition = condition
        self.place = place
        self.rejected = rejected
        self.header = header
        super().__init__(sentence)

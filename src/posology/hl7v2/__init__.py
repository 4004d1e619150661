"""HL7 v2 from bedside monitors: bytes in, readings and an answer out. Knows no socket, clock or database.

::

    decoder = FrameDecoder()
    for found in decoder.feed(data):                 # bytes of any length -> Frame or Lost
        message = read_message(found.body, zone=zone)  # Frame -> Message, or MessageRefused
        readings = read_readings(message)              # Message -> Readings
        ...                                            # stored by whoever asked
        answers = accept(message, readings, at=now, control_id=number)
"""

from posology.hl7v2.acknowledgements import Acknowledgement, accept, not_stored, refuse
from posology.hl7v2.codes import CodeTable, load_codes
from posology.hl7v2.errors import Condition, Hl7Error, MessageRefused
from posology.hl7v2.frames import LARGEST_BYTES, Frame, FrameDecoder, Loss, Lost, framed
from posology.hl7v2.header import VERSIONS, Header
from posology.hl7v2.messages import Message, Observation, ShownPatient, read_message
from posology.hl7v2.moments import Moment, read_stamp
from posology.hl7v2.reading import Flag, NotTaken, Reading, Status
from posology.hl7v2.readings import Readings, read_readings
from posology.hl7v2.table import Sign
from posology.hl7v2.values import Reason

__all__ = [
    "LARGEST_BYTES",
    "VERSIONS",
    "Acknowledgement",
    "CodeTable",
    "Condition",
    "Flag",
    "Frame",
    "FrameDecoder",
    "Header",
    "Hl7Error",
    "Loss",
    "Lost",
    "Message",
    "MessageRefused",
    "Moment",
    "NotTaken",
    "Observation",
    "Reading",
    "Readings",
    "Reason",
    "ShownPatient",
    "Sign",
    "Status",
    "accept",
    "framed",
    "load_codes",
    "not_stored",
    "read_message",
    "read_readings",
    "read_stamp",
    "refuse",
]

"""One vital sign at one moment as a monitor sent it, with all that a person needs to judge it."""

from dataclasses import dataclass
from enum import StrEnum

from posology.hl7v2.moments import Moment
from posology.hl7v2.table import Sign
from posology.hl7v2.values import Reason
from posology.quantities import Quantity


class Status(StrEnum):
    """What OBX-11 says of a value that may be used."""

    FINAL = "final"
    NOT_VERIFIED = "not verified"  # no person has looked at it yet: what monitors send by themselves
    PRELIMINARY = "preliminary"
    CORRECTED = "corrected"  # it replaces one that was sent before
    NOT_TOLD = "not told"


class Flag(StrEnum):
    """What is odd about a reading; it is kept all the same."""

    IMPOSSIBLE = "impossible"  # outside of what can be true of anyone, as ten times too much is
    UNUSUAL = "unusual"
    IMPOSSIBLE_PAIR = "impossible pair"
    HALF_A_PRESSURE = "half a pressure"  # a systolic without its diastolic, or the other way round
    SEVERAL = "several"  # the same sign comes more than once at this moment
    MARKED_BY_DEVICE = "marked by the device"
    NO_MOMENT = "no moment"
    TWO_MOMENTS = "two moments"  # the clocks of the site showed this time twice


@dataclass(frozen=True, slots=True)
class Reading:
    """One value that was taken.

    Attributes
    ----------
    sign : Sign
        What was measured.
    value : Quantity
        In mm[Hg], /min or %, as the session's record holds it; not rounded.
    sent : str
        Value and unit as they were sent.
    method : str
        How it was measured, as its code says: cuff, arterial line, oximeter.
    at : Moment or None
        When it was measured; None where no time was told or it cannot be read.
    at_from : str
        Where that time stood.
    status : Status
        What the sender says of it.
    channel : str
        OBX-4, which tells probes apart.
    device, device_from : str
        Which device measured it, and where that stood; empty where nothing says so.
    marks : tuple of str
        OBX-8, other than *normal*: what the device itself says of the value.
    code : str
        The code that was sent.
    position : int
        Which OBX of the message it is, from 1.
    flags : tuple of Flag
        What is odd about it.
    """

    sign: Sign
    value: Quantity
    sent: str
    method: str
    at: Moment | None
    at_from: str
    status: Status
    channel: str
    device: str
    device_from: str
    marks: tuple[str, ...]
    code: str
    position: int
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """One observation that became no reading, and why.

    ``at``, ``channel`` and ``device`` find again what a withdrawal takes back. ``field`` is the number of the
    field in OBX that stands in the way.
    """

    position: int
    code: str
    reason: Reason
    why: str
    field: int
    sign: Sign | None = None
    at: Moment | None = None
    channel: str = ""
    device: str = ""

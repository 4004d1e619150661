"""Frames of MLLP: VT, the message, FS, CR. Bytes go in as they come, whole messages come out.

A network gives its bytes in any pieces and may lose any of them. What was lost is told with its size and
never passed over in silence; after it the decoder finds the next VT and goes on. It keeps one message at
most, so a sender that never ends a frame cannot fill the memory.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from posology.hl7v2.errors import Hl7Error

VT, FS, CR = b"\x0b", b"\x1c", b"\r"

LARGEST_BYTES = 1024 * 1024
"""The longest message that is read, in bytes; a limit of this decoder, far beyond what a monitor sends."""

_MARK = re.compile(rb"[\x0b\x1c]")
_BLANK = b"\r\n \t"


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one message, without its frame."""

    body: bytes
    ended_well: bool = True  # False where FS came without its CR, and the next VT straight after


class Loss(StrEnum):
    """Why bytes became no frame."""

    JUNK = "junk"  # they stood between two frames
    UNENDED = "unended"  # a new frame began before this one ended
    TOO_LARGE = "too large"
    STRAY_END = "stray end"  # FS stood inside the message


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes that became no message: how many, and in a sentence why and what to do."""

    loss: Loss
    n_bytes: int

    @property
    def say(self) -> str:
        """The sentence for whoever looks after the monitor."""
        return _SAY[self.loss].format(n=self.n_bytes, limit=LARGEST_BYTES)


_SAY = {
    Loss.JUNK: "{n} bytes stood between two messages and belong to none. "
    "Look at the sender if it comes again.",
    Loss.UNENDED: "A message of {n} bytes broke off: the next one began before it ended. Have it sent again.",
    Loss.TOO_LARGE: "A message grew beyond {limit} bytes, more than is read here, and was left out. "
    "Send fewer values in each message.",
    Loss.STRAY_END: "A message of {n} bytes holds an end mark (FS) in its middle, so its end is not known. "
    "Have it sent again.",
}


class _State(StrEnum):
    OUTSIDE = "outside"
    INSIDE = "inside"
    ENDING = "ending"  # FS was seen, its CR not yet
    SKIPPING = "skipping"  # inside a frame that was given up


class FrameDecoder:
    """Turn a stream of bytes into frames, whatever pieces it comes in.

    FS alone does not end a frame: a stray one inside ``12<FS>0`` would leave the wrong number 12. It does
    where CR follows, or VT at once.

    Parameters
    ----------
    largest : int
        The longest message that is read, bytes.
    """

    def __init__(self, *, largest: int = LARGEST_BYTES) -> None:
        if largest < 1:
            raise Hl7Error(f"The longest message would be {largest} bytes. Give a number above 0.")
        self._largest = largest
        self._state = _State.OUTSIDE
        self._body = bytearray()
        self._junk = 0

    @property
    def held_bytes(self) -> int:
        """How many bytes of an unfinished message are kept."""
        return len(self._body)

    def feed(self, data: bytes) -> tuple[Frame | Lost, ...]:
        """Take the next bytes and return what became whole, or was found to be lost, in its order.

        Parameters
        ----------
        data : bytes
            The next piece of the stream, of any length.

        Returns
        -------
        tuple of Frame and Lost
            Often empty.
        """
        found: list[Frame | Lost] = []
        at = 0
        for mark in _MARK.finditer(data):
            self._run(data[at : mark.start()], found)
            if mark.group() == VT:
                self._begin(found)
            else:
                self._end()
            at = mark.end()
        self._run(data[at:], found)
        return tuple(found)

    def close(self) -> tuple[Frame | Lost, ...]:
        """Say that the stream has ended, and return what is then lost."""
        found: list[Frame | Lost] = []
        self._begin(found)
        self._state = _State.OUTSIDE
        return tuple(found)

    def _run(self, data: bytes, found: list[Frame | Lost]) -> None:
        """Take bytes that hold no mark."""
        if not data:
            return
        if self._state is _State.ENDING:
            if data[:1] == CR:
                found.append(self._taken())
                self._state = _State.OUTSIDE
                data = data[1:]
            else:
                self._give_up(Loss.STRAY_END, found)
        if self._state is _State.OUTSIDE:
            self._junk += len(data) - sum(map(data.count, _BLANK_BYTES))
        elif self._state is _State.INSIDE:
            if len(self._body) + len(data) > self._largest:
                self._give_up(Loss.TOO_LARGE, found)
            else:
                self._body += data

    def _begin(self, found: list[Frame | Lost]) -> None:
        if self._junk:
            found.append(Lost(Loss.JUNK, self._junk))
            self._junk = 0
        if self._state is _State.ENDING:
            found.append(self._taken(ended_well=False))
        elif self._state is _State.INSIDE and self._body:  # a doubled VT loses nothing
            found.append(Lost(Loss.UNENDED, len(self._body)))
        self._body = bytearray()
        self._state = _State.INSIDE

    def _end(self) -> None:
        if self._state is _State.INSIDE:
            self._state = _State.ENDING
        elif self._state is _State.SKIPPING:
            self._state = _State.OUTSIDE
        elif self._state is _State.OUTSIDE:
            self._junk += 1

    def _taken(self, *, ended_well: bool = True) -> Frame:
        frame = Frame(bytes(self._body), ended_well)
        self._body = bytearray()
        return frame

    def _give_up(self, loss: Loss, found: list[Frame | Lost]) -> None:
        # What is told must not depend on the pieces in which the bytes came: the size of a message that
        # grew too large is not known at this point, the limit is.
        found.append(Lost(loss, self._largest if loss is Loss.TOO_LARGE else len(self._body)))
        self._body = bytearray()
        self._state = _State.SKIPPING


_BLANK_BYTES = tuple(bytes([b]) for b in _BLANK)


def framed(body: bytes) -> bytes:
    """Return a message in its frame.

    Raises
    ------
    Hl7Error
        If the message itself holds a byte that frames are made of.
    """
    if _MARK.search(body):
        raise Hl7Error("The message holds a VT or FS, which would end its frame early. Take them out.")
    return VT + body + FS + CR

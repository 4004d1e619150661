"""One line of a monitor: bytes in, frames out of them, and each answered in its turn (hazard H-34).

A line reads on only while few of its messages wait for their answers, so a sender that never waits cannot
fill the memory. It is called by the event loop itself: a task and a stream for each line took as much of a
core as reading the messages.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from posology.clinic.monitors.receiving import Arrival, Received
from posology.hl7v2 import Frame, FrameDecoder, Lost

log = logging.getLogger(__name__)

Read = Callable[[Arrival], Received]


@dataclass(frozen=True, slots=True)
class Limits:
    """Engineering limits of the door; none of them is a clinical fact."""

    connections: int = 64
    idle_s: float = 600.0  # a monitor that says nothing for so long is let go; it calls again
    waiting_per_connection: int = 32  # messages that wait for their answer before more is read
    long_bytes: int = 32 * 1024  # from here on a message is read beside the others
    batch: int = 64  # messages that one commit stores
    gather_s: float = 0.002  # how long a message waits for those of other lines to be stored with it
    write_s: float = 30.0  # a sender that does not take its answers


@dataclass(slots=True)
class Counted:
    """What the listener has seen since it began."""

    connections: int = 0
    turned_away: int = 0
    messages: int = 0
    answered: int = 0
    lost: int = 0
    commits: int = 0


@dataclass(slots=True)
class Waiting:
    """A message that was read, and the line on which it is answered once it is stored."""

    message: Received
    line: "Line"
    since_s: float  # by the clock of the event loop


class Door(Protocol):
    """What a line knows of the listener it belongs to."""

    limits: Limits
    counted: Counted
    lines: "set[Line]"

    @property
    def read(self) -> Read:
        """Reads a message."""

    @property
    def now(self) -> Callable[[], datetime]:
        """Tells the moment at which bytes came."""

    def take(self, waiting: Waiting) -> None:
        """Store a message, and answer it on its line after that."""

    def is_stopping(self) -> bool:
        """Whether no more messages are taken."""


class Line(asyncio.Protocol):
    """One monitor's connection."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._decoder = FrameDecoder()
        self._frames: deque[Arrival] = deque()  # came, and not yet read
        self._waiting = 0  # read, and not yet answered
        self._reading_long = False
        self._full = False  # of answers that the sender does not take
        self._ended = False  # the sender will send no more
        self._heard_at = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    # ------------------------------------------------------------ called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the line, or turn it away where there are too many."""
        assert isinstance(transport, asyncio.Transport)
        door = self._door
        if len(door.lines) >= door.limits.connections or door.is_stopping():
            door.counted.turned_away += 1
            log.warning("monitor-turned-away connections=%d", len(door.lines))
            transport.close()
            return
        self._transport = transport
        door.lines.add(self)
        door.counted.connections += 1
        self._timer = self._loop.call_later(door.limits.idle_s, self._look_whether_idle)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._transport is None or self._door.is_stopping():
            return
        self._heard_at = self._loop.time()
        found = self._decoder.feed(data)
        if found:
            at = self._door.now()
            for one in found:
                if isinstance(one, Frame):
                    self._frames.append(Arrival(one.body, at))
                else:
                    self._note_lost(one)
            self._go_on()

    def eof_received(self) -> bool:
        """Keep the line for the answers that are still due, though nothing more will come."""
        self._ended = True
        self._go_on()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the line; what is under way is stored, and answered when it is sent again."""
        if self._transport is None:
            return
        if exc is not None:
            log.info("monitor-connection-ended")
        self._transport = None
        self._frames.clear()
        self._door.lines.discard(self)
        for timer in (self._timer, self._writing):
            if timer is not None:
                timer.cancel()
        for one in self._decoder.close():
            if isinstance(one, Lost):
                self._note_lost(one)

    def pause_writing(self) -> None:
        """Wait for a sender that does not take its answers, and let it go in the end."""
        self._full = True
        self._writing = self._loop.call_later(self._door.limits.write_s, self.abort)

    def resume_writing(self) -> None:
        """Go on."""
        self._full = False
        if self._writing is not None:
            self._writing.cancel()
        self._go_on()

    # ------------------------------------------------------------ called by the listener

    def answer(self, said: bytes | None) -> None:
        """Give the next message its answer; ``None``: it was not stored, by a fault of ours."""
        self._waiting -= 1
        if self._transport is None:
            return
        if said is None:
            self.abort()  # silence and a closed door: the sender sends it again
            return
        if said:
            self._transport.write(said)
        self._door.counted.answered += 1
        if self._frames or not self._waiting:
            self._go_on()

    def close(self) -> None:
        """End the line after what was written to it."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the line at once."""
        if self._transport is not None:
            self._transport.abort()

    # ------------------------------------------------------------ frames to messages

    def _go_on(self) -> None:
        """Read the frames that came, as many as may wait at once, and then more from the sender."""
        door, frames = self._door, self._frames
        while frames and self._may_take() and not self._reading_long:
            arrival = frames.popleft()
            self._waiting += 1
            if len(arrival.body) > door.limits.long_bytes:  # beside, so that the door stays open
                self._reading_long = True
                reading = self._loop.run_in_executor(None, door.read, arrival)
                reading.add_done_callback(partial(self._long_one_read))
            else:
                door.take(Waiting(door.read(arrival), self, self._loop.time()))
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._ended and not frames and not self._waiting:
            transport.close()
        elif frames or not self._may_take():
            transport.pause_reading()
        else:
            transport.resume_reading()

    def _may_take(self) -> bool:
        return (
            self._waiting < self._door.limits.waiting_per_connection
            and not self._full
            and not self._door.is_stopping()
        )

    def _long_one_read(self, reading: "asyncio.Future[Received]") -> None:
        self._reading_long = False
        if reading.cancelled() or reading.exception() is not None:
            self.answer(None)
            return
        self._door.take(Waiting(reading.result(), self, self._loop.time()))
        self._go_on()

    def _look_whether_idle(self) -> None:
        quiet_s = self._loop.time() - self._heard_at
        if quiet_s >= self._door.limits.idle_s and not self._waiting:
            self.close()
            return
        left_s = max(self._door.limits.idle_s - quiet_s, 0.05)
        self._timer = self._loop.call_later(left_s, self._look_whether_idle)

    def _note_lost(self, one: Lost) -> None:
        self._door.counted.lost += 1
        log.warning("monitor-bytes-lost kind=%s bytes=%d", one.loss, one.n_bytes)

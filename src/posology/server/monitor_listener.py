"""The listener for bedside monitors: MLLP over TCP, each message answered after it was stored (hazard H-34).

Connections only part the stream into frames. All that has arrived is stored together by one thread while the
next messages come in, and only then answered; a connection waits for its answers before it reads on, so a
sender that never waits cannot fill the memory. It knows no patient and no session; ``clinic.monitors`` does.
"""

import asyncio
import contextlib
import ipaddress
import logging
import signal
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from posology.clinic.accounts.models import Clinic
from posology.clinic.monitors.receiving import Arrival, Received, read, store
from posology.hl7v2 import Frame, FrameDecoder, Lost
from posology.quantities import DomainError

log = logging.getLogger(__name__)

Read = Callable[[Arrival], Received]
Store = Callable[[list[Received]], tuple[bytes, ...]]


class ListenerRefused(DomainError):
    """An address at which the listener may not stand."""

    code = "monitor-listener"


@dataclass(frozen=True, slots=True)
class Limits:
    """Engineering limits of the door; none of them is a clinical fact."""

    connections: int = 64
    idle_s: float = 600.0  # a monitor that says nothing for so long is let go; it calls again
    read_bytes: int = 64 * 1024
    waiting_per_connection: int = 32  # messages that wait for their answer before more is read
    long_bytes: int = 32 * 1024  # from here on a message is read beside the others
    batch: int = 64  # messages that one commit stores
    write_s: float = 30.0  # a sender that does not take its answers


@dataclass(slots=True)
class _Waiting:
    message: Received
    answer: "asyncio.Future[bytes | None]"  # None: not stored, by a fault of ours


@dataclass(slots=True)
class Counted:
    """What the listener has seen since it began."""

    connections: int = 0
    turned_away: int = 0
    messages: int = 0
    answered: int = 0
    lost: int = 0
    commits: int = 0


def check_address(host: str, *, every_address: bool) -> None:
    """Refuse to listen where the whole network could call, unless that was asked for by name.

    Messages of monitors carry names and are not encrypted; the listener belongs on this machine or on the
    network of the monitors alone.

    Raises
    ------
    ListenerRefused
        Naming what to do.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ListenerRefused(
            f"'{host[:60]}' is no address to listen at. Give one of this machine's, such as 127.0.0.1."
        ) from None
    if address.is_unspecified and not every_address:
        raise ListenerRefused(
            f"{host} would let every network of this machine call, and monitors send names unencrypted. Give "
            "the address in the monitors' own network, or add --every-address if that is what you mean."
        )


@dataclass
class Listener:
    """One door for monitors; :meth:`serve` stands until :meth:`stop` is called."""

    read: Read
    store: Store
    now: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    counted: Counted = field(default_factory=Counted)

    def __post_init__(self) -> None:
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._stopping = asyncio.Event()
        self._talking: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Take no more messages; what has arrived is still stored and answered."""
        self._stopping.set()
        self._arrived.set()

    async def serve(self, host: str, port: int, *, ready: Callable[[int], None] = lambda port: None) -> None:
        """Listen until stopped; ``ready`` is told the port, which is a free one where 0 was asked for."""
        server = await asyncio.start_server(self._called, host, port, limit=self.limits.read_bytes)
        ready(int(server.sockets[0].getsockname()[1]))
        with ThreadPoolExecutor(1, "monitor-store") as store:
            storing = asyncio.create_task(self._store(store))
            await self._stopping.wait()
            server.close()
            await storing
            if self._talking:
                await asyncio.wait(self._talking, timeout=0.2)  # the last answers go out
            for task in tuple(self._talking):
                task.cancel()
            await asyncio.gather(*self._talking, return_exceptions=True)
        await server.wait_closed()

    # ------------------------------------------------------------ storing

    async def _store(self, store: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            if not self._queue:
                if self._stopping.is_set():
                    return
                self._arrived.clear()
                continue
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), self.limits.batch))]
            try:
                answers = await loop.run_in_executor(store, self.store, [w.message for w in batch])
            except Exception as fault:  # a fault of ours: nobody is told that it was stored
                log.error("monitor-store-fault %s", type(fault).__name__)
                for waiting in batch:
                    _settle(waiting.answer, None)
                continue
            self.counted.commits += 1
            for waiting, answer in zip(batch, answers, strict=True):
                _settle(waiting.answer, answer)

    # ------------------------------------------------------------ talking

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._talking) >= self.limits.connections:
            self.counted.turned_away += 1
            log.warning("monitor-turned-away connections=%d", len(self._talking))
            writer.close()
            return
        self._talking.add(task)
        self.counted.connections += 1
        decoder = FrameDecoder()
        try:
            await self._talk(reader, writer, decoder)
        except (ConnectionError, TimeoutError):
            log.info("monitor-connection-ended")
        finally:
            self._note_lost(decoder.close())
            self._talking.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, TimeoutError):
                await writer.wait_closed()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, decoder: FrameDecoder
    ) -> None:
        while not self._stopping.is_set():
            async with asyncio.timeout(self.limits.idle_s):
                data = await reader.read(self.limits.read_bytes)
            if not data:
                return
            found = decoder.feed(data)
            self._note_lost(found)
            frames = [one for one in found if isinstance(one, Frame)]
            for start in range(0, len(frames), self.limits.waiting_per_connection):
                await self._answer(frames[start : start + self.limits.waiting_per_connection], writer)

    async def _answer(self, frames: list[Frame], writer: asyncio.StreamWriter) -> None:
        at, loop = self.now(), asyncio.get_running_loop()
        waiting = []
        for frame in frames:
            arrival = Arrival(frame.body, at)
            # Read here while the store waits for its disk; a long one beside, so that the door stays open.
            long = len(frame.body) > self.limits.long_bytes
            message = await asyncio.to_thread(self.read, arrival) if long else self.read(arrival)
            waiting.append(_Waiting(message, loop.create_future()))
        self._queue.extend(waiting)
        self.counted.messages += len(waiting)
        self._arrived.set()
        for one in waiting:
            answer = await one.answer
            if answer is None:
                raise ConnectionAbortedError  # silence and a closed door: the sender sends it again
            writer.write(answer)
            self.counted.answered += 1
        async with asyncio.timeout(self.limits.write_s):
            await writer.drain()

    def _note_lost(self, found: tuple[Frame | Lost, ...]) -> None:
        for one in found:
            if isinstance(one, Lost):
                self.counted.lost += 1
                log.warning("monitor-bytes-lost kind=%s bytes=%d", one.loss, one.n_bytes)


def _settle(answer: "asyncio.Future[bytes | None]", said: bytes | None) -> None:
    if not answer.done():  # else its connection is gone; it is stored, and answered when it is sent again
        answer.set_result(said)


def listen(*, host: str, port: int, clinic_name: str = "", every_address: bool = False) -> None:
    """Listen for the monitors of one clinic until the process is told to stop."""
    from django.db import connection

    from posology.server.memory import set_aside
    from posology.web import clock

    check_address(host, every_address=every_address)
    clinic = _clinic_of(clinic_name, list(Clinic.objects.order_by("name")))
    set_aside()
    sys.setswitchinterval(0.001)  # so that the door is answered while the store computes

    zone = ZoneInfo(clinic.zone)

    def keep(found: list[Received]) -> tuple[bytes, ...]:
        if connection.errors_occurred and not connection.is_usable():
            connection.close()  # the database was away; the next use opens it anew
        connection.errors_occurred = False
        return store(clinic, found, at=clock.now())

    async def run() -> None:
        listener = Listener(lambda arrival: read(arrival, zone), keep, clock.now)
        loop = asyncio.get_running_loop()
        for told in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(told, listener.stop)
        await listener.serve(
            host,
            port,
            ready=lambda at: print(f"Listening for monitors of {clinic.name} at {host}:{at}.", flush=True),
        )

    asyncio.run(run())


def _clinic_of(name: str, clinics: list[Clinic]) -> Clinic:
    """Return the clinic whose monitors call here; where there are several it must be named."""
    named = [c for c in clinics if c.name == name] if name else clinics
    if len(named) != 1:
        known = ", ".join(f"'{c.name}'" for c in clinics) or "none yet"
        raise ListenerRefused(
            f"It is not clear whose monitors these are. Give --clinic with one of: {known}."
        )
    return named[0]

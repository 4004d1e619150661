"""The listener for bedside monitors: MLLP over TCP, each message answered after it was stored (hazard H-34).

Lines (``monitor_line``) only part the stream into messages. All that has arrived is stored together by one
thread while the next messages come in, and only then answered. It knows no patient and no session;
``clinic.monitors`` does.
"""

import asyncio
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
from posology.clinic.monitors.receiving import Received, read, store
from posology.quantities import DomainError
from posology.server.monitor_line import Counted, Limits, Line, Read, Waiting

log = logging.getLogger(__name__)

_LAST_LOOKS, _LAST_LOOK_S = 20, 0.01  # for senders to take their last answers

Store = Callable[[list[Received]], tuple[bytes, ...]]


class ListenerRefused(DomainError):
    """An address at which the listener may not stand."""

    code = "monitor-listener"


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
        self.lines: set[Line] = set()
        self._queue: deque[Waiting] = deque()
        self._arrived = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take no more messages; what has arrived is still stored and answered."""
        self._stopping.set()
        self._arrived.set()

    def is_stopping(self) -> bool:
        """Whether no more messages are taken."""
        return self._stopping.is_set()

    def take(self, waiting: Waiting) -> None:
        """Store a message with the next commit, and answer it on its line after that."""
        self._queue.append(waiting)
        self.counted.messages += 1
        self._arrived.set()

    async def serve(self, host: str, port: int, *, ready: Callable[[int], None] = lambda port: None) -> None:
        """Listen until stopped; ``ready`` is told the port, which is a free one where 0 was asked for."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Line(self), host, port)
        ready(int(server.sockets[0].getsockname()[1]))
        with ThreadPoolExecutor(1, "monitor-store") as store:
            storing = asyncio.create_task(self._store(store))
            await self._stopping.wait()
            server.close()
            await storing
        for line in tuple(self.lines):
            line.close()  # after the last answers went out
        for _ in range(_LAST_LOOKS):
            if not self.lines:
                break
            await asyncio.sleep(_LAST_LOOK_S)
        for line in tuple(self.lines):
            line.abort()
        await server.wait_closed()

    async def _store(self, store: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            if not self._queue:
                if self._stopping.is_set():
                    return
                self._arrived.clear()
                continue
            if len(self._queue) < len(self.lines):  # a monitor has one message under way, so more may come
                left_s = self._queue[0].since_s + self.limits.gather_s - loop.time()
                if left_s > 0:
                    await asyncio.sleep(left_s)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), self.limits.batch))]
            answers: tuple[bytes | None, ...]
            try:
                answers = await loop.run_in_executor(store, self.store, [w.message for w in batch])
            except Exception as fault:  # a fault of ours: nobody is told that it was stored
                log.error("monitor-store-fault %s", type(fault).__name__)
                answers = (None,) * len(batch)
            else:
                self.counted.commits += 1
            for waiting, answer in zip(batch, answers, strict=True):
                waiting.line.answer(answer)


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

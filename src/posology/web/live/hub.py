"""One watcher a process for every open stream: it reads the database, and the streams wait for its word.

The watcher is a thread with the one connection that all streams together hold. Each second it says a
beat to each: the version of the clinic's board, and what calls for a person. A beat holds the whole
state, so one that is missed is made good by the next. While the database cannot be read there are no beats,
and pages show themselves as stale (hazard H-38): a beat promises that the database was looked at just now.
"""

import asyncio
import json
import logging
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from time import monotonic, sleep
from uuid import UUID

from django.db import DatabaseError, connection

from posology.web import clock
from posology.web.live.commits import sign
from posology.web.live.rights import Standing, Ticket, standing_of
from posology.web.live.snapshots import LOCKED, Snapshot, notice_words, snapshot_of

LOOK_EVERY_S = 0.25  # for a commit
BEAT_EVERY_S = 1.0
READ_EVERY_S = 5.0  # what changes with time alone: a lock that falls, a sign-in that ends
READ_AT_MOST_EVERY_S = 1.0  # however many commits there are; a board is two seconds old at most
APART_S = 0.3  # over which the boards of several clinics are spread
SHARE = 4  # and a read may take one part in five of the time

log = logging.getLogger(__name__)


class Stream:
    """One open page: the latest beat that it has not been told yet."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()
        self._latest: str | None = None

    async def next(self) -> str | None:
        """Wait for the next beat; None when the stream is to end."""
        await self._told.wait()
        self._told.clear()
        return self._latest

    def say(self, beat: str | None) -> None:
        """Tell it a beat, from whichever thread; None ends it."""

        def take() -> None:
            self._latest = beat
            self._told.set()

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(take)


class Hub:
    """The open streams of this process, and their watcher, which runs while there is one."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._standing: Mapping[Ticket, Standing] = {}
        self._boards: Mapping[UUID, Snapshot] = {}

    def count(self, user_id: UUID) -> int:
        """Return how many streams a person has open here."""
        return self._counts()[user_id]

    def total(self) -> int:
        """Return how many streams are open here."""
        return len(self._streams)

    def join(self, ticket: Ticket) -> Stream:
        """Open a stream; its first beat comes at once."""
        stream = Stream(ticket)
        with self._lock:
            self._streams.add(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="posology-live", daemon=True)
                self._thread.start()
        self._wake.set()
        return stream

    def leave(self, stream: Stream) -> None:
        """Forget a stream whose page is gone."""
        with self._lock:
            self._streams.discard(stream)

    def close(self) -> None:
        """End every stream, so that the server can stop; pages open new ones once it is back."""
        with self._lock:
            streams, thread = tuple(self._streams), self._thread
            self._streams.clear()
        for stream in streams:
            stream.say(None)
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=10)

    def _counts(self) -> Counter[UUID]:
        with self._lock:
            return Counter(stream.ticket.user_id for stream in self._streams)

    # ------------------------------------------------------------ the watcher's own thread

    def _watch(self) -> None:
        try:
            self._look_again_and_again()
        except Exception:
            # A fault of ours. The streams end, their pages say so, and ask for a new watcher.
            with self._lock:
                self._thread, streams = None, tuple(self._streams)
                self._streams.clear()
            for stream in streams:
                stream.say(None)
            raise
        finally:
            connection.close()

    def _look_again_and_again(self) -> None:
        last_sign, read_at, beat_at, cost = "", float("-inf"), float("-inf"), 0.0
        while True:
            with self._lock:
                streams = tuple(self._streams)
                if not streams:
                    self._thread = None
                    return
            try:
                asked_at = monotonic()
                found = sign()  # before reading: what is committed meanwhile is seen the next time
                is_new = any(stream.ticket not in self._standing for stream in streams)
                rested = asked_at - read_at >= max(READ_AT_MOST_EVERY_S, SHARE * cost)
                changed = found != last_sign and rested
                if is_new or changed or asked_at - read_at >= READ_EVERY_S:
                    before = (self._standing, self._boards)
                    self._read(streams)
                    last_sign, read_at, cost = found, asked_at, monotonic() - asked_at
                    beat_at = beat_at if not is_new and _same(before, self) else float("-inf")
                if asked_at - beat_at >= BEAT_EVERY_S:
                    self._beat(streams)
                    beat_at = asked_at
            except DatabaseError as fault:
                # No beat: the pages grey out by themselves, which is the truth about them now.
                log.warning("live: the database cannot be read (%s)", type(fault).__name__)
                connection.close()
                last_sign = ""
            self._wake.wait(LOOK_EVERY_S)
            self._wake.clear()

    def _read(self, streams: tuple[Stream, ...]) -> None:
        now = clock.now()
        found = standing_of((stream.ticket for stream in streams), at=now)
        readers = {standing.user.clinic_id: standing.user for standing in found.values()}
        boards: dict[UUID, Snapshot] = {}
        for clinic, user in readers.items():
            if boards:
                sleep(APART_S / len(readers))  # readings are taken between, and wait for one board alone
            boards[clinic] = snapshot_of(user, at=now)
        self._standing, self._boards = found, boards  # together: nobody stands without a board

    def _beat(self, streams: tuple[Stream, ...]) -> None:
        now = clock.now()
        for stream in streams:
            standing = self._standing.get(stream.ticket)
            if standing is None:
                self.leave(stream)
                stream.say(None)
                continue
            board = self._boards[standing.user.clinic_id]
            stream.say(beat_of(board, locked=standing.locked, at=now))


def beat_of(board: Snapshot, *, locked: bool, at: datetime) -> str:
    """Write one beat. It names chairs and no person, so it is the same for whoever looks on."""
    late = board.notices(at=at)
    return json.dumps(
        {
            "version": board.version + (LOCKED if locked else ""),
            "at": at.isoformat(),
            "count": len(late),
            "words": notice_words(late),
            "late": [f"{n.chair} {n.what} {n.since.isoformat()}" for n in late],
        }
    )


def _same(before: tuple[Mapping[Ticket, Standing], Mapping[UUID, Snapshot]], hub: Hub) -> bool:
    """Say whether a read found nothing that has to be told before the next second."""
    standing, boards = before
    return (
        standing.keys() == hub._standing.keys()
        and all(standing[key].locked == hub._standing[key].locked for key in standing)
        and {k: b.version for k, b in boards.items()} == {k: b.version for k, b in hub._boards.items()}
    )


HUB = Hub()

"""Time the form of a reading through the real server: 100 sessions, each with one reading a second.

The server is the command itself (``posology serve``), on SQLite and on PostgreSQL with every commit on disk.
A nurse's signed-in browser keeps a connection for each session and sends the reading pad's form, as through
the proxy that speaks HTTPS; an acknowledgement is the redirect that follows the commit, and its wait counts
from the moment at which the reading was due. The sessions sit in two clinics; in a second run the boards of
both are open, and how long after an acknowledgement the board told of a change is told with it. Beside them,
in turn and on the same store, one row is inserted and committed with nothing around it, at the same pace and
as fast as it goes: below that nothing can be acknowledged.
"""

import asyncio
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.postgres import free_port
from tools.bench import bare, databases

ROOT = Path(__file__).resolve().parents[2]
SESSIONS, EVERY_S, SECONDS, ROUNDS = 100, 1.0, 15.0, 3
LIMIT_P99_MS, LIMIT_BOARD_MS = 50.0, 2000.0
TOKEN = "a" * 32  # of the form and of its cookie; what it guards against is another site


@dataclass(frozen=True)
class Timed:
    """One run: how long each acknowledgement took, ms, and what the server's processes worked for it."""

    name: str
    seconds: float
    waits_ms: tuple[float, ...]
    core_ms: float  # of the server alone, for one reading; 0 for the reference
    is_ours: bool
    shown_ms: tuple[float, ...] = ()  # from each acknowledgement until its clinic's open board told of it

    @property
    def per_s(self) -> float:
        return len(self.waits_ms) / self.seconds

    def at_rank(self, share: float) -> float:
        return _at_rank(self.waits_ms, share)

    @property
    def missed(self) -> bool:
        wanted = SESSIONS / EVERY_S
        late = self.at_rank(0.99) > LIMIT_P99_MS or max(self.shown_ms, default=0) > LIMIT_BOARD_MS
        return self.is_ours and (late or self.per_s < 0.99 * wanted)


def _at_rank(waits_ms: Sequence[float], share: float) -> float:
    ordered = sorted(waits_ms)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(rounds: int = ROUNDS) -> list[Timed]:
    """Serve both stores, and time the readings of each and its bare commits, in turn."""
    found: list[Timed] = []
    with ExitStack() as open_:
        folder = open_.enter_context(tempfile.TemporaryDirectory())
        environments = open_.enter_context(databases.each(folder))
        for store, environment in environments.items():
            told = _prepared(environment)
            with _served(environment) as (port, pid):
                _run("warm", port, pid, told, 3.0, looked_at=True)
                for _ in range(rounds):
                    for looked_at in (False, True):
                        name = f"posology, {store}, {'both boards' if looked_at else 'no board'} open"
                        found.append(_run(name, port, pid, told, SECONDS, looked_at=looked_at))
                    for pace in (SESSIONS / EVERY_S, None):
                        waits, seconds = bare.commits(environment["DATABASE_URL"], pace, 3.0)
                        name = f"bare commit, {store}{'' if pace else ', as fast as it goes'}"
                        found.append(Timed(name, seconds, waits, 0.0, False))
    return _middle(found)


def report(found: list[Timed]) -> None:
    print(f"readings: {SESSIONS} sessions, a reading each {EVERY_S:g} s, the middle of {ROUNDS} rounds")
    for one in found:
        ranks = ", ".join(f"p{round(s * 100)} {one.at_rank(s):.1f} ms" for s in (0.5, 0.95, 0.99))
        more = ""
        if one.is_ours:
            verdict = "missed" if one.missed else "kept"
            more = f", server {one.core_ms:.1f} ms"
            more += f", board {max(one.shown_ms):.0f} ms at most" if one.shown_ms else ""
            more += f"  limits p99 {LIMIT_P99_MS:g} ms, board {LIMIT_BOARD_MS:g} ms: {verdict}"
        print(f"  {one.name:44} {one.per_s:6.0f}/s  {ranks}{more}")


def _middle(found: list[Timed]) -> list[Timed]:
    """Return of each kind of run the round in the middle by its p99."""
    kinds: dict[str, list[Timed]] = {}
    for one in found:
        kinds.setdefault(one.name, []).append(one)
    return [sorted(runs, key=lambda one: one.at_rank(0.99))[len(runs) // 2] for runs in kinds.values()]


def _prepared(environment: dict[str, str]) -> dict[str, Any]:
    def run(*words: str) -> str:
        command = [sys.executable, "-m", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    run("posology.server", "migrate")
    told: dict[str, Any] = json.loads(run("tools.bench.readings_site", str(SESSIONS)))
    return told


@contextmanager
def _served(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Serve a store, and yield the port and the process."""
    port = free_port()
    command = [sys.executable, "-m", "posology.server", "serve", "--port", str(port)]
    child = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        asyncio.run(_answers(port))
        yield port, child.pid
    finally:
        child.terminate()
        child.wait(20)


async def _answers(port: int) -> None:
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.1)
    raise SystemExit("The server did not start.")


def _run(name: str, port: int, pid: int, told: dict[str, Any], seconds: float, *, looked_at: bool) -> Timed:
    worked = _work_of(pid)
    took, waits, shown = asyncio.run(_all(port, told, seconds, told["cookies"] if looked_at else []))
    core_ms = (_work_of(pid) - worked) / len(waits) * 1000
    return Timed(name, took, tuple(waits), core_ms, True, tuple(shown))


async def _all(
    port: int, told: dict[str, Any], seconds: float, looked_at: list[str]
) -> tuple[float, list[float], list[float]]:
    """Return how long the readings took, s, what each waited, ms, and what the boards were behind, ms."""
    chance, waits = random.Random(50), list[float]()
    taken: dict[str, list[float]] = {cookie: [] for cookie in told["cookies"]}
    boards = {cookie: asyncio.create_task(_look_on(port, cookie)) for cookie in looked_at}
    begin = time.perf_counter() + 0.5
    async with asyncio.TaskGroup() as group:
        for session in told["sessions"]:
            first = begin + chance.random() * EVERY_S
            sitting = _sit(port, session, first, begin + seconds, waits, taken[session["cookie"]])
            group.create_task(sitting)
    took = max(seconds, time.perf_counter() - begin)
    await asyncio.sleep(LIMIT_BOARD_MS / 1000 + 1 if boards else 0)
    shown: list[float] = []
    for cookie, board in boards.items():
        board.cancel()
        changes = (await asyncio.gather(board, return_exceptions=True))[0]
        if isinstance(changes, BaseException):
            raise SystemExit(f"A board's stream broke: {changes!r}")
        later = [bisect(changes, moment) for moment in taken[cookie]]
        changes.append(math.inf)  # what it never told of
        shown += [(changes[at] - moment) * 1000 for at, moment in zip(later, taken[cookie], strict=True)]
    return took, waits, shown


async def _look_on(port: int, cookie: str) -> list[float]:
    """Keep a clinic's board open until cancelled; return when it told that something had changed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /board/stream/ HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: sessionid={cookie}\r\n\r\n"
    writer.write(head.encode())
    version, changes = "", list[float]()
    with suppress(asyncio.CancelledError):
        while line := await reader.readline():
            if line.startswith(b"data: {"):
                beat = json.loads(line.removeprefix(b"data: "))
                if beat["version"] != version:
                    version = beat["version"]
                    changes.append(time.perf_counter())
        raise SystemExit("A board's stream ended.")
    writer.close()
    return changes


async def _sit(
    port: int, session: dict[str, str], due: float, until: float, waits: list[float], taken: list[float]
) -> None:
    """Send the readings of one session, one after another, each when it is due."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    chance = random.Random(session["patient"])
    while due < until:
        request = _request(port, session, chance)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.write(request)
        status = await _status(reader)
        taken.append(time.perf_counter())
        waits.append((taken[-1] - due) * 1000)
        if status != 302:
            raise SystemExit(f"A reading was not taken: the server answered {status}.")
        due += EVERY_S
    writer.close()


def _request(port: int, session: dict[str, str], chance: random.Random) -> bytes:
    form = {
        "csrfmiddlewaretoken": TOKEN,
        "id": str(uuid4()),
        "patient": session["patient"],
        "version": session["version"],
        "systolic": chance.randrange(110, 140),
        "diastolic": chance.randrange(60, 85),
        "heart_rate": chance.randrange(60, 95),
        "spo2": chance.randrange(94, 100),
        "respiratory_rate": chance.randrange(12, 18),
    }
    body = urlencode(form).encode()
    head = (
        f"POST {session['address']} HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"Cookie: sessionid={session['cookie']}; csrftoken={TOKEN}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _status(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end, and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("content-length:")[2].partition("\r\n")[0].strip()
    if length:
        await reader.readexactly(int(length))
    return int(head.split(" ", 2)[1])


def _work_of(pid: int) -> float:
    """Return how long a process has worked on a core so far, s."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    report(measure())

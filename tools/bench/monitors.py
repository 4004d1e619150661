"""Time the listener for monitors on one core: messages a second, each answered after it was stored.

The listener is the command itself (``posology monitor listen``) on SQLite and on PostgreSQL with every
commit on disk, bound to one core. The monitors are threads on the others, each with one message under way, as
MLLP has it; PostgreSQL is there too. Each message holds five values of a monitor that is joined to a session.
Beside it, in turn and on the same core, the server of python-hl7 reads the same messages and answers them,
and stores nothing: what it waits, the machine and the threads of the bench take. The verdict is drawn from
the round in the middle; the best one says what a machine that is busy with nothing else would show.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.mllp import Line, message
from tools.bench import databases

ROOT = Path(__file__).resolve().parents[2]
MONITORS, SECONDS, ROUNDS = 8, 5.0, 5
PACE_PER_S, LIMIT_P95_MS = 500, 10.0
NAME = "Monitor 1"
PEER_NAME = "python-hl7, stores nothing"

PEER = """
import asyncio, hl7, os
from hl7.mllp import start_hl7_server
async def talk(reader, writer):
    try:
        while True:
            message = await reader.readmessage()
            writer.writemessage(message.create_ack())
            await writer.drain()
    except asyncio.IncompleteReadError:
        writer.close()
async def main():
    server = await start_hl7_server(talk, "127.0.0.1", 0)
    print(f"at {server.sockets[0].getsockname()[1]}.", flush=True)
    async with server:
        await server.serve_forever()
asyncio.run(main())
"""


@dataclass(frozen=True)
class Timed:
    """One run: how many were answered in how long, and how long each waited, ms."""

    name: str
    wanted_per_s: int | None  # None: as fast as they are answered
    seconds: float
    waits_ms: tuple[float, ...]
    core_s: float  # of the listener's own work on its core
    best: bool = False  # of all rounds, by its p95; else the one in the middle

    @property
    def core_ms(self) -> float:
        """The listener's own work on one message."""
        return self.core_s / len(self.waits_ms) * 1000

    @property
    def per_s(self) -> float:
        return len(self.waits_ms) / self.seconds

    def at_rank(self, share: float) -> float:
        ordered = sorted(self.waits_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def missed(self) -> bool:
        if self.name == PEER_NAME or self.wanted_per_s is None or self.best:
            return False
        return self.per_s < 0.99 * self.wanted_per_s or self.at_rank(0.95) > LIMIT_P95_MS


def measure(rounds: int = ROUNDS) -> list[Timed]:
    """Run the listeners in turn, each at the pace and then as fast as it can."""
    found = []
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as doors:
        doors.callback(os.sched_setaffinity, 0, cores)
        os.sched_setaffinity(0, cores[1:] or cores)  # and whatever is started from here
        folder = doors.enter_context(tempfile.TemporaryDirectory())
        environments = doors.enter_context(databases.each(folder))
        doors_of = {}
        for store, environment in environments.items():
            for words in (("posology.server", "migrate"), ("tools.bench.monitors", "prepare")):
                run = [sys.executable, "-m", *words]
                subprocess.run(run, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
            ours = [sys.executable, "-m", "posology.server", "monitor-listen", "--port", "0"]
            doors_of[f"posology, {store}"] = doors.enter_context(_listening(ours, environment, cores[0]))
        peer = [sys.executable, "-c", PEER]
        doors_of[PEER_NAME] = doors.enter_context(_listening(peer, dict(os.environ), cores[0]))
        for name, (port, pid) in doors_of.items():
            _run(name, port, pid, None, 1.0)  # warm
        for _ in range(rounds):
            for name, (port, pid) in doors_of.items():
                found += [_run(name, port, pid, PACE_PER_S, SECONDS), _run(name, port, pid, None, SECONDS)]
    return middle_and_best(found)


def middle_and_best(found: list[Timed]) -> list[Timed]:
    """Return of each kind of run the round in the middle by its p95, and the best."""
    kinds: dict[tuple[str, int | None], list[Timed]] = {}
    for one in found:
        kinds.setdefault((one.name, one.wanted_per_s), []).append(one)
    said = []
    for rounds in kinds.values():
        rounds.sort(key=lambda one: one.at_rank(0.95))
        said += [rounds[len(rounds) // 2], replace(rounds[0], best=True)]
    return said


def report(found: list[Timed]) -> None:
    print(f"monitors: {MONITORS} lines, one core, one message of five values under way on each")
    for one in found:
        pace = f"{one.wanted_per_s}/s asked" if one.wanted_per_s else "as fast as answered"
        ranks = ", ".join(f"p{round(s * 100)} {one.at_rank(s):.1f} ms" for s in (0.5, 0.95, 0.99))
        limit = ""
        if one.name != PEER_NAME and one.wanted_per_s and not one.best:
            limit = f"  limit p95 {LIMIT_P95_MS:g} ms: {'missed' if one.missed else 'kept'}"
        which = "best" if one.best else "middle"
        core = f"core {one.core_ms:.2f} ms"
        print(f"  {one.name:28} {pace:20} {which:6} {one.per_s:6.0f}/s  {ranks}, {core}{limit}")


@contextmanager
def _listening(command: list[str], environment: dict[str, str], core: int) -> Iterator[tuple[int, int]]:
    """Run a listener on one core, and yield its port and its process."""
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        port = int(child.stdout.readline().rstrip(".\n").rpartition(":" if "-c" not in command else " ")[2])
        for task in os.listdir(f"/proc/{child.pid}/task"):
            os.sched_setaffinity(int(task), {core})
        yield port, child.pid
    finally:
        child.terminate()
        child.wait(20)


def _run(name: str, port: int, pid: int, per_s: int | None, seconds: float) -> Timed:
    waits: list[list[float]] = [[] for _ in range(MONITORS)]
    began, worked = time.perf_counter() + 0.1, _work_of(pid)
    threads = [
        threading.Thread(target=_talk, args=(port, n, began, per_s, seconds, waits[n]))
        for n in range(MONITORS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    return Timed(name, per_s, seconds, tuple(w for each in waits for w in each), _work_of(pid) - worked)


def _work_of(pid: int) -> float:
    """Return how long a process has worked on a core so far, s."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _talk(port: int, line: int, began: float, per_s: int | None, seconds: float, waits: list[float]) -> None:
    """Send one message after another; its wait counts from the moment at which it was due."""
    with Line(port) as at:
        n = 0
        while True:
            due = began + (n * MONITORS + line) / per_s if per_s else time.perf_counter()
            if due - began >= seconds:
                return
            body = message(datetime.now(UTC), name=NAME, control_id=f"{began:.6f}-{line}-{n}")
            time.sleep(max(0.0, due - time.perf_counter()))
            due = due if per_s else time.perf_counter()
            answer = at.ask(body)
            waits.append((time.perf_counter() - due) * 1000)
            if b"MSA|AA|" not in answer:
                raise SystemExit(f"A message was not taken: {answer!r}")
            n += 1


def prepare() -> None:
    """Make a clinic with one session, to which the monitor is joined."""
    import django

    django.setup()
    from tests import factories
    from tests.monitors import Bedside

    bedside = Bedside(factories.site(), datetime.now(UTC))
    patient = factories.patient(bedside.site)
    factories.assess_fully(bedside.site, patient, at=bedside.at)
    session = factories.signed_order(bedside.site, patient, at=bedside.at, chair=1).session
    bedside.place(NAME, 1)
    bedside.join(NAME, session)


if __name__ == "__main__":
    if sys.argv[1:] == ["prepare"]:
        prepare()
    else:
        timed = measure()
        report(timed)
        print(
            json.dumps(
                {f"{o.name} {o.wanted_per_s} {o.best}": [o.per_s, o.at_rank(0.95), o.core_ms] for o in timed}
            )
        )

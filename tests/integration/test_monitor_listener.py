"""A real listener on a line of this machine: junk, halves, floods, and kill -9; acknowledged is stored."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from posology.clinic.monitors.receiving import Arrival, Received, read
from posology.hl7v2 import framed
from posology.server.monitor_line import Limits
from posology.server.monitor_listener import Listener, ListenerRefused, check_address
from tests.mllp import Line, asked, message
from tests.plugins.kinds import ROOT, database

pytestmark = pytest.mark.integration
KILLS = int(os.environ.get("POSOLOGY_KILLS", "4"))
MONITORS = 4


def now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def listening(store, limits: Limits | None = None) -> Iterator[tuple[Listener, int]]:
    """Run a listener in a thread, with a store of the test's, until the block ends."""
    found: dict[str, object] = {}
    began = threading.Event()

    async def run() -> None:
        listener = Listener(lambda arrival: read(arrival, UTC), store, now, limits or Limits())
        found["listener"], found["loop"] = listener, asyncio.get_running_loop()

        def ready(port: int) -> None:
            found["port"] = port
            began.set()

        await listener.serve("127.0.0.1", 0, ready=ready)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert began.wait(20)
    try:
        yield found["listener"], found["port"]
    finally:
        found["loop"].call_soon_threadsafe(found["listener"].stop)
        thread.join(30)
        assert not thread.is_alive()


class Shelf:
    """A store that keeps what it is given in order, and answers with the number of each."""

    def __init__(self) -> None:
        self.kept: list[Arrival] = []

    def __call__(self, found: list[Received]) -> tuple[bytes, ...]:
        self.kept += [one.arrival for one in found]
        return tuple(framed(b"MSH|\rMSA|AA|" + one.control_id.encode()) for one in found)


def test_each_message_is_answered_in_its_order_whatever_pieces_it_comes_in():
    shelf = Shelf()
    with listening(shelf) as (_, port):
        line = Line(port)
        whole = b"".join(framed(message(now(), control_id=f"P{n}")) for n in range(20))
        for piece in range(0, len(whole), 97):
            line.socket.sendall(whole[piece : piece + 97])
        assert [line.answer().rpartition(b"|")[2] for _ in range(20)] == [b"P%d" % n for n in range(20)]
        line.close()
    assert len(shelf.kept) == 20


def test_junk_halves_and_giants_are_survived_and_told():
    """After each of them the next message on a line is taken; a half one at the end of a line is told too."""
    shelf = Shelf()
    chance = random.Random(41)
    whole = framed(message(now()))
    spoilt = [
        bytes(chance.randrange(256) for _ in range(chance.randrange(1, 400)))
        .replace(b"\x0b", b"")
        .replace(b"\x1c", b"")
        for _ in range(60)
    ]
    spoilt += [whole[: chance.randrange(1, len(whole) - 2)] for _ in range(30)]
    spoilt += [b"\x0b" + b"A" * (1024 * 1024 + 1), b"\x0b\x1c\r", b"\x1c\r\x1c\r", "MSH|é".encode("latin-1")]
    with listening(shelf) as (listener, port):
        line = Line(port)
        for n, bad in enumerate(spoilt):
            line.socket.sendall(bad)
            line.send(message(now(), control_id=f"J{n}"))
            while (answer := line.answer().rpartition(b"|")[2]) != f"J{n}".encode():
                assert not answer.startswith(b"J"), "an answer to another message"
        before, until = listener.counted.lost, time.monotonic() + 10
        line.socket.sendall(whole[:200])
        line.close()
        while listener.counted.lost == before and time.monotonic() < until:
            time.sleep(0.01)
        assert listener.counted.lost > len(spoilt) / 2
        assert asked(port, message(now(), control_id="after")).endswith(b"after")


def test_a_megabyte_is_taken():
    shelf = Shelf()
    note = "NTE|1||" + "x" * 1_040_000
    with listening(shelf) as (_, port):
        assert asked(port, message(now(), control_id="big", extra=(note,))).endswith(b"big")
    assert len(shelf.kept[0].body) > 1_000_000


def test_too_many_and_silent_lines_are_let_go():
    with listening(Shelf(), Limits(connections=2, idle_s=0.3)) as (listener, port):
        lines = [Line(port) for _ in range(2)]
        for n, line in enumerate(lines):
            assert line.ask(message(now(), control_id=f"L{n}"))
        with pytest.raises(ConnectionError):
            asked(port, message(now()))
        assert listener.counted.turned_away == 1
        with pytest.raises(ConnectionError):
            lines[0].answer()
        for line in lines:
            line.close()


def test_what_is_not_stored_is_not_acknowledged():
    """A fault of the store ends the line in silence, and the next line is served."""
    faults = [True, False]

    def store(found: list[Received]) -> tuple[bytes, ...]:
        if faults.pop(0):
            raise RuntimeError("a fault in the test")
        return Shelf()(found)

    with listening(store) as (_, port):
        with pytest.raises(ConnectionError):
            asked(port, message(now()))
        assert asked(port, message(now(), control_id="again")).endswith(b"again")


def test_a_sender_that_says_that_it_is_done_still_gets_its_answers():
    shelf = Shelf()
    with listening(shelf) as (_, port):
        line = Line(port)
        line.socket.sendall(b"".join(framed(message(now(), control_id=f"E{n}")) for n in range(5)))
        line.socket.shutdown(socket.SHUT_WR)
        assert [line.answer().rpartition(b"|")[2] for _ in range(5)] == [b"E%d" % n for n in range(5)]
        with pytest.raises(ConnectionError):
            line.answer()
        line.close()


def test_a_flood_waits_in_the_sender_until_what_came_before_is_stored():
    """No line has more than its share under way, whatever it sends; in the end all is answered in order."""
    shelf, open_again = Shelf(), threading.Event()
    most = 3

    def store(found: list[Received]) -> tuple[bytes, ...]:
        assert len(found) <= most
        assert open_again.wait(20)
        return shelf(found)

    with listening(store, Limits(waiting_per_connection=most)) as (listener, port):
        line, many = Line(port), 40
        flood = b"".join(framed(message(now(), control_id=f"F{n}")) for n in range(many))
        line.socket.sendall(flood)
        until = time.monotonic() + 10
        while listener.counted.messages < most and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.1)  # time in which it would have taken more
        assert listener.counted.messages == most
        open_again.set()
        assert [line.answer().rpartition(b"|")[2] for _ in range(many)] == [b"F%d" % n for n in range(many)]
        line.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "somewhere", ""])
def test_it_refuses_to_stand_open_to_every_network(host):
    with pytest.raises(ListenerRefused):
        check_address(host, every_address=False)


def test_it_stands_where_it_is_told():
    for host in ("127.0.0.1", "::1", "192.0.2.7"):
        check_address(host, every_address=False)
    check_address("0.0.0.0", every_address=True)


# ---------------------------------------------------------------- the command itself, killed


class Program:
    """``posology.server monitor-listen`` against one database, and what it acknowledged."""

    def __init__(self, url: str, data: Path) -> None:
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "POSOLOGY_DATA": str(data),
            "DJANGO_SETTINGS_MODULE": "posology.server.settings",
            "SECRET_KEY": "a synthetic key of the tests 0123456789 abcdefghij ABCDEFGHIJ klmnop",
        }
        self.acknowledged: list[str] = []
        self.run("posology.server", "migrate")
        self.run("tests.integration.monitor_store", "prepare")

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    @contextlib.contextmanager
    def listening(self, end: int = signal.SIGKILL) -> Iterator[int]:
        child = subprocess.Popen(
            [sys.executable, "-m", "posology.server", "monitor-listen", "--port", "0"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            said = child.stdout.readline()
            assert said, "the listener ended by itself"
            yield int(said.rstrip(".\n").rpartition(":")[2])
        finally:
            child.send_signal(end)
            code = child.wait(30)
            child.stdout.close()
            assert end == signal.SIGKILL or code == 0

    def talk(self, port: int, monitor: int, round_: int, until: threading.Event) -> None:
        """Send one message after another, as a monitor does, and note each that was acknowledged."""
        with contextlib.suppress(OSError):
            with Line(port, patience_s=10) as line:
                n = 0
                while not until.is_set():
                    number = f"{round_}-{monitor}-{n}"
                    answer = line.ask(message(now(), name=f"Monitor {monitor}", control_id=number))
                    assert f"MSA|AA|{number}".encode() in answer
                    self.acknowledged.append(number)
                    n += 1


@pytest.fixture
def program(tmp_path):
    if database() == "sqlite":
        yield Program(f"sqlite:///{tmp_path}/clinic.sqlite3", tmp_path)
        return
    url = os.environ["DATABASE_URL"]
    name = f"monitors_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as at:
        at.execute(f'CREATE DATABASE "{name}"')
    try:
        yield Program(f"{url.rpartition('/')[0]}/{name}", tmp_path)
    finally:
        with psycopg.connect(url, autocommit=True) as at:
            at.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.faults
@pytest.mark.hazard("H-34")
def test_every_message_that_was_acknowledged_outlives_a_killed_listener(program, record_property):
    """kill -9 under four monitors, again and again: acknowledged lost 0, doubled 0, the audit whole."""
    chance = random.Random(34)
    for round_ in range(KILLS):
        end = threading.Event()
        with program.listening() as port:
            threads = [
                threading.Thread(target=program.talk, args=(port, n, round_, end)) for n in range(MONITORS)
            ]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.5, 1.5))
        end.set()
        for thread in threads:
            thread.join(30)
    assert len(program.acknowledged) > KILLS * MONITORS
    told = json.loads(program.run("tests.integration.monitor_store", "verify"))
    assert set(program.acknowledged) <= set(told["stored"])
    assert len(told["stored"]) == len(set(told["stored"]))
    assert (told["without_readings"], told["audit"]) == (0, 0)
    record_property("n", len(program.acknowledged))


def test_it_ends_in_peace_when_told(program):
    with program.listening(signal.SIGTERM) as port:
        assert b"MSA|AA|" in asked(port, message(now()))

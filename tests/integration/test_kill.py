"""Killed where it stands: what was acknowledged is there, once, and the chains hold."""

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.integration.writer import PACE_S, event_id
from tests.plugins.kinds import ROOT, database
from tests.postgres import cluster, free_port

SESSIONS = int(os.environ.get("POSOLOGY_SESSIONS", "8"))  # 100 at POSOLOGY_PACE_S=1 for the published figure
KILLS = int(os.environ.get("POSOLOGY_KILLS", "8"))  # 120 for the published figure
SERVER_KILLS = int(os.environ.get("POSOLOGY_SERVER_KILLS", "3"))  # 120 for the published figure
CRASHES = int(os.environ.get("POSOLOGY_CRASHES", "3"))


class Program:
    """Runs of ``tests.integration.writer`` against one database, and what they acknowledged."""

    def __init__(self, url: str, data: Path) -> None:
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "POSOLOGY_DATA": str(data),
            "DJANGO_SETTINGS_MODULE": "posology.server.settings",
        }
        self._run("posology.server", "migrate")
        self.acknowledged = dict.fromkeys(self._prepared(), 0)
        self.took_ms: list[float] = []  # from the moment a reading was due to its acknowledgement

    def _prepared(self) -> list[str]:
        return self._run("tests.integration.writer", "prepare", json.dumps(SESSIONS)).split()

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    @contextlib.contextmanager
    def writing(self) -> Iterator[subprocess.Popen]:
        """Write until the block ends; then kill -9, and read every line that had come out."""
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.writer", "write", json.dumps(self.acknowledged)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        reader = threading.Thread(target=self._read, args=(child,))
        reader.start()
        try:
            yield child
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
            reader.join()
            child.stdout.close()

    def _read(self, child: subprocess.Popen) -> None:
        for line in child.stdout:
            if line.endswith(b"\n"):
                session, n, took = line.decode().split()
                self.took_ms.append(float(took))
                assert int(n) == self.acknowledged[session], "acknowledged out of turn"
                self.acknowledged[session] = int(n) + 1

    def wait_for_more(self, than: int, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while self.total <= than:
            assert time.monotonic() < until, "nothing was acknowledged"
            time.sleep(0.01)

    @property
    def total(self) -> int:
        return sum(self.acknowledged.values())

    def verdict(self) -> dict:
        return json.loads(self._run("tests.integration.writer", "verify", json.dumps(self.acknowledged)))


class Server(Program):
    """The clinic's own server, and at each chair somebody who sends the form of a reading, a browser's way.

    What got no answer is sent again, with the same id, until it gets one.
    """

    def _prepared(self) -> list[str]:
        self.environment["SECRET_KEY"] = "a synthetic key of the tests 0123456789 abcdefghij ABCDEFGHIJ"
        self.port, self.over = free_port(), threading.Event()
        told = json.loads(self._run("tools.bench.readings_site", str(SESSIONS)))
        self.chairs = {one["address"].split("/")[2]: one for one in told["sessions"]}
        return list(self.chairs)

    @contextlib.contextmanager
    def writing(self) -> Iterator[subprocess.Popen]:
        """Serve until the block ends; then kill -9."""
        command = [sys.executable, "-m", "posology.server", "serve", "--port", str(self.port)]
        child = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=subprocess.DEVNULL)
        try:
            yield child
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """Let every chair send until the block ends."""
        faults: list[BaseException] = []
        senders = [threading.Thread(target=self._sit, args=(key, faults)) for key in self.chairs]
        for sender in senders:
            sender.start()
        try:
            yield
        finally:
            self.over.set()
            for sender in senders:
                sender.join()
            assert faults == []

    def _sit(self, key: str, faults: list[BaseException]) -> None:
        due = time.monotonic() + random.random() * PACE_S
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as line:
            while not self.over.wait(max(0.0, due - time.monotonic())):
                try:
                    self._send(key, line)
                except (OSError, http.client.HTTPException):
                    line.close()
                    time.sleep(0.05)
                    continue
                except AssertionError as fault:
                    faults.append(fault)
                    return
                self.took_ms.append((time.monotonic() - due) * 1000)
                self.acknowledged[key] += 1
                due = max(due + PACE_S, time.monotonic() - PACE_S)

    def _send(self, key: str, line: http.client.HTTPConnection) -> None:
        line.request("POST", self.chairs[key]["address"], *self._form(key))
        answer = line.getresponse()
        answer.read()
        assert answer.status == 302, f"the server answered {answer.status}"

    def _form(self, key: str) -> tuple[str, dict[str, str]]:
        chair, n, token = self.chairs[key], self.acknowledged[key], "a" * 32
        form = {
            "csrfmiddlewaretoken": token,
            "id": str(event_id(UUID(key), n)),
            "patient": chair["patient"],
            "version": chair["version"],
            "heart_rate": 60 + n % 40,
        }
        cookies = f"sessionid={chair['cookie']}; csrftoken={token}"
        return urlencode(form), {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}


@pytest.fixture
def where(tmp_path):
    """Return the address of a database of its own, on the server of this run, and a folder."""
    if database() == "sqlite":
        yield f"sqlite:///{tmp_path}/clinic.sqlite3", tmp_path
        return
    url = os.environ["DATABASE_URL"]
    name = f"killed_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{url.rpartition('/')[0]}/{name}", tmp_path
    finally:
        with psycopg.connect(url, autocommit=True) as line:
            line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


CLEAN = {"lost": 0, "doubled": 0, "chain": 0, "audit": 0, "integrity": "ok"}


def _told(program: Program, kills: int) -> dict:
    """Return the verdict; a kill leaves at most one entry of a session stored and not acknowledged."""
    found = program.verdict()
    assert found.pop("extra") <= SESSIONS * (kills + 1)
    return found


@pytest.mark.faults
@pytest.mark.hazard("H-34")
def test_what_was_acknowledged_outlives_a_killed_process(where, record_property):
    """kill -9 of the process under eight writers, again and again: acknowledged lost 0, doubled 0."""
    program, moments = Program(*where), random.Random(34)
    for _ in range(KILLS):
        with program.writing():
            program.wait_for_more(program.total + SESSIONS)
            time.sleep(moments.uniform(0, 0.3))
    assert _told(program, KILLS) == CLEAN
    record_property("n", program.total)
    record_property("p99_ms", sorted(program.took_ms)[int(0.99 * len(program.took_ms))])


@pytest.mark.faults
@pytest.mark.hazard("H-34")
def test_what_was_acknowledged_outlives_a_killed_server(where, record_property):
    """kill -9 of ``posology serve`` under its chairs, who send again: acknowledged lost 0, doubled 0."""
    server, moments = Server(*where), random.Random(36)
    with server.sending():
        for _ in range(SERVER_KILLS):
            with server.writing():
                server.wait_for_more(server.total + SESSIONS)
                time.sleep(moments.uniform(0, 0.3))
    assert _told(server, SERVER_KILLS) == CLEAN
    record_property("n", server.total)
    record_property("kills", SERVER_KILLS)


@pytest.mark.faults
@pytest.mark.postgres
@pytest.mark.hazard("H-34")
def test_what_was_acknowledged_outlives_a_killed_database(tmp_path, record_property):
    """kill -9 of PostgreSQL and its workers under eight writers, who send again: lost 0, doubled 0."""
    moments = random.Random(35)
    with cluster() as server:
        program = Program(server.url, tmp_path)
        with program.writing():
            for _ in range(CRASHES):
                program.wait_for_more(program.total + SESSIONS)
                time.sleep(moments.uniform(0, 0.3))
                server.crash()
                (server.home / "data" / "postmaster.pid").unlink(missing_ok=True)
                server.start()
            program.wait_for_more(program.total + SESSIONS)
        assert _told(program, CRASHES) == CLEAN
    record_property("n", program.total)

"""Killed where it stands: what was acknowledged is there, once, and the chains hold."""

import contextlib
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
from uuid import uuid4

import psycopg
import pytest

from tests.plugins.kinds import ROOT, database
from tests.postgres import cluster

SESSIONS = int(os.environ.get("POSOLOGY_SESSIONS", "8"))  # 100 at POSOLOGY_PACE_S=1 for the published figure
KILLS = int(os.environ.get("POSOLOGY_KILLS", "12"))  # 120 for the published figure
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
        sessions = self._run("tests.integration.writer", "prepare", json.dumps(SESSIONS)).split()
        self.acknowledged = dict.fromkeys(sessions, 0)
        self.took_ms: list[float] = []  # from the moment a reading was due to its acknowledgement

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


@pytest.fixture
def program(tmp_path):
    if database() == "sqlite":
        yield Program(f"sqlite:///{tmp_path}/clinic.sqlite3", tmp_path)
        return
    url = os.environ["DATABASE_URL"]
    name = f"killed_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(f'CREATE DATABASE "{name}"')
    try:
        yield Program(f"{url.rpartition('/')[0]}/{name}", tmp_path)
    finally:
        with psycopg.connect(url, autocommit=True) as line:
            line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


CLEAN = {"lost": 0, "doubled": 0, "chain": 0, "audit": 0, "integrity": "ok"}


def _told(program: Program) -> dict:
    found = program.verdict()
    assert found.pop("extra") <= SESSIONS * (KILLS + CRASHES + 1)
    return found


@pytest.mark.faults
@pytest.mark.hazard("H-34")
def test_what_was_acknowledged_outlives_a_killed_process(program, record_property):
    """kill -9 of the process under eight writers, again and again: acknowledged lost 0, doubled 0."""
    moments = random.Random(34)
    for _ in range(KILLS):
        with program.writing():
            program.wait_for_more(program.total + SESSIONS)
            time.sleep(moments.uniform(0, 0.3))
    assert _told(program) == CLEAN
    record_property("n", program.total)
    record_property("p99_ms", sorted(program.took_ms)[int(0.99 * len(program.took_ms))])


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
        assert _told(program) == CLEAN
    record_property("n", program.total)

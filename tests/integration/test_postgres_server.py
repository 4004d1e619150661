"""The PostgreSQL server that tests run on: real, durable, and gone when they are over."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.postgres import cluster

pytestmark = pytest.mark.sqlite  # starts servers of its own; once a run of the suite is enough
SHOW_URL_AND_WAIT = "import os, time; print(os.environ['DATABASE_URL'], flush=True); time.sleep(60)"


@pytest.fixture(scope="module")
def server():
    with cluster() as made:
        yield made


@pytest.mark.parametrize(
    ("name", "value"),
    [("data_checksums", "on"), ("fsync", "on"), ("synchronous_commit", "on"), ("timezone", "UTC")],
)
def test_it_runs_with_the_settings_of_a_clinic(server, name, value):
    with psycopg.connect(server.url) as line:
        assert line.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)


def test_it_keeps_what_was_committed_before_a_crash(server):
    with psycopg.connect(server.url) as line:
        line.execute("CREATE TABLE kept (n int)")
        line.execute("INSERT INTO kept VALUES (1)")
    server.crash()
    server.start()
    with psycopg.connect(server.url) as line:
        assert line.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_it_wants_a_password(server):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url.replace(server.password, "guess"))


@pytest.mark.parametrize("notice", [signal.SIGINT, signal.SIGTERM])
def test_it_is_gone_after_an_interrupted_run(notice):
    runner = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres", "--", sys.executable, "-c", SHOW_URL_AND_WAIT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    url = runner.stdout.readline().strip()
    psycopg.connect(url).close()
    os.killpg(runner.pid, notice)  # as a terminal does: the runner and its child both get it
    began = time.monotonic()
    runner.communicate(timeout=30)
    assert time.monotonic() - began < 20
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url)


def test_it_hands_on_the_exit_code():
    command = [sys.executable, "-m", "tests.postgres", "--", sys.executable, "-c", "raise SystemExit(7)"]
    assert subprocess.run(command).returncode == 7

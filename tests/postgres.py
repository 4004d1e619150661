"""A real PostgreSQL server for as long as a test run lasts.

``python -m tests.postgres -- pytest tests/integration`` starts a cluster of its own in a temporary
folder, runs the command with ``DATABASE_URL`` set, and takes the cluster away again, on Ctrl-C too.
Tests that kill a database use :class:`Cluster` themselves. It touches no server that was there before.
"""

import argparse
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

ROLE = DATABASE = "posology"
# The settings that the start-up check asks of a clinic's server; tests run on what clinics run on.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "120",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class PostgresMissing(RuntimeError):
    """No PostgreSQL server programs on this machine."""


def program(name: str) -> Path:
    """Find a server program, newest version first; Debian keeps them off the PATH."""

    def version(path: Path) -> int:
        return int(path.parts[-3]) if path.parts[-3].isdigit() else 0

    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=version)
    if found:
        return found[-1]
    if on_path := shutil.which(name):
        return Path(on_path)
    raise PostgresMissing(f"PostgreSQL's {name} was not found; run as root: apt-get install postgresql")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Cluster:
    """One cluster in a folder of its own. It refuses to run as root, so root lends it to ``postgres``."""

    def __init__(self) -> None:
        # Not under TMPDIR: a socket's path may have 107 bytes, and user postgres must be able to reach it.
        self.home = Path(tempfile.mkdtemp(prefix="posology-pg-", dir="/tmp"))
        self.port = free_port()
        self.password = secrets.token_urlsafe(18)
        self.server: subprocess.Popen[bytes] | None = None
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.home, "postgres", "postgres")

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def create(self) -> None:
        """Make the files of the cluster; page checksums on, as in a clinic."""
        secret = self.home / "password"
        secret.write_text(self.password)
        if self._as:
            shutil.chown(secret, "postgres", "postgres")
        command = [program("initdb"), "--pgdata", self.home / "data", "--username", ROLE, "--pwfile", secret]
        command += ["--auth=scram-sha-256", "--data-checksums", "--no-sync"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8"]
        self._run(command)
        secret.unlink()

    def start(self) -> None:
        """Start the server and return when it answers."""
        command = [program("postgres"), "-D", self.home / "data", "-p", str(self.port), "-k", self.home]
        command += [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with (self.home / "server.log").open("ab") as log:
            # A session of its own: Ctrl-C is for the tests, which still need the server while they wind down.
            self.server = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, **self._as
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Shut the server down, by the id of the process that was started here."""
        if self.server is None or self.server.poll() is not None:
            return
        for notice in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, at once
            self.server.send_signal(notice)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.wait(timeout=20)
                return

    def crash(self) -> None:
        """Kill the server and its workers where they stand, as a dead machine does; ``start`` recovers it."""
        if self.server is None:
            return
        server = self.server.pid
        os.kill(server, signal.SIGSTOP)  # so that it makes no worker between the list and the end
        until = time.monotonic() + 20
        while _state(server) != "T" and time.monotonic() < until:
            time.sleep(0.001)
        workers = [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
        for pid in [server, *workers]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.server.wait()
        while any(_state(pid) not in "Z" for pid in workers) and time.monotonic() < until:
            time.sleep(0.001)  # the last of them gives back the shared memory, which the next server asks for

    def create_database(self, name: str = DATABASE) -> None:
        self._run([program("createdb"), *self._connection(), name])

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _connection(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", ROLE]

    def _wait_until_ready(self, seconds: float = 60) -> None:
        ask = [program("pg_isready"), "--quiet", *self._connection()]
        until = time.monotonic() + seconds
        while subprocess.run(ask).returncode != 0:
            if self.server is None or self.server.poll() is not None or time.monotonic() > until:
                log = (self.home / "server.log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not start. Its log says:\n{log[-2000:]}")
            time.sleep(0.05)

    def _run(self, command: list[str | Path]) -> None:
        environment = {**os.environ, "PGPASSWORD": self.password}
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=self.home, env=environment, **self._as
        )
        if done.returncode != 0:
            raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}")


def _state(pid: int) -> str:
    """Return the letter of a process's state, as the kernel tells it; nothing once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Yield a running cluster with an empty database, and take everything away afterwards."""
    made = Cluster()
    try:
        made.create()
        made.start()
        made.create_database()
        yield made
    finally:
        made.remove()


def run_with_database(command: list[str]) -> int:
    """Run a command with ``DATABASE_URL`` set and return its exit code."""
    with cluster() as server:
        child = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": server.url})
        try:
            while True:
                with contextlib.suppress(
                    KeyboardInterrupt
                ):  # the child got it too and winds down; wait for it
                    return child.wait()
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()


def _end_quietly(signum: int, frame: FrameType | None) -> None:
    sys.exit(128 + signum)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=__doc__.splitlines()[0])
    parser.add_argument("command", nargs="+", help="what to run, after --")
    command = parser.parse_args().command
    signal.signal(signal.SIGTERM, _end_quietly)
    try:
        return run_with_database(command)
    except PostgresMissing as missing:
        print(missing, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

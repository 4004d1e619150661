"""One row inserted and committed, and nothing else: the floor under every acknowledgement of a store."""

import importlib
import time
from collections.abc import Callable

import psycopg

from posology.server.sqlite.engine import put_in_place

TABLE = "CREATE TABLE IF NOT EXISTS bench_bare (id INTEGER, text TEXT)"
TEXT = "x" * 200


def commits(url: str, per_s: float | None, seconds: float) -> tuple[tuple[float, ...], float]:
    """Return how long each commit took from the moment it was due, ms, and how long all took together, s.

    ``per_s`` is the pace; None is as fast as it goes. SQLite has a file of its own beside the clinic's, and
    writes its log to the disk at each commit, as the product has it.
    """
    if url.startswith("sqlite"):
        put_in_place()  # the engine that the product runs on
        engine = importlib.import_module("sqlite3")
        file = engine.connect(f"{url.removeprefix('sqlite:///')}-bare", isolation_level=None)
        file.execute("PRAGMA journal_mode=wal")
        file.execute("PRAGMA synchronous=2")
        file.execute(TABLE)

        def in_sqlite(n: int) -> None:
            file.execute("BEGIN IMMEDIATE")
            file.execute("INSERT INTO bench_bare VALUES (?, ?)", (n, TEXT))
            file.execute("COMMIT")

        return _timed(in_sqlite, per_s, seconds)
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(TABLE)

        def in_postgresql(n: int) -> None:
            line.execute("INSERT INTO bench_bare VALUES (%s, %s)", (n, TEXT))

        return _timed(in_postgresql, per_s, seconds)


def _timed(
    commit: Callable[[int], None], per_s: float | None, seconds: float
) -> tuple[tuple[float, ...], float]:
    waits: list[float] = []
    began, n = time.perf_counter(), 0
    while True:
        due = began + n / per_s if per_s else time.perf_counter()
        if due - began >= seconds:
            return tuple(waits), time.perf_counter() - began
        time.sleep(max(0.0, due - time.perf_counter()))
        commit(n)
        waits.append((time.perf_counter() - due) * 1000)
        n += 1

"""Threads of one process that write to SQLite take turns, and a turn is given up however it ends."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from posology.server.database_url import database_settings


@pytest.fixture
def connect(tmp_path, django_db_blocker):
    """Return how to open one more connection to a file with one table."""
    settings = database_settings(f"sqlite:///{tmp_path}/clinic.sqlite3", test_file=tmp_path / "test.sqlite3")
    settings["OPTIONS"]["timeout"] = 2
    made = []

    def one():
        handler = ConnectionHandler({"default": dict(settings)})
        handler.configure_settings(None)
        connection = handler.create_connection("default")
        connection.inc_thread_sharing()  # closed at the end by the thread of the test
        made.append(connection)
        return connection

    with django_db_blocker.unblock():  # a file of its own, and not the clinic's
        one().cursor().execute("CREATE TABLE told (n INTEGER)")
        yield one
        for connection in made:
            connection.close()


def begin(connection):
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(connection, how):
    getattr(connection, how)()
    connection.set_autocommit(True)


def count(connection):
    return connection.cursor().execute("SELECT count(*) FROM told").fetchone()[0]


def test_one_goes_on_as_soon_as_the_other_has_ended(connect):
    """The second stands in the queue of the process, not at SQLite's door, where it would nap."""
    first, second = connect(), connect()
    begun, order = threading.Event(), []

    def follow():
        begun.set()
        begin(second)
        order.append("second")
        second.cursor().execute("INSERT INTO told VALUES (2)")
        end(second, "commit")

    begin(first)
    first.cursor().execute("INSERT INTO told VALUES (1)")
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(follow)
        begun.wait()
        order.append("first")
        end(first, "commit")
        waiting.result()
    assert order == ["first", "second"] and count(first) == 2


@pytest.mark.parametrize("how", ["commit", "rollback"])
def test_a_turn_ends_with_its_transaction(connect, how):
    first, second = connect(), connect()
    begin(first)
    first.cursor().execute("INSERT INTO told VALUES (1)")
    end(first, how)
    begin(second)
    assert count(second) == (1 if how == "commit" else 0)
    end(second, "rollback")


def test_a_turn_ends_with_its_connection(connect):
    first, second = connect(), connect()
    begin(first)
    first.close()
    begin(second)
    end(second, "commit")


def test_who_waits_too_long_is_told_so_and_stands_in_nobodys_way(connect):
    first, second = connect(), connect()
    begin(first)
    with pytest.raises(OperationalError, match="database is locked"):
        begin(second)
    second.close()
    end(first, "commit")
    third = connect()
    begin(third)
    end(third, "commit")


def test_a_turn_is_given_up_where_another_process_has_the_file(connect, tmp_path):
    """Another process stands in no queue of ours: SQLite's own patience counts, and nothing is left held."""
    from posology.server.sqlite.base import Database

    other = Database.connect(tmp_path / "clinic.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connection = connect()
    with pytest.raises(OperationalError, match="locked"):
        begin(connection)
    other.execute("ROLLBACK")
    other.close()
    again = connect()
    begin(again)
    end(again, "commit")


def test_many_writers_lose_nothing(connect, record_property):
    """Eight threads add fifty rows each, each in a transaction of its own that looks before it writes."""

    def add(_):
        connection = connect()
        for _ in range(50):
            begin(connection)
            n = count(connection)
            connection.cursor().execute("INSERT INTO told VALUES (%s)", [n])
            end(connection, "commit")
        return connection

    with ThreadPoolExecutor(8) as threads:
        connections = list(threads.map(add, range(8)))
    rows = connections[0].cursor().execute("SELECT n FROM told ORDER BY n").fetchall()
    assert [n for (n,) in rows] == list(range(400))
    record_property("n", 400)

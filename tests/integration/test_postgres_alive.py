"""A connection to PostgreSQL that just answered is used; one that rested is asked first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from posology.server.database_url import database_settings
from posology.server.postgresql import base
from tests.postgres import Cluster, cluster

pytestmark = pytest.mark.sqlite  # starts a server of its own; once a run of the suite is enough


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def connect(server, django_db_blocker) -> Iterator[Any]:
    """Return how to open one more connection to a server of its own, as the clinic's settings say."""
    made = []

    def one() -> Any:
        settings = database_settings(server.url, test_file=Path("unused"))
        made.append(ConnectionHandler({"default": settings})["default"])
        return made[-1]

    with django_db_blocker.unblock():  # a database of its own, and not the clinic's
        yield one
        for connection in made:
            connection.close()


def ask(connection: Any, what: str = "1") -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {what}")
        return cursor.fetchone()[0]


def begin_a_request(connection: Any) -> None:
    connection.close_if_unusable_or_obsolete()


def end_at_the_server(connection: Any, by: Any) -> None:
    ask(by, f"pg_terminate_backend({ask(connection, 'pg_backend_pid()')})")


@pytest.fixture
def checks(monkeypatch) -> list[int]:
    """Count how often a connection is asked whether it is alive."""
    asked: list[int] = []
    original = base.DatabaseWrapper.is_usable
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda one: asked.append(1) or original(one))
    return asked


def test_a_connection_that_just_answered_is_not_asked_again(connect, checks):
    connection = connect()
    for _ in range(5):
        begin_a_request(connection)
        ask(connection)
    assert checks == []


def test_a_connection_that_rested_is_asked_and_made_anew_if_it_is_dead(connect, checks):
    connection = connect()
    end_at_the_server(connection, connect())
    connection._used_at -= base.ALIVE_FOR_S
    begin_a_request(connection)
    assert ask(connection) == 1
    assert checks == [1]


def test_one_that_died_within_the_second_fails_one_request_and_no_more(connect):
    connection = connect()
    end_at_the_server(connection, connect())
    begin_a_request(connection)
    with pytest.raises(OperationalError):
        ask(connection)
    begin_a_request(connection)
    assert ask(connection) == 1

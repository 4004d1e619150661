"""The board's stream over real HTTP: what a commit takes to be told, who is told, and what it holds."""

import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from time import monotonic
from types import SimpleNamespace

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection

from posology.clinic.accounts.models import Role, User
from posology.clinic.sessions.queries import session_for
from posology.web import clock
from posology.web.live import hub
from posology.web.live.hub import HUB
from tests import factories
from tests.cases import NOW
from tests.integration.web.listening import Listener, browser_of, served
from tests.integration.web.walk import World, world

pytestmark = pytest.mark.django_db(transaction=True)

EACH = 6  # streams of one person, as many as may be


@pytest.fixture
def here(monkeypatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return world()


def test_a_commit_is_told_to_every_open_board_within_two_seconds(here, record_property):
    """Twelve boards, five events one after the other: the slowest board hears of each in time."""
    session = session_for(here.site.nurse, here.session_id)
    browsers = [browser_of(person) for person in (here.site.nurse, here.site.prescriber)]
    slowest = 0.0
    with served() as port, ExitStack() as stack:
        boards = [stack.enter_context(Listener(port, b)) for b in browsers for _ in range(EACH)]
        told = {board.next()["version"] for board in boards}
        assert len(told) == 1
        for number in range(5):
            (before,) = told
            reading = {"systolic": 120 + number, "diastolic": 78, "heart_rate": 70, "spo2": 98}
            factories.event(here.site, session, "reading_taken", at=NOW, **reading)
            committed = monotonic()
            versions = [_next_version(board, before) for board in boards]
            slowest = max(slowest, monotonic() - committed)
            told = set(versions)
            assert len(told) == 1
    record_property("n", 5 * len(boards))
    record_property("slowest_s", round(slowest, 2))
    assert slowest <= 2


def _next_version(board: Listener, before: str) -> str:
    while (beat := board.next()) is not None:
        if beat["version"] != before:
            return str(beat["version"])
    raise AssertionError("The stream ended.")


@pytest.mark.hazard("H-38")
def test_a_beat_comes_each_second_while_nothing_happens(here):
    with served() as port, Listener(port, browser_of(here.site.nurse)) as board:
        board.next()
        began = monotonic()
        for _ in range(4):
            board.next()
        assert 2 <= monotonic() - began <= 6


def _switch_off(user: User, client: object) -> None:
    user.is_active = False
    user.save(update_fields=["is_active"])


def _make_administrator(user: User, client: object) -> None:
    user.role = Role.ADMINISTRATOR
    user.save(update_fields=["role"])


def _change_the_password(user: User, client: object) -> None:
    user.set_password("another synthetic pass phrase")
    user.save(update_fields=["password"])


def _sign_out(user: User, client: object) -> None:
    for row in Session.objects.all():
        if row.get_decoded().get(SESSION_KEY) == str(user.pk):
            row.delete()


@pytest.mark.requirement("SR-13", n=4)
@pytest.mark.parametrize("lose", [_switch_off, _make_administrator, _change_the_password, _sign_out])
def test_a_stream_ends_when_the_right_to_it_ends_and_the_others_go_on(here, lose):
    """Within two seconds, and what had no part in it goes on."""
    nurse, prescriber = browser_of(here.site.nurse), browser_of(here.site.prescriber)
    with served() as port, Listener(port, nurse) as theirs, Listener(port, prescriber) as other:
        assert theirs.next() is not None and other.next() is not None
        lose(here.site.nurse, nurse)
        assert theirs.until_the_end() <= 2
        assert other.next() is not None


@pytest.mark.requirement("SR-11")
def test_another_clinics_commit_changes_nothing_on_this_board(here):
    other = world("Other Synthetic Clinic")
    session = session_for(other.site.nurse, other.session_id)
    nurse, their_nurse = browser_of(here.site.nurse), browser_of(other.site.nurse)
    with served() as port, Listener(port, nurse) as ours, Listener(port, their_nurse) as theirs:
        before, before_there = ours.next(), theirs.next()
        assert before["version"] != before_there["version"]
        reading = {"systolic": 120, "diastolic": 78, "heart_rate": 70, "spo2": 98}
        factories.event(other.site, session, "reading_taken", at=NOW, **reading)
        assert theirs.until(lambda beat: beat["version"] != before_there["version"]) <= 2
        assert ours.next()["version"] == before["version"]


@pytest.mark.hazard("H-63")
def test_a_board_is_told_that_its_lock_has_fallen_though_nothing_was_committed(here, monkeypatch):
    with served() as port, Listener(port, browser_of(here.site.nurse)) as board:
        assert not board.next()["version"].endswith("-locked")
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=11))
        assert board.until(lambda beat: beat["version"].endswith("-locked")) <= 8


@pytest.mark.hazard("H-37")
def test_what_becomes_overdue_is_told_by_the_server_at_its_moment(here, monkeypatch):
    """Nobody commits anything: the time alone makes it, and a beat names the chair and no person."""
    session = session_for(here.site.nurse, here.session_id)
    factories.pass_gate(here.site, session, at=NOW)
    factories.event(here.site, session, "administration_started", at=NOW, **factories.starting(session))
    with served() as port, Listener(port, browser_of(here.site.nurse)) as board:
        assert board.next()["count"] == 0
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=11, seconds=59))
        assert board.next()["count"] == 0
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=12))
        assert board.until(lambda beat: beat["words"] == "1 overdue in chair 1") <= 3


def test_all_open_boards_together_hold_one_connection(here):
    browsers = [browser_of(person) for person in (here.site.nurse, here.site.prescriber)]
    connection.close()
    with served() as port, ExitStack() as stack:
        boards = [stack.enter_context(Listener(port, b)) for b in browsers for _ in range(EACH)]
        for board in boards:
            board.next()
        # SQLite may keep a closed connection's file open for as long as another one holds a lock on it.
        assert open_connections() <= (3 if connection.vendor == "sqlite" else 1)
        assert [t.name for t in threading.enumerate()].count("posology-live") == 1
    assert HUB.total() == 0


def open_connections() -> int:
    """Count the connections to the test's database, without this one."""
    if connection.vendor == "sqlite":
        name = str(Path(connection.settings_dict["NAME"]).resolve())
        links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
        return sum(str(link.resolve()) == name for link in links)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0]) - 1


@pytest.mark.requirement("SR-40")
def test_a_person_has_a_bounded_number_of_streams(here):
    browser = browser_of(here.site.nurse)
    with served() as port, ExitStack() as stack:
        for _ in range(EACH):
            assert stack.enter_context(Listener(port, browser)).next() is not None
        assert stack.enter_context(Listener(port, browser)).answer.status == 429


def test_the_server_ends_its_streams_when_it_stops(here):
    with served() as port, Listener(port, browser_of(here.site.nurse)) as board:
        board.next()
        HUB.close()
        assert board.until_the_end() <= 2


def test_a_read_that_fails_halfway_leaves_nobody_without_a_board(monkeypatch):
    """The second clinic's board cannot be read: what stood before stands, and the read is made again."""
    people = [SimpleNamespace(user=SimpleNamespace(clinic_id=n)) for n in range(2)]

    def snapshot_of(user: object, at: object) -> str:
        if user is people[1].user:
            raise DatabaseError
        return "board"

    monkeypatch.setattr(hub, "standing_of", lambda tickets, at: dict(enumerate(people)))
    monkeypatch.setattr(hub, "snapshot_of", snapshot_of)
    watcher = hub.Hub()
    with pytest.raises(DatabaseError):
        watcher._read(())
    assert (watcher._standing, watcher._boards) == ({}, {})

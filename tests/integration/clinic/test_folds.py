"""What a process keeps of a session's log never tells more, or other, than the store does."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from posology.clinic.sessions import folds
from posology.clinic.sessions.folds import event_of, log_of, logs_of
from posology.clinic.sessions.models import EventRow
from posology.clinic.sessions.queries import event_rows
from posology.treatment import replay
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def sessions(site):
    return factories.signed_sessions(site, "Ada", "Bea", "Cleo")


def note(site, session, second, text="Seen."):
    return factories.event(site, session, "note_written", at=NOW + timedelta(seconds=second), text=text)


def told_by_the_store(session):
    return replay(event_of(row) for row in event_rows(session))


def set_back(session, *, events):
    """Keep of a session only its first events, as a process does that another one went past."""
    kept = folds.Running(log_of(session.pk).events[:events])
    folds._kept[session.pk] = folds._Kept(kept, events, event_rows(session)[events - 1].hash)


@pytest.mark.hazard("H-27")
def test_what_is_kept_equals_the_store_after_every_event(site, sessions, record_property):
    """Notes into three sessions in turn: each log is the replay of its rows, and ends at its last hash."""
    for second in range(24):
        note(site, sessions[second % 3], second)
        together = logs_of(s.pk for s in sessions)
        for session in sessions:
            last = event_rows(session).last()
            for log in (together[session.pk], log_of(session.pk)):
                assert log.state == told_by_the_store(session)
                assert (log.position, log.hash) == ((last.position, last.hash) if last else (0, ""))
    record_property("n", 144)


@pytest.mark.hazard("H-27")
def test_what_was_rolled_back_is_not_told_again(site, sessions):
    """An event seen inside a transaction that failed is gone, and another takes its place."""
    session = sessions[0]
    note(site, session, 1)
    before = log_of(session.pk)
    with pytest.raises(RuntimeError), transaction.atomic():
        note(site, session, 2, "Never happened.")
        assert len(log_of(session.pk).events) == len(before.events) + 1
        raise RuntimeError
    assert logs_of(s.pk for s in sessions)[session.pk] == before
    assert log_of(session.pk) == before
    note(site, session, 3, "In its place.")
    assert [n.payload.text for n in log_of(session.pk).state.notes] == ["Seen.", "In its place."]


@pytest.mark.hazard("H-27")
def test_an_event_that_another_process_wrote_is_told(site, sessions):
    """What is kept here is older than the store: what came after it is read."""
    session = sessions[0]
    for second in range(3):
        note(site, session, second)
        folds.forget()
    set_back(session, events=1)
    assert log_of(session.pk).state == told_by_the_store(session)
    set_back(session, events=1)
    assert logs_of([s.pk for s in sessions])[session.pk].state == told_by_the_store(session)


def test_what_was_long_not_read_is_let_go_and_read_again(site, sessions, monkeypatch):
    """More sessions than are kept: every one is told as the store tells it."""
    monkeypatch.setattr(folds, "MOST_KEPT", 1)
    for second, session in enumerate((*sessions, *sessions)):
        note(site, session, second)
    for session in sessions:
        assert log_of(session.pk).state == told_by_the_store(session)
    assert len(folds._kept) == 1


def test_kept_logs_cost_one_query_and_the_rows_after_them(site, sessions):
    """All sessions of a day: one query for where they end; of one that went on, the rows from there."""
    from django.db import connection

    for second in range(9):
        note(site, sessions[second % 3], second)
    keys = [s.pk for s in sessions]
    logs_of(keys)
    read = []
    set_back(sessions[1], events=1)
    original = EventRow.from_db.__func__

    def counted(cls, *args, **rest):
        read.append(1)
        return original(cls, *args, **rest)

    EventRow.from_db = classmethod(counted)
    try:
        with CaptureQueriesContext(connection) as asked:
            logs_of([keys[0], keys[2]])
        assert (len(asked), len(read)) == (1, 0)
        with CaptureQueriesContext(connection) as asked:
            found = logs_of(keys)
        assert (len(asked), len(read)) == (2, 3)  # the kept one's own row, and two after it
    finally:
        del EventRow.from_db
    assert [found[key].state for key in keys] == [told_by_the_store(s) for s in sessions]

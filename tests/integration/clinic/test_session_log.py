"""A session's log: every entry kept, in one chain, and told on as facts."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from posology.clinic.audit.triggers import install, remove
from posology.clinic.care.queries import case_of, facts_in
from posology.clinic.sessions.models import EventRow
from posology.clinic.sessions.queries import board, chain_faults, events_of, sessions_of, state_of
from posology.treatment import SessionPhase, replay
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def patient(site):
    made = factories.patient(site)
    factories.assess_fully(site, made)
    return made


@pytest.fixture
def session(site, patient):
    return factories.signed_order(site, patient).session


def _events(session):
    return EventRow.objects.everywhere(because="test").filter(session=session)


@pytest.mark.hazard("H-27")
def test_three_editors_in_any_order_lose_nothing(site, session, record_property):
    """Three people write three notes each; all 1,680 orders of their arrival give one state."""
    people = (site.nurse, factories.colleague(site), site.prescriber)
    for n in range(3):
        for who in people:
            factories.event(
                site, session, "note_written", by=who, at=NOW + timedelta(seconds=n), text=f"{n} {who}"
            )
    events = events_of(session)
    by_person = [[e for e in events if e.author == str(p.pk)] for p in people]
    state, tried = replay(events), 0
    for order in _interleavings([0, 0, 0, 1, 1, 1, 2, 2, 2]):
        queues = [iter(mine) for mine in by_person]
        assert replay([next(queues[i]) for i in order]) == state
        tried += 1
    assert len(state.notes) == 9
    assert tried == 1680
    record_property("n", tried)


def _interleavings(labels):
    def walk(left, taken):
        if not any(left):
            yield tuple(taken)
        for label, count in enumerate(left):
            if count:
                left[label] -= 1
                yield from walk(left, [*taken, label])
                left[label] += 1

    return walk([labels.count(i) for i in range(3)], [])


# ---------------------------------------------------------------- the log


def test_the_log_is_never_changed(site, session):
    factories.event(site, session, "note_written", text="x")
    for sql in (
        "UPDATE treatment_sessions_eventrow SET payload = '{}'",
        "DELETE FROM treatment_sessions_eventrow",
    ):
        with (
            pytest.raises(DatabaseError, match="keeps its rows"),
            transaction.atomic(),
            connection.cursor() as c,
        ):
            c.execute(sql)


@pytest.mark.requirement("SR-19")
def test_a_forged_event_breaks_its_chain(site, session, record_property):
    """Each column of an event in the middle edited with the triggers off: found N of N."""
    for n in range(3):
        factories.event(site, session, "note_written", text=f"note {n}")
    assert chain_faults(session) == ()
    edits = {
        "payload": '{"text": "forged"}',
        "occurred_at": "2026-11-24 09:00:00",
        "recorded_at": "2026-11-24 09:00:00",
        "sequence": 9,
        "position": 9,
        "kind": "drug_given",
        "hash": "0" * 64,
        "previous_hash": "0" * 64,
        "version": 2,
    }
    second = _events(session).get(position=2)
    for column, value in edits.items():
        with transaction.atomic():
            remove(connection)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE treatment_sessions_eventrow SET {column} = %s WHERE position = 2",  # noqa: S608
                    [value],
                )
            install(connection)
            assert chain_faults(session), column
            transaction.set_rollback(True)
    assert second.hash == _events(session).get(position=2).hash
    record_property("n", len(edits))


def test_the_cached_phase_follows_the_log(site, session):
    factories.give(site, session, at=NOW)
    session.refresh_from_db()
    assert session.phase == state_of(session).phase == SessionPhase.DISCHARGED
    assert [line.state.phase for line in board(site.clinic, NOW.date())] == [SessionPhase.DISCHARGED]


def test_a_cancelled_session_gives_its_order_back(site, patient, session):
    factories.event(site, session, "session_cancelled", reason="The patient is ill.")
    session.order.refresh_from_db()
    assert session.order.status == "withdrawn"
    assert factories.signed_order(site, patient).session.pk != session.pk


# ---------------------------------------------------------------- facts from the chair


def test_gate_answers_and_readings_before_the_dose_become_facts(site, patient, session):
    before = {f.key for f in facts_in(state_of(session))}
    factories.give(site, session, at=NOW)
    state = state_of(session)
    told = {(f.key, str(f.value)) for f in facts_in(state)}
    assert before == set()
    assert {("escort_home", "yes"), ("systolic", "124 mmHg")} <= {
        (k, v.replace("\u00a0", " ")) for k, v in told
    }
    assert len([f for f in facts_in(state) if f.key == "systolic"]) == 1, (
        "readings after the start are no baseline"
    )
    later = NOW + timedelta(hours=4)
    assert {f.key for f in facts_in(state)} <= {f.key for f in case_of(patient, as_of=later).facts}


def test_a_case_knows_nothing_of_what_was_recorded_later(site, patient, session):
    factories.give(site, session, at=NOW + timedelta(minutes=1))
    assert case_of(patient, as_of=NOW).sessions == ()
    assert len(case_of(patient, as_of=NOW + timedelta(hours=4)).sessions) == 1
    assert len(list(sessions_of(patient))) == 1

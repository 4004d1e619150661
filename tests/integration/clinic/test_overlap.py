"""One chair, one patient, one time: what is placed without the schedule is refused where it overlaps."""

from datetime import datetime, time, timedelta

import pytest

from posology.clinic.audit.queries import verify_chain
from posology.clinic.care.actions import sign_order
from posology.clinic.care.signing import SigningRefused
from posology.clinic.sessions.actions import SessionRefused, place_session
from posology.clinic.sessions.models import SessionRow
from posology.clinic.visits.actions import VisitRefused
from posology.clinic.visits.overlap import why_not_there
from tests import factories
from tests.cases import NOW
from tests.integration.clinic.test_visits import Running
from tests.integration.test_races import at_once

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
STAY = 100  # min: an infusion of 40 min, and an hour after it


@pytest.fixture
def site() -> factories.Site:
    return factories.site()


def seated(site: factories.Site, *, chair: int | None = None, at: datetime = NOW) -> SessionRow:
    """Return a session of a new patient."""
    of = factories.patient(site)
    factories.assess_fully(site, of)
    return factories.signed_order(site, of, chair=chair, scheduled_at=at).session


def place(site: factories.Site, session: SessionRow, *, chair: int | None, at: datetime) -> SessionRow:
    return place_session(session_id=session.pk, chair=chair, scheduled_at=at, by=site.nurse, at=NOW)


@pytest.mark.hazard("H-26")
def test_a_chair_is_taken_for_the_whole_stay_and_not_a_minute_more(site, record_property):
    """N = every 10 minutes around the stay of another session."""
    seated(site, chair=2, at=NOW + 2 * HOUR)
    moved = seated(site)
    tried = 0
    for minutes in range(-STAY - 20, STAY + 21, 10):
        at = NOW + 2 * HOUR + timedelta(minutes=minutes)
        if abs(minutes) < STAY:
            with pytest.raises(
                SessionRefused, match="Chair 2 is taken on Tue 24-Nov-2026 from 17:00 to 18:40"
            ):
                place(site, moved, chair=2, at=at)
        else:
            assert place(site, moved, chair=2, at=at).scheduled_at == at
        assert place(site, moved, chair=3, at=at).chair == 3
        tried += 1
    record_property("n", tried)


def test_the_refusal_names_the_chairs_that_are_free(site):
    for chair in (1, 3):
        seated(site, chair=chair)
    with pytest.raises(SessionRefused, match=r"Free then: chair 2, chair 4\. Choose another chair or time\."):
        place(site, seated(site), chair=3, at=NOW)
    for chair in (2, 4):
        seated(site, chair=chair)
    with pytest.raises(SessionRefused, match="No chair is free then"):
        place(site, seated(site), chair=3, at=NOW)


def test_a_session_does_not_stand_in_its_own_way(site):
    session = seated(site, chair=1)
    for chair, at in ((1, NOW), (1, NOW + timedelta(minutes=30)), (2, NOW + timedelta(minutes=30))):
        assert place(site, session, chair=chair, at=at).chair == chair


def test_what_is_over_or_withdrawn_takes_no_chair(site):
    first = seated(site, chair=1)
    other = seated(site)
    with pytest.raises(SessionRefused):
        place(site, other, chair=1, at=NOW + HOUR)
    factories.event(site, first, "session_cancelled", reason="The patient is ill.")
    assert place(site, other, chair=1, at=NOW + HOUR).chair == 1


def test_who_stays_longer_than_expected_still_sits_there(site):
    first = seated(site, chair=1)
    factories.pass_gate(site, first, at=NOW)
    factories.event(site, first, "administration_started", at=NOW, **factories.starting(first))
    late = NOW + timedelta(minutes=STAY + 30)
    other = seated(site, at=late)
    wish = {"session_id": other.pk, "by": site.nurse, "at": late}
    with pytest.raises(SessionRefused, match="Chair 1 is taken"):
        place_session(chair=1, scheduled_at=late, **wish)
    assert place_session(chair=1, scheduled_at=late + HOUR, **wish).chair == 1


def test_an_order_is_not_signed_for_a_chair_that_is_taken(site):
    seated(site, chair=1)
    of = factories.patient(site)
    factories.assess_fully(site, of)
    for chair, says in ((1, "Chair 1 is taken"), (9, "There is no chair 9")):
        with pytest.raises(SigningRefused, match=says) as refusal:
            sign_order(**factories.signing(site, of, chair=chair))
        assert refusal.value.field == "chair"
    assert sign_order(**factories.signing(site, of, chair=2)).session.chair == 2


def test_a_chair_that_an_appointment_has_is_taken_and_the_patients_own_is_not():
    running = Running()
    booked = running.visits[0]
    assert booked.chair == 1
    walk_in = seated(running.site, at=booked.starts_at)
    with pytest.raises(SessionRefused, match="Chair 1 is taken"):
        place(running.site, walk_in, chair=1, at=booked.starts_at + HOUR)
    at = booked.starts_at - HOUR
    factories.assess_fully(running.site, running.patient, at=at)
    factories.fill_form(running.site, running.patient, at=at)
    sent = factories.signing(running.site, running.patient, at=at, chair=1, scheduled_at=booked.starts_at)
    own = sign_order(**sent).session
    assert own.chair == 1
    assert place(running.site, own, chair=1, at=booked.starts_at + HOUR).chair == 1


def test_a_visit_is_not_booked_into_a_chair_that_a_session_without_one_has():
    running = Running(plan=False)
    walk_in = seated(running.site, chair=1, at=NOW + timedelta(days=3))
    with pytest.raises(VisitRefused, match="Chair 1 is not free"):
        running.plan(count=1, clock=time(14))
    factories.event(running.site, walk_in, "session_cancelled", reason="The patient is ill.")
    assert running.plan(count=1, clock=time(14))


def test_one_patient_has_one_session_at_a_time(site):
    """The rules of orders keep a second one away long before; this stands behind them."""
    session = seated(site, chair=1)
    patient, other = session.patient, seated(site)
    asked = {"minutes": STAY, "chair": 2, "session": other.pk, "at": NOW}
    why = why_not_there(site.clinic, patient, start=NOW + HOUR, **asked)
    assert "This patient has another session on Tue 24-Nov-2026 from 15:00 to 16:40" in why
    assert not why_not_there(site.clinic, patient, start=NOW + timedelta(minutes=STAY), **asked)
    assert not why_not_there(site.clinic, other.patient, start=NOW + HOUR, **asked)


@pytest.mark.hazard("H-26")
@pytest.mark.django_db(transaction=True)
def test_two_who_take_one_chair_at_once_get_it_once(record_property):
    """Two sessions placed, and a session placed while a visit is booked: one wins, the other is told why."""
    rounds = 6
    site = factories.site()
    running = Running(site, plan=False)
    day = NOW + timedelta(days=3)
    for n in range(rounds):
        one, two = seated(site), seated(site)
        answers = at_once(
            lambda s=one, n=n: place(site, s, chair=1 + n % 4, at=NOW + 3 * HOUR),
            lambda s=two, n=n: place(site, s, chair=1 + n % 4, at=NOW + 3 * HOUR),
        )
        refused = [a for a in answers if isinstance(a, Exception)]
        assert len(refused) == 1 and isinstance(refused[0], SessionRefused), answers
        for session in (one, two):
            factories.event(site, session, "session_cancelled", reason="The next round of the test.")
        third = seated(site, at=day.replace(hour=16))
        answers = at_once(
            lambda s=third: place(site, s, chair=2, at=day.replace(hour=10)),
            lambda: running.plan(clock=time(10), chair=2, count=1),
        )
        refused = [a for a in answers if isinstance(a, Exception)]
        assert len(refused) == 1 and isinstance(refused[0], SessionRefused | VisitRefused), answers
        factories.event(site, third, "session_cancelled", reason="The next round of the test.")
        for booked in running.visits:
            if booked.stands:
                running.cancel(booked)
    assert verify_chain().holds
    record_property("n", 2 * rounds)

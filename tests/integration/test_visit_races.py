"""Two who book one chair at once, and two who move one visit at once: one wins, the other is told why."""

from datetime import time, timedelta
from uuid import uuid4

import pytest

from posology.clinic.audit.queries import verify_chain
from posology.clinic.conflicts import Conflict
from posology.clinic.visits.actions import VisitRefused
from posology.clinic.visits.models import VisitAct, VisitRow
from posology.clinic.visits.queries import visit_for
from tests.cases import NOW
from tests.integration.clinic.test_visits import Running
from tests.integration.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 8


@pytest.mark.hazard("H-25")
def test_two_who_book_the_same_chair_at_once_get_it_once(record_property):
    one = Running(plan=False)
    two = Running(one.site, plan=False)
    for n in range(ROUNDS):
        clock, chair = time(8 + 2 * (n % 4)), 1 + n // 4
        first_on = NOW.date() + timedelta(days=3)
        wish = {"clock": clock, "chair": chair, "count": 1, "first_on": first_on}
        answers = at_once(lambda w=wish: one.plan(**w), lambda w=wish: two.plan(**w))
        refused = [a for a in answers if isinstance(a, Exception)]
        assert len(refused) == 1 and isinstance(refused[0], VisitRefused), answers
        assert "Free on that day" in str(refused[0])
        for course in (one, two):
            for booked in course.visits:
                if booked.stands:
                    course.cancel(booked)
    assert VisitRow.objects.everywhere(because="test").count() == ROUNDS
    assert verify_chain().holds
    record_property("n", ROUNDS)


@pytest.mark.hazard("H-27")
def test_two_who_move_the_same_visit_at_once_leave_one_move_and_one_conflict(record_property):
    running = Running()
    key = running.visits[0].row.pk
    for n in range(ROUNDS):
        booked = visit_for(running.site.nurse, key)
        to = [booked.starts_at.replace(hour=h) for h in (8 + n % 2, 13 + n % 2)]
        answers = at_once(*(lambda b=booked, s=s: running.move(b, s, chair=2) for s in to))
        refused = [a for a in answers if isinstance(a, Exception)]
        assert len(refused) == 1 and isinstance(refused[0], Conflict), answers
        assert "Meanwhile" in str(refused[0])
    assert VisitAct.objects.everywhere(because="test").filter(visit=key).count() == ROUNDS + 1
    record_property("n", ROUNDS)


@pytest.mark.hazard("H-25")
def test_a_plan_sent_many_times_at_once_books_once(record_property):
    running = Running(plan=False)
    plan_id, sends = uuid4(), 6
    answers = at_once(*(lambda: [r.pk for r in running.plan(plan_id=plan_id)] for _ in range(sends)))
    assert all(a == answers[0] for a in answers), answers
    assert VisitRow.objects.everywhere(because="test").count() == 5
    record_property("n", sends)

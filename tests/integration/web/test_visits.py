"""The pages of the visits: planned from a form, moved by two lists, cancelled, saved for a calendar."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.visits.queries import visit_for, visits_of
from posology.protocols.visits import VisitState
from tests.cases import NOW
from tests.integration.clinic.test_visits import Running
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=4)


@pytest.fixture(autouse=True)
def later():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def running():
    return Running()


def plan_url(running) -> str:
    return reverse("patient-visits", kwargs={"patient": running.patient.pk})


def visit_url(booked, on="") -> str:
    return reverse("visit", kwargs={"visit": booked.row.pk}) + (f"?on={on}" if on else "")


def version_of(page) -> str:
    """Return the version of a page that has more than one form."""
    return re.search(r'name="version" value="([^"]+)"', text_of(page))[1]


def test_a_course_is_planned_from_its_page():
    running = Running(plan=False)
    client, url = signed_in(running.site.nurse), plan_url(running)
    page = client.get(url)
    assert "Next by the plan: visit 2" in text_of(page) and "No visit is planned" in text_of(page)
    sent = hidden_of(page, url) | {"first_on": "27-Nov-2026", "clock": "10:00", "chair": "any", "count": "5"}
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent).status_code == 302  # the back button and a second click
    assert len(running.visits) == 5
    assert "5 visits are planned" in text_of(client.get(url))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"clock": "17:30"}, "treats from 08:00 to 18:00"),
        ({"first_on": "25-Nov-2026"}, "Choose a later first day"),
        ({"first_on": "the 27th"}, "first day"),
        ({"count": "99"}, "Choose a number of the list"),
        ({"clock": ""}, "Choose the time"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_and_keeps_what_was_typed(changed, says):
    running = Running(plan=False)
    client, url = signed_in(running.site.nurse), plan_url(running)
    usual = {"first_on": "27-Nov-2026", "clock": "10:00", "chair": "2", "count": "4"}
    answer = client.post(url, hidden_of(client.get(url), url) | usual | changed)
    assert answer.status_code == 422 and says in text_of(answer)
    assert '<option value="2" selected>Chair 2' in text_of(answer)
    assert running.visits == ()


def test_a_visit_moves_by_two_lists_within_its_window(running):
    booked = running.visits[0]
    client, on = signed_in(running.site.nurse), booked.on.isoformat()
    page = client.get(visit_url(booked, on))
    assert "inside the window" in text_of(page)
    place = f"{(booked.starts_at + timedelta(hours=3)).isoformat()}/2"
    sent = {"id": str(uuid4()), "patient": str(running.patient.pk), "seen": "1", "on": on}
    sent |= {"what": "move", "place": place, "version": version_of(page)}
    assert client.post(visit_url(booked), sent).status_code == 302
    moved = visit_for(running.site.nurse, booked.row.pk)
    assert (moved.chair, moved.starts_at.hour) == (2, 13)
    assert "Moved to" in text_of(client.get(visit_url(booked)))


def test_outside_its_window_the_page_asks_why(running):
    booked = running.visits[-1]
    on = booked.on + timedelta(days=7)
    client = signed_in(running.site.nurse)
    page = client.get(visit_url(booked, on.isoformat()))
    assert "lies outside the window: say why" in text_of(page)
    place = f"{(booked.starts_at + timedelta(days=7)).isoformat()}/1"
    sent = {"id": str(uuid4()), "patient": str(running.patient.pk), "seen": "1", "on": on.isoformat()}
    sent |= {"what": "move", "place": place, "version": version_of(page)}
    refused = client.post(visit_url(booked), sent)
    assert refused.status_code == 422 and "Say why" in text_of(refused)
    assert client.post(visit_url(booked), sent | {"because": "Travels."}).status_code == 302
    assert "Outside its window: Travels." in text_of(client.get(plan_url(running)))


@pytest.mark.hazard("H-27")
def test_who_moves_a_visit_that_was_moved_meanwhile_sees_both(running, record_property):
    booked = running.visits[0]
    client = signed_in(running.site.nurse)
    page = client.get(visit_url(booked))
    running.move(booked, booked.starts_at + timedelta(hours=2), by=running.site.prescriber, at=LATER)
    place = f"{(booked.starts_at + timedelta(hours=4)).isoformat()}/1"
    sent = {"id": str(uuid4()), "patient": str(running.patient.pk), "seen": "1", "on": booked.on.isoformat()}
    sent |= {"what": "move", "place": place, "version": version_of(page)}
    answer = client.post(visit_url(booked), sent)
    assert answer.status_code == 409
    assert "14:00, chair 1. Meanwhile" in text_of(answer) and "12:00, chair 1" in text_of(answer)
    record_property("n", 1)


def test_a_visit_is_cancelled_with_its_reason(running):
    booked = running.visits[0]
    client = signed_in(running.site.nurse)
    version = version_of(client.get(visit_url(booked)))
    sent = {"id": str(uuid4()), "patient": str(running.patient.pk), "seen": "1", "version": version}
    sent |= {"what": "cancel"}
    assert client.post(visit_url(booked), sent).status_code == 422
    assert client.post(visit_url(booked), sent | {"because": "Away."}).status_code == 302
    assert visit_for(running.site.nurse, booked.row.pk).state(at=LATER) is VisitState.CANCELLED
    assert "Move it" not in text_of(client.get(visit_url(booked)))


def test_a_missed_visit_is_listed_with_its_rule(running):
    booked = running.visits[0]
    after = NOW + timedelta(days=(booked.row.latest_on - NOW.date()).days + 1)
    with time_machine.travel(after, tick=False):
        shown = text_of(signed_in(running.site.nurse).get(plan_url(running)))
    assert "No source gives a rule for a missed session of this protocol" in shown
    assert "A prescriber decides." in shown and "Missed" in shown


def test_the_day_shows_each_chair_and_the_board_what_is_to_be_signed(running):
    booked = running.visits[0]
    client = signed_in(running.site.nurse)
    shown = text_of(client.get(reverse("visits"), {"on": booked.on.isoformat()}))
    assert str(running.patient) in shown and "Chair 4" in shown and "Free all day." in shown
    with time_machine.travel(booked.starts_at - timedelta(hours=1), tick=False):
        board = text_of(signed_in(running.site.nurse).get(reverse("board")))
    assert "Order to be signed" in board


@pytest.mark.parametrize("on", ["tomorrow", "2026-02-30", "1899-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_not_found(running, on):
    assert signed_in(running.site.nurse).get(reverse("visits"), {"on": on}).status_code == 404


@pytest.mark.requirement("SR-29")
def test_files_for_calendars_name_nobody_and_are_kept_nowhere(running, record_property):
    booked = visits_of(running.course)[0]
    urls = [
        reverse("visit-calendar", kwargs={"visit": booked.row.pk}),
        reverse("patient-visits-calendar", kwargs={"patient": running.patient.pk}),
        reverse("visits-calendar") + f"?on={booked.on.isoformat()}",
    ]
    client = signed_in(running.site.nurse)
    for url in urls:
        answer = client.get(url)
        assert answer["Content-Type"].startswith("text/calendar") and "no-store" in answer["Cache-Control"]
        text = text_of(answer)
        assert "BEGIN:VEVENT" in text and "Appointment" in text
        for word in (running.patient.family_name, running.patient.identifier, "ketamine", "Induction"):
            assert word not in text
    record_property("n", len(urls))


def test_a_director_looks_and_changes_nothing(running):
    client = signed_in(running.site.director)
    assert "Nurses and prescribers plan visits." in text_of(client.get(plan_url(running)))
    assert client.post(plan_url(running), {}).status_code == 403

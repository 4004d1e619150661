"""The wall, the line of notices, the lock around both, and what a board costs."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from posology.clinic.accounts.models import Clinic
from posology.clinic.orders.models import OrderRow
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import session_for
from posology.server.checks import unsafe_settings
from tests import factories
from tests.cases import NOW
from tests.integration.web.walk import World, signed_in, text_of

pytestmark = pytest.mark.django_db

PART = {"HX-Request": "true"}


def at_minute(minutes: int) -> time_machine.travel:
    return time_machine.travel(NOW + timedelta(minutes=minutes), tick=False)


def test_a_wall_shows_chairs_and_letters_and_leads_nowhere(here):
    page = text_of(signed_in(here.site.nurse).get(reverse("board-wall")))
    assert "Chair 1" in page and ">CE<" in page and "Session begins" in page and "Free: 2, 3, 4" in page
    assert "<nav" not in page and "<a " not in page.replace('<a class="skip"', "")
    for told in (here.treated.family_name, here.treated.given_name, here.treated.identifier):
        assert told not in page


@pytest.mark.hazard("H-63")
def test_a_wall_goes_on_when_the_screen_locks_and_nothing_else_opens(here):
    client = signed_in(here.site.nurse)
    client.get(reverse("board-wall"))
    with at_minute(11):
        assert ">CE<" in text_of(client.get(reverse("board-wall"), headers=PART))
        board = text_of(client.get(reverse("board")))
        assert ">CE<" not in board and "name hidden" in board
        patient = reverse("patient", kwargs={"patient": here.patient.pk})
        assert client.get(patient)["Location"].startswith(reverse("sign-in"))


@pytest.mark.hazard("H-63")
def test_a_screen_that_was_locked_is_no_wall_with_letters(here):
    client = signed_in(here.site.nurse)
    client.get(reverse("board"))
    with at_minute(11):
        page = text_of(client.get(reverse("board-wall")))
        assert ">CE<" not in page and "Chair 1" in page and "Session begins" in page


@pytest.mark.hazard("H-63")
def test_what_a_page_asks_for_by_itself_does_not_hold_the_lock_open(here):
    client = signed_in(here.site.nurse)
    client.get(reverse("board"))
    for minute in range(1, 12):
        with at_minute(minute):
            assert client.get(reverse("board-stream")).status_code == 200
            answer = client.get(reverse("notices")).json()
    assert answer["locked"] is True


@pytest.mark.hazard("H-37")
def test_what_is_overdue_is_said_in_one_line_without_a_name_until_it_is_done(here):
    session = session_for(here.site.nurse, here.session_id)
    factories.pass_gate(here.site, session, at=NOW)
    factories.event(here.site, session, "administration_started", at=NOW, **factories.starting(session))
    client = signed_in(here.site.prescriber)
    with at_minute(0):
        client.get(reverse("board"))

    def said(minute: int) -> dict[str, object]:
        with at_minute(minute):
            return client.get(reverse("notices")).json()

    assert said(9) == {"count": 0, "words": "", "locked": False}
    assert said(11)["count"] == 0
    assert said(12)["words"] == "1 overdue in chair 1"
    assert said(25) == {"count": 1, "words": "1 overdue in chair 1", "locked": True}
    late = NOW + timedelta(minutes=25)
    reading = {"systolic": 122, "diastolic": 78, "heart_rate": 70, "spo2": 98, "respiratory_rate": 14}
    with time_machine.travel(late, tick=False):
        factories.event(here.site, session, "reading_taken", at=late, **reading)
        factories.event(here.site, session, "scale_scored", at=late, scale="moaa_s", value=5)
    assert said(26)["count"] == 0


@pytest.mark.requirement("SR-32", n=5)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_stream_that_another_page_asks_for_is_refused(here, headers):
    client = signed_in(here.site.nurse)
    assert client.get(reverse("board-stream"), headers=headers).status_code == 403
    own = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert client.get(reverse("board-stream"), headers=own)["Content-Type"] == "text/event-stream"


@pytest.mark.requirement("SR-31")
def test_a_stream_carries_the_headers_of_every_answer(here):
    answer = signed_in(here.site.nurse).get(reverse("board-stream"))
    assert answer["Cache-Control"] == "no-store" and answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.hazard("H-44")
@pytest.mark.parametrize("name", ["IDLE_LOCK_MINUTES", "NOTICE_AFTER_MINUTES"])
@pytest.mark.parametrize("value", ["", "ten", -1, 16, 10_000, 2.5])
def test_a_setting_out_of_its_bounds_keeps_the_site_from_starting(settings, name, value):
    setattr(settings, name, value)
    assert any(name in fault for fault in unsafe_settings())


# ---------------------------------------------------------------- what it costs


def seat(here: World, chairs: range) -> None:
    """Fill chairs with copies of the one session, each with a copy of its order under a new id."""
    Clinic.objects.filter(pk=here.site.clinic.pk).update(chairs=chairs[-1])
    session = session_for(here.site.nurse, here.session_id)
    orders = OrderRow.objects.for_clinic(here.site.clinic)
    for chair in chairs:
        order = orders.get(pk=here.order_id)
        order.pk, order.status = uuid4(), "used"
        order.save(force_insert=True)
        SessionRow.objects.create(
            order=order, patient=session.patient, chair=chair, scheduled_at=NOW, created_at=NOW
        )


def cost_of(here: World, path: str) -> int:
    client = signed_in(here.site.nurse)
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path, headers=PART).status_code == 200
    return len(asked)


@pytest.mark.parametrize("name", ["board", "board-wall", "notices"])
def test_fifty_chairs_cost_as_many_queries_as_twelve(here, record_property, name):
    with time_machine.travel(NOW, tick=False):
        seat(here, range(2, 13))
        twelve = cost_of(here, reverse(name))
        seat(here, range(13, 51))
        fifty = cost_of(here, reverse(name))
    record_property("n", fifty)
    assert fifty == twelve <= 12

"""What stands first on the page at the chair, and how exactly it tells the dose."""

from datetime import timedelta
from uuid import uuid4

import time_machine
from django.urls import reverse

from posology.clinic.audit.models import RecordView
from tests.integration.web.chair import chair, faults_of
from tests.integration.web.walk import hidden_of, text_of


def order_of(html: str) -> list[str]:
    """Return the reading pad and the discharge list in the order in which they stand."""
    return sorted(("readings", "leaving"), key=lambda name: html.index(f'id="{name}"'))


def test_readings_stand_before_the_discharge_list_until_the_stay_is_over(db):
    seat = chair().to_observation()
    html = text_of(seat.open())
    assert order_of(html) == ["readings", "leaving"]
    assert "still open</a>; the minimum stay is over at" in html
    seat.wait(hours=2, minutes=1)
    overdue = text_of(seat.open())
    assert order_of(overdue) == ["readings", "leaving"] and "still open</a>" in overdue
    seat.measure()
    assert order_of(text_of(seat.open())) == ["leaving", "readings"]


def test_the_page_cuts_the_dose_to_a_tenth_and_the_record_keeps_it_exact(db):
    seat = chair().ready().start().wait(minutes=21, seconds=17)
    # By hand: 36 mg x 1277 s / 2400 s = 19.155 mg.
    page = text_of(seat.open())
    assert "19.1\u00a0mg" in page and "19.155" not in page
    with time_machine.travel(seat.at, tick=False):
        record = seat.client().get(reverse("session-record", kwargs={"session": seat.session_id}))
    assert "19.155\u00a0mg" in text_of(record)


def test_a_time_that_still_lies_ahead_is_not_taken_for_yesterday(db):
    seat = chair().to_observation()
    before = seat.events()
    asked = seat.send("readings", heart_rate="70", clock="23:59")
    assert asked.status_code == 422 and "23:59 still lies ahead today" in text_of(asked), faults_of(asked)
    assert seat.events() == before


def test_a_session_over_midnight_takes_a_time_of_the_evening_before(db):
    seat = chair().to_observation()
    seat.wait(hours=24 - seat.at.hour)
    taken = seat.send("readings", heart_rate="70", clock="23:59")
    assert taken.status_code == 302, faults_of(taken)


def test_a_long_word_in_a_note_is_stored_and_shown_as_typed(db):
    seat = chair().to_observation()
    word = "<script>alert(1)</script>" + "W" * 300
    seat.done("note_written", text=word)
    html = text_of(seat.open())
    assert "<script>alert(1)" not in html and "&lt;script&gt;alert(1)" in html


def test_a_reading_kept_by_the_lock_counts_for_the_time_it_was_sent(db):
    """Sent at 15:40 behind a locked screen and again at 16:05, it is a reading of 15:40 (hazard H-63)."""
    seat = chair().to_observation()
    form = {**seat.form("readings"), "heart_rate": "81"}
    client, url = (
        seat.client(),
        reverse("session-event", kwargs={"session": seat.session_id, "kind": "readings"}),
    )
    first = seat.at + timedelta(minutes=12)
    with time_machine.travel(first, tick=False):
        assert client.post(url, form)["Location"].startswith(reverse("sign-in"))
    with time_machine.travel(first + timedelta(minutes=25), tick=False):
        client.force_login(seat.site.nurse)
        session = client.session
        session.pop("locked_at", None)
        session["seen_at"] = (first + timedelta(minutes=25)).isoformat()
        session.save()
        page = client.get(reverse("draft"))
        kept = hidden_of(page, url)
        assert kept["clock"] == f"{first:%H:%M}" and f"{first:%H:%M}" in text_of(page)
        assert client.post(url, kept).status_code == 302
    latest = max(seat.state.readings, key=lambda r: r.at)
    assert latest.payload.heart_rate == 81
    assert latest.at == first.replace(second=0, microsecond=0)


def looks_at(seat) -> int:
    return RecordView.objects.filter(patient_id=seat.patient.pk).count()


def test_a_form_that_shows_nobody_is_no_look_and_one_that_comes_back_is(db):
    """What is recorded and sent on shows no page; a fault, a conflict and another patient's form do."""
    seat = chair().to_observation()
    client, form = seat.client(), seat.form("readings")  # the page that carries the form is a look itself
    url = reverse("session-event", kwargs={"session": seat.session_id, "kind": "readings"})
    before = looks_at(seat)
    with time_machine.travel(seat.at, tick=False):
        assert client.post(url, {**form, "heart_rate": "70"}).status_code == 302
        assert looks_at(seat) == before
        assert client.post(url, {**form, "id": str(uuid4())}).status_code == 422
        assert looks_at(seat) == before + 1
        other = {**form, "id": str(uuid4()), "heart_rate": "70", "patient": str(uuid4())}
        assert client.post(url, other).status_code == 409
        assert looks_at(seat) == before + 2

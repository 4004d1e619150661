"""The pages of monitors: placed, joined, looked at, confirmed in two taps, and held back in sight."""

from datetime import timedelta
from html import unescape
from re import DOTALL, findall, search
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from posology.clinic.sessions.queries import state_of
from tests.integration.web.chair import filled_inputs
from tests.integration.web.walk import signed_in, text_of
from tests.mllp import USUAL
from tests.monitors import Bedside

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


class Nurse:
    """A nurse at the pages of monitors."""

    def __init__(self, bedside: Bedside) -> None:
        self.bedside = bedside
        self.client: Client = signed_in(bedside.site.nurse)

    def get(self, name: str, *, part: bool = False, **kwargs: Any) -> str:
        headers = {"HX-Request": "true"} if part else {}
        with time_machine.travel(self.bedside.at, tick=False):
            response = self.client.get(reverse(name, kwargs=kwargs), headers=headers)
        assert response.status_code == 200
        return text_of(response)

    def press(self, html: str, button: str, **typed: str) -> Any:
        """Send the form with this button as the page made it, with what is typed into it."""
        forms = findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', html, DOTALL)
        action, body = next((a, b) for a, b in forms if button in b)
        fields = findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body)
        sent: dict[str, list[str]] = {}
        for name, value in [*fields, *typed.items()]:
            sent.setdefault(name, []).append(unescape(value))
        sent.pop("csrfmiddlewaretoken", None)
        with time_machine.travel(self.bedside.at, tick=False):
            return self.client.post(action, sent)


@pytest.fixture
def nurse(bedside: Bedside) -> Nurse:
    return Nurse(bedside)


def test_a_new_monitor_is_placed_joined_and_confirmed_by_hand(bedside, nurse):
    session = bedside.seat(1)
    bedside.say()
    page = nurse.get("monitors")
    assert "This monitor is not known here." in page and "Monitor 1" in page
    assert nurse.press(page, "Put it there", chair="1").status_code == 302
    bedside.wait(seconds=5).say()
    assert "Look and join it" in nurse.get("session-monitor-now", part=True, session=session.pk)

    page = nurse.get("session-monitor", session=session.pk)
    assert "128/76" in page and filled_inputs(page) == []
    patient = session.patient
    wrong = nurse.press(page, "join this monitor", record_number="S-other", born_on="14-Mar-1981")
    assert wrong.status_code == 422 and "not that of the patient" in text_of(wrong)
    right = {"record_number": patient.identifier, "born_on": "14-Mar-1981"}
    assert nurse.press(page, "join this monitor", **right).status_code == 302

    bedside.wait(seconds=5).say(values={**USUAL, "systolic": "128.6"})
    strip = nurse.get("session-monitor-now", part=True, session=session.pk)
    assert "128.6/76" in strip and "Use these" in strip
    assert state_of(session).readings == ()
    page = nurse.get("session-monitor", session=session.pk)  # the first tap
    assert "Would be recorded as 129/76" in unescape(page).replace("\xa0", " ") and filled_inputs(page) == []
    assert "129/76 mmHg, heart rate 71/min, SpO2 97%, respiration 15/min" in page.replace("\xa0", " ")
    assert nurse.press(page, "Record what the monitor shows").status_code == 302  # the second
    (entry,) = state_of(session).readings
    assert entry.payload.systolic == 129 and len(entry.payload.from_monitor) == 5
    assert nurse.press(page, "Record what the monitor shows").status_code == 302  # a double click
    assert len(state_of(session).readings) == 1
    assert "from the monitor" in nurse.get("session-record", session=session.pk)


def test_an_unusual_value_is_asked_about_and_an_artefact_is_shown_and_not_offered(bedside, nurse):
    session = bedside.joined(1, "Monitor 1")
    bedside.wait(seconds=5).say(values={"systolic": "205", "diastolic": "96", "spo2": "101"})
    page = nurse.get("session-monitor", session=session.pk)
    assert "101%" in page and "It cannot be true" in page and "Please look again" in page
    assert "checked" not in page.replace("unchecked", "")
    refused = nurse.press(page, "Record what the monitor shows")
    assert refused.status_code == 422 and state_of(session).readings == ()
    assert (
        nurse.press(page, "Record what the monitor shows", **{"confirm-systolic=205": "yes"}).status_code
        == 302
    )
    assert state_of(session).readings[0].payload.values() == {"systolic": 205, "diastolic": 96}


def test_a_value_goes_stale_after_five_minutes_and_cannot_be_used(bedside, nurse):
    session = bedside.joined(1, "Monitor 1")
    bedside.say()
    bedside.wait(minutes=4, seconds=59)
    assert "Use these" in nurse.get("session-monitor-now", part=True, session=session.pk)
    bedside.wait(seconds=1)
    strip = nurse.get("session-monitor-now", part=True, session=session.pk)
    assert "stale" in strip and "Use these" not in strip
    assert "Nothing of this can be recorded" in nurse.get("session-monitor", session=session.pk)


def test_what_is_held_back_stands_with_its_reason_and_what_to_do(bedside, nurse):
    bedside.joined(1, "Monitor 1")
    bedside.wait(seconds=5).say(pid="PID|||S-9^^^X||Other^Otto")
    bedside.say(processing="T")
    bedside.wait(seconds=1).say(values={"spo2": "97"}, units={"spo2": "kg"})
    page = unescape(nurse.get("monitors"))
    for words in ("names another patient", "Look who is at the monitor", "MSH-11 says 'T'", "unit"):
        assert words in page


def test_the_joining_is_ended_by_hand_and_moving_ends_it_too(bedside, nurse):
    session = bedside.joined(1, "Monitor 1")
    page = nurse.get("session-monitor", session=session.pk)
    assert nurse.press(page, "End the joining").status_code == 302
    assert "At this chair, not joined" in nurse.get("session-monitor", session=session.pk)
    assert nurse.press(nurse.get("monitors"), "Move it", chair="99").status_code == 422
    assert nurse.press(nurse.get("monitors"), "Move it", chair="").status_code == 422
    assert nurse.press(nurse.get("monitors"), "Move it", chair="none").status_code == 302


def test_a_form_for_another_patient_changes_nothing(bedside, nurse):
    session = bedside.joined(1, "Monitor 1")
    bedside.say()
    page = nurse.get("session-monitor", session=session.pk)
    body = page.replace(str(session.patient_id), str(uuid4()))
    assert nurse.press(body, "Record what the monitor shows").status_code == 409
    assert state_of(session).readings == ()


def test_the_director_looks_and_changes_nothing(bedside):
    session = bedside.joined(1, "Monitor 1")
    client = signed_in(bedside.site.director)
    address = reverse("session-monitor", kwargs={"session": session.pk})
    with time_machine.travel(bedside.at + timedelta(seconds=1), tick=False):
        assert "Record what" not in text_of(client.get(address))
        assert client.post(address, {"do": "end"}).status_code == 403
        assert not search("<select", text_of(client.get(reverse("monitors"))))

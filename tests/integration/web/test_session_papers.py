"""The papers of a session say what its record says, and the patient's says what to do."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from pypdf import PdfReader

from posology.knowledge import Route
from posology.web.components.text import clock_text, pressure_text
from tests.integration.web.chair import Chair, chair
from tests.integration.web.test_outage import one, send

pytestmark = pytest.mark.django_db

ROUTES = (Route.INTRAVENOUS, Route.INTRAMUSCULAR, Route.NASAL, Route.ORAL)


def print_(seat: Chair, name: str) -> tuple[str, int]:
    """Return the words of a paper of the session, spaces made even, and its pages."""
    url = reverse("session-paper", kwargs={"session": seat.session_id, "name": name})
    return read(seat, url)


def read(seat: Chair, url: str) -> tuple[str, int]:
    with time_machine.travel(seat.at, tick=False):
        answer: Any = seat.client().get(url)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    pages = PdfReader(BytesIO(answer.content)).pages
    text = " ".join(page.extract_text() for page in pages)
    return re.sub(r"[\s\u00a0\u202f]+", " ", text).replace("\u2011", "-"), len(pages)


@pytest.mark.hazard("H-54")
@pytest.mark.parametrize("route", ROUTES)
def test_the_printed_record_holds_every_value_of_the_record(route, record_property):
    """Each reading, score, dose, event and moment of the fold stands in the text of the PDF (4 routes)."""
    seat = chair(route).to_observation()
    seat.wait(minutes=10).measure(systolic="171", diastolic="93", heart_rate="88")
    seat.done("adverse_event", term="Nausea", grade="1", serious="no", related="yes")
    seat.done("drug_given", text="Ondansetron 4 mg by mouth")
    late = one("note_written", seat.at - timedelta(minutes=8), 1, text="Told from paper #1 *as is*.")
    send(seat, [late])
    seat.see_all_criteria().wait(hours=2, minutes=1).measure(systolic="126")
    seat.done("discharged", with_escort="yes")
    text, pages = print_(seat, "record")
    state, zone, compared = seat.state, seat.at.tzinfo, 0
    assert zone is not None
    for entry in state.readings:
        says = entry.payload
        row = (
            f"{clock_text(entry.at, zone)} {pressure_text(says.systolic, says.diastolic)} "
            f"{says.heart_rate}/min {says.spo2}% {says.respiratory_rate}/min"
        )
        assert row in text, row
        compared += 6
    for score in state.scores:
        assert f"MOAA/S {score.payload.value}" in text
    given = state.delivered_mg(seat.at).normalize()
    assert f"{given:f} mg of" in text
    for told in ("Nausea", "Ondansetron 4 mg by mouth", "Told from paper #1 *as is*.", "Late: entered at"):
        assert told in text
    assert f"Left {clock_text(state.discharged_at, zone)}, with an escort" in text
    assert seat.patient.identifier in text and seat.patient.family_name.upper() in text
    assert pages <= 2
    record_property("n", compared + len(state.scores) + 7)


@pytest.mark.hazard("H-54")
def test_a_corrected_reading_is_printed_as_it_counts_and_what_does_not_fit_is_told():
    seat = chair().ready()
    began = seat.at + timedelta(minutes=5)
    seat.wait(minutes=1).done("session_cancelled", reason="Unwell.", by=seat.site.prescriber)
    seat.wait(hours=1)
    send(seat, [one("administration_started", began, 1, dose_mg="36", minutes="40", lot="L-1")])
    text, _ = print_(seat, "record")
    assert "do not fit the rest of the record" in text and "administration started" in text


@pytest.mark.hazard("H-73")
@pytest.mark.parametrize("route", ROUTES)
def test_the_downtime_sheet_has_the_order_the_plan_and_room_to_write(route, settings):
    settings.DOWNTIME_PHONES = "Prescriber on call 555 0100; Pharmacy 555 0101"
    seat = chair(route)
    text, pages = print_(seat, "downtime")
    for told in (
        seat.patient.family_name.upper(),
        seat.patient.identifier,
        "14-Mar-1981",
        "records what people do and permits nothing",
        "ask the prescriber",
        "Before the dose",
        "Prescriber on call 555 0100",
        "marked as late",
    ):
        assert told in text, told
    assert ("56 mg" if route is Route.NASAL else "36 mg") in text
    assert "0.72" not in text, "the volume is worked out alone"
    assert pages == 1


@pytest.mark.hazard("H-73")
def test_the_sheets_of_a_day_have_a_page_for_every_chair():
    seat = chair()
    running = chair(site=seat.site, identifier="P-2", family_name="Second").ready().start()
    running.wait(minutes=10).measure(systolic="139")
    running.at = max(seat.at, running.at)
    text, pages = read(running, reverse("downtime-sheets"))
    assert "139/78" in text and "dose started" in text
    assert "none is set for this site" in text
    assert pages >= running.site.clinic.chairs
    assert "No session was planned here" in text


def test_what_the_patient_takes_home_says_when_to_drive_and_whom_to_call(settings):
    """S-DRV-01: not before the next day, after restful sleep. Without a phone the sheet says to ask."""
    seat = chair().to_observation()
    text, pages = print_(seat, "leaving")
    day = (seat.at + timedelta(days=1)).strftime("%d-%b-%Y")
    assert f"You may drive from tomorrow, {day}, and only after a good night's sleep" in text.replace(
        "’", "'"
    )
    assert "Phone: not set. Ask the staff" in text
    for word in ("depression", "ketamine", "suicid"):
        assert word not in text.lower()
    assert pages == 1
    settings.SITE_PHONE = "555 0123"
    text, _ = print_(seat, "leaving")
    assert "555 0123" in text and "not set" not in text


def test_the_patients_sheet_can_be_read_at_twelve():
    """The grade of Kincaid and others (1975), counted over the fixed sentences, stays under 7."""
    from posology.web.outage.words import EMERGENCY, LEAVING, UNTIL_TOMORROW

    text = " ".join([*LEAVING.values(), *UNTIL_TOMORROW, *(f"{one}." for one in EMERGENCY)])
    sentences = len(re.findall(r"[.:!?]", text))
    words = re.findall(r"[A-Za-z']+", text)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", w.lower())))) for w in words)
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    assert grade < 7, grade


def test_the_same_record_prints_the_same_bytes():
    seat = chair().to_observation()
    url = reverse("session-paper", kwargs={"session": seat.session_id, "name": "record"})
    with time_machine.travel(seat.at, tick=False):
        first, again = (seat.client().get(url).content for _ in range(2))
    assert first == again

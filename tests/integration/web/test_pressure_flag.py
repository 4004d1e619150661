"""The flag at the chair: one next action, its reason, who decides; nothing stops by itself."""

import pytest

from posology.treatment import SessionPhase
from tests.integration.web.chair import chair, faults_of
from tests.integration.web.walk import text_of


def test_a_site_without_a_limit_is_told_so_and_sees_no_flag_of_pressure(db):
    seat = chair().ready().start()
    seat.wait(minutes=10).measure(systolic="178", diastolic="108")
    html = text_of(seat.open())
    assert "This site has set no limit of pressure; symptoms count at any pressure." in html
    assert "Measure again</strong>" not in html
    assert "Saturation is flagged below 93%, suggested, not set by this site." in html


@pytest.mark.hazard("H-40")
def test_symptoms_at_any_pressure_call_for_help_and_a_prescriber_leads_back(db):
    """A usual pressure and symptoms: stop and emergency; the dose still runs until a person stops it."""
    seat = chair().ready().start()
    seat.wait(minutes=10).measure()
    assert 'class="notice notice--stop"' not in text_of(seat.open())
    seat.done("symptoms_checked", present="yes", which="Chest pain.")
    html = text_of(seat.open())
    assert "Stop the dose, and call for emergency help" in html and "whatever the pressure" in html
    assert seat.state.phase is SessionPhase.RUNNING
    assert "/pressure_decided/" not in html  # a nurse does not decide it
    seat.done("infusion_paused")
    refused = seat.send("infusion_resumed")
    assert refused.status_code == 422 and "until a prescriber has decided" in text_of(refused), faults_of(
        refused
    )
    prescriber = seat.site.prescriber
    assert "/pressure_decided/" in text_of(seat.open(by=prescriber))
    seat.done("pressure_decided", by=prescriber, way="go_on", reason="Seen: a cramp of the back, it passed.")
    assert "call for emergency help" not in text_of(seat.open())
    seat.done("infusion_resumed")
    assert seat.state.phase is SessionPhase.RUNNING


def test_a_low_saturation_is_flagged_until_it_is_measured_again(db):
    seat = chair().ready().start()
    seat.wait(minutes=10).measure(spo2="92")
    assert "Saturation 92% at" in text_of(seat.open())
    seat.wait(minutes=2).measure(spo2="96")
    assert "Saturation 92% at" not in text_of(seat.open())


def test_nobody_is_asked_after_symptoms_before_the_dose_or_after_the_session(db):
    seat = chair()
    assert "/symptoms_checked/" not in text_of(seat.open())
    seat.ready().start()
    assert text_of(seat.open()).count("/symptoms_checked/") == 1

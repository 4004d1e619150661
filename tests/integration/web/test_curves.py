"""Curves on pages: one an option, another dose within the protocol, what a session gave; nothing is kept."""

import re
from html import escape

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.accounts.models import Role
from posology.clinic.audit.models import RecordView
from posology.clinic.care.chairside import chairside
from posology.clinic.care.queries import advice_for, case_of
from posology.clinic.orders.models import OrderRow
from posology.clinic.sessions.models import EventRow
from posology.knowledge import Route
from posology.treatment.rises import measured_rise
from posology.web.curves.session_figure import session_curves
from posology.web.words import to_tenth
from tests import factories
from tests.cases import NOW
from tests.integration.web.chair import Chair, chair
from tests.integration.web.walk import signed_in, text_of, world

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}
STOP = {"reason": "Ended in the test.", "complete": "no"}


def seated(route: Route = Route.INTRAVENOUS) -> Chair:
    """Seat a patient in a clinic beside that of the file's world."""
    return chair(route, site=factories.site("Seated Synthetic Clinic"))


def asked(here, name="curve", *, role=Role.PRESCRIBER, part=True, **query):
    client = signed_in(here.site.person(role))
    url = reverse(name, kwargs=here.kwargs_for(name))
    return client.get(url, query, headers=PART if part else {})


# ---------------------------------------------------------------- beside the options


def test_the_options_page_asks_for_its_curves_after_it_is_shown(here):
    html = text_of(asked(here, "options", part=False))
    url = reverse("curves", kwargs={"patient": here.patient.pk})
    assert f'hx-get="{url}"' in html and f'<a href="{url}">' in html
    assert "curve-picture" not in html


def test_each_option_with_a_dose_has_one_curve_and_all_share_one_scale(here, record_property):
    options = advice_for(here.patient, as_of=NOW).options
    html = text_of(asked(here, "curves"))
    assert "<html" not in html
    assert html.count('class="curve-picture"') == sum(option.dose is not None for option in options) > 2
    scales = {tuple(re.findall(r'text-anchor="end">([0-9,.]+)</text>', one)) for one in gutters(html)}
    assert len(scales) == 1
    for words in (
        "The band is of a population, not of this patient",
        "waives no measurement",
        "sets no dose",
        "never replaces a clinician",
        "Try another dose",
        "/models/ketamine-otto-2021/",
    ):
        assert words in html
    record_property("n", len(options))


def gutters(html):
    return re.findall(r'<svg class="curve-gutter".*?</svg>', html, re.DOTALL)


def test_without_a_script_the_same_stands_on_a_page_of_its_own(here):
    html = text_of(asked(here, "curves", part=False))
    assert "<h1>Curves of the options</h1>" in html and 'class="curve-picture"' in html


def test_no_style_and_no_script_stands_in_a_picture(here):
    for name in ("curves", "curve", "session-curve"):
        html = text_of(asked(here, name))
        assert " style=" not in html and "<script" not in html and "<style" not in html


# ---------------------------------------------------------------- another dose


def test_another_dose_within_the_protocol_is_answered_with_its_curve(here):
    html = text_of(asked(here, protocol="ketamine-iv", dose_mg="21.5", minutes="60"))
    assert "ketamine 21.5 mg, intravenous over 60 min" in html.replace("\u00a0", " ")
    assert 'class="curve-picture"' in html and "<form" not in html


def test_the_whole_panel_says_that_it_changes_no_order(here):
    html = text_of(panel(here))
    assert "This changes no order." in html
    assert 'type="range" id="try-dose_mg"' in html or 'type="range" id="try-devices"' in html


def panel(here, **query):
    client = signed_in(here.site.prescriber)
    url = reverse("curve", kwargs={"patient": here.patient.pk})
    return client.get(url, {"part": "panel", **query}, headers=PART)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"protocol": "ketamine-iv", "dose_mg": "90"}, "lies outside of what the protocol lists here"),
        ({"protocol": "ketamine-iv", "dose_mg": "-1"}, "lies outside of what the protocol lists here"),
        ({"protocol": "ketamine-iv", "minutes": "5"}, "40\u00a0min to 60\u00a0min"),
        ({"protocol": "ketamine-iv", "dose_mg": "thirty"}, "thirty"),
        ({"protocol": "ketamine-iv", "dose_mg": "NaN"}, "NaN"),
        ({"protocol": "esketamine-nasal-us", "devices": "2.5"}, "lies outside"),
        ({"protocol": "esketamine-nasal-us", "devices": "9"}, "lies outside"),
        ({"protocol": "nothing"}, "no other dose can be tried"),
        ({"protocol": "esketamine-nasal-eu"}, "no other dose can be tried"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_a_sentence(here, query, words):
    response = asked(here, **query)
    assert response.status_code == 422
    html = text_of(response)
    assert words in html and "No curve." in html
    assert "curve-picture" not in html and "<html" not in html


def test_a_refusal_stands_on_the_page_where_no_script_runs(here):
    response = asked(here, part=False, protocol="ketamine-iv", dose_mg="90")
    assert response.status_code == 422
    assert "<h1>Try another dose</h1>" in text_of(response) and "lies outside" in text_of(response)


def test_trying_doses_writes_nothing_but_that_somebody_looked(here):
    before = stored()
    looks = RecordView.objects.filter(patient_id=here.patient.pk).count()
    for dose in range(20, 40):
        assert asked(here, protocol="ketamine-iv", dose_mg=str(dose)).status_code == 200
    assert stored() == before
    assert RecordView.objects.filter(patient_id=here.patient.pk).count() == looks + 1


def stored():
    return [model.objects.everywhere(because="counted by a test").count() for model in (EventRow, OrderRow)]


@pytest.mark.requirement("SR-11")
def test_another_clinics_patient_has_no_curve_for_us(here):
    other = world("Other Synthetic Clinic")
    client = signed_in(here.site.prescriber)
    for name in ("curves", "curve", "session-curve"):
        response = client.get(reverse(name, kwargs=other.kwargs_for(name)), headers=PART)
        assert response.status_code == 404
        assert "curve-picture" not in text_of(response)


# ---------------------------------------------------------------- a session


def curve_of_session(seat, **headers):
    url = reverse("session-curve", kwargs={"session": seat.session_id})
    with time_machine.travel(seat.at, tick=False):
        return text_of(seat.client().get(url, headers=PART))


def shown_of(seat):
    with time_machine.travel(seat.at, tick=False):
        at_chair = chairside(seat.site.nurse, seat.session_id, at=seat.at)
        return session_curves(at_chair, case_of(seat.patient, as_of=seat.at), as_of=seat.at)


def test_before_the_dose_the_plan_alone_is_drawn(here):
    html = text_of(asked(here, "session-curve"))
    assert "Planned: " in html and "Given so far" not in html
    assert "curve-line--middle" in html and "curve-line--plan" not in html


@pytest.mark.hazard("H-11")
def test_the_given_curve_is_of_exactly_what_is_in_through_a_pause_and_a_new_rate(db, record_property):
    """At each minute of a session with a pause, a resumption and a stop: the curve's own amount."""
    seat, tried = seated().ready().start(), 0
    steps = {5: ("infusion_paused", {}), 9: ("infusion_resumed", {}), 20: ("infusion_stopped", STOP)}
    for minute in range(30):
        if minute in steps:
            kind, typed = steps[minute]
            seat.done(kind, **typed)
        if minute:
            curves, told = shown_of(seat), seat.state.delivered_exact(seat.at)
            assert curves.drawn.total_mg == pytest.approx(float(told), rel=1e-12)
            words = " ".join(curves.figure.says).replace("\u00a0", " ")
            shown = f"{to_tenth(seat.state.delivered_mg(seat.at)).normalize():f} mg."
            assert f"Given so far: {shown}" in words or f"Given: {shown}" in words
            tried += 1
        seat.wait(minutes=1)
    record_property("n", tried)


def test_while_it_runs_the_plan_stands_in_grey_behind_the_given_line_up_to_now(db):
    seat = seated().ready().start().wait(minutes=20)
    html = curve_of_session(seat)
    assert "curve-line--plan" in html and "curve-line--middle" in html
    assert 'class="curve-now"' in html and "Given so far: 18 mg." in html.replace("\u00a0", " ")


def test_each_shape_says_what_it_is_not(db):
    seat = seated().ready().start().wait(minutes=20)
    html = curve_of_session(seat)
    shapes = shown_of(seat).shapes
    assert len(shapes) == 2
    for shape in shapes:
        assert shape.is_not and f"<strong>{escape(shape.is_not)}</strong>" in html
    assert "the placebo-corrected mean of the trials" in " ".join(shapes[1].says)


def test_a_lost_spray_leaves_the_plan_and_says_why_what_was_given_is_not_drawn(db):
    seat = seated(Route.NASAL).ready().start()
    seat.done("device_given", lot="L-1", complete="no").wait(minutes=10)
    html = curve_of_session(seat)
    assert "A spray was lost or partial" in html and "curve-line--plan" not in html


def test_the_page_of_a_session_asks_for_its_curve_after_it_is_shown(db):
    seat = seated().ready().start()
    html = text_of(seat.open())
    assert f'hx-get="{reverse("session-curve", kwargs={"session": seat.session_id})}"' in html
    assert "curve-picture" not in html


def test_the_patients_own_earlier_rises_give_the_pressure_its_height(db):
    first = seated().to_observation()
    first.wait(minutes=1).measure(systolic="150", diastolic="91")
    rise = measured_rise(first.state)
    assert (rise.systolic, rise.diastolic) == (26, 13)

"""The chair: from two typed identifiers to the door, by every route; nothing prefilled, nothing twice."""

import json
import re

import pytest
import time_machine
from django.db import connection, transaction
from django.urls import reverse

from posology.clinic.audit.triggers import install, remove
from posology.clinic.orders.models import OrderRow, Signature
from posology.knowledge import Route
from posology.treatment import SessionPhase
from tests.cases import NOW
from tests.integration.web.chair import NORMAL, Chair, chair, faults_of, filled_inputs, inputs
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db

ROUTES = (Route.INTRAVENOUS, Route.INTRAMUSCULAR, Route.NASAL, Route.ORAL)


@pytest.fixture
def iv() -> Chair:
    return chair()


# ---------------------------------------------------------------- the whole way


@pytest.mark.parametrize("route", ROUTES)
def test_a_session_goes_from_the_gate_to_the_door(route):
    seat = chair(route).to_observation()
    assert seat.state.phase is SessionPhase.OBSERVING
    assert seat.state.delivered_mg(seat.at) in {36, 56}
    seat.see_all_criteria().wait(hours=2, minutes=1).measure()
    seat.done("discharged", with_escort="yes")
    assert seat.state.phase is SessionPhase.DISCHARGED
    assert "This session is over" in text_of(seat.open())
    with time_machine.travel(seat.at, tick=False):
        record = seat.client().get(reverse("session-record", kwargs={"session": seat.session_id}))
    assert record.status_code == 200 and "Everything that was written" in text_of(record)


# ---------------------------------------------------------------- H-24


@pytest.mark.hazard("H-24")
@pytest.mark.parametrize("route", ROUTES)
def test_no_field_of_any_phase_is_filled_when_the_page_is_made(route, record_property):
    """Every input of the session's page in every phase, for a nurse and a prescriber (4 routes)."""
    seat, seen = chair(route), 0

    def look(query: str = "") -> None:
        nonlocal seen
        for by in (seat.site.nurse, seat.site.prescriber):
            html = text_of(seat.open(query, by))
            assert filled_inputs(html) == [], (seat.state.phase, query)
            seen += inputs(html)

    look()
    seat.identify_and_answer()
    look()
    look("?again=identity")
    look("?again=escort_home")
    seat.measure()
    look("?again=readings")
    seat.check()
    look()
    look("?again=check")
    seat.start()
    look()
    if route is Route.INTRAVENOUS:
        seat.done("infusion_paused")
        look()
        seat.done("infusion_resumed").done("infusion_stopped", complete="no", reason="Asked.")
        look()
    if route is Route.NASAL:
        seat.done("device_given", lot="L-1", complete="yes")
        look()
    for row in seat.state.readings:
        look(f"?correct={row.event_id}")
    record_property("n", seen)
    assert seen > 300


@pytest.mark.hazard("H-24")
def test_the_last_value_stands_beside_the_box_and_not_in_it(iv):
    html = text_of(iv.measure().open("?again=readings"))
    assert "124/78" in html and filled_inputs(html) == []


# ---------------------------------------------------------------- H-25


@pytest.mark.hazard("H-25")
def test_a_form_that_is_sent_twice_is_recorded_once(record_property):
    """Each kind of form of an infusion sent twice: one set of rows, the same answer (N = 13 kinds)."""
    seat, tried = chair(), 0

    def twice(kind: str, **typed: str) -> None:
        nonlocal tried
        form = {**seat.form(kind), **typed}
        first = seat.post(kind, form)
        assert first.status_code == 302, (kind, faults_of(first))
        before = seat.events()
        again = seat.wait(seconds=2).post(kind, form)
        assert (again.status_code, again.get("Location")) == (302, first["Location"]), faults_of(again)
        assert seat.events() == before, kind
        tried += 1

    answers = {f"answer-{k}": "no" for k in ("urinary_symptoms", "intoxicated_or_withdrawing")}
    twice("gate", record_number=seat.patient.identifier, born_on="1981-03-14", **answers)
    seat.identify_and_answer()
    twice("readings", **NORMAL, nausea="0", dissociation="1")
    twice("worksheet_checked", **seat.right_check())
    twice("infusion_started", lot="L-1", pump_rate_mL_per_h="75")
    twice("infusion_paused")
    twice("infusion_resumed")
    twice("infusion_rate_changed", pump_rate_mL_per_h="60")
    twice("adverse_event", term="Nausea", grade="1", serious="no", related="yes")
    twice("drug_given", text="Ondansetron 4 mg by mouth")
    twice("note_written", text="Calm.")
    twice("infusion_stopped", complete="no", reason="The patient asked.")
    twice("criteria", **{"met-alert": "yes", "met-oriented": "yes"})
    seat.see_all_criteria().wait(minutes=61).measure()
    twice("discharged", with_escort="yes")
    record_property("n", tried)
    assert tried == 13


@pytest.mark.hazard("H-25")
def test_an_id_that_returns_with_another_content_is_a_conflict(iv):
    form = iv.form("note_written")
    iv.post("note_written", {**form, "text": "Calm."})
    refused = iv.post("note_written", {**form, "text": "Restless."})
    assert refused.status_code == 409
    assert [n.payload.text for n in iv.state.notes] == ["Calm."]


# ---------------------------------------------------------------- H-01


@pytest.mark.hazard("H-01")
def test_no_dose_starts_on_wrong_identifiers(iv, record_property):
    """Wrong number, wrong day, both: recorded as typed, and no start (N = 3)."""
    wrongs = (
        {"record_number": "S-9"},
        {"born_on": "1981-03-15"},
        {"record_number": "S-9", "born_on": "1980-01-01"},
    )
    iv.identify_and_answer().measure().check()
    for typed in wrongs:
        right = {"record_number": iv.patient.identifier, "born_on": "1981-03-14"}
        iv.wait(seconds=5).done("gate", query="?again=identity", **{**right, **typed})
        html = text_of(iv.open())
        assert "is not this patient" in html and "/infusion_started/" not in html
        form = {**iv.form("note_written"), "lot": "L-1", "pump_rate_mL_per_h": "75"}
        assert iv.post("infusion_started", form).status_code == 422
        assert iv.state.started_at is None
    record_property("n", len(wrongs))


@pytest.mark.hazard("H-01")
def test_a_form_of_another_tab_or_another_patient_is_not_recorded(iv, record_property):
    """Switched tab, other patient, no patient, at each kind of form before the dose: 409, nothing written."""
    other = chair(site=iv.site, family_name="Example", given_name="Bo")
    tried = 0
    for kind, typed in (
        ("readings", NORMAL),
        ("note_written", {"text": "Calm."}),
        ("gate", {"answer-escort_home": "yes"}),
    ):
        form = {**iv.form(kind), **typed}
        with time_machine.travel(NOW, tick=False):
            iv.client().get(other.url)
        refused = iv.post(kind, form)
        assert refused.status_code == 409 and "Nothing was recorded yet" in text_of(refused)
        iv.open()
        for named in (str(other.patient.pk), ""):
            assert iv.post(kind, {**form, "patient": named}).status_code == 409
            tried += 1
        tried += 1
    assert iv.events() == other.events() == 0
    record_property("n", tried)


@pytest.mark.hazard("H-01")
def test_what_was_typed_in_the_other_tab_is_sent_with_one_click(iv):
    other = chair(site=iv.site, family_name="Example", given_name="Bo")
    form = {**iv.form("readings"), **NORMAL}
    with time_machine.travel(NOW, tick=False):
        iv.client().get(other.url)
    again = hidden_of(iv.post("readings", form), "/readings/")
    assert iv.post("readings", again).status_code == 302
    assert len(iv.state.readings) == 1


# ---------------------------------------------------------------- H-04, H-05, H-11


@pytest.mark.hazard("H-04")
def test_a_dose_typed_where_the_volume_belongs_is_refused(iv, record_property):
    """The second person types mg for mL, or a result off by more than 1 %: no check is recorded (N = 4)."""
    iv.identify_and_answer().measure()
    tried = ("36", "0.73", "7.2", "0.072")
    for typed in tried:
        refused = iv.send("worksheet_checked", **{**iv.right_check(), "typed_volume_mL": typed})
        assert refused.status_code == 422, typed
        assert iv.state.worksheet is None
        assert f'value="{typed}"' in text_of(refused), "what was typed is kept"
    assert iv.check().state.worksheet is not None
    record_property("n", len(tried))


def test_the_session_page_does_not_show_the_volume_before_the_second_person_has_typed_it(iv):
    html = text_of(iv.identify_and_answer().measure().open())
    assert "36\u00a0mg" in html and "0.72" not in html


@pytest.mark.hazard("H-05")
def test_another_product_in_the_hand_is_refused(iv, record_property):
    """Every product on the shelf but the ordered one (N = 2 offered, 1 posted)."""
    iv.identify_and_answer().measure()
    others = ("ketamine-10", "ketamine-100", "esketamine-device-28")
    for product in others:
        refused = iv.send("worksheet_checked", **{**iv.right_check(), "product_id": product})
        assert refused.status_code == 422 and "Put it back" in text_of(refused)
    record_property("n", len(others))


def test_the_second_person_is_someone_else(iv):
    iv.identify_and_answer().measure()
    refused = iv.send("worksheet_checked", **{**iv.right_check(), "checked_by": str(iv.site.nurse.pk)})
    assert refused.status_code == 422 and "second person" in faults_of(refused)


@pytest.mark.hazard("H-11")
def test_a_pump_that_shows_another_rate_does_not_start(iv, record_property):
    """Volume, mg/min, and a rate off by more than 2 % (N = 4): refused; 75 mL/h starts."""
    iv.ready()
    tried = ("0.72", "0.9", "77", "7.5")
    for typed in tried:
        refused = iv.send("infusion_started", lot="L-1", pump_rate_mL_per_h=typed)
        assert refused.status_code == 422 and "75\u00a0mL/h" in text_of(refused)
    assert iv.start().state.phase is SessionPhase.RUNNING
    record_property("n", len(tried))


@pytest.mark.hazard("H-11")
def test_a_stop_shows_what_has_gone_in(iv):
    iv.ready().start().wait(minutes=10).done("infusion_paused").wait(minutes=5)
    assert "9\u00a0mg" in text_of(iv.open())
    iv.done("infusion_resumed").wait(minutes=10)
    iv.done("infusion_stopped", complete="no", reason="The patient asked.").wait(minutes=3)
    assert iv.state.delivered_mg(iv.at) == 18
    assert "18\u00a0mg" in text_of(iv.open()) and "of 36\u00a0mg" in text_of(iv.open())


def test_a_new_rate_is_typed_as_the_pump_shows_it_and_never_passes_the_limit(iv):
    iv.ready().start().wait(minutes=10)
    refused = iv.send("infusion_rate_changed", pump_rate_mL_per_h="400")
    assert refused.status_code == 422 and "mg/kg/min" in faults_of(refused)
    iv.done("infusion_rate_changed", pump_rate_mL_per_h="37.5").wait(minutes=10)
    assert iv.state.delivered_mg(iv.at) == pytest.approx(13.5, abs=0.001)


# ---------------------------------------------------------------- H-28


def altered(seat: Chair, column: str, value: str) -> None:
    """Edit the stored order as somebody with the database's own keys can."""
    key = OrderRow._meta.pk.get_db_prep_value(seat.row.order_id, connection)
    remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE orders_orderrow SET {column} = %s WHERE id = %s", [value, key])  # noqa: S608
    install(connection)


@pytest.mark.hazard("H-28")
def test_no_change_after_signing_lets_a_dose_start(iv, record_property):
    """Each field of the order's text and each column beside it: the form that stood ready is refused."""
    iv.ready()
    form = {**iv.form("infusion_started"), "lot": "L-1", "pump_rate_mL_per_h": "75"}
    stored = json.loads(iv.row.order.body)
    texts = [json.dumps({**stored, name: _other(value)}, sort_keys=True) for name, value in stored.items()]
    edits = [
        *(("body", text) for text in texts),
        ("body", "{}"),
        ("sha256", "0" * 64),
        ("dose_mg", "7"),
        ("planned_on", "2026-11-25"),
        ("signed_at", "2026-11-24 14:00:00"),
        ("status", "withdrawn"),
    ]
    for column, value in edits:
        with transaction.atomic():
            altered(iv, column, value)
            refused = iv.post("infusion_started", form)
            assert refused.status_code in {409, 422}, (column, value)
            page = iv.open()
            assert "/infusion_started/" not in text_of(page), (column, value)
            assert iv.events() == len(iv.row.events.everywhere(because="counted by a test"))
            transaction.set_rollback(True)
    record_property("n", len(edits))
    assert iv.post("infusion_started", form).status_code == 302


def _other(value: object) -> object:
    if isinstance(value, str):
        return f"{value}1"
    if isinstance(value, int):
        return value + 1
    return [] if value else "1"


@pytest.mark.hazard("H-28")
def test_a_withdrawn_order_does_not_start(iv):
    iv.ready()
    form = {**iv.form("infusion_started"), "lot": "L-1", "pump_rate_mL_per_h": "75"}
    url = reverse("order", kwargs={"order": iv.row.order_id})
    with time_machine.travel(iv.at, tick=False):
        prescriber = signed_in(iv.site.prescriber)
        page = text_of(prescriber.get(url))
        version = re.search(r'name="version" value="(\w+)"', page)
        withdrawn = prescriber.post(
            url, {"patient": str(iv.patient.pk), "version": version[1], "what": "withdraw"}
        )
        assert withdrawn.status_code == 302
    refused = iv.post("infusion_started", form)
    assert refused.status_code == 422 and "withdrawn" in faults_of(refused)
    assert Signature.objects.for_clinic(iv.site.clinic).count() == 1


@pytest.mark.hazard("H-28")
def test_the_rules_are_asked_again_at_the_start(iv):
    iv.identify_and_answer(**{"answer-intoxicated_or_withdrawing": "yes"}).measure().check()
    html = text_of(iv.open())
    assert "In the way" in html and "/infusion_started/" not in html

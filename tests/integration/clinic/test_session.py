"""A session's door: what is refused before, during and after the dose, and what is never lost."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from posology.case import Answer
from posology.clinic.accounts.actions import make_user
from posology.clinic.accounts.models import Role
from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.care.session import LIVE_ONLY, record_event
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.orders.actions import OrderRefused, withdraw_order
from posology.clinic.orders.stored import order_of
from posology.clinic.sessions.actions import SessionRefused, place_session
from posology.clinic.sessions.models import EventRow
from posology.clinic.sessions.permissions import OVERRIDES
from posology.clinic.sessions.queries import state_of
from posology.treatment import EventError, EventKind, NeedsConfirmation, SessionPhase
from posology.treatment.policies import NotAllowed
from posology.treatment.sheet import CheckFailed
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def patient(site):
    made = factories.patient(site)
    factories.assess_fully(site, made)
    factories.fill_form(site, made, at=NOW - timedelta(minutes=2))
    return made


@pytest.fixture
def session(site, patient):
    return factories.signed_order(site, patient).session


def _events(session):
    return EventRow.objects.everywhere(because="test").filter(session=session)


def _start(site, session, *, at=NOW, **changes):
    return factories.event(
        site, session, "administration_started", at=at, **factories.starting(session) | changes
    )


# ---------------------------------------------------------------- whose session


@pytest.mark.hazard("H-01")
def test_an_event_from_a_page_of_another_patient_is_refused(site, patient, session, record_property):
    """Every kind of event, sent with the other patient's id: refused N of N, nothing stored."""
    other = factories.patient(site, given_name="Adah")
    for kind, payload in SENT.items():
        with pytest.raises(WrongPatient):
            record_event(
                session_id=session.pk,
                event_id=uuid4(),
                kind=kind,
                payload=payload,
                occurred_at=NOW,
                page_patient_id=other.pk,
                by=site.prescriber,
                at=NOW,
            )
    assert set(SENT) == set(EventKind)
    assert not _events(session).exists()
    record_property("n", len(SENT))


SENT = {
    EventKind.IDENTITY_CHECKED: {"record_number": "S-1", "born_on": "1981-03-14"},
    EventKind.GATE_ANSWERED: {"item": "escort_home", "answer": "yes"},
    EventKind.GATE_OVERRIDDEN: {"rule": "escort_home", "reason": "x"},
    EventKind.WORKSHEET_CHECKED: {
        "product_id": "ketamine-50",
        "lot": "1",
        "typed_volume_mL": "1",
        "checked_by": "x",
    },
    EventKind.ADMINISTRATION_STARTED: {"dose_mg": "36", "lot": "1", "minutes": 40},
    EventKind.DEVICE_GIVEN: {"number": 1, "lot": "1", "complete": True},
    EventKind.INFUSION_RATE_CHANGED: {"rate_mg_per_min": "0.5"},
    EventKind.INFUSION_PAUSED: {},
    EventKind.INFUSION_RESUMED: {},
    EventKind.INFUSION_STOPPED: {"reason": "x"},
    EventKind.DOSE_GIVEN: {"dose_mg": "36", "lot": "1"},
    EventKind.READING_TAKEN: {"systolic": 120, "diastolic": 80},
    EventKind.SCALE_SCORED: {"scale": "moaa_s", "value": 5},
    EventKind.ADVERSE_EVENT: {"term": "nausea", "grade": 1, "serious": False, "related": "yes"},
    EventKind.DRUG_GIVEN: {"text": "ondansetron 4 mg"},
    EventKind.NOTE_WRITTEN: {"text": "x"},
    EventKind.SYMPTOMS_CHECKED: {"present": False},
    EventKind.PRESSURE_DECIDED: {"way": "go_on", "reason": "x"},
    EventKind.CORRECTED: {"event_id": str(uuid4()), "reason": "x", "withdrawn": True},
    EventKind.DISCHARGE_CRITERION: {"key": "x", "met": True},
    EventKind.DISCHARGE_OVERRIDDEN: {"reason": "x"},
    EventKind.DISCHARGED: {"with_escort": True},
    EventKind.SESSION_CANCELLED: {"reason": "x"},
}


@pytest.mark.hazard("H-01")
@pytest.mark.parametrize("wrong", [{"record_number": "S-other"}, {"born_on": "1981-03-15"}])
def test_a_wrong_identifier_at_the_gate_lets_nothing_start(site, patient, session, wrong):
    """N = 2 identifiers, each wrong in turn: the start is refused."""
    factories.pass_gate(site, session, at=NOW)
    right = {"record_number": patient.identifier, "born_on": patient.born_on.isoformat()}
    factories.event(site, session, "identity_checked", at=NOW + timedelta(seconds=5), **right | wrong)
    with pytest.raises(NotAllowed, match="not this patient's"):
        _start(site, session, at=NOW + timedelta(seconds=10))


def test_another_clinics_session_is_not_found(site, session):
    other = factories.site("Another Synthetic Clinic")
    with pytest.raises(NotFound):
        factories.event(site, session, "note_written", by=other.nurse, text="x")


@pytest.mark.parametrize("kind", sorted(OVERRIDES))
def test_what_passes_a_hold_is_a_prescribers(site, session, kind):
    with pytest.raises(NotPermitted, match="prescriber"):
        factories.event(site, session, kind, **SENT[kind])


@pytest.mark.parametrize("role", ["director", "administrator"])
def test_who_does_not_treat_writes_no_event(site, session, role):
    for kind, payload in SENT.items():
        with pytest.raises(NotPermitted):
            record_event(
                session_id=session.pk,
                event_id=uuid4(),
                kind=kind,
                payload=payload,
                occurred_at=NOW,
                by=getattr(site, role),
                at=NOW,
            )


# ---------------------------------------------------------------- the start


def test_nothing_starts_before_the_gate_is_passed(site, session):
    with pytest.raises(NotAllowed):
        factories.event(
            site,
            session,
            "administration_started",
            dose_mg="36",
            lot="1",
            minutes=40,
            pump_rate_mL_per_h="75",
        )


@pytest.mark.hazard("H-28")
def test_the_rules_are_asked_anew_at_the_start(site, patient, session):
    """A fact recorded between signing and start holds the dose up; nothing signed can pass it."""
    factories.pass_gate(site, session, at=NOW)
    factories.assess_fully(site, patient, {"psychosis_now": Answer.YES}, at=NOW + timedelta(minutes=6))
    with pytest.raises(NotAllowed, match=r"[Pp]sycho"):
        _start(site, session, at=NOW + timedelta(minutes=6))
    assert state_of(session).phase is SessionPhase.READY


@pytest.mark.hazard("H-24")
def test_gate_answers_of_the_morning_do_not_start_the_afternoon(site, session):
    factories.pass_gate(site, session, at=NOW)
    with pytest.raises(NotAllowed, match="min old"):
        _start(site, session, at=NOW + timedelta(hours=2, minutes=1))


def test_a_withdrawn_order_does_not_start(site, session):
    factories.pass_gate(site, session, at=NOW)
    withdraw_order(order_id=session.order_id, by=site.prescriber, at=NOW)
    with pytest.raises(OrderRefused, match="withdrawn"):
        _start(site, session)


def test_an_order_for_another_day_does_not_start(site, session):
    later = NOW + timedelta(days=1)
    factories.pass_gate(site, session, at=later)
    with pytest.raises(OrderRefused, match="today is 25-Nov-2026"):
        _start(site, session, at=later)


@pytest.mark.hazard("H-23")
def test_a_session_does_not_start_inside_the_interval(site, patient, session):
    """N = 1: an order for the right day is refused at its start, when a late entry shows a dose since."""
    factories.give(site, session, at=NOW + timedelta(minutes=5))
    later = NOW + timedelta(days=3)
    factories.assess_fully(site, patient, at=later)
    factories.fill_form(site, patient, at=later)
    following = factories.signed_order(site, patient, at=later, scheduled_at=later).session
    factories.pass_gate(site, following, at=later)
    start = next(e for e in _events(session) if e.kind == EventKind.ADMINISTRATION_STARTED)
    record_event(
        session_id=session.pk,
        event_id=uuid4(),
        kind=EventKind.CORRECTED,
        payload={
            "event_id": str(start.pk),
            "reason": "Written on the wrong day.",
            "occurred_at": (later - timedelta(hours=20)).isoformat(),
        },
        occurred_at=later,
        by=site.nurse,
        at=later,
    )
    with pytest.raises(NotAllowed, match="earliest moment") as refused:
        _start(site, following, at=later)
    assert [o.key for o in refused.value.obstacles] == ["interval"]


def test_the_pump_must_show_the_worksheets_rate(site, session):
    factories.pass_gate(site, session, at=NOW)
    with pytest.raises(CheckFailed):
        _start(site, session, pump_rate_mL_per_h="750")


@pytest.mark.parametrize("who", ["the first person", "a second account", "a stranger", "the director"])
def test_the_second_person_is_a_colleague_who_treats(site, session, who):
    order = order_of(session.order)
    sheet = factories.worksheet(order, product_id=order.product_id, final_volume_mL=50)
    again = make_user(
        username="nurse-too",
        full_name="Nurse Synthetic",
        role=Role.PRESCRIBER,
        clinic=site.clinic,
        password=factories.PASSWORD,
        by=factories.SYSTEM,
        at=NOW,
    )
    others = {"the first person": site.nurse, "a second account": again, "the director": site.director}
    person = others[who].pk if who in others else uuid4()
    factories.event(site, session, "identity_checked", record_number="x", born_on="1981-03-14")
    with pytest.raises((SessionRefused, NotAllowed)):
        factories.event(
            site,
            session,
            "worksheet_checked",
            product_id=order.product_id,
            lot="1",
            typed_volume_mL=str(sheet.vial_volume_mL),
            final_volume_mL="50",
            checked_by=str(person),
        )


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("kind", sorted(LIVE_ONLY))
def test_a_step_that_permits_is_judged_as_it_happens(site, session, kind):
    with pytest.raises(SessionRefused, match="late entry"):
        factories.event(site, session, kind, occurred_at=NOW - timedelta(seconds=61), **SENT[kind])


def test_an_entry_from_a_clock_that_runs_ahead_is_refused(site, session):
    sent = {"kind": "note_written", "text": "x"}
    factories.event(site, session, occurred_at=NOW + timedelta(seconds=60), **sent)
    with pytest.raises(SessionRefused, match="ahead"):
        factories.event(site, session, occurred_at=NOW + timedelta(seconds=61), **sent)


@pytest.mark.hazard("H-29")
def test_what_happened_offline_is_kept_and_shown_as_a_conflict(site, session):
    """A dose given on paper after the session was cancelled here: recorded, and listed."""
    factories.event(site, session, "session_cancelled", reason="The escort did not come.")
    later = NOW + timedelta(minutes=30)
    given = {"kind": "administration_started", "dose_mg": "36", "lot": "1", "minutes": 40}
    with pytest.raises(NotAllowed):
        factories.event(site, session, at=later, **given)
    told = factories.event(
        site, session, at=later, occurred_at=NOW + timedelta(minutes=5), happened_before=True, **given
    )
    assert [c.event.kind for c in told.state.conflicts] == [EventKind.ADMINISTRATION_STARTED]
    assert told.state.phase is SessionPhase.RUNNING


# ---------------------------------------------------------------- content, once


def test_an_impossible_reading_is_refused_and_an_odd_one_asked_about(site, session):
    with pytest.raises(EventError):
        factories.event(site, session, "reading_taken", systolic=80, diastolic=120)
    odd = {"systolic": 205, "diastolic": 110}
    with pytest.raises(NeedsConfirmation):
        factories.event(site, session, "reading_taken", **odd)
    kept = factories.event(site, session, "reading_taken", **odd, confirmed_extreme=True)
    assert kept.state.readings[0].payload.systolic == 205


@pytest.mark.hazard("H-25")
def test_a_second_send_of_any_event_changes_nothing(site, session, record_property):
    """Every event of a whole session sent again: the same place, hash and state, N of N."""
    factories.give(site, session, at=NOW)
    rows, state = list(_events(session)), state_of(session)
    for row in rows:
        again = record_event(
            session_id=session.pk,
            event_id=row.pk,
            kind=row.kind,
            payload=json.loads(row.payload),
            occurred_at=row.occurred_at,
            by=site.nurse,
            at=NOW + timedelta(hours=5),
        )
        assert again.repeated
        assert (again.event.position, again.event.hash) == (row.position, row.hash)
        assert again.state == state
    assert _events(session).count() == len(rows)
    record_property("n", len(rows))


@pytest.mark.hazard("H-25")
def test_a_known_id_with_another_content_is_a_conflict(site, patient, session):
    first = factories.event(site, session, "note_written", text="one")
    with pytest.raises(Conflict, match="another content"):
        factories.event(site, session, "note_written", event_id=first.event.pk, text="two")
    with pytest.raises(Conflict, match="another content"):
        factories.event(
            site, session, "note_written", event_id=first.event.pk, text="one",
            occurred_at=NOW - timedelta(seconds=1),
        )  # fmt: skip
    other = factories.patient(site, given_name="Bea")
    factories.assess_fully(site, other)
    elsewhere = factories.signed_order(site, other).session
    with pytest.raises(Conflict, match="another session"):
        factories.event(site, elsewhere, "note_written", event_id=first.event.pk, text="one")


# ---------------------------------------------------------------- chair and time


def test_a_session_is_placed_on_its_day_only(site, session):
    placed = place_session(
        session_id=session.pk, chair=2, scheduled_at=NOW + timedelta(hours=1), by=site.nurse, at=NOW
    )
    assert (placed.chair, placed.scheduled_at) == (2, NOW + timedelta(hours=1))
    for wrong in ({"chair": 5}, {"chair": 0}, {"scheduled_at": NOW + timedelta(days=1)}):
        sent = {"chair": 1, "scheduled_at": NOW} | wrong
        with pytest.raises(SessionRefused):
            place_session(session_id=session.pk, **sent, by=site.nurse, at=NOW)
    factories.event(site, session, "note_written", text="x")
    factories.event(site, session, "identity_checked", record_number="x", born_on="1981-03-14")
    with pytest.raises(SessionRefused, match="has begun"):
        place_session(session_id=session.pk, chair=1, scheduled_at=NOW, by=site.nurse, at=NOW)

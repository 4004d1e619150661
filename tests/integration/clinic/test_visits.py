"""Appointments from a running course: planned, moved, cancelled, refused with the free alternatives."""

from copy import deepcopy
from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction
from icalendar import Calendar

from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.audit.queries import verify_chain
from posology.clinic.care.actions import sign_order
from posology.clinic.care.board import today
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.visits.actions import VisitRefused, cancel_visit, move_visit, plan_visits
from posology.clinic.visits.calendar import calendar_of
from posology.clinic.visits.interval import neighbours_of
from posology.clinic.visits.models import VisitAct
from posology.clinic.visits.queries import free_places, visit_for, visits_of, visits_on
from posology.protocols import TooSoon
from posology.protocols.visits import VisitState
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


class Running:
    """A course whose first dose was given at ``NOW``, and whose next five visits are planned at 10:00."""

    def __init__(self, site=None, *, plan=True, zone="UTC"):
        self.site = site or factories.site(zone=zone)
        self.patient = factories.patient(self.site, given_name=f"Ada {uuid4().hex[:4]}")
        factories.assess_fully(self.site, self.patient)
        factories.fill_form(self.site, self.patient, [2] * 8 + [0], at=NOW - timedelta(hours=1))
        signed = factories.signed_order(self.site, self.patient)
        self.course = signed.order.course
        factories.pass_gate(self.site, signed.session, at=NOW)
        factories.give(self.site, signed.session, at=NOW)
        if plan:
            self.plan()

    def plan(self, **changes):
        told = {
            "plan_id": uuid4(),
            "patient": self.patient,
            "first_on": TODAY + timedelta(days=3),
            "clock": time(10),
            "chair": 1,
            "count": 5,
            "by": self.site.nurse,
            "at": NOW + timedelta(hours=3),
        } | changes
        return plan_visits(**told)

    @property
    def visits(self):
        return visits_of(self.course)

    def move(self, booked, starts_at, **changes):
        told = {
            "visit_id": booked.row.pk,
            "act_id": uuid4(),
            "starts_at": starts_at,
            "chair": booked.chair,
            "because": "",
            "seen": booked.position,
            "by": self.site.nurse,
            "at": NOW + timedelta(hours=4),
        } | changes
        return move_visit(**told)

    def cancel(self, booked, **changes):
        told = {
            "visit_id": booked.row.pk,
            "act_id": uuid4(),
            "because": "The patient is away.",
            "seen": booked.position,
            "by": self.site.nurse,
            "at": NOW + timedelta(hours=4),
        } | changes
        return cancel_visit(**told)


@pytest.fixture(scope="module")
def running_of_file(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield Running(factories.site("Running Synthetic Clinic"))
        transaction.set_rollback(True)


@pytest.fixture
def running(running_of_file, db):
    """The file's course as it was made: what a test writes ends with the test."""
    return deepcopy(running_of_file)


# ---------------------------------------------------------------- planning


def test_the_rest_of_the_induction_is_planned_each_inside_its_window(running):
    assert [b.row.number for b in running.visits] == [2, 3, 4, 5, 6]
    assert {b.row.phase for b in running.visits} == {"induction"}
    for booked in running.visits:
        assert booked.window.holds(booked.on) and booked.on.weekday() < 5
        assert booked.starts_at.time() == time(10) and booked.chair == 1
        assert booked.row.minutes == 120  # the longest infusion that the protocol knows, and its hour after


def test_a_plan_that_is_sent_twice_books_once(running):
    again = Running(running.site, plan=False)
    plan_id = uuid4()
    first, second = (again.plan(plan_id=plan_id, clock=time(14)) for _ in range(2))
    assert [r.pk for r in first] == [r.pk for r in second] and len(again.visits) == 5


def test_planning_goes_on_after_what_is_planned(running):
    rows = running.plan(first_on=running.visits[-1].on + timedelta(days=7), count=4)
    assert [(r.number, r.phase) for r in rows] == [(n, "continuation") for n in (7, 8, 9, 10)]


@pytest.mark.hazard("H-23")
def test_no_visit_is_booked_inside_the_smallest_interval_of_what_was_given():
    course = Running(plan=False)
    with pytest.raises(Exception, match=r"48 h|2 days"):
        course.plan(first_on=TODAY + timedelta(days=1))
    assert course.visits == ()


def test_without_a_running_course_nothing_is_planned():
    site = factories.site()
    with pytest.raises(VisitRefused, match="Sign the first order"):
        plan_visits(plan_id=uuid4(), patient=factories.patient(site), first_on=TODAY, clock=time(10),
                    chair=1, count=1, by=site.nurse, at=NOW)  # fmt: skip


def test_a_chair_that_is_taken_is_refused_with_what_is_free(running):
    other = Running(running.site, plan=False)
    with pytest.raises(VisitRefused, match=r"Chair 1 is not free .* for 120 min\. Free on that day: ") as no:
        other.plan(clock=time(11))
    assert "11:00 chair 2" in str(no.value) and other.visits == ()
    assert len(other.plan(clock=time(11), chair=None)) == 5
    assert {b.chair for b in other.visits} == {2}


@pytest.mark.parametrize("clock", [time(7), time(17)])
def test_outside_the_site_s_hours_nothing_is_planned(running, clock):
    with pytest.raises(VisitRefused, match="treats from 08:00 to 18:00"):
        Running(running.site, plan=False).plan(clock=clock, chair=3)


@pytest.mark.parametrize("role", ["director", "administrator"])
def test_only_nurses_and_prescribers_plan(role):
    course = Running(plan=False)
    with pytest.raises(NotPermitted):
        course.plan(by=getattr(course.site, role))


def test_another_clinic_s_visit_is_not_found(running):
    other = factories.site("Another Synthetic Clinic")
    with pytest.raises(NotFound):
        visit_for(other.nurse, running.visits[0].row.pk)


# ---------------------------------------------------------------- moving and cancelling


def test_inside_its_window_a_visit_moves_without_a_word(running):
    booked = running.visits[1]
    act = running.move(booked, booked.starts_at + timedelta(hours=4), chair=3)
    moved = visit_for(running.site.nurse, booked.row.pk)
    assert (moved.chair, moved.starts_at) == (3, act.starts_at) and not act.outside_window
    assert [a.kind for a in moved.acts] == ["planned", "moved"]


def test_outside_its_window_a_move_says_why_and_is_flagged(running):
    last = running.visits[-1]
    late = last.starts_at + timedelta(days=7)
    with pytest.raises(VisitRefused, match="outside the window") as refused:
        running.move(last, late)
    assert refused.value.field == "because"
    act = running.move(last, late, because="The patient travels.")
    assert act.outside_window and act.because == "The patient travels."


@pytest.mark.hazard("H-23")
def test_a_move_too_close_to_another_visit_is_refused_with_the_interval(running):
    first, second = running.visits[:2]
    with pytest.raises(VisitRefused, match=r"too close to the visit on .* keeps 48 h"):
        running.move(second, first.starts_at + timedelta(hours=23), because="Sooner.")
    with pytest.raises(VisitRefused, match=r"too close to the visit on .* keeps 48 h"):
        running.move(first, second.starts_at - timedelta(hours=23), because="Later.")


@pytest.mark.hazard("H-27")
def test_two_who_move_the_same_visit_see_both(running, record_property):
    booked = running.visits[0]
    running.move(booked, booked.starts_at + timedelta(hours=2), by=running.site.prescriber)
    with pytest.raises(Conflict, match=r"You asked to move it to .* 15:00, chair 1\. Meanwhile .* 12:00"):
        running.move(booked, booked.starts_at + timedelta(hours=5))
    with pytest.raises(Conflict, match="You asked to cancel it"):
        running.cancel(booked)
    assert len(visit_for(running.site.nurse, booked.row.pk).acts) == 2
    record_property("n", 2)


@pytest.mark.hazard("H-25")
def test_a_move_that_is_sent_twice_is_one_act(running):
    booked, act_id = running.visits[0], uuid4()
    sent = [running.move(booked, booked.starts_at + timedelta(hours=2), act_id=act_id) for _ in range(2)]
    assert sent[0].pk == sent[1].pk
    assert len(visit_for(running.site.nurse, booked.row.pk).acts) == 2


class Back(Exception):
    """Takes a move back that was only tried."""


def test_what_is_offered_for_a_move_is_what_a_move_takes(running, record_property):
    """Each free place of the days around is offered where a move there is not refused as too near (N)."""
    booked, site = running.visits[1], running.site
    at, tried = NOW + timedelta(hours=4), 0
    for days in range(-3, 4):
        places = free_places(site.clinic, booked.on + timedelta(days=days), 120, at=at, but=booked.row.pk)
        offered = neighbours_of(booked, at=at).kept_by(places)
        for when, chair in places[:: max(1, len(places) // 6)]:
            try:
                with transaction.atomic():
                    running.move(booked, when, chair=chair, because="Asked for.")
                    raise Back
            except Back:
                assert (when, chair) in offered
            except (TooSoon, VisitRefused):
                assert (when, chair) not in offered
            tried += 1
    record_property("n", tried)
    assert tried > 20


@pytest.mark.hazard("H-25")
def test_an_id_that_moved_a_visit_never_says_that_it_was_cancelled(running):
    """Moved, back, cancelled from the same page: the visit stands, and the answer says so."""
    booked, act_id = running.visits[0], uuid4()
    running.move(booked, booked.starts_at + timedelta(hours=2), act_id=act_id)
    with pytest.raises(Conflict, match="something else"):
        running.cancel(booked, act_id=act_id)
    with pytest.raises(Conflict, match="something else"):
        running.move(booked, booked.starts_at + timedelta(hours=3), act_id=act_id)
    assert visit_for(running.site.nurse, booked.row.pk).stands


def test_a_cancelled_visit_gives_its_reason_and_its_chair(running):
    booked = running.visits[0]
    with pytest.raises(VisitRefused, match="why"):
        running.cancel(booked, because="  ")
    running.cancel(booked)
    gone = visit_for(running.site.nurse, booked.row.pk)
    assert gone.state(at=NOW) is VisitState.CANCELLED
    free = free_places(running.site.clinic, booked.on, 120, at=NOW)
    assert (booked.starts_at, 1) in free
    with pytest.raises(VisitRefused, match="stands no more"):
        running.move(gone, booked.starts_at)


@pytest.mark.hazard("H-01")
def test_a_page_of_another_patient_moves_nothing(running):
    other = factories.patient(running.site)
    booked = running.visits[0]
    with pytest.raises(WrongPatient):
        running.move(booked, booked.starts_at, page_patient_id=other.pk)


def test_the_database_keeps_what_was_done(running):
    act = VisitAct.objects.everywhere(because="test").first()
    for change in ({"chair": 4}, {"because": "other"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            VisitAct.objects.everywhere(because="test").filter(pk=act.pk).update(**change)
    assert verify_chain().holds


# ---------------------------------------------------------------- beside orders and sessions


def test_a_visit_is_no_order_and_its_session_takes_its_time_and_chair(running):
    booked = running.visits[0]
    day = datetime.combine(booked.on, time(9), tzinfo=ZoneInfo("UTC"))
    assert [b.row.pk for b in today(running.site.nurse, at=day).unsigned] == [booked.row.pk]
    assert booked.state(at=day) is VisitState.TODAY
    factories.fill_form(running.site, running.patient, [1] * 8 + [0], at=day - timedelta(hours=1))
    factories.assess_fully(running.site, running.patient, at=day)
    signed = sign_order(**factories.signing(running.site, running.patient, at=day))
    assert (signed.session.scheduled_at, signed.session.chair) == (booked.starts_at, 1)
    assert today(running.site.nurse, at=day).unsigned == ()
    kept = visit_for(running.site.nurse, booked.row.pk)
    assert kept.session == signed.session and not kept.kept
    with pytest.raises(VisitRefused, match="order is signed"):
        running.move(kept, booked.starts_at + timedelta(hours=1))


def test_a_visit_that_nobody_came_to_is_missed_once_its_window_is_over(running):
    booked = running.visits[0]
    states = [
        booked.state(at=NOW + timedelta(days=n)) for n in range((booked.row.latest_on - TODAY).days + 2)
    ]
    assert states[-1] is VisitState.MISSED
    assert VisitState.NOT_KEPT in states and VisitState.AHEAD in states


# ---------------------------------------------------------------- calendars


@pytest.mark.requirement("SR-29")
def test_a_calendar_file_tells_nothing_of_the_patient(running, record_property):
    raw = calendar_of(running.visits, with_chair=True)
    text = raw.decode()
    for word in (running.patient.family_name, running.patient.given_name, running.patient.identifier,
                 str(running.patient.pk), "ketamine", "Induction", running.site.clinic.name):  # fmt: skip
        assert word not in text
    assert raw == calendar_of(running.visits, with_chair=True)
    events = Calendar.from_ical(raw).walk("VEVENT")
    assert [e.decoded("dtstart") for e in events] == [b.starts_at for b in running.visits]
    assert {str(e["summary"]) for e in events} == {"Appointment, chair 1"}
    assert "chair" not in calendar_of(running.visits, with_chair=False).decode().lower()
    record_property("n", len(events))


def test_a_cancelled_visit_leaves_the_calendar(running):
    booked = running.visits[0]
    running.cancel(booked)
    gone = visit_for(running.site.nurse, booked.row.pk)
    (event,) = Calendar.from_ical(calendar_of([gone], with_chair=False)).walk("VEVENT")
    assert (str(event["status"]), event["sequence"]) == ("CANCELLED", 1)


def test_the_days_of_a_visit_are_those_of_the_site():
    course = Running(zone="Pacific/Auckland")
    booked = course.visits[0]
    assert booked.starts_at.astimezone(ZoneInfo("Pacific/Auckland")).time() == time(10)
    assert booked in visits_on(course.site.clinic, booked.on)
    assert booked.on > date(2026, 11, 1)

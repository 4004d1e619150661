"""The synthetic week through the clinic's own actions: what each day must come to, and faults that it shows.

Five days of twelve sessions are played once for this file, on whichever database runs, and rolled back.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from posology.clinic.audit.queries import verify_chain
from posology.clinic.care.board import today
from posology.clinic.care.session import record_event
from posology.clinic.ledger.books import acts_of
from posology.clinic.ledger.models import Kind
from posology.clinic.ledger.witness import LedgerRefused
from posology.clinic.orders.models import OrderRow
from posology.clinic.orders.stored import check_intact, order_of
from posology.clinic.protocols.queries import library_of_order
from posology.clinic.rems.actions import RemsRefused
from posology.clinic.rems.forms import answer_field
from posology.clinic.rems.models import FinalForm
from posology.clinic.rems.queries import queue
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import chain_faults, state_of
from posology.clinic.visits.models import VisitRow
from posology.clinic.visits.queries import visits_of
from posology.knowledge import Route
from posology.server.demo.cupboard import Cupboard, Opened
from posology.server.demo.people import CHAIRS, Staff
from posology.server.demo.week import Week, end_of, new_clinic
from posology.server.demo.week_plan import IV, NASAL, SC, Plan, Taken, Twist, plan_week
from posology.server.demo.week_told import Day, told_of
from posology.treatment import EventKind, SessionPhase, pressure
from posology.treatment.pressure import PressureStep, chair_limits, pressure_now

ZONE = "America/New_York"
MONDAY = date(2026, 11, 23)
DAYS = tuple(MONDAY + timedelta(days=n) for n in range(5))
UNTIL = end_of(DAYS[-1], ZONE)
EVERYONE = "the week's own clinic"
LOCAL = ZoneInfo(ZONE)


def plan_of(days=DAYS, **changes) -> Plan:
    return plan_week(days, ZONE, **({"seed": 1, "chairs": CHAIRS} | changes))


class Played:
    """A whole week, and what its days came to."""

    def __init__(self) -> None:
        self.staff: Staff = new_clinic(MONDAY, ZONE)
        self.plan = plan_of()
        self.week = Week(self.staff, self.plan, until=UNTIL)
        self.week.play()
        self.days: tuple[Day, ...] = told_of(self.staff.clinic, DAYS, at=UNTIL)

    def sessions(self) -> list[SessionRow]:
        rows = SessionRow.objects.everywhere(because=EVERYONE).select_related("order", "patient__clinic")
        return list(rows.order_by("scheduled_at", "pk"))

    def session(self, twist: Twist) -> SessionRow:
        coming = next(c for c in self.plan.sessions if c.twist is twist)
        mine = (s for s in self.sessions() if s.patient.identifier == coming.story.identifier)
        return next(s for s in mine if s.scheduled_at == coming.place.arrival)


@pytest.fixture(scope="class")
def played(django_db_setup, django_db_blocker) -> Iterator[Played]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield Played()
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.usefixtures("played")
class TestTheWeek:
    @pytest.mark.hazard("H-25")
    def test_every_day_adds_up(self, played, record_property):
        """Twelve sessions a day: 0.0 mg open, every form in time, no field typed twice. N is the sessions."""
        assert [day.faults() for day in played.days] == [()] * 5
        for day in played.days:
            assert day.count == day.left == day.outcomes == 12
            assert day.drug is not None
            assert (day.drug.unaccounted, day.drug.discrepancies, day.drug.closed) == (0, 0, True)
            assert day.drug.taken_out == day.drug.given + day.drug.wasted > 0
            assert day.drug.safe == day.drug.counted
            assert (day.forms.due, day.forms.typed_twice) == (day.forms.on_time, 0)
        assert sum(day.forms.due for day in played.days) == 14
        record_property("n", sum(day.count for day in played.days))

    def test_every_route_is_given_on_every_day(self, played):
        routes = {Route.INTRAVENOUS, Route.INTRAMUSCULAR, Route.SUBCUTANEOUS, Route.NASAL, Route.ORAL}
        assert all(set(day.sessions) == routes for day in played.days)

    def test_what_is_no_usual_day_happened(self, played):
        happened = {
            what: sum(d.happened.get(what, 0) for d in played.days) for what in played.days[0].happened
        }
        assert (happened["pauses"], happened["decisions on pressure"], happened["corrections"]) == (1, 1, 1)
        assert (happened["visits moved"], happened["adverse events"] > 3) == (1, True)

    def test_what_was_given_is_what_the_patients_got(self, played):
        """The ledger's sum, beside what every session says by itself."""
        for day in played.days:
            mine = [s for s in played.sessions() if s.scheduled_at.astimezone(LOCAL).date() == day.day]
            states = [state_of(s) for s in mine]
            got = sum(s.delivered_exact(UNTIL) for s in states) * 1000
            assert day.drug is not None and abs(got - day.drug.given) <= len(states)

    def test_the_pressure_flow_was_followed(self, played):
        session = played.session(Twist.PRESSURE_TWICE)
        state = state_of(session)
        order = order_of(session.order)
        library = library_of_order(session.patient.clinic_id, order.protocol_id, order.protocol_sha256)
        limits = chair_limits(library.protocol(order.protocol_id), DAYS[0], library)
        assert limits.systolic is not None
        high = [e.at for e in state.readings if limits.is_above(e.payload)]
        assert len(high) == 2
        assert (high[1] - high[0]).total_seconds() / 60 == float(limits.repeat_min or 0)
        kinds = [e.kind for e in state.entries if e.at >= high[1]]
        wanted = [EventKind.INFUSION_PAUSED, EventKind.PRESSURE_DECIDED, EventKind.INFUSION_RESUMED]
        assert [k for k in kinds if k in wanted] == wanted
        assert pressure_now(state, limits).step is PressureStep.CALM
        assert state.pressure_decisions[0].by == str(played.staff.prescriber.pk)
        assert state.delivered_mg(UNTIL) == state.planned_dose_mg
        once = state_of(played.session(Twist.PRESSURE_ONCE))
        assert sum(limits.is_above(e.payload) for e in once.readings) == 1 and not once.pressure_decisions
        assert pressure.SYSTOLIC in library.protocol(order.protocol_id).values

    def test_an_infusion_that_was_ended_leaves_its_rest_to_be_wasted(self, played):
        session = played.session(Twist.STOPPED)
        state = state_of(session)
        left_ug = round((order_of(session.order).dose_mg - state.delivered_mg(UNTIL)) * 1000)
        wasted = acts_of(played.staff.clinic).filter(kind=Kind.WASTED, opened__session=session).get()
        assert wasted.amount_ug == left_ug > 0
        assert wasted.witness_id == played.staff.prescriber.pk != wasted.by_id

    def test_a_reading_written_down_wrong_stands_corrected(self, played):
        state = state_of(played.session(Twist.CORRECTED))
        (correction,) = state.corrections
        named = correction.payload.event_id
        entry = next(e for e in state.readings if e.event_id == named)
        assert entry.payload.heart_rate == correction.payload.payload["heart_rate"]

    def test_a_missed_visit_was_moved_inside_its_window_by_the_makers_rule(self, played):
        missed = next(c for c in played.plan.sessions if c.missed)
        row = VisitRow.objects.everywhere(because=EVERYONE).get(
            patient__identifier=missed.story.identifier, number=2
        )
        booked = next(b for b in visits_of(row.course) if b.row.pk == row.pk)
        assert [a.kind for a in booked.acts] == ["planned", "moved"]
        assert booked.acts[0].starts_at == missed.missed.arrival
        assert "Carry on with the current schedule" in booked.acts[1].because
        assert booked.kept and booked.window.holds(DAYS[4]) and not booked.acts[1].outside_window

    def test_nobody_goes_home_owing_anything(self, played):
        board = today(played.staff.nurse, at=UNTIL)
        assert (board.forms_due, board.unsigned, board.risks) == ((), (), ())
        assert queue(played.staff.director, at=UNTIL) == ()
        states = [state_of(s) for s in played.sessions()]
        assert all(not s.conflicts for s in states)
        phases = {s.phase for s in states}
        assert phases == {SessionPhase.DISCHARGED}

    def test_each_patient_has_a_next_visit(self, played):
        visits = VisitRow.objects.everywhere(because=EVERYONE).select_related("course")
        ahead = {
            row.patient_id
            for row in visits
            if any(b.starts_at > UNTIL and b.stands for b in visits_of(row.course))
        }
        people = {s.patient_id for s in played.sessions()}
        assert ahead == people and len(people) == 37

    def test_some_orders_were_signed_on_leaving_and_some_on_the_day(self, played):
        later = [s for s in played.sessions() if order_of(s.order).session_number == 2]
        ahead = [s for s in later if s.order.signed_at.astimezone(LOCAL).date() < s.order.planned_on]
        assert len(later) == 23 and 5 < len(ahead) < 18

    def test_the_chairs_went_on_beside_each_other_in_order_of_time(self, played):
        """The ledger's entries stand in order of time, and sessions overlap."""
        moments = list(acts_of(played.staff.clinic).values_list("at", flat=True))
        assert moments == sorted(moments) and len(moments) > 100
        spans = [(s.scheduled_at, state_of(s).discharged_at) for s in played.sessions()]
        assert sum(b[0] < a[1] for a, b in pairwise(spans)) > 40

    def test_every_signature_and_every_chain_holds(self, played):
        orders = OrderRow.objects.everywhere(because=EVERYONE).select_related("signature", "course")
        assert all(check_intact(row).sha256() == row.sha256 for row in orders)
        assert [chain_faults(row) for row in played.sessions()] == [()] * 60
        assert EventRow.objects.everywhere(because=EVERYONE).count() > 2_000
        assert verify_chain().holds


# ---------------------------------------------------------------- faults that are planted


class Forgetful(Cupboard):
    """A nurse who puts one rest away without writing it down."""

    def waste(self, opened: Opened, *, at: datetime) -> None:
        if opened.session is None and not self.forgot:
            self.forgot = True
            self.opened.remove(opened)
        else:
            super().waste(opened, at=at)

    forgot = False


class Blind(Cupboard):
    """Somebody took a vial, and no entry says so."""

    def there(self, *, at: datetime):
        lying = super().there(at=at)
        lot = next(lot for lot in lying if lot.product_id == "ketamine-50")
        return lying | {lot: lying[lot] - 1}


class Unsent(Week):
    """A director who overlooks one form."""

    def forms_to_send(self) -> tuple[FinalForm, ...]:
        return super().forms_to_send()[1:]


def one_day(kind: type[Week] = Week, cupboard: type[Cupboard] = Cupboard) -> tuple[Staff, Week]:
    """Return a clinic, and a day of seven sessions that is not played yet."""
    staff = new_clinic(MONDAY, ZONE)
    plan = plan_of(DAYS[:1], a_day=7)
    return staff, kind(staff, plan, until=UNTIL, cupboard=cupboard(staff))


@pytest.mark.django_db
class TestPlantedFaults:
    def test_a_rest_that_nobody_wasted_keeps_the_day_from_closing(self):
        staff, week = one_day(cupboard=Forgetful)
        with pytest.raises(LedgerRefused, match="Opened and not accounted for: 1"):
            week.play()
        (day,) = told_of(staff.clinic, DAYS[:1], at=UNTIL)
        assert day.drug is not None and day.drug.unaccounted > 0
        assert any("open and not accounted for" in fault for fault in day.faults())

    def test_a_vial_that_is_gone_is_a_discrepancy_and_keeps_the_day_from_closing(self):
        staff, week = one_day(cupboard=Blind)
        with pytest.raises(LedgerRefused, match="Discrepancies without an owner: 1"):
            week.play()
        (day,) = told_of(staff.clinic, DAYS[:1], at=UNTIL)
        assert any("discrepancies were found" in fault for fault in day.faults())

    def test_a_form_that_was_not_sent_shows_first_as_waiting_and_then_as_overdue(self):
        staff, week = one_day(kind=Unsent)
        week.play()
        (day,) = told_of(staff.clinic, DAYS[:1], at=UNTIL)
        assert (day.forms.due - day.forms.on_time, day.forms.waiting, day.forms.overdue) == (1, 1, 0)
        (later,) = told_of(staff.clinic, DAYS[:1], at=UNTIL + timedelta(days=30))
        assert (later.forms.waiting, later.forms.overdue) == (0, 1)
        assert any("not sent in time" in fault for fault in later.faults())

    def test_a_field_that_an_entry_tells_is_not_typed_and_one_told_afterwards_counts_as_typed_twice(self):
        staff, week = one_day()
        week.play()
        session = FinalForm.objects.for_clinic(staff.clinic).order_by("at").first().session
        with pytest.raises(RemsRefused, match="tells this field already"):
            answer_field(
                row_id=uuid4(), session_id=session.pk, field="pressure_before", value="asleep",
                by=staff.nurse, at=UNTIL,
            )  # fmt: skip
        (before,) = told_of(staff.clinic, DAYS[:1], at=UNTIL)
        assert (before.forms.typed_twice, before.faults()) == (0, ())
        first = state_of(session).first_device_at
        order = order_of(session.order)
        library = library_of_order(session.patient.clinic_id, order.protocol_id, order.protocol_sha256)
        for key in library.protocol(order.protocol_id).discharge.criteria:  # told late: ready after 100 min
            record_event(
                session_id=session.pk, event_id=uuid4(), kind="discharge_criterion",
                payload={"key": key, "met": True}, occurred_at=first + timedelta(minutes=100),
                happened_before=True, by=staff.nurse, at=UNTIL,
            )  # fmt: skip
        (after,) = told_of(staff.clinic, DAYS[:1], at=UNTIL)
        assert after.forms.typed_twice == 1
        assert any("typed though an entry tells" in fault for fault in after.faults())


# ---------------------------------------------------------------- the plan


class TestThePlan:
    @pytest.mark.parametrize("seed", range(12))
    def test_twelve_a_day_whatever_the_seed_and_no_chair_twice(self, seed):
        plan = plan_of(seed=seed)
        assert [len(plan.on(day)) for day in DAYS] == [12] * 5
        by_chair = defaultdict(list)
        for coming in plan.sessions:
            by_chair[plan.day_of(coming), coming.place.chair].append(coming.place.arrival)
        assert all(
            b - a >= timedelta(hours=1) for times in by_chair.values() for a, b in pairwise(sorted(times))
        )
        assert all({NASAL, IV, SC} <= {c.protocol for c in plan.on(day)} for day in DAYS)
        assert {c.twist for c in plan.sessions if c.twist} == set(Twist)
        assert sum(c.missed is not None for c in plan.sessions) == 1

    def test_the_same_seed_gives_the_same_people_and_another_does_not(self):
        assert plan_of().sessions == plan_of().sessions
        assert plan_of().sessions != plan_of(seed=2).sessions

    def test_what_others_have_counts_and_is_kept_free(self):
        start = datetime(2026, 11, 23, 8, tzinfo=LOCAL)
        busy = [Taken(1, start, start + timedelta(hours=10)), Taken(2, start, start + timedelta(hours=3))]
        plan = plan_of(DAYS[:1], taken=busy)
        assert len(plan.sessions) <= 10
        assert all(c.place.chair != 1 for c in plan.sessions)
        assert all(c.place.arrival >= start + timedelta(hours=3) for c in plan.sessions if c.place.chair == 2)

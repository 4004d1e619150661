"""One session of the demo, played event by event through the door that every page uses."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid5

from posology.clinic.care.session import record_event
from posology.clinic.orders.stored import order_of
from posology.clinic.sessions.models import SessionRow
from posology.knowledge import Route, load_library
from posology.server.demo.answers import at_rest, dissociation, during, gate_answer, sedation
from posology.server.demo.people import Staff
from posology.server.demo.story import Complaint, Story
from posology.treatment import SessionState, gate_items, leaves_at, next_device_at, next_due, worksheet

LOT = "SYN-2607"
FINAL_VOLUME_ML = Decimal(50)  # what the synthetic pharmacy dilutes an infusion to
GATE_TAKES = timedelta(minutes=15)


class NotYet(Exception):
    """The next event lies ahead of now, so the session stands where it is."""


class Room:
    """A session and everyone in it. ``until`` is now: nothing later is recorded."""

    def __init__(
        self,
        staff: Staff,
        story: Story,
        session: SessionRow,
        *,
        until: datetime,
        complaint: Complaint | None = None,
    ) -> None:
        self.staff, self.story, self.session, self.until = staff, story, session, until
        self.order = order_of(session.order)
        self.protocol = load_library().protocol(self.order.protocol_id)
        self.complaint = complaint
        self.chance = Random(f"{story.number} {session.pk}")  # noqa: S311  (synthetic readings)
        self.state = SessionState()
        self.at = session.scheduled_at
        self._count = 0

    def do(self, kind: str, at: datetime, **payload: Any) -> None:
        """Record one event at its moment.

        Raises
        ------
        NotYet
            If the moment lies ahead.
        """
        if at > self.until:
            raise NotYet
        self._count += 1
        recorded = record_event(
            session_id=self.session.pk,
            event_id=uuid5(self.session.pk, f"event {self._count}"),
            kind=kind,
            payload=payload,
            occurred_at=at,
            by=self.staff.nurse,
            at=at,
        )
        self.state, self.at = recorded.state, at

    # ------------------------------------------------------------ before the dose

    def pass_gate(self) -> None:
        """Check who it is, ask what is asked, measure, and let a second person check the worksheet."""
        arrived = self.session.scheduled_at
        patient = self.session.patient
        self.do("identity_checked", arrived, record_number=patient.identifier, born_on=str(patient.born_on))
        asked = [item for item in gate_items(self.protocol) if item.kind == "answer"]
        for n, item in enumerate(asked, start=1):
            self.do(
                "gate_answered",
                arrived + timedelta(seconds=40 * n),
                item=item.key,
                answer=gate_answer(self.story, item.key),
            )
        measured = arrived + timedelta(minutes=9)
        self.do("reading_taken", measured, **at_rest(self.story))
        self.do("scale_scored", measured, scale="moaa_s", value=5)
        self._check_worksheet(arrived + timedelta(minutes=12))

    def _check_worksheet(self, at: datetime) -> None:
        sheet = self._sheet()
        typed: dict[str, Any] = {"typed_devices": self.order.devices}
        if sheet.vial_volume_mL is not None:
            typed = {"typed_volume_mL": str(sheet.vial_volume_mL)}
        if self.order.minutes:
            typed["final_volume_mL"] = str(FINAL_VOLUME_ML)
        self.do(
            "worksheet_checked",
            at,
            product_id=self.order.product_id,
            lot=LOT,
            prepared_by=str(self.staff.nurse.pk),
            checked_by=str(self.staff.prescriber.pk),
            **typed,
        )

    def _sheet(self) -> Any:
        final = FINAL_VOLUME_ML if self.order.minutes else None
        return worksheet(self.order, product_id=self.order.product_id, final_volume_mL=final)

    # ------------------------------------------------------------ the dose

    def give(self) -> None:
        """Give the dose by its route, the readings of a running infusion included."""
        began = self.session.scheduled_at + GATE_TAKES
        sheet = self._sheet()
        dose = {"dose_mg": str(sheet.drawn_mg), "lot": LOT}
        if self.order.route is Route.INTRAVENOUS:
            self.do(
                "administration_started",
                began,
                minutes=self.order.minutes,
                pump_rate_mL_per_h=str(sheet.rate_mL_per_h),
                **dose,
            )
            self._infuse(began + timedelta(minutes=self.order.minutes or 0))
        elif self.order.route is Route.NASAL:
            self.do("administration_started", began, devices=self.order.devices, **dose)
            self._use_devices()
        else:
            self.do("dose_given", began, **dose)

    def _infuse(self, ends: datetime) -> None:
        while (due := self._next_reading()) is not None and due < ends:
            self.measure(due)
        self.measure(ends)
        self.do("infusion_stopped", ends, reason="The infusion is through.", complete=True)

    def _use_devices(self) -> None:
        while (earliest := next_device_at(self.state, self.protocol)) is not None:
            at = earliest + timedelta(seconds=20)
            self.do("device_given", at, number=len(self.state.devices) + 1, lot=LOT, complete=True)

    # ------------------------------------------------------------ after it

    def watch(self) -> None:
        """Take every reading of the protocol up to the end of the stay."""
        leaves = leaves_at(self.state, self.protocol)
        while (due := self._next_reading()) is not None and (leaves is None or due <= leaves):
            self.measure(due)

    def let_go(self) -> None:
        """Look through the criteria, and let the patient leave with an escort."""
        leaves = leaves_at(self.state, self.protocol)
        at = max(self.at, leaves or self.at) + timedelta(minutes=1)
        for key in self.protocol.discharge.criteria:
            self.do("discharge_criterion", at, key=key, met=True)
        self.do("discharged", at + timedelta(seconds=30), with_escort=True)

    def measure(self, at: datetime) -> None:
        """Take one whole set of readings; what the patient complained of by then is written down first."""
        began = self.state.started_at or at
        minute = (at - began).total_seconds() / 60
        if self.complaint is not None and minute >= self.complaint.minute:
            self._complain(began)
        self.do("reading_taken", at, **during(self.story, minute, self.chance))
        self.do("scale_scored", at, scale="moaa_s", value=sedation(minute))
        if rating := dissociation(self.story, minute):
            self.do("scale_scored", at, scale="dissociation", value=rating)

    def _complain(self, began: datetime) -> None:
        told = self.complaint
        assert told is not None
        self.complaint = None
        self.do(
            "adverse_event",
            max(self.at, began + timedelta(minutes=told.minute)),
            term=told.term,
            grade=told.grade,
            serious=False,
            related="yes",
            action=told.action,
        )

    def _next_reading(self) -> datetime | None:
        due = next_due(self.state, self.protocol, self.at)
        return None if due is None else due.due_at


def play_through(room: Room) -> None:
    """Play a whole session, as far as it has come by now."""
    try:
        room.pass_gate()
        room.give()
        room.watch()
        room.let_go()
    except NotYet:
        return

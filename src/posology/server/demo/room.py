"""One session of the demo, played event by event through the door that every page uses.

Each part of a session yields the moment of what comes next, right before it is done. So whoever plays it may
stop at a moment, or let the sessions of several chairs go on beside each other in order of time.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid5

from posology.clinic.accounts.models import User
from posology.clinic.care.session import record_event
from posology.clinic.orders.stored import order_of
from posology.clinic.protocols.queries import library_of_order
from posology.clinic.sessions.models import SessionRow
from posology.knowledge import Route
from posology.server.demo.answers import at_rest, dissociation, during, gate_answer, sedation
from posology.server.demo.cupboard import Cupboard
from posology.server.demo.duty import record_day
from posology.server.demo.people import Staff
from posology.server.demo.story import Complaint, Story
from posology.treatment import (
    SessionState,
    Worksheet,
    gate_items,
    leaves_at,
    next_device_at,
    next_due,
    worksheet,
)
from posology.treatment.ledger import Lot

LOT = "SYN-2607"
FINAL_VOLUME_ML = Decimal(50)  # what the synthetic pharmacy dilutes an infusion to
GATE_TAKES = timedelta(minutes=15)

Moments = Iterator[datetime]


class Room:
    """A session and everyone in it."""

    def __init__(
        self,
        staff: Staff,
        story: Story,
        session: SessionRow,
        *,
        cupboard: Cupboard | None = None,
        complaint: Complaint | None = None,
        lot: str = LOT,
    ) -> None:
        self.staff, self.story, self.session, self.lot = staff, story, session, lot
        self.cupboard = cupboard or Cupboard(staff)
        self.shares_vials = False
        self.order = order_of(session.order)
        self.library = library_of_order(staff.clinic.pk, self.order.protocol_id, self.order.protocol_sha256)
        self.protocol = self.library.protocol(self.order.protocol_id)
        self.complaint = complaint
        self.chance = Random(f"{story.number} {session.pk}")  # noqa: S311  (synthetic readings)
        self.state = SessionState()
        self.at = session.scheduled_at
        self._count = 0

    def do(self, kind: str, at: datetime, *, by: User | None = None, **payload: Any) -> Moments:
        """Yield the moment of one event, and record it; the nurse's, where nobody else is named."""
        yield at
        self.record(kind, at, by=by, **payload)

    def record(self, kind: str, at: datetime, *, by: User | None = None, **payload: Any) -> UUID:
        """Record one event; return its id."""
        self._count += 1
        event_id = uuid5(self.session.pk, f"event {self._count}")
        recorded = record_event(
            session_id=self.session.pk,
            event_id=event_id,
            kind=kind,
            payload=payload,
            occurred_at=at,
            by=by or self.staff.nurse,
            at=at,
        )
        self.state, self.at = recorded.state, at
        return event_id

    # ------------------------------------------------------------ before the dose

    def pass_gate(self) -> Moments:
        """Check who it is, ask what is asked, measure, and let a second person check the worksheet."""
        arrived = self.session.scheduled_at
        patient = self.session.patient
        yield from self.do(
            "identity_checked", arrived, record_number=patient.identifier, born_on=str(patient.born_on)
        )
        record_day(self.staff, of=arrived)
        asked = [item for item in gate_items(self.protocol, library=self.library) if item.kind == "answer"]
        for n, item in enumerate(asked, start=1):
            yield from self.do(
                "gate_answered",
                arrived + timedelta(seconds=40 * n),
                item=item.key,
                answer=gate_answer(self.story, item.key),
            )
        measured = arrived + timedelta(minutes=9)
        rest: Mapping[str, Any] = at_rest(self.story)
        yield from self.do("reading_taken", measured, **rest)
        yield from self.do("scale_scored", measured, scale="moaa_s", value=5)
        yield from self._check_worksheet(arrived + timedelta(minutes=12))

    def _check_worksheet(self, at: datetime) -> Moments:
        sheet = self._sheet()
        typed: dict[str, Any] = {"typed_devices": self.order.devices}
        if sheet.vial_volume_mL is not None:
            typed = {"typed_volume_mL": str(sheet.vial_volume_mL)}
        if self.order.minutes:
            typed["final_volume_mL"] = str(FINAL_VOLUME_ML)
        yield from self.do(
            "worksheet_checked",
            at,
            product_id=self.order.product_id,
            lot=self.lot,
            prepared_by=str(self.staff.nurse.pk),
            checked_by=str(self.staff.prescriber.pk),
            **typed,
        )
        yield at + timedelta(minutes=1)
        self._take(sheet, at + timedelta(minutes=1))

    def _take(self, sheet: Worksheet, at: datetime) -> None:
        self.cupboard.take(
            self.session,
            Lot(self.order.product_id, self.lot),
            need_ug=int(sheet.drawn_mg * 1000),
            devices=self.order.devices or 0,
            shared=self.shares_vials,
            at=at,
        )

    def _sheet(self) -> Worksheet:
        final = FINAL_VOLUME_ML if self.order.minutes else None
        return worksheet(
            self.order, product_id=self.order.product_id, library=self.library, final_volume_mL=final
        )

    # ------------------------------------------------------------ the dose

    def give(self) -> Moments:
        """Give the dose by its route, the readings of a running infusion included."""
        began = self.session.scheduled_at + GATE_TAKES
        sheet = self._sheet()
        dose: dict[str, Any] = {"dose_mg": str(sheet.drawn_mg), "lot": self.lot}
        if self.order.route is Route.INTRAVENOUS:
            yield from self.do(
                "administration_started",
                began,
                minutes=self.order.minutes,
                pump_rate_mL_per_h=str(sheet.rate_mL_per_h),
                **dose,
            )
            yield from self.infuse(began + timedelta(minutes=self.order.minutes or 0))
        elif self.order.route is Route.NASAL:
            yield from self.do("administration_started", began, devices=self.order.devices, **dose)
            yield from self._use_devices()
        else:
            yield from self.do("dose_given", began, **dose)
        if self.cupboard.is_kept(self.at):
            yield from self._put_away()

    def _put_away(self) -> Moments:
        """Waste what is left of what was taken, once nothing more is given."""
        at = self.at + timedelta(minutes=2)
        yield at
        self.cupboard.give(self.session, int(self.state.delivered_mg(at) * 1000))
        self.cupboard.waste_rest(self.session, at=at)

    def infuse(self, ends: datetime) -> Moments:
        while (due := self.next_reading()) is not None and due < ends:
            yield from self.measure(due)
        yield from self.measure(ends)
        yield from self.do("infusion_stopped", ends, reason="The infusion is through.", complete=True)

    def _use_devices(self) -> Moments:
        while (earliest := next_device_at(self.state, self.protocol)) is not None:
            at = earliest + timedelta(seconds=20)
            yield from self.do(
                "device_given", at, number=len(self.state.devices) + 1, lot=self.lot, complete=True
            )

    # ------------------------------------------------------------ after it

    def watch(self) -> Moments:
        """Take every reading of the protocol up to the end of the stay."""
        leaves = leaves_at(self.state, self.protocol)
        while (due := self.next_reading()) is not None and (leaves is None or due <= leaves):
            yield from self.measure(due)

    def let_go(self) -> Moments:
        """Look through the criteria, and let the patient leave with an escort."""
        leaves = leaves_at(self.state, self.protocol)
        at = max(self.at, leaves or self.at) + timedelta(minutes=1)
        for key in self.protocol.discharge.criteria:
            yield from self.do("discharge_criterion", at, key=key, met=True)
        yield from self.do("discharged", at + timedelta(seconds=30), with_escort=True)

    def measure(self, at: datetime) -> Moments:
        """Take one whole set of readings; what the patient complained of by then is written down first."""
        began = self.state.started_at or at
        minute = (at - began).total_seconds() / 60
        if self.complaint is not None and minute >= self.complaint.minute:
            yield from self._complain(began)
        yield from self.do("reading_taken", at, **during(self.story, minute, self.chance))
        yield from self.do("scale_scored", at, scale="moaa_s", value=sedation(minute))
        if rating := dissociation(self.story, minute):
            yield from self.do("scale_scored", at, scale="dissociation", value=rating)

    def _complain(self, began: datetime) -> Moments:
        told = self.complaint
        assert told is not None
        self.complaint = None
        yield from self.do(
            "adverse_event",
            max(self.at, began + timedelta(minutes=told.minute)),
            term=told.term,
            grade=told.grade,
            serious=False,
            related="yes",
            action=told.action,
        )

    def next_reading(self) -> datetime | None:
        due = next_due(self.state, self.protocol, self.at)
        return None if due is None else due.due_at


def whole_session(room: Room) -> Moments:
    """Play a session from the gate to the way home."""
    yield from room.pass_gate()
    yield from room.give()
    yield from room.watch()
    yield from room.let_go()


def play(moments: Moments, *, until: datetime) -> None:
    """Play what has come by a moment, and nothing that lies ahead of it."""
    for moment in moments:
        if moment > until:
            return

"""A session of the week: as any of the demo's, and with what may befall one."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from posology.clinic.sessions.models import SessionRow
from posology.server.demo.answers import at_rest, during
from posology.server.demo.cupboard import Cupboard
from posology.server.demo.people import Staff
from posology.server.demo.room import GATE_TAKES, Moments, Room
from posology.server.demo.story import Complaint, Story
from posology.server.demo.week_plan import Twist
from posology.server.demo.week_site import REPEAT, SYSTOLIC, limit_of
from posology.treatment import EventKind

SEEN_AT = timedelta(minutes=20)  # from the start to what befalls
WATCHED = timedelta(minutes=8)  # from the second high pressure to a lower one
ABOVE = 8  # mmHg by which a high reading lies above the site's limit
MISREAD_BY = 30  # /min
UNWELL = Complaint("Vomiting", 2, 25, "The infusion was ended; an antiemetic was offered.")


class WeekRoom(Room):
    """A session and everyone in it, with its twist."""

    def __init__(
        self,
        staff: Staff,
        story: Story,
        session: SessionRow,
        *,
        cupboard: Cupboard,
        complaint: Complaint | None = None,
        twist: Twist | None = None,
    ) -> None:
        super().__init__(staff, story, session, cupboard=cupboard, complaint=complaint)
        self.twist = twist
        self.shares_vials = True

    def infuse(self, ends: datetime) -> Moments:
        """Let the infusion run, with what befalls it."""
        befalls = _BEFALLS.get(self.twist) if self.twist else None
        if befalls is not None:
            yield from befalls(self, ends)
        else:
            yield from super().infuse(ends)

    def measure(self, at: datetime) -> Moments:
        """Take one set of readings; one of them is written down wrong where that is the twist."""
        if self.twist is Twist.CORRECTED:
            self.twist = None
            yield from self._measure_wrong(at)
        else:
            yield from super().measure(at)

    # ------------------------------------------------------------ what befalls

    def _pressure_once(self, ends: datetime) -> Moments:
        """Measure above the limit, and lower after the minutes that the site asks for."""
        at = self._befalls_at
        yield from self._until(at)
        yield from self._see(at, limit_of(SYSTOLIC) + ABOVE)
        yield from self._see(at + timedelta(minutes=limit_of(REPEAT)), self._calm())
        yield from super().infuse(ends)

    def _pressure_twice(self, ends: datetime) -> Moments:
        """Pause at the second high reading; a prescriber decides, and the infusion runs on."""
        at = self._befalls_at
        yield from self._until(at)
        yield from self._see(at, limit_of(SYSTOLIC) + ABOVE)
        again = at + timedelta(minutes=limit_of(REPEAT))
        yield from self._see(again, limit_of(SYSTOLIC) + ABOVE // 2)
        paused = again + timedelta(seconds=30)
        yield from self.do("infusion_paused", paused, reason="Pressure above the limit twice.")
        yield from self.do("symptoms_checked", paused + timedelta(seconds=30), present=False)
        calm = again + WATCHED
        yield from self._see(calm, self._calm())
        yield from self.do(
            "pressure_decided",
            calm + timedelta(minutes=1),
            by=self.staff.prescriber,
            way="go_on",
            reason="No symptoms, and near the value before the dose again.",
        )
        resumed = calm + timedelta(minutes=2)
        yield from self.do("infusion_resumed", resumed)
        yield from super().infuse(ends + (resumed - paused))

    def _stopped(self, _: datetime) -> Moments:
        """End the infusion before it is through; the rest of it is left, and has to be wasted."""
        at = self._befalls_at
        yield from self._until(at)
        yield from self.measure(at)
        unwell = at + timedelta(minutes=5)
        yield from self.do(
            "adverse_event",
            unwell,
            term=UNWELL.term,
            grade=UNWELL.grade,
            serious=False,
            related="yes",
            action=UNWELL.action,
        )
        stopped = unwell + timedelta(minutes=1)
        yield from self.do("infusion_stopped", stopped, reason="The patient vomits.", complete=False)
        yield from self.measure(stopped + timedelta(minutes=1))

    def _measure_wrong(self, at: datetime) -> Moments:
        """Write down the heart rate of another chair, see it, and correct it."""
        began = self.state.started_at or at
        right = during(self.story, (at - began).total_seconds() / 60, self.chance)
        yield at
        wrong_id = self.record(
            "reading_taken", at, **(right | {"heart_rate": right["heart_rate"] + MISREAD_BY})
        )
        yield from self.do("scale_scored", at, scale="moaa_s", value=5)
        yield from self.do(
            "corrected",
            at + timedelta(minutes=1),
            event_id=str(wrong_id),
            reason="Read from the monitor of the chair beside.",
            event_kind=EventKind.READING_TAKEN.value,
            payload=right,
        )

    # ------------------------------------------------------------ parts of it

    @property
    def _befalls_at(self) -> datetime:
        return self.session.scheduled_at + GATE_TAKES + SEEN_AT

    def _until(self, moment: datetime) -> Moments:
        while (due := self.next_reading()) is not None and due < moment:
            yield from self.measure(due)

    def _see(self, at: datetime, systolic: int) -> Moments:
        rest: Mapping[str, Any] = at_rest(self.story)
        yield from self.do("reading_taken", at, **{**rest, "systolic": systolic})
        yield from self.do("scale_scored", at, scale="moaa_s", value=5)

    def _calm(self) -> int:
        return at_rest(self.story)["systolic"] + ABOVE


_BEFALLS: Mapping[Twist, Callable[[WeekRoom, datetime], Moments]] = MappingProxyType(
    {
        Twist.PRESSURE_ONCE: WeekRoom._pressure_once,
        Twist.PRESSURE_TWICE: WeekRoom._pressure_twice,
        Twist.STOPPED: WeekRoom._stopped,
    }
)

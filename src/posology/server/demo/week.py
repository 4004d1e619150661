"""The synthetic week: five days of twelve sessions, each act by the action of a page, in order of time.

The clock is given: each act carries its own moment, and the chairs go on beside each other as on any clinic's
day. Nothing is written around the actions, so a week that the rules would not allow stops.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import date, datetime, time, timedelta
from heapq import heapify, heappop, heappush
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.db import transaction

from posology.clinic.rems.models import FinalForm
from posology.server.demo.cupboard import Cupboard
from posology.server.demo.duty import record_day
from posology.server.demo.people import Staff, make_staff
from posology.server.demo.player import Player
from posology.server.demo.programme import join_programmes, send
from posology.server.demo.room import LOT, Moments
from posology.server.demo.story import Story
from posology.server.demo.week_plan import IV, Coming, Plan
from posology.server.demo.week_site import sign_own_protocol
from posology.server.demo.week_visit import WeekVisit

OPENED_AT, CLOSED_AT, ENDS_AT = time(7), time(18, 20), time(20)
MADE_BEFORE = timedelta(days=14)  # the clinic is opened so long before its week


class Week:
    """A clinic's people at work by a plan.

    Parameters
    ----------
    staff : Staff
        Of a clinic that is open and has joined its programmes.
    plan : Plan
        Who comes when.
    until : datetime
        Nothing later is played: the demo's now, or the end of the week.
    cupboard : Cupboard, optional
        Where the drug lies, if a delivery was received already; else one comes on the first morning.
    others : mapping of date to sequence of Moments
        What else goes on in the clinic, by day.
    tick : callable
        Called for each session when its day was played.
    a_day_at_once : bool
        Whether a day is one transaction around its actions: the disk is waited for once a day.
    """

    def __init__(
        self,
        staff: Staff,
        plan: Plan,
        *,
        until: datetime,
        cupboard: Cupboard | None = None,
        others: Mapping[date, Sequence[Moments]] = MappingProxyType({}),
        tick: Callable[[Story], None] = lambda _: None,
        a_day_at_once: bool = False,
    ) -> None:
        self.staff, self.plan, self.until, self.tick = staff, plan, until, tick
        self.a_day_at_once = a_day_at_once
        self.players: dict[int, Player] = {}
        self.cupboard, self.others = cupboard or Cupboard(staff), others

    def play(self) -> None:
        """Play every day up to ``until``."""
        for day in sorted({*self.plan.days, *self.others}):
            with transaction.atomic() if self.a_day_at_once else nullcontext():
                goes_on = [*self.others.get(day, ()), *self.visits_of(day)]
                beside([self.open(day), *goes_on, self.close(day)], until=self.until)
            for coming in self.plan.on(day):
                self.tick(coming.story)

    def visits_of(self, day: date) -> Iterator[Moments]:
        """Yield what goes on in the chairs on a day, to be played beside each other."""
        for coming in self.plan.on(day):
            yield self.visit(coming).come()
        for coming in self.plan.sessions:
            if coming.missed is not None and self._day(coming.missed.arrival) == day:
                yield self.visit(coming).miss()

    def visit(self, coming: Coming) -> WeekVisit:
        """Return one visit; the patient is the same person at each."""
        story = coming.story
        player = self.players.setdefault(
            story.number, Player(self.staff, story, now=self.until, cupboard=self.cupboard)
        )
        return WeekVisit(player, coming, self.plan, self.cupboard)

    def open(self, day: date) -> Moments:
        """Open a day: a delivery on the first morning, then who is on duty, and what was looked at."""
        at = datetime.combine(day, OPENED_AT, tzinfo=self.plan.zone)
        yield at
        if not self.cupboard.is_kept(at):
            self.cupboard.receive(LOT, at=at)
            yield at + timedelta(minutes=5)
            self.cupboard.take_inventory(at=at + timedelta(minutes=5))
        yield at + timedelta(minutes=10)
        record_day(self.staff, of=at, at=at + timedelta(minutes=10))

    def close(self, day: date) -> Moments:
        """Close a day: the drug is counted, and the director sends what was finalised."""
        at = datetime.combine(day, CLOSED_AT, tzinfo=self.plan.zone)
        yield at
        self.cupboard.close(day, at=at)
        sent_at = at + timedelta(minutes=5)
        yield sent_at
        for final in self.forms_to_send():
            send(self.staff, final, at=sent_at)

    def forms_to_send(self) -> tuple[FinalForm, ...]:
        """Return the forms that are finalised and not sent yet."""
        rows = FinalForm.objects.for_clinic(self.staff.clinic).filter(sent__isnull=True)
        return tuple(rows.order_by("at", "pk"))

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.plan.zone).date()


def beside(of: Sequence[Moments], *, until: datetime) -> None:
    """Play what goes on at the same time, always the earliest act first, and nothing later than ``until``."""
    waiting = [(first, n) for n, one in enumerate(of) if (first := next(one, None)) is not None]
    heapify(waiting)
    while waiting:
        moment, n = heappop(waiting)
        if moment > until:
            return
        following = next(of[n], None)
        if following is not None:
            heappush(waiting, (following, n))


def new_clinic(monday: date, zone: str) -> Staff:
    """Open the clinic of a week: certified, its people reachable, its own infusion protocol signed."""
    at = datetime.combine(monday, OPENED_AT, tzinfo=ZoneInfo(zone)) - MADE_BEFORE
    staff = make_staff(zone, at=at)
    join_programmes(staff, at=at)
    sign_own_protocol(staff, based_on=IV, on=monday, at=at + timedelta(days=1))
    return staff


def end_of(day: date, zone: str) -> datetime:
    """Return the moment at which a day of the week is over."""
    return datetime.combine(day, ENDS_AT, tzinfo=ZoneInfo(zone))

"""The synthetic week: five days of twelve sessions, each act by the action of a page, in order of time.

The clock is given: each act carries its own moment, and the chairs go on beside each other as on any clinic's
day. Nothing is written around the actions, so a week that the rules would not allow stops.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import date, datetime, time, timedelta
from heapq import heapify, heappop, heappush

from django.db import transaction

from posology.clinic.rems.models import FinalForm
from posology.server.demo.people import Staff
from posology.server.demo.player import Player
from posology.server.demo.programme import send
from posology.server.demo.room import Moments
from posology.server.demo.story import Story
from posology.server.demo.week_plan import Coming, Plan
from posology.server.demo.week_visit import WeekVisit

CLOSED_AT = time(18, 20)


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
    tick : callable
        Called after each visit that ended.
    a_day_at_once : bool
        Whether a day is one transaction around its actions: the disk is waited for once a day.
    """

    def __init__(
        self,
        staff: Staff,
        plan: Plan,
        *,
        until: datetime,
        tick: Callable[[Story], None] = lambda _: None,
        a_day_at_once: bool = False,
    ) -> None:
        self.staff, self.plan, self.until, self.tick = staff, plan, until, tick
        self.a_day_at_once = a_day_at_once
        self.players: dict[int, Player] = {}

    def play(self) -> None:
        """Play every day up to ``until``."""
        for day in self.plan.days:
            with transaction.atomic() if self.a_day_at_once else nullcontext():
                beside([*self.visits_of(day), self.close(day)], until=self.until)

    def visits_of(self, day: date) -> Iterator[Moments]:
        """Yield what goes on in the chairs on a day, to be played beside each other."""
        for coming in self.plan.on(day):
            yield self._visited(coming)
        for coming in self.plan.sessions:
            if coming.missed is not None and self._day(coming.missed.arrival) == day:
                yield self.visit(coming).miss()

    def visit(self, coming: Coming) -> WeekVisit:
        """Return one visit; the patient is the same person at each."""
        story = coming.story
        player = self.players.setdefault(story.number, Player(self.staff, story, now=self.until))
        return WeekVisit(player, coming, self.plan.after(coming))

    def _visited(self, coming: Coming) -> Moments:
        yield from self.visit(coming).come()
        self.tick(coming.story)

    def close(self, day: date) -> Moments:
        """Close a day: the director sends what was finalised."""
        at = datetime.combine(day, CLOSED_AT, tzinfo=self.plan.zone)
        yield at
        for n, final in enumerate(self.forms_to_send()):
            moment = at + timedelta(minutes=n)
            yield moment
            send(self.staff, final, at=moment)

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

"""The week as it is planned: who comes on which day, at what time, into which chair, and what befalls them.

Pure: days, a seed and what is taken already in, the plan out. The same seed gives the same week. Nothing here
is clinical: a course's own days, its smallest interval and its limits are asked by the actions that play it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from posology.knowledge import load_library
from posology.protocols.visits import expected_minutes
from posology.server.demo.story import Story
from posology.server.demo.week_people import person

SESSIONS_A_DAY = 12
OPENS, CLOSES = time(8), time(18)
STEP = timedelta(minutes=15)  # between two arrivals: one nurse receives them
AROUND = timedelta(minutes=20)  # that a chair is taken beyond the stay that the protocol counts
SECOND_AFTER = range(3, 6)  # days to a second session in the week: twice a week is day 1 and day 4
MISSED_FOR = timedelta(minutes=30)  # how long a patient is waited for
LIE_AHEAD = 4  # sessions of the day on which the plan is looked at
CALLED_IN = timedelta(minutes=60)  # when the chair of a missed visit is used again

NASAL, IV, IM, SC, ORAL = (
    "esketamine-nasal-us",
    "ketamine-iv",
    "ketamine-im",
    "ketamine-sc",
    "ketamine-oral",
)
# What a day of twelve holds: every route each day, and the nasal one thrice, for its forms.
MIX = (NASAL, IV, SC, IM, IV, NASAL, ORAL, IV, NASAL, SC, IV, IM)
GIVEN = {  # the product and the level of the dose
    NASAL: ("esketamine-device-28", "56"),
    IV: ("ketamine-10", "0.5"),
    IM: ("ketamine-50", "0.5"),
    SC: ("ketamine-50", "0.5"),
    ORAL: ("ketamine-50", "0.5"),
}


class Twist(StrEnum):
    """What befalls a session beside the usual."""

    PRESSURE_TWICE = "pressure above the limit twice: paused, decided, gone on with"
    PRESSURE_ONCE = "pressure above the limit once, and lower at the second reading"
    STOPPED = "an infusion ended before it was through"
    CORRECTED = "a reading written down wrong, and corrected"


_BEFALLS = (
    (Twist.PRESSURE_TWICE, IV),
    (Twist.PRESSURE_ONCE, IV),
    (Twist.STOPPED, IV),
    (Twist.CORRECTED, SC),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A chair that somebody else has from one moment to another; a block is no session."""

    chair: int
    start: datetime
    end: datetime
    is_session: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A time and a chair."""

    arrival: datetime
    chair: int


@dataclass(frozen=True, slots=True)
class Coming:
    """One session of the week as it is planned; ``missed`` is the place at which the patient was not seen."""

    story: Story
    number: int  # of this patient's sessions in the week
    place: Place
    twist: Twist | None = None
    missed: Place | None = None

    @property
    def protocol(self) -> str:
        """The product's protocol of the course."""
        assert self.story.course is not None
        return self.story.course.protocol


@dataclass(frozen=True, slots=True)
class Plan:
    """The days of the week, and its sessions in order of time."""

    days: tuple[date, ...]
    zone: ZoneInfo
    sessions: tuple[Coming, ...]

    def day_of(self, coming: Coming) -> date:
        """Return the day on which a session lies."""
        return coming.place.arrival.astimezone(self.zone).date()

    def on(self, day: date) -> tuple[Coming, ...]:
        """Return the sessions of one day."""
        return tuple(c for c in self.sessions if self.day_of(c) == day)

    def after(self, coming: Coming) -> Coming | None:
        """Return the same patient's next session in the week."""
        later = (c for c in self.sessions if c.story is coming.story and c.number == coming.number + 1)
        return next(later, None)


def plan_week(
    days: Sequence[date],
    zone: str,
    *,
    seed: int,
    chairs: int,
    a_day: int | Sequence[int] = SESSIONS_A_DAY,
    taken: Iterable[Taken] = (),
    now: datetime | None = None,
) -> Plan:
    """Return a week of sessions: each patient's first, and a second one where the week has its day.

    Parameters
    ----------
    days : sequence of date
        The open days, in order. Of four days and more, one visit of the last but one is missed, and moved to
        the last.
    zone : str
        The clinic's.
    seed : int
        From which the people, their order and their numbers are drawn.
    chairs : int
        Of the clinic.
    a_day : int or sequence of int
        How many sessions each day holds, those of others among them.
    taken : iterable of Taken
        What others have planned. Their sessions count among the day's.
    now : datetime, optional
        When the plan will be looked at: on that day some sessions lie ahead, as far as there is room.
    """
    planner = _Planner(ZoneInfo(zone), Random(f"week {seed}"), chairs, list(taken), now)  # noqa: S311
    holds = [a_day] * len(days) if isinstance(a_day, int) else a_day
    planner.holds = dict(zip(days, holds, strict=True))
    for n, day in enumerate(days):
        planner.plan(day, tuple(days[n + 1 :]), misses=n == len(days) - 2 and n >= 2)
    in_order = sorted(planner.sessions, key=lambda c: c.place.arrival)
    return Plan(tuple(days), planner.zone, tuple(_twisted(in_order)))


class _Planner:
    """The week so far."""

    def __init__(
        self,
        zone: ZoneInfo,
        chance: Random,
        chairs: int,
        taken: list[Taken],
        now: datetime | None,
    ) -> None:
        self.zone, self.chance, self.chairs, self.taken = zone, chance, chairs, taken
        self.now, self.ahead = now, 0
        self.holds: dict[date, int] = {}
        self.others = tuple(taken)
        self.sessions: list[Coming] = []
        self.back: dict[date, list[Coming]] = {}
        self.people = 0

    def plan(self, day: date, later: tuple[date, ...], *, misses: bool) -> None:
        """Plan one day: who comes back, and new people up to its number."""
        left = self.holds[day] - sum(t.is_session and self._day(t.start) == day for t in self.others)
        left -= sum(self._day(c.place.arrival) == day for c in self.sessions)
        today: list[Coming] = []
        for first in self.back.get(day, ())[:left]:
            place = self._place(first.protocol, day)
            if place is not None:
                today.append(Coming(first.story, 2, place))
        if misses:
            today = self._with_one_missed(today, later[0])
        for protocol in self._wanted(left - len(today)):
            place = self._place(protocol, day)
            if place is not None:
                today.append(self._newcomer(protocol, place))
        self.sessions += today
        days = [d for d in later if (d - day).days in SECOND_AFTER]
        for first in (c for c in today if c.number == 1):
            back_on = next((d for d in days if len(self.back.get(d, ())) < self.holds[d]), None)
            if back_on is not None:
                self.back.setdefault(back_on, []).append(first)

    def _with_one_missed(self, today: list[Coming], tomorrow: date) -> list[Coming]:
        """Let the first nasal visit be missed and moved to tomorrow, and somebody new use its chair."""
        missed = next((c for c in today if c.protocol == NASAL), None)
        moved_to = self._place(NASAL, tomorrow) if missed else None
        if missed is None or moved_to is None:
            return today
        self.sessions.append(replace(missed, place=moved_to, missed=missed.place))
        place = Place(missed.place.arrival + CALLED_IN, missed.place.chair)
        return [*(c for c in today if c is not missed), self._newcomer(IM, place)]

    def _newcomer(self, protocol: str, place: Place) -> Coming:
        product, level = GIVEN[protocol]
        story = person(self.people, self.chance, protocol=protocol, product=product, level=level)
        self.people += 1
        return Coming(story, 1, place)

    def _wanted(self, count: int) -> list[str]:
        wanted = [MIX[n % len(MIX)] for n in range(max(count, 0))]
        self.chance.shuffle(wanted)
        return wanted

    def _place(self, protocol: str, day: date) -> Place | None:
        """Take the first time and chair that is free long enough; ``None`` where none is."""
        if self.now is not None and self._day(self.now) == day and self.ahead < LIE_AHEAD:
            place = self._place_after(self.now, protocol, day)
            self.ahead += place is not None
            if place is not None:
                return place
        return self._place_after(None, protocol, day)

    def _place_after(self, moment: datetime | None, protocol: str, day: date) -> Place | None:
        stay = timedelta(minutes=expected_minutes(load_library().protocol(protocol), on=day)) + AROUND
        for arrival in self._arrivals(day, stay):
            if any(t.start == arrival and t.is_session for t in self.taken):
                continue
            if moment is not None and arrival <= moment:
                continue
            for chair in range(1, self.chairs + 1):
                if self._is_free(chair, arrival, arrival + stay):
                    self.taken.append(Taken(chair, arrival, arrival + stay))
                    return Place(arrival, chair)
        return None

    def _arrivals(self, day: date, stay: timedelta) -> Iterator[datetime]:
        at = datetime.combine(day, OPENS, tzinfo=self.zone)
        closes = datetime.combine(day, CLOSES, tzinfo=self.zone)
        while at + stay <= closes:
            yield at
            at += STEP

    def _is_free(self, chair: int, start: datetime, end: datetime) -> bool:
        return not any(t.chair == chair and t.start < end and start < t.end for t in self.taken)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


def _twisted(sessions: Sequence[Coming]) -> Iterator[Coming]:
    """Yield the sessions, the first fitting ones each with what befalls it."""
    open_ones = list(_BEFALLS)
    for coming in sessions:
        mine = next((pair for pair in open_ones if pair[1] == coming.protocol and not coming.missed), None)
        if mine is None:
            yield coming
            continue
        open_ones.remove(mine)
        yield replace(coming, twist=mine[0])

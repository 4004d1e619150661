"""Plays all stories and the week beside them into an empty database, and tells how far it is."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.db import transaction

from posology.clinic.visits.hours import open_weekdays
from posology.server.demo.cupboard import Cupboard
from posology.server.demo.hours import day_at, moment_on
from posology.server.demo.people import CHAIRS, Staff, make_staff
from posology.server.demo.player import Player, arrival_of, usual_chair
from posology.server.demo.programme import enrol, join_programmes
from posology.server.demo.room import Moments, play
from posology.server.demo.stories import STORIES
from posology.server.demo.story import Story
from posology.server.demo.today import STAYS, play_today, taken_today
from posology.server.demo.week import Week
from posology.server.demo.week_plan import SESSIONS_A_DAY, Plan, Taken, plan_week

HISTORY = timedelta(days=120)
WEEK = 5  # days on which the clinic is open, today among them
SEED = 1
BESIDE_THEM = 5  # sessions of a day before today beside the stories' own: today alone is a full day


def days_of_week(today: date, count: int = WEEK) -> tuple[date, ...]:
    """Return today and the open days before it, ``count`` in all."""
    back = (today - timedelta(days=n) for n in range(1, 7 * WEEK))
    open_ones = [day for day in back if day.weekday() in open_weekdays()]
    return tuple(sorted([today, *open_ones[: count - 1]])) if count else ()


def plan_of(now: datetime, zone: str, stories: Iterable[Story], *, days: int = WEEK) -> Plan:
    """Return the week up to today, planned around what the stories take of it."""
    today = day_at(now, zone)
    taken = list(taken_today(now, zone))
    for story in stories:
        chair = usual_chair(story, CHAIRS)
        for number in range(1, len(story.course.days) + 1 if story.course else 1):
            start = arrival_of(story, number, today=today, zone=zone)
            taken.append(Taken(chair, start, start + STAYS))
    open_days = days_of_week(today, days)
    theirs = Counter(day_at(t.start, zone) for t in taken if t.is_session)
    holds = [SESSIONS_A_DAY if day == today else theirs[day] + BESIDE_THEM for day in open_days]
    return plan_week(open_days, zone, seed=SEED, chairs=CHAIRS, a_day=holds, taken=taken, now=now)


def steps_of(stories: Iterable[Story] = STORIES, *, now: datetime, zone: str, days: int = WEEK) -> int:
    """Return how many steps the seeding has: one a visit, and one for each story's today."""
    told = tuple(stories)
    of_stories = sum(1 + (len(s.course.days) if s.course else 0) for s in told)
    return of_stories + len(plan_of(now, zone, told, days=days).sessions)


def seed(
    *,
    now: datetime,
    zone: str,
    tick: Callable[[Story], None],
    stories: Iterable[Story] = STORIES,
    days: int = WEEK,
) -> Staff:
    """Make the clinic, its people, every patient's history, and the week up to now.

    The drug's ledger is kept from the first morning of the week. What happens in the week happens in order of
    time, the stories' own visits among it. Each visit before is one transaction around its actions, and so is
    each day of the week: the disk is waited for that often.

    Parameters
    ----------
    days : int
        How many open days the week has, today among them; 0 for none.
    """
    moment, told = now.replace(microsecond=0), tuple(stories)
    staff = make_staff(zone, at=moment - HISTORY)
    join_programmes(staff, at=moment - HISTORY)
    cupboard = Cupboard(staff)
    plan = plan_of(moment, zone, told, days=days)
    players = [Player(staff, story, now=moment, cupboard=cupboard) for story in told]
    in_week: dict[date, list[Moments]] = defaultdict(list)
    for player in players:
        _register(player)
        for number in range(1, len(player.story.course.days) + 1 if player.story.course else 1):
            day = day_at(player.arrival(number), zone)
            visit = _ticking(player.visit(number), player.story, tick)
            if plan.days and day >= plan.days[0]:
                in_week[day].append(visit)
            else:
                with transaction.atomic():
                    play(visit, until=moment)
    if plan.days:
        Week(
            staff, plan, until=moment, cupboard=cupboard, others=in_week, tick=tick, a_day_at_once=True
        ).play()
    for player in players:
        with transaction.atomic():
            play_today(player)
        tick(player.story)
    return staff


def _ticking(visit: Moments, story: Story, tick: Callable[[Story], None]) -> Moments:
    yield from visit
    tick(story)


def _register(player: Player) -> None:
    course = player.story.course
    before = course.began_days_ago + 2 if course else 1
    first = day_at(player.now, player.zone) - timedelta(days=before)
    with transaction.atomic():
        registered = moment_on(first, player.zone, minutes_after_opening=player.usual_minutes)
        player.register(registered)
        if course:
            player.ask(registered + timedelta(minutes=20))
            enrol(player.staff, player.patient, course.protocol, at=registered + timedelta(minutes=30))

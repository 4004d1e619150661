"""Plays all stories into an empty database, and tells how far it is."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction

from posology.server.demo.hours import day_at, moment_on
from posology.server.demo.people import Staff, make_staff
from posology.server.demo.player import Player
from posology.server.demo.programme import enrol, join_programmes
from posology.server.demo.stories import STORIES
from posology.server.demo.story import Story
from posology.server.demo.today import play_today

HISTORY = timedelta(days=120)


def steps_of(stories: Iterable[Story] = STORIES) -> int:
    """Return how many steps the seeding has: one a visit, and one for today."""
    return sum(1 + (len(s.course.days) if s.course else 0) for s in stories)


def seed(
    *, now: datetime, zone: str, tick: Callable[[Story], None], stories: Iterable[Story] = STORIES
) -> Staff:
    """Make the clinic, its people, and every patient's history up to now.

    Each visit is one transaction around its actions: the disk is waited for once a visit.
    """
    moment = now.replace(microsecond=0)
    staff = make_staff(zone, at=moment - HISTORY)
    join_programmes(staff, at=moment - HISTORY)
    for story in stories:
        _play(Player(staff, story, now=moment), tick)
    return staff


def _play(player: Player, tick: Callable[[Story], None]) -> None:
    course = player.story.course
    before = course.began_days_ago + 2 if course else 1
    first = day_at(player.now, player.zone) - timedelta(days=before)
    with transaction.atomic():
        registered = moment_on(first, player.zone, minutes_after_opening=player.usual_minutes)
        player.register(registered)
        if course:
            player.ask(registered + timedelta(minutes=20))
            enrol(player.staff, player.patient, course.protocol, at=registered + timedelta(minutes=30))
    for number in range(1, len(course.days) + 1 if course else 1):
        with transaction.atomic():
            player.visit(number)
        tick(player.story)
    with transaction.atomic():
        play_today(player)
    tick(player.story)

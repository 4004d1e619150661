"""Brings the demo up: takes its folder, makes today's clinic, says how to sign in, serves."""

import hashlib
import socket
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import posology.clinic
from posology.knowledge import load_library
from posology.server.demo.hours import day_at, zone_at_noon
from posology.server.demo.people import SIGN_INS
from posology.server.demo.place import DemoRefused, Mark, Place, is_todays
from posology.server.demo.seeding import WEEK, seed, steps_of
from posology.server.demo.stories import STORIES
from posology.server.demo.story import Story
from posology.server.serving import answer_requests
from posology.server.start import check_start


def bring_up(*, host: str, port: int, reset: bool) -> int:
    """Bring up the synthetic clinic and serve it until it is stopped.

    Raises
    ------
    DemoRefused
        If the folder or the port is taken, or the database is not the demo's own.
    """
    console = Console(highlight=False, soft_wrap=True)
    place = own_place()
    with place.taken(), listening(host, port) as door:
        mark = fresh(place, now=timezone.now(), reset=reset, console=console)
        check_start()
        connections.close_all()
        _say(console, mark, *door.getsockname()[:2])
        answer_requests(door=door)
    return 0


def own_place() -> Place:
    """Return the demo's folder, once more making sure that the live settings lead nowhere else.

    Raises
    ------
    DemoRefused
        If these are not the demo's settings.
    """
    place = Place(settings.DATA)
    if not settings.DEMO or Path(settings.DATABASES["default"]["NAME"]) != place.file:
        raise DemoRefused("These are not the settings of the demo. Start it with 'posology demo'.")
    return place


def fresh(
    place: Place,
    *,
    now: datetime,
    reset: bool,
    console: Console,
    stories: tuple[Story, ...] = STORIES,
    days: int = WEEK,
) -> Mark:
    """Return the mark of today's demo, made anew where it is not there."""
    mark, made_from = place.mark(), fingerprint()
    zone = mark.zone if mark else ""
    if not reset and mark and is_todays(mark, now=now, day=str(day_at(now, zone)), made_from=made_from):
        return mark
    connections.close_all()
    place.clear()
    zone = zone_at_noon(now, settings.SITE_ZONE)
    call_command("migrate", interactive=False, verbosity=0)
    with _bar(console) as progress:
        task = progress.add_task(
            "Making the synthetic clinic", total=steps_of(stories, now=now, zone=zone, days=days), who=""
        )

        def tick(story: Story) -> None:
            progress.update(task, advance=1, who=story.identifier)

        seed(now=now, zone=zone, tick=tick, stories=stories, days=days)
        progress.update(task, who="ready")
    mark = Mark(str(day_at(now, zone)), zone, now.isoformat(), made_from)
    place.keep(mark)
    return mark


def fingerprint() -> str:
    """Return a hash of what the demo is made from, so that an old file is never shown as new."""
    told = hashlib.sha256(load_library().sha256.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        told.update(path.read_bytes())
    for path in sorted(Path(posology.clinic.__path__[0]).glob("*/migrations/*.py")):
        told.update(path.name.encode())
    return told.hexdigest()


def listening(host: str, port: int) -> socket.socket:
    """Take the port before anything else is done.

    Raises
    ------
    DemoRefused
        If it cannot be taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
        door.listen(128)
    except OSError as fault:
        door.close()
        raise DemoRefused(
            f"Port {port} at {host} cannot be taken ({fault.strerror}). Choose another with --port."
        ) from None
    return door


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TextColumn("visits  {task.fields[who]}"),
        TimeElapsedColumn(),
        console=console,
    )


def _say(console: Console, mark: Mark, host: str, port: int) -> None:
    address = f"[{host}]" if ":" in host else host
    width = max(len(known.username) for known in SIGN_INS)
    made = datetime.fromisoformat(mark.made_at).astimezone(ZoneInfo(mark.zone))
    console.print(f"\nPosology demo: [bold]http://{address}:{port}/[/bold]", markup=True)
    console.print("Synthetic patients only. It supports and never replaces a clinician.")
    console.print(f"The clinic's clock: {mark.zone}; its day was made at {made:%H:%M}.\n")
    console.print("Sign in as, with this pass phrase:")
    for known in SIGN_INS:
        console.print(f"  {known.username:<{width}}  {known.pass_phrase}", markup=False)
    console.print("\nStop with Ctrl-C. Start over with: posology demo --reset")

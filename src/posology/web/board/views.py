"""Today's chairs, on a desk and on the wall. The page asks for its middle; else a reload does."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from posology.clinic.care import board as care
from posology.web import clock
from posology.web.board import view_models
from posology.web.board.wall import wall_of
from posology.web.live.snapshots import version_of
from posology.web.middleware import WALL, is_locked
from posology.web.page import now_of, person, show


def board(request: HttpRequest) -> HttpResponse:
    """Show all chairs, and what waits for a person."""
    now, locked = now_of(request), is_locked(request)
    today = care.today(person(request), at=now)
    context = {
        **_around(today, now=now, locked=locked),
        "board": view_models.board_of(today, locked=locked),
        "waiting": view_models.waiting_of(today, now=now, locked=locked),
        "planned": view_models.planned_of(today, locked=locked),
        "forms": view_models.forms_of(today, locked=locked),
    }
    return show(request, "board/live.html" if _is_part(request) else "board/board.html", context)


def wall(request: HttpRequest) -> HttpResponse:
    """Show all chairs on a wall: large, without a way to anything else, and never with a name.

    It does not lock: whoever made this screen a wall, while it was open, chose that it shows letters.
    One that was locked before shows none, and from either nothing else opens without a sign-in.
    """
    now, locked = now_of(request), is_locked(request)
    if not locked and not request.session.get(WALL):
        request.session[WALL] = True
    today = care.today(person(request), at=now)
    hidden = locked and not request.session.get(WALL)
    context = {**_around(today, now=now, locked=locked), "wall": wall_of(today, hidden=hidden)}
    return show(request, "board/wall_live.html" if _is_part(request) else "board/wall.html", context)


def _around(today: care.Today, *, now: datetime, locked: bool) -> dict[str, Any]:
    version = version_of(today, at=now, locked=locked)
    return {"locked": locked, "asked_at": now, "version": version, "clock_step": clock.last_step()}


def _is_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"

"""Today's chairs. The page asks for its middle again every few seconds; without scripts a reload does."""

from django.http import HttpRequest, HttpResponse

from posology.clinic.care import board as care
from posology.web.board import view_models
from posology.web.middleware import is_locked
from posology.web.page import now_of, person, show


def board(request: HttpRequest) -> HttpResponse:
    """Show all chairs, and what waits for a person."""
    now, locked = now_of(request), is_locked(request)
    today = care.today(person(request), at=now)
    context = {
        "board": view_models.board_of(today, locked=locked),
        "waiting": view_models.waiting_of(today, now=now, locked=locked),
        "planned": view_models.planned_of(today, locked=locked),
        "forms": view_models.forms_of(today, locked=locked),
        "locked": locked,
        "asked_at": now,
    }
    partial = request.headers.get("HX-Request") == "true"
    return show(request, "board/live.html" if partial else "board/board.html", context)

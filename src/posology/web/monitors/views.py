"""All monitors of the clinic: put one at a chair, see what each says, and what is held back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from posology.clinic.accounts.permissions import may
from posology.clinic.monitors import queries
from posology.clinic.monitors.actions import MonitorRefused, put_at_chair
from posology.web.components import ErrorSummary, Problem
from posology.web.monitors import view_models
from posology.web.page import now_of, person, show


def monitors(request: HttpRequest) -> HttpResponse:
    """List the monitors, and put one at a chair."""
    if request.method != "POST":
        return _page(request)
    name, chair = request.POST.get("name", ""), request.POST.get("chair", "")
    try:
        if chair != "none" and not (chair.isascii() and chair.isdecimal() and len(chair) < 4):
            raise MonitorRefused("No chair is chosen. Choose one, or 'No chair'.", field="chair")
        put_at_chair(
            name=name, chair=None if chair == "none" else int(chair), by=person(request), at=now_of(request)
        )
    except MonitorRefused as refusal:
        return _page(request, str(refusal))
    where = "at no chair" if chair == "none" else f"at chair {chair}"
    messages.success(request, f"The monitor is {where}. Join it to the session there before it counts.")
    return redirect("monitors")


def _page(request: HttpRequest, refusal: str = "") -> HttpResponse:
    by, now = person(request), now_of(request)
    held = queries.quarantined(by, at=now)
    chairs = by.clinic.chairs
    context: dict[str, Any] = {
        "errors": ErrorSummary((Problem(refusal),), "Nothing was changed") if refusal else None,
        "cards": view_models.cards_of(queries.monitors(by, at=now), chairs=chairs, at=now),
        "unknown": view_models.unknown_of(held, chairs=chairs),
        "held": view_models.held_table(held),
        "refused": view_models.refused_table(queries.refused_messages(by, at=now)),
        "may_place": may(by, "place_monitor"),
    }
    return show(request, "monitors/monitors.html", context, status=422 if refusal else 200)

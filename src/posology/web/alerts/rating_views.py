"""Rating what interrupted an order, and the ratings as a table for a spreadsheet."""

import csv
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.permissions import may
from posology.clinic.care.ratings import RatingRefused, interventions_of, rate_alert, ratings_of
from posology.clinic.orders.models import OrderRow
from posology.clinic.orders.queries import order_for
from posology.clinic.protocols.queries import library_at
from posology.web.alerts import rating_models
from posology.web.alerts.view_models import address_of
from posology.web.components import ErrorSummary, Link, Problem
from posology.web.knowledge.shelf import crumbs_to
from posology.web.page import OpenPatient, now_of, person, show
from posology.web.sent import sent_id


def rate(request: HttpRequest, order: UUID) -> HttpResponse:
    """Show every rule that interrupted an order with its form, and record what was sent of one."""
    row = order_for(person(request), order)
    if request.method != "POST":
        return _page(request, row)
    rule = request.POST.get("rule", "")
    try:
        rate_alert(
            rating_id=sent_id(request),
            order_id=row.pk,
            rule=rule,
            rating=request.POST.get("rating", ""),
            words=request.POST.get("words", ""),
            by=person(request),
            at=now_of(request),
        )
    except RatingRefused as refusal:
        return _page(request, row, refusal)
    messages.info(request, "Your rating is recorded.")
    return redirect(_back_to(request.POST.get("back", ""), row, rule))


def _back_to(back: str, row: OrderRow, rule: str) -> str:
    """Return the page from which it was sent."""
    addresses = {"order": reverse("order", kwargs={"order": row.pk}), "alert": address_of(rule)}
    return addresses.get(back) or reverse("rate", kwargs={"order": row.pk})


def _page(request: HttpRequest, row: OrderRow, refusal: RatingRefused | None = None) -> HttpResponse:
    by = person(request)
    library, zone = library_at(by.clinic, now_of(request)), ZoneInfo(by.clinic.zone)
    forms = rating_models.forms_of(
        interventions_of(by, row),
        library,
        zone,
        sent=request.POST.dict() if refusal else None,
        error=str(refusal) if refusal else "",
        field=refusal.field if refusal else "",
    )
    context: dict[str, Any] = {
        "crumbs": crumbs_to("Rate what interrupted", Link("Alerts", reverse("alerts"))),
        "row": row,
        "ratings": forms,
        "errors": _errors(forms, refusal) if refusal else None,
    }
    return show(request, "alerts/rate.html", context, status=422 if refusal else 200)


def _errors(forms: tuple[rating_models.RatingForm, ...], refusal: RatingRefused) -> ErrorSummary:
    sent = next((one for one in forms if one.is_open), None)
    field = "" if sent is None else (sent.words if refusal.field == "words" else sent.rating).dom_id
    return ErrorSummary((Problem(str(refusal), field),), "" if sent else "Nothing was recorded")


def export_ratings(request: HttpRequest) -> HttpResponse:
    """Send every rating that stands as a table for a spreadsheet."""
    # The mark at the beginning tells a spreadsheet that the text is UTF-8.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="ratings.csv"'
    lines = rating_models.export_lines(ratings_of(person(request)))
    csv.writer(response, quoting=csv.QUOTE_ALL).writerows(lines)
    return response


def forms_on_order(opened: OpenPatient, row: OrderRow) -> tuple[rating_models.RatingForm, ...]:
    """Return the forms that stand on an order's page; none for a person who rates nothing."""
    if not may(opened.by, "rate_alert"):
        return ()
    clinic = opened.patient.clinic
    library = library_at(clinic, opened.now)
    return rating_models.forms_of(interventions_of(opened.by, row), library, ZoneInfo(clinic.zone))

"""The inspector's report: on the page, as PDF and as CSV, each from the same fold and in one click."""

import csv
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from posology.clinic.ledger.books import LOOKS_BACK
from posology.clinic.ledger.queries import inventory_due
from posology.clinic.ledger.reports import Report
from posology.clinic.ledger.reports import report as report_of
from posology.clinic.ledger.rules import law_of
from posology.papers import render
from posology.web.components import errors_of
from posology.web.ledger import papers, view_models
from posology.web.ledger.acting import crumbs
from posology.web.ledger.forms import SpanForm
from posology.web.ledger.views import asked_day, note_named
from posology.web.ledger.words import PATTERNS
from posology.web.page import now_of, person, show


def _asked(request: HttpRequest) -> Report:
    """Return the report of the days in the address; of the last month where it names none."""
    by = person(request)
    last = asked_day(request, by, "last")
    first = asked_day(request, by, "first") if request.GET.get("first") else last - LOOKS_BACK
    found = report_of(by, first=min(first, last), last=last, at=now_of(request))
    note_named(request, "ledger-report", found.lines)
    return found


def report(request: HttpRequest) -> HttpResponse:
    """Show the ledger of a span of days: lots, what a person should look at, every line."""
    found = _asked(request)
    form = SpanForm(request.GET if {"first", "last"} & set(request.GET) else None)
    zone = ZoneInfo(found.by.clinic.zone)
    context: dict[str, Any] = {
        "crumbs": crumbs("Report"),
        "report": found,
        "form": form,
        "errors": errors_of(form) if form.is_bound and not form.is_valid() else None,
        "lots": view_models.passages_table(found.passages, found.books, caption="Lots"),
        "signs": [
            {
                "what": PATTERNS[pattern][0],
                "why": PATTERNS[pattern][1],
                "count": len(mine),
                "table": view_models.signs_table(mine, found.books, zone) if mine and found.books else None,
            }
            for pattern, mine in found.signs.items()
        ],
        "seen": sum(1 for mine in found.signs.values() if mine),
        "discrepancies": view_models.discrepancies_table(found.discrepancies),
        "lines": view_models.lines_table(found.lines, zone=zone, may_take_back=False),
        "days": view_models.days_table(found),
        "inventory": inventory_due(found.by, on=found.last),
        "law": law_of(found.by.clinic, found.last),
        "pdf": _with_span("ledger-pdf", found.first, found.last),
        "csv": _with_span("ledger-csv", found.first, found.last),
        "year": _with_span("ledger-report", found.last - timedelta(days=730), found.last),
    }
    return show(request, "ledger/report.html", context)


def _with_span(name: str, first: date, last: date) -> str:
    return f"{reverse(name)}?{urlencode({'first': first.isoformat(), 'last': last.isoformat()})}"


def as_pdf(request: HttpRequest) -> HttpResponse:
    """Print the report."""
    found = _asked(request)
    response = HttpResponse(
        render("ledger-report", papers.report_data(found)), content_type="application/pdf"
    )
    response["Content-Disposition"] = f'inline; filename="ledger-{found.first}-{found.last}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


def as_csv(request: HttpRequest) -> HttpResponse:
    """Give every line of the report as a table for a spreadsheet."""
    found = _asked(request)
    # The mark at the beginning tells a spreadsheet that the text is UTF-8.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="ledger-{found.first}-{found.last}.csv"'
    response["Cache-Control"] = "no-store"
    writer = csv.writer(response, quoting=csv.QUOTE_ALL)
    writer.writerows([papers.plain_cell(text) for text in row] for row in papers.csv_lines(found))
    return response

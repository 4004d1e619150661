"""Counts of alerts by rule, one rule with its reasons and where it comes from, and the export."""

import csv
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from posology.clinic.care.passed import counts_of_all
from posology.clinic.care.ratings import interventions_by, rated_by_rule
from posology.clinic.orders.alerts import RuleCount
from posology.clinic.protocols.queries import library_at
from posology.knowledge import Library
from posology.web.alerts import view_models
from posology.web.alerts.rating_models import forms_of, rated_text
from posology.web.components import Link
from posology.web.grounds import chain_of_rule, rule_href
from posology.web.knowledge.shelf import crumbs_to
from posology.web.page import now_of, person, show


def alerts(request: HttpRequest) -> HttpResponse:
    """Show, for every rule, how often it stood in the way, and what became of it."""
    rules, _ = _counted(request)
    shown = [r for r in rules if r.count.shown or r.count.noted]
    context = {
        "crumbs": crumbs_to("Alerts"),
        "shown": view_models.table_of(shown, "Rules that were shown", rated=_rated(request)),
        "others": view_models.table_of(
            [r for r in rules if r not in shown], "Rules that were never shown with a decision"
        ),
        "interruptions": sum(r.count.shown for r in rules),
        "overridden": sum(r.count.overridden for r in rules),
    }
    return show(request, "alerts/alerts.html", context)


def alert(request: HttpRequest, file: str, rule: str) -> HttpResponse:
    """Show one rule: its counts, the reasons given, and the attributes of where it comes from."""
    rules, library = _counted(request)
    found = next((r for r in rules if r.id == f"{file}/{rule}"), None)
    if found is None:
        raise Http404
    zone = ZoneInfo(person(request).clinic.zone)
    context: dict[str, Any] = {
        "crumbs": crumbs_to(found.title, Link("Alerts", reverse("alerts"))),
        "counted": found,
        "table": view_models.table_of([found], "What became of it", rated=_rated(request)),
        "ratings": forms_of(interventions_by(person(request), found.id), library, zone),
        "reasons": view_models.reasons_table(found.count, zone),
        "attributes": found.attributes(library),
    }
    if found.rule is not None and found.file is not None:
        on = now_of(request).astimezone(zone).date()
        context["chain"] = chain_of_rule(found.rule, found.file, library, on=on)
        context["knowledge"] = rule_href(file, rule)
    return show(request, "alerts/alert.html", context)


def export(request: HttpRequest) -> HttpResponse:
    """Send the counts, the reasons and the attributes as a table for a spreadsheet."""
    rules, library = _counted(request)
    # The mark at the beginning tells a spreadsheet that the text is UTF-8.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="alerts.csv"'
    csv.writer(response, quoting=csv.QUOTE_ALL).writerows(view_models.export_lines(rules, library))
    return response


def _rated(request: HttpRequest) -> dict[str, str | None]:
    return {rule: rated_text(rated) for rule, rated in rated_by_rule(person(request)).items()}


def _counted(request: HttpRequest) -> tuple[tuple[view_models.CountedRule, ...], Library]:
    by = person(request)
    counts: dict[str, RuleCount] = counts_of_all(by)
    library = library_at(by.clinic, now_of(request))
    return view_models.counted_rules(counts, library), library

"""Eligibility: one tab a protocol, one row a rule."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from posology.case import CaseError
from posology.clinic.care.eligibility import Eligibility, eligibility_of
from posology.recommendation import ProtocolAdvice
from posology.web.components import Crumbs, Link
from posology.web.eligibility import view_models as models
from posology.web.page import open_patient
from posology.web.way import loop_of


def eligibility(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Show every rule's answer for one protocol, the others a tab away."""
    opened = open_patient(request, patient, page="eligibility")
    context = {
        "steps": loop_of(opened, "Eligibility"),
        "crumbs": Crumbs(
            (Link("Patients", reverse("patients")), Link("Record", opened.url("patient"))),
            "Eligibility",
        ),
    }
    try:
        found = eligibility_of(opened.by, opened.patient, as_of=opened.now)
    except CaseError as refusal:
        return opened.show("eligibility/eligibility.html", {**context, "refused": str(refusal)}, status=409)
    chosen = _chosen(found, request.GET.get("protocol", ""))
    context |= {
        "tabs": models.tabs_of(opened, found, chosen.report.protocol_id),
        "protocol": models.protocol_verdicts(opened, chosen),
        "overdue": found.advice.overdue,
        "jurisdiction": opened.patient.clinic.jurisdiction,
    }
    return opened.show("eligibility/eligibility.html", context)


def _chosen(found: Eligibility, wanted: str) -> ProtocolAdvice:
    """Return the protocol of that name from those that were asked, or the first of them."""
    return next((p for p in found.protocols if p.report.protocol_id == wanted), found.protocols[0])

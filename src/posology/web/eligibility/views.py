"""Eligibility: one tab a protocol, one row a rule."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from posology.case import CaseError
from posology.clinic.care.queries import advice_for
from posology.recommendation import Advice, ProtocolAdvice
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
            (Link("Patients", reverse("patients")), Link(str(opened.patient), opened.url("patient"))),
            "Eligibility",
        ),
    }
    try:
        advice = advice_for(opened.patient, as_of=opened.now)
    except CaseError as refusal:
        return opened.show("eligibility/eligibility.html", {**context, "refused": str(refusal)}, status=409)
    chosen = _chosen(advice, request.GET.get("protocol", ""))
    context |= {
        "tabs": models.tabs_of(opened, advice, chosen.report.protocol_id),
        "protocol": models.protocol_verdicts(opened, chosen),
        "overdue": advice.overdue,
        "jurisdiction": opened.patient.clinic.jurisdiction,
    }
    return opened.show("eligibility/eligibility.html", context)


def _chosen(advice: Advice, wanted: str) -> ProtocolAdvice:
    """Return the protocol of that name from those that were asked, or the first of them."""
    return next((p for p in advice.protocols if p.report.protocol_id == wanted), advice.protocols[0])

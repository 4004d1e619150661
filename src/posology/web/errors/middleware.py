"""A refusal that no view caught becomes its page: 403, 404 or 409. Anything else is a fault of ours (500)."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse

from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.orders.stored import OrderAltered
from posology.clinic.patients import queries as patients
from posology.clinic.patients.models import Patient
from posology.knowledge import KnowledgeError
from posology.web import page
from posology.web.components import Cell, Column, EmptyState, Row, Table
from posology.web.conflict import SECRETS, RecordConflict


class Refusals:
    """Answer the refusals that every page may meet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        if isinstance(fault, RecordConflict):
            return record_conflict(request, fault)
        if isinstance(fault, NotFound):
            return page.show(request, "404.html", status=404)
        if isinstance(fault, NotPermitted):
            return page.show(request, "403.html", {"sentence": str(fault)}, status=403)
        if isinstance(fault, Conflict | WrongPatient | OrderAltered | KnowledgeError):
            return page.show(request, "errors/refused.html", {"sentence": str(fault)}, status=409)
        return None


def record_conflict(request: HttpRequest, fault: RecordConflict) -> HttpResponse:
    """Show what was typed beside what is on record, with one button to go on and one link to leave it."""
    other = _other_patient(request, fault)
    subject = other if fault.kind == "other-patient" else fault.patient
    context = {
        "conflict": fault,
        "both": _both(fault),
        "subject": subject,
        "other": fault.patient if fault.kind == "other-patient" else other,
        "target": _target(request, subject),
        "hidden": _hidden(request, fault, subject),
        "leave": reverse("patient", kwargs={"patient": fault.patient.pk}),
    }
    return page.show(request, "errors/conflict.html", context, status=409)


def _both(fault: RecordConflict) -> Table:
    rows = tuple(
        Row((Cell(kept.label), Cell(kept.typed), Cell(kept.on_record or None, missing="nothing yet")))
        for kept in fault.typed
    )
    columns = (Column("Question"), Column("You typed"), Column("On record now"))
    empty = EmptyState(
        "Nothing was typed into it", "There is nothing to lose. Open the record and begin again."
    )
    return Table("What you typed and what is on record", columns, rows, empty=empty, dense=False)


def _other_patient(request: HttpRequest, fault: RecordConflict) -> Patient | None:
    """Return the patient that the form names, or the one that was opened since; only of this clinic."""
    named = (
        request.POST.get("patient", "")
        if fault.kind == "other-patient"
        else request.session.get(page.CURRENT, "")
    )
    try:
        return patients.patient_for(page.person(request), UUID(str(named)))
    except (ValueError, NotFound):
        return None


def _target(request: HttpRequest, subject: Patient | None) -> str:
    match = request.resolver_match
    if subject is None or match is None:
        return ""
    try:
        return reverse(
            match.view_name,
            kwargs={**match.kwargs, **({"patient": subject.pk} if "patient" in match.kwargs else {})},
        )
    except NoReverseMatch:
        return ""


def _hidden(request: HttpRequest, fault: RecordConflict, subject: Patient | None) -> list[tuple[str, str]]:
    """Return everything that was sent, with the record's version as it is now and the switch acknowledged."""
    now_is = {
        "patient": str(subject.pk) if subject else "",
        "switched": str(request.session.get(page.CURRENT, "")),
        "version": request.POST.get("version", "") if fault.kind == "other-patient" else fault.version,
    }
    sent = [
        (k, v) for k in request.POST for v in request.POST.getlist(k) if k not in SECRETS and k not in now_is
    ]
    return [*sent, *now_is.items()]

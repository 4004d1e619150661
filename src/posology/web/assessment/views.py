"""One part of the assessment: shown with what is known beside each empty field, recorded as new facts."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from posology.case import CaseError, Origin, OriginKind
from posology.clinic.accounts.permissions import may
from posology.clinic.assessments.actions import record_assessment
from posology.clinic.care.asking import Asking, asking_of, is_recorded
from posology.protocols.plausible import Doubt
from posology.quantities import Quantity
from posology.web.assessment import view_models as models
from posology.web.assessment.forms import Sent, is_confirmed, read_part
from posology.web.components import Crumbs, Link
from posology.web.page import OpenPatient, open_patient
from posology.web.sent import kept_id, sent_id
from posology.web.way import loop_of

SHOWN = ("facts", "medications", "imports")


def assessment(request: HttpRequest, patient: UUID, part: str) -> HttpResponse:
    """Show one part, or record what was answered in it."""
    if part not in models.PARTS:
        raise Http404
    opened = open_patient(request, patient, page=f"assessment/{part}", of=SHOWN)
    asking = asking_of(opened.by, opened.patient, as_of=opened.now)
    if request.method != "POST":
        return _page(opened, part, asking, QueryDict(), Sent())
    return _record(opened, part, asking)


def _record(opened: OpenPatient, part: str, asking: Asking) -> HttpResponse:
    post = opened.request.POST
    sent = read_part(
        post,
        models.questions_of(part),
        form_id=sent_id(opened.request),
        drugs={m.text.casefold(): m.rxnorm for m in asking.case.medications}
        if part == "medication"
        else None,
        origin=Origin(OriginKind.STAFF, f"{opened.by.full_name}, {opened.by.get_role_display()}"),
        now=opened.now,
    )
    opened.check_form(
        typed=models.kept_of(part, asking, post),
        repeated=not sent.errors and is_recorded(opened.patient, sent.ids),
    )
    doubts = [] if sent.errors else _doubts(asking, sent, post)
    if sent.errors or doubts:
        return _page(opened, part, asking, post, sent, doubts, status=422)
    try:
        record_assessment(
            patient=opened.patient,
            facts=sent.facts,
            medications=sent.medications,
            by=opened.by,
            at=opened.now,
        )
    except CaseError as refusal:
        sent.errors["when"] = str(refusal)
        return _page(opened, part, asking, post, sent, status=422)
    count = len(sent.ids)
    messages.info(opened.request, f"{count} {'answer' if count == 1 else 'answers'} recorded.")
    return redirect("assessment", patient=opened.patient.pk, part=part)


def _doubts(asking: Asking, sent: Sent, post: QueryDict) -> list[Doubt]:
    values = {new.fact.key: new.fact.value for new in sent.facts}
    odd = asking.doubts([new.fact for new in sent.facts])
    return [doubt for doubt in odd if not is_confirmed(post, doubt.key, values[doubt.key])]


def _page(
    opened: OpenPatient,
    part: str,
    asking: Asking,
    post: QueryDict,
    sent: Sent,
    doubts: list[Doubt] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    entered = {n.fact.key: n.fact.value for n in sent.facts if isinstance(n.fact.value, Quantity)}
    with_drugs = part == "medication"
    context = {
        "part": part,
        "title": models.PARTS[part],
        "steps": loop_of(opened, "Assessment"),
        "crumbs": Crumbs(
            (Link("Patients", reverse("patients")), Link("Record", opened.url("patient"))),
            "Assessment",
        ),
        "tabs": models.tabs_of(asking, opened.patient.pk, part),
        "open_count": len(asking.open),
        "asked": models.asked_of(
            part, asking, post=post, errors=sent.errors, doubts=doubts or (), entered=entered
        ),
        "drugs": models.drug_lines(asking, post, sent.errors) if with_drugs else None,
        "new_drugs": models.new_drug_fields(post, sent.errors) if with_drugs else None,
        "when": models.when_fields(post, sent.errors),
        "errors": models.problems_of(sent.errors, doubts or ()),
        "may_write": may(opened.by, "record_facts"),
        **kept_id(opened.request),
    }
    return opened.show("assessment/part.html", context, status=status)

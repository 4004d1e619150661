"""Doses given elsewhere: listed, entered, corrected by a new entry; none is ever erased."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.permissions import may
from posology.clinic.assessments.elsewhere import ElsewhereRefused, dose_of, record_elsewhere
from posology.clinic.care.elsewhere import ToldElsewhere, told_elsewhere
from posology.web.components import Crumbs, Link, errors_of
from posology.web.conflict import kept_fields
from posology.web.elsewhere.forms import ElsewhereForm, TakeBackForm
from posology.web.elsewhere.view_models import table_of, what_text, when_text
from posology.web.page import OpenPatient, open_patient
from posology.web.sent import kept_id, sent_id
from posology.web.way import loop_of

PARTS = ("elsewhere",)


def elsewhere(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Show every dose given elsewhere, and take a new entry or the correction of one."""
    opened = open_patient(request, patient, page="elsewhere", of=PARTS)
    entries = told_elsewhere(opened.by, opened.patient)
    named = request.POST.get("corrects") or request.GET.get("corrects", "")
    corrected = _named(entries, named) if named else None
    form, back = _forms(opened)
    if request.method != "POST":
        return _page(opened, entries, corrected, form, back)
    sent = back if request.POST.get("what") == "take-back" else form
    is_repeated = any(told.row.pk == sent_id(request) for told in entries)
    opened.check_form(typed=kept_fields(sent), repeated=is_repeated)
    if sent.is_valid() and _recorded(opened, corrected, sent):
        said = "Recorded. It counts in the limits from now on." if sent is form else "Taken back."
        messages.info(request, said)
        return redirect("elsewhere", patient=opened.patient.pk)
    return _page(opened, entries, corrected, form, back, status=422)


def _named(entries: tuple[ToldElsewhere, ...], key: str) -> ToldElsewhere:
    found = next((told for told in entries if str(told.row.pk) == key), None)
    if found is None:
        raise Http404
    return found


def _forms(opened: OpenPatient) -> tuple[ElsewhereForm, TakeBackForm]:
    """Return both forms; the one that was sent is bound."""
    post, zone = opened.request.POST, ZoneInfo(opened.patient.clinic.zone)
    takes_back = post.get("what") == "take-back"
    is_sent = opened.request.method == "POST"
    return (
        ElsewhereForm(post if is_sent and not takes_back else None, now=opened.now, zone=zone),
        TakeBackForm(post if is_sent and takes_back else None),
    )


def _recorded(opened: OpenPatient, corrected: ToldElsewhere | None, form: forms.Form) -> bool:
    """Record what was sent; a refusal stands at its field."""
    try:
        record_elsewhere(
            patient=opened.patient,
            dose_id=sent_id(opened.request),
            dose=form.told() if isinstance(form, ElsewhereForm) else None,
            corrects=corrected.row.pk if corrected else None,
            because=form.cleaned_data.get("because", ""),
            page_patient_id=opened.request.POST.get("patient"),
            by=opened.by,
            at=opened.now,
        )
    except ElsewhereRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return False
    return True


def _page(
    opened: OpenPatient,
    entries: tuple[ToldElsewhere, ...],
    corrected: ToldElsewhere | None,
    form: ElsewhereForm,
    back: TakeBackForm,
    *,
    status: int = 200,
) -> HttpResponse:
    zone = ZoneInfo(opened.patient.clinic.zone)
    may_write = may(opened.by, "record_elsewhere")
    bound = next((one for one in (form, back) if one.is_bound), None)
    links = (Link("Patients", reverse("patients")), Link("Record", opened.url("patient")))
    context: dict[str, Any] = {
        "steps": loop_of(opened, "Assessment"),
        "crumbs": Crumbs(links, "Doses given elsewhere"),
        "table": table_of(opened, entries, zone, may_write=may_write),
        "form": form,
        "back": back,
        "errors": errors_of(bound) if bound else None,
        "corrected": corrected,
        "corrected_text": _words(dose_of(corrected.row), zone) if corrected else "",
        "may_write": may_write,
        **kept_id(opened.request),
    }
    return opened.show("elsewhere/elsewhere.html", context, status=status)


def _words(dose: Any, zone: ZoneInfo) -> str:
    return f"{what_text(dose)}, {when_text(dose, zone)}"

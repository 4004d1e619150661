"""Importing a FHIR file in two steps: look, then record."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.assessments.queries import imports_of
from posology.clinic.care.importing import Preview, import_file, preview_of
from posology.quantities import DomainError
from posology.web.components import Crumbs, Link, errors_of
from posology.web.conflict import KeptField
from posology.web.imports import view_models as models
from posology.web.imports.forms import ConfirmForm, FileForm, pack, unpack
from posology.web.page import OpenPatient, new_id, open_patient
from posology.web.way import loop_of

SHOWN = ("facts", "medications", "elsewhere", "imports", "forms")


def import_file_view(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Take a file, show what it holds, and record it when somebody says so."""
    opened = open_patient(request, patient, page="import", of=SHOWN)
    if request.method != "POST":
        return _ask(opened, FileForm())
    if request.POST.get("act") == "record":
        return _record(opened)
    return _look(opened)


def _look(opened: OpenPatient) -> HttpResponse:
    form = FileForm(opened.request.POST, opened.request.FILES)
    opened.check_form(typed=(KeptField("File", "the file has to be chosen again"),))
    if not form.is_valid():
        return _ask(opened, form, status=422)
    try:
        text = form.document()
        preview = preview_of(opened.by, opened.patient, text, as_of=opened.now)
    except DomainError as refusal:
        form.add_error("file" if form.cleaned_data.get("file") else "text", str(refusal))
        return _ask(opened, form, status=422)
    return _show(opened, preview, ConfirmForm(initial={"id": new_id(), "bundle": pack(text)}))


def _record(opened: OpenPatient) -> HttpResponse:
    form = ConfirmForm(opened.request.POST)
    if not form.is_valid():
        return _ask(opened, FileForm(), status=422)
    import_id = form.cleaned_data["id"]
    known = imports_of(opened.patient).filter(pk=import_id).exists()
    opened.check_form(typed=(KeptField("File", "a FHIR file, read and not recorded"),), repeated=known)
    try:
        preview = preview_of(opened.by, opened.patient, unpack(form.cleaned_data["bundle"]), as_of=opened.now)
        if not preview.names_agree and not form.cleaned_data["same_person"]:
            form.add_error(
                "same_person", "The names differ. Compare them, and tick here if it is this patient."
            )
            return _show(opened, preview, form, status=422)
        import_file(patient=opened.patient, import_id=import_id, preview=preview, by=opened.by, at=opened.now)
    except DomainError as refusal:
        again = FileForm(data={})
        again.is_valid()
        again.errors.clear()
        again.add_error("file", str(refusal))
        return _ask(opened, again, status=422)
    messages.info(opened.request, "The file is recorded. What it left open stands in the assessment.")
    return redirect("patient", patient=opened.patient.pk)


def _ask(opened: OpenPatient, form: FileForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "errors": errors_of(form) if form.is_bound else None,
        "before": imports_of(opened.patient)[:10],
        **_around(opened),
    }
    return opened.show("imports/ask.html", context, status=status)


def _show(opened: OpenPatient, preview: Preview, form: ConfirmForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "errors": errors_of(form) if form.is_bound else None,
        "person": models.person_facts(preview),
        "disagreement": models.disagreement(opened.patient, preview),
        "taken": models.taken_table(preview),
        "left": models.left_tables(preview),
        "open": models.open_table(opened, preview),
        "totals_only": preview.totals_only,
        "read_before": preview.read_before,
        "counted_before": len(preview.counted_before),
        **_around(opened),
    }
    return opened.show("imports/look.html", context, status=status)


def _around(opened: OpenPatient) -> dict[str, object]:
    links = (Link("Patients", reverse("patients")), Link("Record", opened.url("patient")))
    return {"steps": loop_of(opened, "Assessment"), "crumbs": Crumbs(links, "Import")}

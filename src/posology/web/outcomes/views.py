"""A questionnaire filled in with the patient, its result, and whom to call when an answer asks for it."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from posology.clinic.accounts.models import Role
from posology.clinic.accounts.permissions import may
from posology.clinic.accounts.queries import staff
from posology.clinic.outcomes.actions import record_form
from posology.clinic.outcomes.models import CompletedForm
from posology.clinic.outcomes.queries import forms_of, risk_tasks_of
from posology.knowledge import load_library
from posology.knowledge.schema import MeasureFile
from posology.measures import score
from posology.web.components import Cell, Column, EmptyState, Link, Row, Table, Tabs, errors_of
from posology.web.conflict import kept_fields
from posology.web.outcomes.forms import Questionnaire
from posology.web.page import OpenPatient, open_patient
from posology.web.sent import kept_id, sent_id
from posology.web.way import loop_of

SHOWN = 6


def form(request: HttpRequest, patient: UUID, instrument: str) -> HttpResponse:
    """Show a questionnaire, or the result of one that was just recorded."""
    measure = load_library().measures.get(instrument)
    if measure is None:
        raise Http404
    opened = open_patient(request, patient, page=f"form:{instrument}", of=("forms",))
    if done := request.GET.get("done"):
        return _result(opened, measure, done)
    questionnaire = _questionnaire(opened, measure)
    if request.method == "POST":
        # A form is a new entry whatever else was recorded meanwhile, so only its patient is compared.
        opened.check_form(typed=kept_fields(questionnaire), version=request.POST.get("version", ""))
        if questionnaire.is_valid():
            return _record(opened, measure, questionnaire)
    return _show(opened, measure, questionnaire)


def _questionnaire(opened: OpenPatient, measure: MeasureFile) -> Questionnaire:
    data = opened.request.POST if opened.request.method == "POST" else None
    return Questionnaire(data, measure=measure, now=opened.now, zone=ZoneInfo(opened.patient.clinic.zone))


def _show(opened: OpenPatient, measure: MeasureFile, questionnaire: Questionnaire) -> HttpResponse:
    context = {
        "loop": loop_of(opened, "Outcome"),
        "measure": measure,
        "tabs": Tabs(
            "Questionnaires",
            tuple(
                Link(m.short_title, opened.url("form", instrument=m.id), current=m.id == measure.id)
                for m in load_library().measures.values()
            ),
        ),
        "form": questionnaire,
        "errors": errors_of(questionnaire) if questionnaire.is_bound else None,
        "earlier": earlier(opened, measure),
        "may_write": may(opened.by, "record_form"),
        **kept_id(opened.request),
    }
    return opened.show("outcomes/form.html", context, status=422 if questionnaire.is_bound else 200)


def _record(opened: OpenPatient, measure: MeasureFile, questionnaire: Questionnaire) -> HttpResponse:
    completed = record_form(
        form_id=sent_id(opened.request),
        patient=opened.patient,
        instrument=measure.id,
        answers=questionnaire.answers(),
        answered_at=questionnaire.cleaned_data["clock"],
        page_patient_id=opened.request.POST.get("patient"),
        by=opened.by,
        at=opened.now,
    )
    asks = risk_tasks_of(opened.patient).filter(form=completed).exists()
    if asks or completed.total is None:
        return redirect(f"{opened.url('form', instrument=measure.id)}?done={completed.pk}")
    messages.success(
        opened.request,
        f"{measure.short_title}: {completed.total} of {completed.maximum} points, {completed.band}.",
    )
    return redirect(opened.url("options"))


def _result(opened: OpenPatient, measure: MeasureFile, done: str) -> HttpResponse:
    completed = _completed(opened, measure, done)
    scored = score(measure.id, completed.answers)
    tasks = tuple(risk_tasks_of(opened.patient).filter(form=completed))
    context = {
        "loop": loop_of(opened, "Outcome"),
        "measure": measure,
        "completed": completed,
        "why_not_scored": scored.why_not_scored,
        "tasks": tasks,
        "to_call": [
            u.full_name
            for u in staff(opened.patient.clinic).filter(role__in=[Role.PRESCRIBER, Role.DIRECTOR])
        ],
        "options": opened.url("options"),
        "again": opened.url("form", instrument=measure.id),
    }
    return opened.show("outcomes/result.html", context)


def _completed(opened: OpenPatient, measure: MeasureFile, done: str) -> CompletedForm:
    try:
        wanted = UUID(done)
    except ValueError:
        raise Http404 from None
    found = forms_of(opened.patient, as_of=opened.now).filter(pk=wanted, instrument=measure.id).first()
    if found is None:
        raise Http404
    return found


def earlier(opened: OpenPatient, measure: MeasureFile) -> Table:
    """Return the last scores of this instrument: beside the empty form, never copied into it."""
    rows = tuple(
        Row(
            (
                Cell(f.at),
                Cell(None if f.total is None else f"{f.total} points", missing="not scored"),
                Cell(f.band, missing="—"),
            )
        )
        for f in forms_of(opened.patient, as_of=opened.now).filter(instrument=measure.id)[:SHOWN]
    )
    empty = EmptyState(
        "Not filled in before", "The first one before a course is the baseline that response is judged by."
    )
    columns = (Column("When"), Column("Total", numeric=True), Column("Band"))
    return Table(f"Earlier {measure.short_title}", columns, rows, empty=empty, show_caption=True)

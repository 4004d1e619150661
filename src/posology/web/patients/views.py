"""Patients: find one, register one, see one whole, and answer for a risk answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.permissions import may
from posology.clinic.care.listing import patients_listed
from posology.clinic.care.overview import overview_of
from posology.clinic.outcomes.actions import RiskTaskError, close_risk_task, take_risk_task
from posology.clinic.outcomes.queries import risk_task_for
from posology.clinic.patients import queries
from posology.clinic.patients.actions import PatientError, register_patient
from posology.clinic.patients.models import Patient
from posology.web.components import Crumbs, Link, errors_of
from posology.web.conflict import kept_fields
from posology.web.page import new_id, now_of, open_patient, person, show
from posology.web.patients import view_models
from posology.web.patients.forms import CloseTaskForm, NewPatientForm, SearchForm

# What the patient's page and a task's page show, and so what a form of theirs was made from.
TASKS = ("tasks",)


def patients(request: HttpRequest) -> HttpResponse:
    """List the clinic's patients. A search is sent, not asked by address: names never stand in one."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    text = given.get("text") or ""
    unread = "text" in form.errors  # everyone must not look like the answer to a search
    listed = patients_listed(
        person(request), text=text, order=given.get("sort") or "name", page=given.get("page") or 1
    )
    context = {
        "form": form,
        "errors": errors_of(form) if unread else None,
        "table": view_models.patients_table(listed, searched=text),
        "listed": listed,
        "may_register": may(person(request), "register_patient"),
        "following": listed.page + 1 if listed.page < listed.pages else None,
        "previous": listed.page - 1 if listed.page > 1 else None,
    }
    return show(request, "patients/list.html", context, status=422 if unread else 200)


def patient_new(request: HttpRequest) -> HttpResponse:
    """Register a patient; people who could be taken for one another are shown before."""
    if request.method != "POST":
        return _new_page(request, NewPatientForm(initial={"id": new_id()}))
    form = NewPatientForm(request.POST)
    if not form.is_valid():
        return _new_page(request, form, status=422)
    alike = _look_alikes(request, form.cleaned_data)
    if alike and not form.cleaned_data["someone_else"]:
        form.add_error("someone_else", "Look at the patients below, and tick here if it is none of them.")
        return _new_page(request, form, alike, status=422)
    try:
        registered = _register(request, form.cleaned_data)
    except PatientError as refusal:
        form.add_error(refusal.field, str(refusal))
        return _new_page(request, form, alike, status=422)
    return redirect("patient", patient=registered.pk)


def _look_alikes(request: HttpRequest, given: dict[str, Any]) -> list[Patient]:
    found = queries.look_alikes_of(
        person(request),
        family_name=given["family_name"],
        given_name=given["given_name"],
        born_on=given["born_on"],
    )
    return [p for p in found if p.pk != given["id"]]


def _register(request: HttpRequest, given: dict[str, Any]) -> Patient:
    by = person(request)
    registered: Patient = register_patient(
        patient_id=given["id"],
        clinic=by.clinic,
        family_name=given["family_name"],
        given_name=given["given_name"],
        born_on=given["born_on"],
        sex=given["sex"],
        identifier=given["identifier"],
        by=by,
        at=now_of(request),
    )
    return registered


def _new_page(
    request: HttpRequest, form: NewPatientForm, alike: list[Patient] | None = None, *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "errors": errors_of(form),
        "alike": view_models.look_alikes_table(alike) if alike else None,
        "crumbs": Crumbs((Link("Patients", reverse("patients")),), "New patient"),
    }
    return show(request, "patients/new.html", context, status=status)


def patient(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Show one patient whole: what comes next, one timeline, the sessions, what is open."""
    opened = open_patient(request, patient, page="patient")
    overview = overview_of(opened.by, opened.patient, as_of=opened.now)
    return opened.show("patients/patient.html", view_models.patient_page(opened, overview))


def task(request: HttpRequest, patient: UUID, task: UUID) -> HttpResponse:
    """Show one risk answer; a person takes it, and closes it with what was done."""
    opened = open_patient(request, patient, page="task", of=TASKS)
    form = CloseTaskForm(request.POST if request.POST.get("act") == "close" else None)
    if request.method == "POST":
        opened.check_form(typed=kept_fields(form))
        answer = _act(request, opened, task, form)
        if answer is not None:
            return answer
    found = risk_task_for(opened.by, task, patient=opened.patient)
    context = view_models.task_page(opened, found)
    return opened.show(
        "patients/task.html",
        {**context, "form": form, "errors": errors_of(form) if form.is_bound else None},
        status=422 if form.is_bound else 200,
    )


def _act(request: HttpRequest, opened: Any, task: UUID, form: CloseTaskForm) -> HttpResponse | None:
    """Take or close the task, or return nothing where the form needs another look."""
    found = risk_task_for(opened.by, task, patient=opened.patient)
    if request.POST.get("act") == "take":
        take_risk_task(task_id=found.pk, by=opened.by, at=opened.now)
        messages.info(request, "You have this answer now.")
        return redirect("task", patient=opened.patient.pk, task=task)
    if not form.is_valid():
        return None
    try:
        close_risk_task(task_id=found.pk, note=form.cleaned_data["note"], by=opened.by, at=opened.now)
    except RiskTaskError as refusal:
        form.add_error("note", str(refusal))
        return None
    messages.info(request, "Closed, with what was done.")
    return redirect("patient", patient=opened.patient.pk)

"""The programme's list with its clock, the site's certification and contacts, a patient's enrolment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.models import Clinic
from posology.clinic.accounts.permissions import check, may
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.rems.actions import (
    certify_site,
    end_certification,
    end_enrolment,
    enrol_patient,
    record_contact,
)
from posology.clinic.rems.permissions import CERTIFY, ENROL, FILL, VIEW
from posology.clinic.rems.queries import SessionForm, contact_of, lately_sent, queue
from posology.clinic.rems.setting import said_apart
from posology.clinic.rems.standing import (
    certifications_of,
    certified,
    day_at,
    enrolled,
    enrolments_of,
    programmes_at,
    rule_of,
)
from posology.knowledge import number_in_force
from posology.knowledge.schema.programmes import ProgrammeFile
from posology.quantities import DomainError
from posology.web.components import Crumbs, Link, Table, errors_of
from posology.web.page import OpenPatient, new_id, now_of, open_patient, person, show
from posology.web.rems import view_models
from posology.web.rems.forms import CertifyForm, ContactForm, EndForm, EndSiteForm, EnrolForm
from posology.web.sent import kept_id, sent_id


def refuse(form: forms.Form, refusal: DomainError) -> None:
    """Put a refusal beside the field it is about, or above the form."""
    field = getattr(refusal, "field", "")
    form.add_error(field if field in form.fields else None, str(refusal))


def acted(form: forms.Form, act: Any, **told: Any) -> bool:
    """Run an action with what a valid form says; a refusal stands in the form, a conflict is a page."""
    try:
        act(**told, **form.cleaned_data)
    except (Conflict, WrongPatient):
        raise
    except DomainError as refusal:
        refuse(form, refusal)
        return False
    return True


# ---------------------------------------------------------------- the list


def listing(request: HttpRequest) -> HttpResponse:
    """Show the forms that wait, by the programme's clock, and those lately sent."""
    by, now = person(request), now_of(request)
    check(by, VIEW)
    programmes = programmes_at(by.clinic)
    waiting = queue(by, at=now) if programmes else ()
    context = {
        "programmes": [_programme_line(p, by.clinic, now) for p in programmes],
        "waiting": view_models.queue_table(waiting),
        "overdue": sum(f.is_overdue for f in waiting),
        "sent": view_models.sent_table(lately_sent(by, at=now)) if programmes else None,
        "apart": _apart(said_apart(by, at=now)) if programmes else None,
    }
    return show(request, "rems/list.html", context)


def _apart(forms: tuple[SessionForm, ...]) -> Table | None:
    return view_models.apart_table(forms) if forms else None


def _programme_line(programme: ProgrammeFile, clinic: Clinic, now: datetime) -> dict[str, Any]:
    today = day_at(clinic, now)
    held = certified(certifications_of(clinic, programme.id), on=today)
    return {
        "file": programme,
        "held": [rule_of(programme, setting).title for setting in held],
        "contacts": tuple(programme.contacts.values()),
        "days": number_in_force(programme.values, "form_due_within", on=today, unit="d"),
    }


# ---------------------------------------------------------------- the site


def site(request: HttpRequest) -> HttpResponse:
    """Show the site's certification and the reader's own contact; record either."""
    by, now = person(request), now_of(request)
    check(by, VIEW)
    programmes = programmes_at(by.clinic)
    programme = programmes[0] if programmes else None
    if programme is None:
        return show(request, "rems/site.html", {"programme": None, "crumbs": _crumbs("Site and contacts")})
    rows = certifications_of(by.clinic, programme.id)
    held = certified(rows, on=day_at(by.clinic, now))
    what = request.POST.get("what", "")
    post = request.POST if request.method == "POST" else None
    certify = CertifyForm(post if what == "certify" else None, auto_id="certify_%s")
    end = EndSiteForm(post if what == "end" else None, held=held, auto_id="end_%s")
    contact = ContactForm(post if what == "contact" else None, auto_id="contact_%s")
    sent = {"certify": certify, "end": end, "contact": contact}.get(what)
    if sent is not None and sent.is_valid():
        told: dict[str, Any] = {"row_id": sent_id(request), "by": by, "at": now}
        if what != "contact":
            told["programme"] = programme.id
        act = {"certify": certify_site, "end": end_certification, "contact": record_contact}[what]
        if acted(sent, act, **told):
            messages.success(request, "It is recorded.")
            return redirect("rems-site")
    context = {
        "crumbs": _crumbs("Site and contacts"),
        "programme": programme,
        "table": view_models.certifications_table(rows, empty="The medical director records it below."),
        "may_certify": may(by, CERTIFY),
        "may_contact": may(by, FILL),
        "certify": certify,
        "end": end if held else None,
        "contact": contact,
        "contact_now": contact_of(by),
        "errors": errors_of(sent) if sent is not None else None,
        "form_id": new_id(),
        **kept_id(request),
    }
    return show(request, "rems/site.html", context, status=422 if request.method == "POST" else 200)


def _crumbs(here: str) -> Crumbs:
    return Crumbs((Link("REMS", reverse("rems")),), here)


# ---------------------------------------------------------------- a patient


def patient_enrolment(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Show a patient's enrolment; record one that both have signed, or its end."""
    opened = open_patient(request, patient, page="programme enrolment", of=())
    check(opened.by, VIEW)
    programmes = programmes_at(opened.patient.clinic)
    if not programmes:
        return opened.show("rems/patient.html", {"programme": None, "crumbs": _record_crumbs(opened)})
    programme = programmes[0]
    rows = enrolments_of(opened.patient, programme.id)
    stands = enrolled(rows, on=day_at(opened.patient.clinic, opened.now)) is not None
    form: forms.Form = EndForm(auto_id="end_%s") if stands else EnrolForm()
    if request.method == "POST":
        repeated = any(row.pk == sent_id(request) for row in rows)
        opened.check_form(repeated=repeated)
        ends = request.POST.get("what") == "end"
        form = EndForm(request.POST, auto_id="end_%s") if ends else EnrolForm(request.POST)
        told = {
            "row_id": sent_id(request),
            "patient": opened.patient,
            "programme": programme.id,
            "page_patient_id": request.POST.get("patient"),
            "by": opened.by,
            "at": opened.now,
        }
        if form.is_valid() and acted(form, end_enrolment if ends else enrol_patient, **told):
            messages.success(request, "The enrolment is ended." if ends else "The enrolment is recorded.")
            return redirect("patient-rems", patient=opened.patient.pk)
    how = "Record below what both have signed." if may(opened.by, ENROL) else "A prescriber records it."
    context = {
        "crumbs": _record_crumbs(opened),
        "programme": programme,
        "table": view_models.enrolments_table(rows, empty=how),
        "apart": _apart(said_apart(opened.by, at=opened.now, patient=opened.patient)),
        "form": form if may(opened.by, ENROL) else None,
        "ends": isinstance(form, EndForm),
        "errors": errors_of(form) if form.is_bound else None,
        **kept_id(request),
    }
    return opened.show("rems/patient.html", context, status=422 if request.method == "POST" else 200)


def _record_crumbs(opened: OpenPatient) -> Crumbs:
    links = (Link("Patients", reverse("patients")), Link("Record", opened.url("patient")))
    return Crumbs(links, "REMS")

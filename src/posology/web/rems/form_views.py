"""The monitoring form of one session: what is open first, then the form; finalised, sent, printed."""

import json
from typing import Any
from uuid import UUID, uuid5

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.permissions import may
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.rems.forms import answer_field, asks, finalise_form, record_sent
from posology.clinic.rems.permissions import FILL, SEND
from posology.clinic.rems.queries import FormState, SessionForm, final_for, form_or_none
from posology.clinic.rems.setting import say_setting
from posology.clinic.rems.standing import day_at
from posology.clinic.sessions.queries import session_for
from posology.knowledge.programmes import version_in_use
from posology.papers import render
from posology.quantities import DomainError
from posology.treatment.rems_form import FormError
from posology.web.components import Crumbs, Field, Link, errors_of
from posology.web.components.forms import ErrorSummary, Problem
from posology.web.page import OpenPatient, now_of, open_patient, person
from posology.web.rems import papers, view_models
from posology.web.rems.forms import FinaliseForm, SentForm, SettingForm, asked_field
from posology.web.rems.views import acted
from posology.web.sent import kept_id, sent_id


def session_form(request: HttpRequest, session: UUID) -> HttpResponse:
    """Show the form of one session; take answers, finalise it, and note that it was sent."""
    found = _found(request, session)
    if found is None:
        row = session_for(person(request), session)
        opened = open_patient(request, row.patient_id, page="programme form", of=())
        crumbs = Crumbs((Link("Session", reverse("session", kwargs={"session": row.pk})),), "Monitoring form")
        return opened.show("rems/none.html", {"crumbs": crumbs})
    opened = open_patient(request, found.session.patient_id, page="programme form", of=())
    if request.method != "POST":
        return _page(opened, found)
    opened.check_form(repeated=_known(request, found))
    here = redirect("session-rems", session=found.session.pk)
    match request.POST.get("what"):
        case "answer":
            errors = _answer(opened, found)
            return _page(opened, found, errors=errors) if errors else here
        case "finalise":
            return _finalise(opened, found) or here
        case "sent":
            return _send(opened, found) or here
        case "setting":
            return _set(opened, found) or here
        case _:
            return _page(opened, found, errors={"": "This form does not say what it is for. Send it again."})


def _found(request: HttpRequest, session: UUID) -> SessionForm | None:
    """Return the form in the version in use, or in the one that the address or the page asks for."""
    version = request.POST.get("form_version") or request.GET.get("version") or None
    try:
        return form_or_none(person(request), session, at=now_of(request), version=version)
    except FormError:
        raise Http404 from None


def _known(request: HttpRequest, found: SessionForm) -> bool:
    return any(str(final.pk) == request.POST.get("id") for final in found.finals)


def _told(opened: OpenPatient) -> dict[str, Any]:
    return {"by": opened.by, "at": opened.now}


def _answer(opened: OpenPatient, found: SessionForm) -> dict[str, str]:
    """Record each answer that was given, under an id of its own; return what was refused, by field."""
    first, errors, recorded = sent_id(opened.request), {}, 0
    for key in found.programme.fields:
        value = opened.request.POST.get(f"answer-{key}", "").strip()
        if not value:
            continue
        try:
            answer_field(
                row_id=uuid5(first, key),
                session_id=found.session.pk,
                field=key,
                value=value,
                page_patient_id=opened.request.POST.get("patient"),
                **_told(opened),
            )
            recorded += 1
        except (Conflict, WrongPatient):
            raise
        except DomainError as refusal:
            errors[key] = str(refusal)
    if recorded and not errors:
        messages.success(opened.request, "The answers are recorded.")
    return errors


def _finalise(opened: OpenPatient, found: SessionForm) -> HttpResponse | None:
    post = opened.request.POST
    form = FinaliseForm(post, auto_id="finalise_%s")
    form.fields["because"].required = found.final is not None and not _known(opened.request, found)
    told = {
        "row_id": sent_id(opened.request),
        "session_id": found.session.pk,
        "version": found.form.version,
        "seen_sha256": post.get("seen", ""),
        "page_patient_id": post.get("patient"),
        **_told(opened),
    }
    if form.is_valid() and acted(form, finalise_form, **told):
        messages.success(opened.request, "The form is finalised. Send it to the programme, and note it here.")
        return None
    return _page(opened, found, finalise=form)


def _send(opened: OpenPatient, found: SessionForm) -> HttpResponse | None:
    form = SentForm(opened.request.POST, auto_id="sent_%s")
    final = found.final
    if final is None:
        raise Http404
    told = {"row_id": sent_id(opened.request), "form_id": final.pk, **_told(opened)}
    if form.is_valid() and acted(form, record_sent, **told):
        messages.success(opened.request, "It is noted as sent.")
        return None
    return _page(opened, found, sent=form)


def _set(opened: OpenPatient, found: SessionForm) -> HttpResponse | None:
    post = opened.request.POST
    form = SettingForm(post, auto_id="setting_%s")
    told = {
        "row_id": sent_id(opened.request),
        "session_id": found.session.pk,
        "page_patient_id": post.get("patient"),
        **_told(opened),
    }
    if form.is_valid() and acted(form, say_setting, **told):
        messages.success(opened.request, "The setting is recorded.")
        return None
    return _page(opened, found, setting=form)


def _page(
    opened: OpenPatient,
    found: SessionForm,
    *,
    errors: dict[str, str] | None = None,
    finalise: FinaliseForm | None = None,
    sent: SentForm | None = None,
    setting: SettingForm | None = None,
) -> HttpResponse:
    refused = errors or {}
    may_fill, may_send = may(opened.by, FILL), may(opened.by, SEND)
    today = day_at(opened.patient.clinic, opened.now)
    in_use = version_in_use(found.programme, on=today)[0]
    whole = not found.form.unfinished and found.state.discharge is not None
    settled = found.stands in {FormState.FINAL, FormState.SENT}
    context = {
        "crumbs": _crumbs(opened, found),
        "found": found,
        "chip": view_models.state_chip(found),
        "left": view_models.left_text(found),
        "setting": view_models.setting_words(found),
        "said_setting": view_models.said_setting(found),
        "settings": view_models.other_settings(found),
        "set_form": setting or SettingForm(auto_id="setting_%s"),
        "version": opened.version,
        "form_version": found.form.version,
        "version_title": found.programme.versions[found.form.version].title,
        "version_note": found.programme.versions[found.form.version].effective_note,
        "is_in_use": found.form.version == in_use,
        "others": [k for k in found.programme.versions if k != found.form.version],
        "asked": _asked(opened, found, refused, answered=False) if may_fill else (),
        "answered": _asked(opened, found, refused, answered=True) if may_fill else (),
        "open_lines": view_models.open_lines(found),
        "open_count": len(found.form.unfinished),
        "parts": view_models.parts_of(found),
        "silent": view_models.silent(found.form),
        "flags": view_models.flags(found.form),
        "may_finalise": may_fill and whole and found.is_due and not settled,
        "finalise": finalise or FinaliseForm(auto_id="finalise_%s"),
        "finals": view_models.finals_table(found.finals),
        "may_send": may_send and found.final is not None and found.sent is None,
        "sent": sent or SentForm(auto_id="sent_%s"),
        "may_fill": may_fill,
        "contacts": tuple(found.programme.contacts.values()),
        "errors": _summary(refused) or _form_errors(finalise or sent or setting),
        **kept_id(opened.request),
    }
    return opened.show("rems/form.html", context, status=422 if opened.request.method == "POST" else 200)


def _asked(
    opened: OpenPatient, found: SessionForm, errors: dict[str, str], *, answered: bool
) -> tuple[Field, ...]:
    """Return the fields that a person is asked for: the open ones, or those that were answered already."""
    fields = []
    for one in found.form.fields:
        ask = asks(found, one.key)
        if ask is None or (one.missing is None) != answered:
            continue
        typed = opened.request.POST.get(f"answer-{one.key}", "")
        fields.append(asked_field(found, one.key, ask, value=typed, error=errors.get(one.key, "")))
    return tuple(fields)


def _summary(errors: dict[str, str]) -> ErrorSummary | None:
    problems = tuple(Problem(text, f"answer_{key}" if key else "") for key, text in errors.items())
    return ErrorSummary(problems) if problems else None


def _form_errors(form: Any) -> ErrorSummary | None:
    return errors_of(form) if form is not None else None


def _crumbs(opened: OpenPatient, found: SessionForm) -> Crumbs:
    session = reverse("session", kwargs={"session": found.session.pk})
    links = (
        Link("REMS", reverse("rems")),
        Link("Record", opened.url("patient")),
        Link("Session", session),
    )
    return Crumbs(links, "Monitoring form")


# ---------------------------------------------------------------- what leaves the house


def final_pdf(request: HttpRequest, final: UUID) -> HttpResponse:
    """Print one finalised form, as it was finalised."""
    row = final_for(person(request), final)
    open_patient(request, row.session.patient_id, page="programme form, paper", of=())
    response = HttpResponse(render("monitoring-form", papers.form_data(row)), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="monitoring-form-{row.number}.pdf"'
    return response


def final_json(request: HttpRequest, final: UUID) -> HttpResponse:
    """Give one finalised form as JSON: the text that was hashed, and its hash."""
    row = final_for(person(request), final)
    open_patient(request, row.session.patient_id, page="programme form, data", of=())
    whole = {"sha256": row.sha256, "number": row.number, "form": json.loads(row.body)}
    text = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="monitoring-form-{row.number}.json"'
    response.headers["Cache-Control"] = "no-store"
    return response

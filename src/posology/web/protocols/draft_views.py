"""The form of a draft: one row a value; what is left empty stays as it is."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from posology.clinic.protocols import actions
from posology.clinic.protocols.queries import Told, raw_of, site_day_of, version_for, versions_of
from posology.clinic.protocols.steps import ProtocolRefused, faults_on
from posology.knowledge import load_library
from posology.knowledge.editing import EditRefused
from posology.knowledge.lifecycle import EDITABLE
from posology.knowledge.overlay import read_protocol
from posology.knowledge.submission import room_of
from posology.web.components import Choice, Crumbs, ErrorSummary, Link, Problem
from posology.web.page import new_id, now_of, person, show
from posology.web.protocols import forms
from posology.web.sent import kept_id, sent_id


def draft(request: HttpRequest, version: UUID) -> HttpResponse:
    """Show a draft's values to change, and write the changes."""
    by, now = person(request), now_of(request)
    told = version_for(by, version, at=now)
    if told.state not in EDITABLE and request.method != "POST":
        return redirect("protocol-version", version=version)
    file = read_protocol(told.row.protocol.name, raw_of(told.text))
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = forms.Typed(request.POST, file, room_of(told.row.protocol.based_on))
        errors = typed.errors or _written(request, told, typed)
        if not errors:
            messages.success(request, "The draft is saved.")
            return redirect("protocol-version", version=version)
    context = _draft_page(request, told, errors)
    return show(request, "protocols/draft.html", context, status=422 if errors else 200)


def _written(request: HttpRequest, told: Told, typed: forms.Typed) -> dict[str, str]:
    """Write the draft, and return what was refused, by its field."""
    try:
        actions.save_draft(
            version_id=told.row.pk,
            text_id=sent_id(request),
            page_sha256=request.POST.get("text", ""),
            changes=typed.changes,
            by=person(request),
            at=now_of(request),
        )
    except (EditRefused, ProtocolRefused) as refusal:
        return {refusal.field: str(refusal)}
    return {}


def _draft_page(request: HttpRequest, told: Told, errors: dict[str, str]) -> dict[str, Any]:
    by = person(request)
    on = site_day_of(by.clinic, now_of(request))
    file = read_protocol(told.row.protocol.name, raw_of(told.text))
    before = actions.before_of(told.row, versions_of(told.row.protocol, on=on))
    post = request.POST if errors else None
    room = room_of(told.row.protocol.based_on)
    named = sorted(load_library().sources.items(), key=lambda item: item[1].title.casefold())
    sources = tuple(Choice(key, f"{source.title[:70]} ({key})") for key, source in named)
    return {
        "told": told,
        "file": file,
        "crumbs": Crumbs(
            (
                Link("Knowledge", "/knowledge/"),
                Link("Protocols", "/protocols/"),
                Link(f"Version {told.row.number}", f"/protocols/{told.row.pk}/"),
            ),
            "Change the draft",
        ),
        "rows": forms.value_rows(
            file, before, on=on, room=room, sources=sources, post=post, errors=errors
        ),
        "head": forms.head_group(file, post, errors),
        "groups": (*forms.course_groups(file, post, errors), forms.watching_group(file, post, errors),
                   forms.leaving_group(file, before, post, errors)),
        "fixed": forms.fixed_values(file, on=on, room=room),
        "faults": faults_on(raw_of(told.text), on),
        "errors": ErrorSummary(tuple(Problem(text, f"id_{name}") for name, text in errors.items()))
        if errors
        else None,
        "form_id": new_id(),
        **(kept_id(request) if errors else {}),
    }  # fmt: skip

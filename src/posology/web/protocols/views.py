"""The site's own protocols: the list, and one version with its diff, its steps and its history."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from posology.clinic.accounts.permissions import may
from posology.clinic.protocols import actions
from posology.clinic.protocols.permissions import may_review
from posology.clinic.protocols.queries import (
    Told,
    protocols_of,
    raw_of,
    site_day_of,
    version_for,
    versions_of,
)
from posology.clinic.protocols.steps import ProtocolRefused, faults_on
from posology.knowledge import KnowledgeError, load_library
from posology.knowledge.diff import diff
from posology.knowledge.lifecycle import EDITABLE, VersionState, VersionStep, move_from
from posology.knowledge.overlay import read_protocol
from posology.knowledge.schema import ProtocolFile
from posology.quantities import DomainError, QuantityError
from posology.web.accounts.own_password import password_trouble
from posology.web.components import Crumbs, EmptyState, ErrorSummary, Field, Link, Problem
from posology.web.page import new_id, now_of, person, show
from posology.web.protocols import view_models as models
from posology.web.reading import typed_day
from posology.web.sent import kept_id, sent_id


def protocols(request: HttpRequest) -> HttpResponse:
    """List what is in force here, what is drafted, what waits for a second person, and what was."""
    by, now = person(request), now_of(request)
    refused = ""
    if request.method == "POST":
        try:
            row = actions.begin_version(
                version_id=sent_id(request), based_on=request.POST.get("based_on", ""), by=by, at=now
            )
            return redirect("protocol-draft", version=row.pk)
        except (ProtocolRefused, KnowledgeError) as refusal:
            refused = str(refusal)
    return show(
        request, "protocols/protocols.html", _list_page(request, refused), status=409 if refused else 200
    )


def _list_page(request: HttpRequest, refused: str) -> dict[str, Any]:
    by, product = person(request), load_library()
    day = site_day_of(by.clinic, now_of(request))
    held = [(p, versions_of(p, on=day)) for p in protocols_of(by.clinic)]
    told = {p.based_on: versions for p, versions in held}
    titles = models.titles_of(product)

    def table(caption: str, states: frozenset[VersionState], title: str, sentence: str) -> Any:
        rows = [(p, t) for p, versions in held for t in versions if t.state in states]
        return models.versions_table(caption, rows, titles, EmptyState(title, sentence))

    return {
        "refused": refused,
        "offers": models.offers(
            product.protocols.values(),
            told,
            on=day,
            jurisdiction=by.clinic.jurisdiction,
            may=may(by, "author_protocol"),
        ),
        "waiting": table("Waits for a second person", models.WAITING, "Nothing waits",
                         "A draft that is submitted is listed here until somebody else decides."),
        "tables": (
            table("Drafts", models.WRITING, "No draft", "Begin a version above; it is listed here."),
            table("Approved, not yet in force", frozenset({VersionState.APPROVED}), "Nothing is coming",
                  "An approved version waits here for its day."),
            table("Earlier versions", models.PAST, "No earlier version",
                  "What was superseded, retired or withdrawn is kept here."),
        ),
        "crumbs": Crumbs((Link("Knowledge", "/knowledge/"),), "Protocols"),
        "form_id": new_id(),
    }  # fmt: skip


# ---------------------------------------------------------------- one version


def version(request: HttpRequest, version: UUID) -> HttpResponse:
    """Show one version: what differs, what speaks against it, what may be done now, what was done."""
    by, now = person(request), now_of(request)
    told = version_for(by, version, at=now)
    errors: dict[str, str] = {}
    faults: tuple[str, ...] = ()
    if request.method == "POST":
        try:
            done = _TAKEN[request.POST.get("what", "")](request, told)
        except KeyError:
            errors[""] = "The form does not say what to do. Reload the page."
        except ProtocolRefused as refusal:
            faults = refusal.faults
            errors[refusal.field] = str(refusal)
        except QuantityError as refusal:
            errors["effective_on"] = str(refusal)
        else:
            messages.success(request, done)
            return redirect("protocol-version", version=told.row.pk)
    context = _version_page(request, told, errors, faults)
    return show(request, "protocols/version.html", context, status=422 if errors else 200)


def _version_page(
    request: HttpRequest, told: Told, errors: dict[str, str], faults: tuple[str, ...]
) -> dict[str, Any]:
    by = person(request)
    on = site_day_of(by.clinic, now_of(request))
    file, before, altered = _files(told, on)
    asked = told.last(VersionStep.ASK_RETIREMENT)
    first = [asked.by] if told.state is VersionState.RETIRING and asked else told.authors
    return {
        "told": told,
        "file": file,
        "before": before,
        "altered": altered,
        "title": file.title if file else told.row.protocol.name,
        "crumbs": Crumbs(
            (Link("Knowledge", "/knowledge/"), Link("Protocols", "/protocols/")), f"Version {told.row.number}"
        ),
        "chip": models.CHIPS[told.state],
        "owes": models.owed(told.state),
        "overdue": bool(file and told.is_in_force(on=on) and models.is_overdue(file, on=on)),
        "diff": models.diff_sections(diff(before, file)) if file and before else (),
        "open_faults": faults_on(raw_of(told.text), on) if file and told.is_open else (),
        "returned": told.last(VersionStep.RETURN) if told.state is VersionState.RETURNED else None,
        "asked": asked if told.state is VersionState.RETIRING else None,
        "history": models.history_table(told),
        "steps": frozenset(s.value for s in VersionStep if move_from(told.state, s)),
        "editable": told.state in EDITABLE and may(by, "author_protocol"),
        "may_author": may(by, "author_protocol"),
        "may_review": may_review(by, first=first),
        "first": ", ".join(sorted(p.full_name for p in first)),
        "fields": _step_fields(request, told, errors),
        "errors": _summary(errors, faults),
        "form_id": new_id(),
        **(kept_id(request) if errors else {}),
    }


def _files(told: Told, on: Any) -> tuple[ProtocolFile | None, ProtocolFile | None, str]:
    """Return the version's file and what it was drafted from; or why they cannot be read."""
    try:
        file = read_protocol(told.row.protocol.name, raw_of(told.text))
        return file, actions.before_of(told.row, versions_of(told.row.protocol, on=on)), ""
    except DomainError as refusal:
        return None, None, str(refusal)


def _step_fields(request: HttpRequest, told: Told, errors: dict[str, str]) -> dict[str, Field]:
    proposed = told.effective_on.isoformat() if told.effective_on else ""

    def field(name: str, label: str, kind: str, hint: str, value: str = "", **rest: Any) -> Field:
        typed = "" if kind == "password" else request.POST.get(name, value)
        return Field(name, label, kind, typed, hint=hint, error=errors.get(name, ""), **rest)

    return {
        "effective_on": field(
            "effective_on", "Holds from", "day", "As in 2026-12-01; today or later.", proposed
        ),
        "password": field(
            "password",
            "Your password",
            "password",
            "Your signature. Type it again for each approval.",
            width="medium",
            autocomplete="current-password",
        ),
        "reason": field(
            "reason", "Why", "area", "Kept with the version, for whoever reads it later.", rows=3
        ),
    }


def _summary(errors: dict[str, str], faults: tuple[str, ...]) -> ErrorSummary | None:
    if not errors:
        return None
    if len(faults) > 1:
        return ErrorSummary(tuple(Problem(f) for f in faults), "This cannot be submitted as it stands")
    return ErrorSummary(tuple(Problem(text, f"id_{name}" if name else "") for name, text in errors.items()))


def _day(request: HttpRequest) -> Any:
    return typed_day(request.POST.get("effective_on", ""), what="day from which it holds")


def _common(request: HttpRequest, told: Told) -> dict[str, Any]:
    return {
        "version_id": told.row.pk,
        "step_id": sent_id(request),
        "by": person(request),
        "at": now_of(request),
    }


def _knows_password(request: HttpRequest) -> bool:
    return not password_trouble(request)


def _submit(request: HttpRequest, told: Told) -> str:
    actions.submit_version(
        **_common(request, told), page_sha256=request.POST.get("text", ""), effective_on=_day(request)
    )
    return "The version is submitted. Ask a second person to review it."


def _approve(request: HttpRequest, told: Told) -> str:
    actions.approve_version(
        **_common(request, told),
        page_sha256=request.POST.get("text", ""),
        effective_on=_day(request),
        password_checked=_knows_password(request),
    )
    return "The version is approved and signed."


def _return(request: HttpRequest, told: Told) -> str:
    actions.return_version(
        **_common(request, told),
        page_sha256=request.POST.get("text", ""),
        reason=request.POST.get("reason", ""),
    )
    return "The version is returned to its author."


def _withdraw(request: HttpRequest, told: Told) -> str:
    actions.withdraw_version(**_common(request, told), reason=request.POST.get("reason", ""))
    return "The version is withdrawn."


def _ask(request: HttpRequest, told: Told) -> str:
    actions.ask_retirement(**_common(request, told), reason=request.POST.get("reason", ""))
    return "A second person is asked to retire it. Until then it stays in force."


def _retire(request: HttpRequest, told: Told) -> str:
    actions.decide_retirement(
        **_common(request, told), retire=True, password_checked=_knows_password(request)
    )
    return "The version is retired. New orders are made by the product's protocol again."


def _keep(request: HttpRequest, told: Told) -> str:
    actions.decide_retirement(
        **_common(request, told),
        retire=False,
        reason=request.POST.get("reason", ""),
        password_checked=False,
    )
    return "The version stays in force."


_TAKEN: dict[str, Callable[[HttpRequest, Told], str]] = {
    "submit": _submit,
    "approve": _approve,
    "return": _return,
    "withdraw": _withdraw,
    "ask": _ask,
    "retire": _retire,
    "keep": _keep,
}

"""The monitor of one session: join it, see what it says, confirm that; and the strip beside the session."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.permissions import may
from posology.clinic.care.from_monitor import confirm_readings, questions_of
from posology.clinic.care.together import FormRefused
from posology.clinic.monitors import queries
from posology.clinic.monitors.actions import MonitorRefused, end_joining, join_monitor
from posology.clinic.monitors.proposals import Proposal, proposals
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import session_for
from posology.quantities import DomainError
from posology.treatment import FINAL
from posology.web.components import Crumbs, ErrorSummary, Field, Link, Problem
from posology.web.monitors import view_models
from posology.web.page import OpenPatient, now_of, open_patient, person, show
from posology.web.reading import typed_day
from posology.web.sent import sent_id


def strip(request: HttpRequest, session: UUID) -> HttpResponse:
    """Show what the session's monitors say now; a part of the session's page, or a page that leads there."""
    by, now = person(request), now_of(request)
    row = session_for(by, session)
    if request.headers.get("HX-Request") != "true":
        return redirect("session-monitor", session=row.pk)
    context = {"session": row, **_state(row, request), "may_write": may(by, "record_event"), "now": now}
    return show(request, "monitors/strip.html", context)


def session_monitor(request: HttpRequest, session: UUID) -> HttpResponse:
    """Show the monitor of a session, and take what a person decides about it."""
    row = session_for(person(request), session)
    opened = open_patient(request, row.patient_id, page="session-monitor", of=())
    if request.method != "POST":
        return _page(opened, row)
    opened.check_form(version=request.POST.get("version", ""))
    do = {"join": _join, "confirm": _confirm, "end": _end}.get(request.POST.get("do", ""))
    try:
        if do is None:
            raise MonitorRefused("The form does not say what is to be done. Reload the page.")
        said, to = do(opened, row)
    except FormRefused as refusal:
        return _page(opened, row, refusal=str(refusal))
    except MonitorRefused as refusal:
        return _page(opened, row, refusal=str(refusal), field=refusal.field)
    messages.success(request, said)
    return redirect(to, session=row.pk)


def _join(opened: OpenPatient, row: SessionRow) -> tuple[str, str]:
    post = opened.request.POST
    try:
        born_on = typed_day(post.get("born_on", ""), what="birth day")
    except DomainError as refusal:
        raise MonitorRefused(str(refusal), field="born_on") from None
    join_monitor(
        association_id=sent_id(opened.request),
        device_id=sent_id(opened.request, "device"),
        session_id=row.pk,
        seen_id=_uuid(post.get("seen", "")),
        record_number=post.get("record_number", ""),
        born_on=born_on,
        page_patient_id=post.get("patient"),
        by=opened.by,
        at=opened.now,
    )
    return "The monitor is joined to this session until the patient leaves.", "session-monitor"


def _confirm(opened: OpenPatient, row: SessionRow) -> tuple[str, str]:
    post = opened.request.POST
    confirm_readings(
        session_id=row.pk,
        form_id=sent_id(opened.request),
        reading_ids=[key for text in post.getlist("reading") if (key := _uuid(text))],
        confirmed=[name.removeprefix("confirm-") for name in post if name.startswith("confirm-")],
        page_patient_id=post.get("patient"),
        by=opened.by,
        at=opened.now,
    )
    return "The monitor's values are recorded in your name.", "session"


def _end(opened: OpenPatient, row: SessionRow) -> tuple[str, str]:
    end_joining(association_id=sent_id(opened.request, "association"), by=opened.by, at=opened.now)
    return "The monitor is no longer joined to this session.", "session-monitor"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# ---------------------------------------------------------------- the page


def _state(row: SessionRow, request: HttpRequest) -> dict[str, Any]:
    """Return what both the page and the strip show."""
    now, over = now_of(request), row.phase in FINAL
    found = () if over else proposals(queries.readings_of(row, at=now), at=now)
    at_chair = queries.monitors(person(request), at=now, chair=row.chair) if row.chair and not over else ()
    return {
        "over": over,
        "joined": () if over else queries.joined_to(row),
        "at_chair": at_chair,
        "values": view_models.shown_proposals(found, at=now),
        "offered": _offered(found),
    }


def _offered(found: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    return tuple(p for p in found if not p.why_not)


def _page(opened: OpenPatient, row: SessionRow, *, refusal: str = "", field: str = "") -> HttpResponse:
    state = _state(row, opened.request)
    joined = {a.device_id for a in state["joined"]}
    context = {
        **state,
        "session": row,
        "crumbs": Crumbs(
            (
                Link(str(opened.patient), opened.url("patient")),
                Link("Session", reverse("session", kwargs={"session": row.pk})),
            ),
            "Monitor",
        ),
        "errors": _errors(refusal, field),
        "others": [
            {
                "live": live,
                "values": view_models.shown_rows(live.latest, at=opened.now),
                "seen": next((r for r in live.latest if r.value is not None), None),
                "fields": _fields(str(live.device.pk), refusal, field, opened),
            }
            for live in state["at_chair"]
            if live.device.pk not in joined
        ],
        "entries": view_models.entries_of(state["offered"]),
        "ticks": view_models.ticks_of(questions_of(state["offered"])),
        "may_write": may(opened.by, "record_event"),
        "may_join": may(opened.by, "join_monitor"),
    }
    return opened.show("monitors/session.html", context, status=422 if refusal else 200)


def _errors(refusal: str, field: str) -> ErrorSummary | None:
    return ErrorSummary((Problem(refusal, field),), "Nothing was recorded") if refusal else None


def _fields(key: str, refusal: str, field: str, opened: OpenPatient) -> tuple[Field, ...]:
    """Return the two identifiers, empty; what was just typed is shown back with its fault."""
    mine = opened.request.POST if opened.request.POST.get("device") == key else {}
    return tuple(
        Field(
            name,
            label,
            value=mine.get(name, ""),
            hint=hint,
            error=refusal if mine and field == name else "",
            id=name if mine else f"{name}-{key}",
        )
        for name, label, hint in (
            ("record_number", "Record number", "From the wristband or the patient, not from this page."),
            ("born_on", "Birth day", "For example 14-Mar-1981."),
        )
    )

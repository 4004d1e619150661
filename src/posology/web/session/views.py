"""One session: its page as the phase asks for it, the door that its forms are sent to, and its record."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.permissions import NotFound, NotPermitted, may
from posology.clinic.care.chairside import Chairside, chairside
from posology.clinic.care.together import FormRefused, record_together
from posology.clinic.conflicts import Conflict
from posology.clinic.orders.stored import OrderAltered
from posology.clinic.rems.standing import programme_of
from posology.clinic.sessions.queries import session_for
from posology.knowledge import load_library
from posology.quantities import DomainError
from posology.treatment import EventKind, NeedsConfirmation, NotAllowed, SessionPhase
from posology.web.components import Crumbs, ErrorSummary, Link, Problem
from posology.web.conflict import KeptField
from posology.web.duty.way import way_of
from posology.web.grounds import chain_of
from posology.web.ledger.way import way_of as ledger_way_of
from posology.web.options.order_text import sentence_of_order
from posology.web.page import OpenPatient, now_of, open_patient, person
from posology.web.session import later_panels, panels, view_models
from posology.web.session.correcting import correction_panel
from posology.web.session.entering import EMPTY, entered, note_obstacles, note_questions, note_refusal
from posology.web.session.form import Form, FormFaults, form_of
from posology.web.session.gate import gate_panel
from posology.web.session.log import Told, event_list, log_of
from posology.web.session.pad import reading_pad
from posology.web.session.panel import field_id
from posology.web.session.pressure_flag import asks_for_symptoms, watched
from posology.web.session.words import CLEARS


def tells_an_altered_order(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show why nothing may be given where the stored order is not the one that was signed (hazard H-28)."""

    @wraps(view)
    def look(request: HttpRequest, session: UUID, **rest: Any) -> HttpResponse:
        try:
            return view(request, session, **rest)
        except OrderAltered as refusal:
            row = session_for(person(request), session)
            opened = open_patient(request, row.patient, page="session", of=())
            return opened.show("options/altered.html", {"sentence": str(refusal)}, status=409)

    return look


@tells_an_altered_order
def session(request: HttpRequest, session: UUID) -> HttpResponse:
    """Show a session as it stands now."""
    chair, opened = _open(request, session, page="session")
    return _show(chair, opened, Form())


@tells_an_altered_order
def send(request: HttpRequest, session: UUID, kind: str) -> HttpResponse:
    """Record what a form at the chair sent; the page comes back whole where there is a fault."""
    if request.method != "POST":
        return redirect("session", session=session)
    chair, opened = _open(request, session, page="session", shows=False)
    form = form_of(kind, request.POST)
    opened.check_form(typed=_kept(form), version=request.POST.get("version", ""))
    if request.POST.get("version") != _version(chair):
        raise Conflict("The order of this session is not the one this page was made from. Reload the page.")
    try:
        events = entered(form, chair, zone=_zone(chair))
    except FormFaults:
        return _show(chair, opened, form, status=422)
    try:
        recorded = record_together(
            session_id=chair.session.pk,
            entered=events,
            page_patient_id=request.POST.get("patient"),
            by=opened.by,
            at=opened.now,
        )
    except FormRefused as refusal:
        note_refusal(form, events, refusal)
        return _show(chair, opened, form, status=422)
    except NotAllowed as refusal:
        note_obstacles(form, refusal)
        return _show(chair, opened, form, status=422)
    except NeedsConfirmation as question:
        note_questions(form, question)
        return _show(chair, opened, form, status=422)
    except (Conflict, NotPermitted, NotFound, OrderAltered):
        raise
    except DomainError as refusal:
        form.sentences.append(str(refusal))
        return _show(chair, opened, form, status=422)
    if not all(r.repeated for r in recorded):
        messages.success(request, RECORDED.get(kind, "Recorded."))
    return redirect("session", session=chair.session.pk)


LATEST = 12  # how many entries of the log stand on the page; the record has them all
RECORDED = {
    "gate": "The answers are recorded.",
    "readings": "The reading is recorded.",
    "worksheet_checked": "The check is recorded.",
    "infusion_started": "The infusion is started.",
    "dose_given": "The dose is recorded.",
    "device_given": "The device is recorded.",
    "infusion_stopped": "The end of the dose is recorded.",
    "adverse_event": "The adverse event is recorded.",
    "symptoms_checked": "What was seen is recorded.",
    "pressure_decided": "The decision is recorded.",
    "discharged": "The patient is discharged.",
    "corrected": "The correction is recorded; the first entry stays beside it.",
}


@tells_an_altered_order
def record(request: HttpRequest, session: UUID) -> HttpResponse:
    """Show the record of a session: the order, the chart, every entry; made to be read and printed."""
    chair, opened = _open(request, session, page="session-record")
    log = log_of(chair)
    context = {
        **_around(chair, opened),
        "crumbs": Crumbs(
            (Link(str(opened.patient), opened.url("patient")), Link("Session", _url(chair))), "Record"
        ),
        "sentence": sentence_of_order(chair.order, opened.patient, zone=_zone(chair)),
        "signature": chair.session.order.signature,
        "log": event_list(log),
        "chart": _chart(chair, log),
        "due": view_models.due_table(chair, _zone(chair)),
        "dose": view_models.dose_facts(chair, _zone(chair), exact=True),
        "conflicts": chair.state.conflicts,
    }
    return opened.show("session/record.html", context)


# ---------------------------------------------------------------- the page


def _open(
    request: HttpRequest, session_id: UUID, *, page: str, shows: bool = True
) -> tuple[Chairside, OpenPatient]:
    chair = chairside(person(request), session_id, at=now_of(request))
    return chair, open_patient(request, chair.session.patient, page=page, of=(), shows=shows)


def _show(chair: Chairside, opened: OpenPatient, form: Form, *, status: int = 200) -> HttpResponse:
    log = log_of(chair)
    again = opened.request.GET.get("again", "")
    seen = watched(chair, form, decides=may(opened.by, "override_event"))
    correct = form.subject if form.kind == "corrected" else opened.request.GET.get("correct", "")
    context = {
        **_around(chair, opened),
        "errors": _errors(form),
        "form": form,
        "pad": _pad(chair, opened, form),
        "due": view_models.due_table(chair, _zone(chair)),
        "log": log,
        "is_cut": len(log) > LATEST,
        "event_list": event_list(log[::-1][:LATEST]),  # at the chair the latest stands first
        "chart": _chart(chair, log),
        "more": later_panels.event_panels(chair, form, asked_above=asks_for_symptoms(seen))
        if not chair.is_over
        else (),
        "watched": seen,
        "correction": _correction(chair, log, form, correct),
        **_of_phase(chair, opened, form, again),
    }
    return opened.show("session/session.html", context, status=status)


def _around(chair: Chairside, opened: OpenPatient) -> dict[str, Any]:
    product = load_library().products.products.get(chair.order.product_id)
    return {
        "chair": chair,
        "has_programme": programme_of(chair.session.patient.clinic, chair.order) is not None,
        "session": chair.session,
        "phase": view_models.phase_chip(chair),
        "since": view_models.since(chair),
        "ordered": view_models.ordered(chair, product=product.title if product else chair.order.product_id),
        "readings_chain": chain_of(chair.protocol.monitoring, library=chair.library, label="Planned by"),
        "stay_chain": chain_of(chair.protocol.discharge, library=chair.library),
        "session_version": _version(chair),
        "may_write": may(opened.by, "record_event"),
        "chair_label": f"Chair {chair.session.chair}" if chair.session.chair else "No chair yet",
    }


def _of_phase(chair: Chairside, opened: OpenPatient, form: Form, again: str) -> dict[str, Any]:
    zone, phase = _zone(chair), chair.state.phase
    if chair.before_the_dose:
        return {
            "before": True,
            "steps": view_models.steps(chair, wanted=_wanted(form, again)),
            "gate": gate_panel(chair, form.of("gate"), again),
            "answered": view_models.answered(chair),
            "check": panels.worksheet_panel(chair, form.of("worksheet_checked")),
            "check_open": bool(
                chair.state.worksheet is None
                or chair.obstacle("worksheet")
                or chair.obstacle("second_person")
                or again == "check"
                or form.kind == "worksheet_checked"
            ),
            "start": panels.start_panel(chair, _start_form(form)),
            "start_words": view_models.start_words(chair),
            "obstacles": _obstacles(chair, opened, form),
        }
    if phase is SessionPhase.OBSERVING:
        return {
            "leaving": True,
            "readings_first": view_models.readings_first(chair),
            "dose": view_models.dose_facts(chair, zone),
            "criteria": later_panels.criteria_panel(chair, form),
            "discharge": later_panels.discharge_panel(form),
            "may_leave": not chair.unmet or chair.state.discharge_override is not None,
            "leave_anyway": later_panels.leave_anyway_panel(form)
            if may(opened.by, "override_event")
            else None,
        }
    if chair.is_over:
        return {"over": True, "dose": view_models.dose_facts(chair, zone)}
    return {
        "running": True,
        "dose": view_models.dose_facts(chair, zone),
        "rest": view_models.device_clock(chair),
        "dose_panels": later_panels.dose_panels(chair, form),
    }


def _wanted(form: Form, again: str) -> str:
    """Return the step that this form, or this link, is about."""
    if again:
        return again if again in {"check", "readings"} else "gate"
    named = {"worksheet_checked": "check", "gate": "gate", "readings": "readings"}
    starts = {"infusion_started", "devices_started", "dose_given", "gate_overridden"}
    return named.get(form.kind, "start" if form.kind in starts else "")


def _start_form(form: Form) -> Form:
    return form if form.kind in {"infusion_started", "devices_started", "dose_given"} else Form()


def _obstacles(chair: Chairside, opened: OpenPatient, form: Form) -> tuple[view_models.InTheWay, ...]:
    """Return what stands in the way, each with who clears it, and a prescriber's way to pass it."""
    passes = may(opened.by, "override_event")
    return tuple(
        view_models.InTheWay(
            o.sentence,
            CLEARS[o.cleared_by],
            panels.pass_panel(o, form) if passes and view_models.may_pass(chair, o) else None,
            way_of(o, chair.session.pk) or ledger_way_of(o, chair.session.pk),
        )
        for o in view_models.standing_obstacles(chair)
    )


def _pad(chair: Chairside, opened: OpenPatient, form: Form) -> Any:
    if chair.state.phase is SessionPhase.CANCELLED or not may(opened.by, "record_event"):
        return None
    return reading_pad(chair, form, patient_id=str(opened.patient.pk))


def _correction(chair: Chairside, log: tuple[Told, ...], form: Form, wanted: str) -> Any:
    row = next((r for r in chair.rows if str(r.pk) == wanted and r.kind != EventKind.CORRECTED), None)
    told = next((t.event.what for t in log if str(t.id) == wanted), "")
    return correction_panel(chair, row, told, form) if row else None


def _chart(chair: Chairside, log: tuple[Told, ...]) -> Any:
    kinds = {row.pk: EventKind(row.kind) for row in chair.rows}
    taken_back = {w.event.id for w in chair.state.withdrawn}
    told = tuple((t.event.at, kinds[t.id], t.event.what) for t in log if t.id not in taken_back)
    return view_models.chart_of(chair, _zone(chair), told=told)


def _errors(form: Form) -> ErrorSummary | None:
    where = f"{form.kind}-{form.subject}" if form.subject else form.kind
    problems = [Problem(sentence) for sentence in form.sentences]
    problems += [Problem(_told(name, text), _anchor(form, where, name)) for name, text in form.faults.items()]
    problems += [Problem(text, _anchor(form, where, name)) for name, text in form.questions.items()]
    if not problems:
        return None
    asks = not form.faults and not form.sentences
    return ErrorSummary(tuple(problems), "Please look again, then confirm" if asks else "")


def _told(name: str, text: str) -> str:
    """Return a fault as the summary tells it: what is empty is named."""
    if text != EMPTY:
        return text
    words = name.removeprefix("typed_").removesuffix("_mL_per_h").removesuffix("_mL").removesuffix("_id")
    return f"{words.replace('_', ' ').capitalize()}: nothing is entered. Fill it in."


def _anchor(form: Form, where: str, name: str) -> str:
    return name if form.kind == "readings" else field_id(where, name)


def _kept(form: Form) -> tuple[KeptField, ...]:
    hidden = ("id", "csrfmiddlewaretoken", "patient", "version", "switched", "subject")
    return tuple(
        KeptField(name.replace("_", " "), value)
        for name, value in form.typed.items()
        if value and name not in hidden and not name.startswith("id-")
    )


def _version(chair: Chairside) -> str:
    return chair.order.sha256()[:16]


def _zone(chair: Chairside) -> ZoneInfo:
    return ZoneInfo(chair.session.patient.clinic.zone)


def _url(chair: Chairside) -> str:
    return reverse("session", kwargs={"session": chair.session.pk})

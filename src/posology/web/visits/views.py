"""The day by chairs, a patient's plan, and one visit: moved by two lists, cancelled with its reason."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from posology.clinic.accounts.permissions import check, may
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.orders.queries import open_course
from posology.clinic.protocols.queries import library_at
from posology.clinic.visits.actions import cancel_visit, move_visit, plan_visits
from posology.clinic.visits.calendar import calendar_of
from posology.clinic.visits.coming import AT_ONCE, Coming, coming_of
from posology.clinic.visits.hours import open_from, open_weekdays
from posology.clinic.visits.interval import neighbours_of
from posology.clinic.visits.queries import Booked, free_places, visit_for, visits_of, visits_on
from posology.quantities import DomainError, read_day
from posology.web.components import Crumbs, Link, errors_of
from posology.web.components.text import day_text
from posology.web.page import OpenPatient, now_of, open_patient, person, show
from posology.web.sent import kept_id, sent_id
from posology.web.visits import view_models
from posology.web.visits.forms import CancelForm, DayForm, MoveForm, PlanForm
from posology.web.visits.offered import usual_clock

OF = ("orders", "sessions")  # what a plan is made from
AROUND = timedelta(days=14)  # how far outside its window a visit is offered days


# ---------------------------------------------------------------- the day


def day(request: HttpRequest) -> HttpResponse:
    """Show one day of the clinic by its chairs."""
    by, now = person(request), now_of(request)
    check(by, "view_visits")
    on = _day_of(request)
    context = {
        "on": on,
        "today": timezone.localtime(now).date(),
        "week": view_models.week_of(by.clinic, on),
        "chairs": view_models.chairs_of(by.clinic, on, at=now),
        "before": on - timedelta(days=7),
        "after": on + timedelta(days=7),
    }
    return show(request, "visits/day.html", context)


def day_calendar(request: HttpRequest) -> HttpResponse:
    """Give one day's visits as a file for calendars, without names."""
    by = person(request)
    check(by, "view_visits")
    return _file(calendar_of(visits_on(by.clinic, _day_of(request)), with_chair=True))


def _day_of(request: HttpRequest) -> date:
    """Return the day in the address, today without one."""
    asked = request.GET.get("on", "")
    if not asked:
        return timezone.localtime(now_of(request)).date()
    try:
        on = read_day(asked, what="day")
    except DomainError:
        raise Http404 from None
    if not 2000 <= on.year <= 2200:
        raise Http404
    return on


def _file(raw: bytes) -> HttpResponse:
    response = HttpResponse(raw, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="appointments.ics"'
    response.headers["Cache-Control"] = "no-store"
    return response


# ---------------------------------------------------------------- one patient's plan


def patient_visits(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Show a patient's visits, and plan the next ones."""
    opened = open_patient(request, patient, page="visits", of=OF)
    coming = coming_of(opened.patient, at=opened.now) if may(opened.by, "plan_visits") else None
    form = _plan_form(opened, coming) if coming else None
    if request.method != "POST":
        return _plan_page(opened, coming, form)
    opened.check_form(repeated=_known(opened))
    if form is not None and form.is_valid() and _planned(opened, form):
        return redirect("patient-visits", patient=opened.patient.pk)
    return _plan_page(opened, coming, form, status=422)


def _known(opened: OpenPatient) -> bool:
    """Say whether this form was recorded before: its first visit is there."""
    course = open_course(opened.patient)
    first = sent_id(opened.request)
    return course is not None and any(b.row.pk == uuid5(first, "0") for b in visits_of(course))


def _plan_form(opened: OpenPatient, coming: Coming) -> PlanForm:
    initial = {
        "first_on": day_text(open_from(coming.on)),
        "chair": "any",
        "count": str(coming.left_in_phase or AT_ONCE),
        "clock": usual_clock(opened),
    }
    sent = opened.request.POST if opened.request.method == "POST" else None
    return PlanForm(sent, initial=initial, coming=coming, chairs=opened.patient.clinic.chairs)


def _planned(opened: OpenPatient, form: PlanForm) -> bool:
    try:
        rows = plan_visits(
            plan_id=sent_id(opened.request),
            patient=opened.patient,
            page_patient_id=opened.request.POST.get("patient"),
            by=opened.by,
            at=opened.now,
            **form.told(),
        )
    except (Conflict, WrongPatient):
        raise
    except DomainError as refusal:
        _refuse(form, refusal)
        return False
    count = len(rows)
    messages.success(opened.request, f"{count} {'visit is' if count == 1 else 'visits are'} planned.")
    return True


def _refuse(form: Any, refusal: DomainError) -> None:
    field = getattr(refusal, "field", "")
    form.add_error(field if field in form.fields else None, str(refusal))


def _plan_page(
    opened: OpenPatient, coming: Coming | None, form: PlanForm | None, *, status: int = 200
) -> HttpResponse:
    course = open_course(opened.patient)
    visits = visits_of(course) if course is not None else ()
    may_plan = may(opened.by, "plan_visits")
    library = library_at(opened.patient.clinic, opened.now)
    links = (Link("Patients", reverse("patients")), Link("Record", opened.url("patient")))
    context = {
        "crumbs": Crumbs(links, "Visits"),
        "course": course,
        "table": view_models.plan_table(visits, at=opened.now, may_plan=form is not None),
        "missed": view_models.missed_lines(visits, library, at=opened.now),
        "has_visits": bool(visits),
        "form": form,
        "coming": coming,
        "errors": errors_of(form) if form is not None and form.is_bound else None,
        "may_plan": may_plan,
        **kept_id(opened.request),
    }
    return opened.show("visits/plan.html", context, status=status)


def patient_calendar(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Give a patient's visits as a file for calendars; it says nothing of a person or a drug."""
    opened = open_patient(request, patient, page="visits calendar", of=())
    course = open_course(opened.patient)
    return _file(calendar_of(visits_of(course) if course is not None else (), with_chair=False))


# ---------------------------------------------------------------- one visit


def visit(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Show one visit; move it to another day, time and chair, or cancel it."""
    booked = visit_for(person(request), visit)
    opened = open_patient(request, booked.row.patient_id, page="visit", of=())
    if request.method != "POST":
        return _visit_page(opened, booked, None)
    opened.check_form()
    cancels = request.POST.get("what") == "cancel"
    form = (
        CancelForm(request.POST, auto_id="cancel_%s")
        if cancels
        else _move_form(opened, booked, _chosen(request, booked), sent=True)
    )
    if form.is_valid() and _acted(opened, booked, form):
        messages.success(request, "The visit is cancelled." if cancels else "The visit is moved.")
        return redirect("visit", visit=booked.row.pk)
    return _visit_page(opened, booked, form, status=422)


def visit_calendar(request: HttpRequest, visit: UUID) -> HttpResponse:
    """Give one visit as a file for calendars."""
    booked = visit_for(person(request), visit)
    open_patient(request, booked.row.patient_id, page="visit calendar", of=())
    return _file(calendar_of([booked], with_chair=False))


def _acted(opened: OpenPatient, booked: Booked, form: MoveForm | CancelForm) -> bool:
    told: dict[str, Any] = {
        "visit_id": booked.row.pk,
        "act_id": sent_id(opened.request),
        "seen": _seen(opened.request),
        "page_patient_id": opened.request.POST.get("patient"),
        "by": opened.by,
        "at": opened.now,
    }
    try:
        if isinstance(form, MoveForm):
            move_visit(**told, **form.told())
        else:
            cancel_visit(**told, because=form.cleaned_data["because"])
    except (Conflict, WrongPatient):
        raise
    except DomainError as refusal:
        _refuse(form, refusal)
        return False
    return True


def _seen(request: HttpRequest) -> int:
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _days(opened: OpenPatient, booked: Booked) -> tuple[date, ...]:
    """Return the open days on which a visit may be put: its window, and some time around it."""
    today = opened.now.astimezone(ZoneInfo(opened.patient.clinic.zone)).date()
    first = max(today, min(booked.row.earliest_on, booked.on) - AROUND)
    last = max(booked.row.latest_on, booked.on, today) + AROUND
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(d for d in days if d.weekday() in open_weekdays())


def _chosen(request: HttpRequest, booked: Booked) -> date:
    """Return the day that was chosen in the first list, else the one on which the visit stands."""
    asked = request.POST.get("on") or request.GET.get("on", "")
    try:
        return read_day(asked, what="day") if asked else booked.on
    except DomainError:
        return booked.on


def _move_form(opened: OpenPatient, booked: Booked, on: date, *, sent: bool) -> MoveForm:
    clinic = opened.patient.clinic
    days = _days(opened, booked)
    free = free_places(clinic, on, booked.row.minutes, at=opened.now, but=booked.row.pk) if on in days else ()
    free = neighbours_of(booked, at=opened.now).kept_by(free)
    outside = not booked.window.holds(on)
    return MoveForm(
        opened.request.POST if sent else None, free=free, zone=ZoneInfo(clinic.zone), outside=outside
    )


def _visit_page(
    opened: OpenPatient, booked: Booked, sent: MoveForm | CancelForm | None, *, status: int = 200
) -> HttpResponse:
    on = _chosen(opened.request, booked)
    may_change = may(opened.by, "plan_visits") and booked.stands and booked.session is None
    move = sent if isinstance(sent, MoveForm) else None
    if move is None and may_change:
        move = _move_form(opened, booked, on, sent=False)
    links = (
        Link("Patients", reverse("patients")),
        Link("Record", opened.url("patient")),
        Link("Visits", opened.url("patient-visits")),
    )
    context = {
        "crumbs": Crumbs(links, f"Visit {booked.row.number}"),
        "booked": booked,
        "facts": view_models.facts_of(booked),
        "state": view_models.state_cell(booked, at=opened.now),
        "acts": view_models.acts_table(booked),
        "may_change": may_change,
        "on": on,
        "is_outside": not booked.window.holds(on),
        "days": DayForm(
            initial={"on": on.isoformat()}, days=_days(opened, booked), window=booked.window, auto_id="day_%s"
        ),
        "move": move,
        "cancel": sent if isinstance(sent, CancelForm) else CancelForm(auto_id="cancel_%s"),
        "errors": errors_of(sent) if sent is not None else None,
        **kept_id(opened.request),
    }
    return opened.show("visits/visit.html", context, status=status)

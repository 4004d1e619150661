"""The day's page: recorded in the morning, changed with a reason, decided about by a prescriber."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import NotPermitted
from posology.clinic.conflicts import Conflict
from posology.clinic.duty.actions import DutyRefused, decide_without, record_day, set_kept
from posology.clinic.duty.models import Kind
from posology.clinic.duty.permissions import DECIDE, RECORD, SET, VIEW, check_can, may
from posology.clinic.duty.queries import Day, day_at, day_of, is_kept, setting_of, staff_before
from posology.quantities import DomainError
from posology.web.components import Choice, ErrorSummary, Field, Problem
from posology.web.duty import view_models
from posology.web.duty.forms import EQUIPMENT, STAFF, DayForm, Group
from posology.web.page import new_id, now_of, person, show
from posology.web.sent import kept_id, sent_id

RECORDED = {
    "record": "Today's record is kept.",
    "staff": "The change of staff is recorded.",
    "equipment": "What was found is recorded.",
    "decide": "The decision is recorded, for today.",
    "keep": "The setting is recorded.",
}

REASONS = {
    "staff": "What changed?",
    "equipment": "Why again?",
    "keep": "Why, and where else is it kept?",
}


def today(request: HttpRequest) -> HttpResponse:
    """Show today's staff and equipment, and record them."""
    by, now = person(request), now_of(request)
    check_can(by, VIEW)
    day = day_of(by.clinic, day_at(by.clinic, now))
    form = DayForm(by.clinic, staff_before(by.clinic, day.on))
    if request.method != "POST":
        return _page(request, day, form)
    form.sent = request.POST
    what = request.POST.get("what", "")
    try:
        done = _act(request, what, by, form)
    except (Conflict, NotPermitted):
        raise
    except DomainError as refusal:
        form.faults[getattr(refusal, "field", "")] = str(refusal)
        done = False
    if not done:
        return _page(request, day_of(by.clinic, day.on), form, status=422)
    messages.success(request, RECORDED[what])
    session = _session_of(request)
    return redirect("session", session=session) if session else redirect("duty")


def _act(request: HttpRequest, what: str, by: User, form: DayForm) -> bool:
    """Do what a form asks for; what is amiss stands in the form, and nothing is written."""
    if what not in RECORDED:
        raise DutyRefused("This form does not say what it is for, so nothing was recorded. Fill it in below.")
    told: dict[str, Any] = {"row_id": sent_id(request), "by": by, "at": now_of(request)}
    because = request.POST.get("because", "")
    if what == "decide":
        decide_without(key=request.POST.get("key", ""), because=because, **told)
        return True
    if what == "keep":
        kept = request.POST.get("kept", "")
        if kept not in {"yes", "no"}:
            form.faults["kept"] = "Say whether the record is kept here."
            return False
        set_kept(kept=kept == "yes", because=because, **told)
        return True
    asked = _parts(request) if what == "record" else [what]
    people = form.people(changing=what == "staff") if STAFF in asked else None
    looked = form.looked() if EQUIPMENT in asked else None
    if form.faults:
        return False
    seen = {kind: _number(request, f"seen-{kind.value}") for kind in Kind}
    record_day(people=people, looked=looked, because=because, seen=seen, **told)
    return True


def _parts(request: HttpRequest) -> list[str]:
    """Return which parts of the day a form records; one that names none records nothing, and says so."""
    parts = request.POST.getlist("part")
    if not parts or not {*parts} <= {STAFF, EQUIPMENT}:
        raise DutyRefused(
            "This form does not say whether it is about the staff, the equipment or both, so nothing was "
            "recorded. Fill it in below."
        )
    return parts


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _session_of(request: HttpRequest) -> UUID | None:
    """Return the session from which somebody came to record the day, to go back to it."""
    try:
        return UUID(request.POST.get("session", "") or request.GET.get("session", ""))
    except ValueError:
        return None


def _page(request: HttpRequest, day: Day, form: DayForm, *, status: int = 200) -> HttpResponse:
    by, what = person(request), form.value("what")
    clinic = by.clinic
    session, setting = _session_of(request), setting_of(clinic)
    context = {
        "day": day,
        "may_record": may(by, RECORD),
        "may_decide": may(by, DECIDE),
        "may_set": may(by, SET),
        "kept": is_kept(clinic),
        "setting": setting,
        "staff_table": view_models.staff_table(day, clinic) if day.staff else None,
        "equipment_table": view_models.equipment_table(day, clinic) if day.equipment else None,
        "entries": view_models.entries_table(day) if day.entries else None,
        "gaps": view_models.gaps(day, clinic, form),
        "grounds": view_models.grounds_table(clinic),
        "seen": {kind.value: day.number(kind) for kind in Kind},
        "before": form.before.staff.pk if form.before and form.before.staff else "",
        "errors": _errors(form),
        "what": what,
        "key": form.value("key"),
        "reasons": {of: _because(of, label, form) for of, label in REASONS.items()},
        "kept_field": _kept_field(form),
        "session": session,
        "back": reverse("session", args=[session]) if session else "",
        "form_id": new_id(),
        **kept_id(request),
        **_morning(day, form),
    }
    return show(request, "duty/today.html", context, status=status)


def _morning(day: Day, form: DayForm) -> dict[str, Any]:
    """Return the questions of what is not recorded yet, and those of a change."""
    staff = form.staff_field(changing=day.staff is not None)
    return {
        "staff_group": staff if isinstance(staff, Group) else None,
        "role_fields": staff if not isinstance(staff, Group) else (),
        "equipment_group": form.equipment_field(),
        "people_error": form.faults.get("people", ""),
    }


def _because(of: str, label: str, form: DayForm) -> Field:
    sent = form.value("what") == of
    return Field(
        "because",
        label,
        value=form.value("because") if sent else "",
        error=form.faults.get("because", "") if sent else "",
        width="full",
        id="id_because" if sent else f"id_because-{of}",
    )


def _kept_field(form: DayForm) -> Field:
    chosen = form.value("kept")
    choices = (("yes", "It is kept here"), ("no", "It is not kept here"))
    return Field(
        "kept",
        "The record of each day",
        "radios",
        choices=tuple(Choice(v, label, chosen=chosen == v) for v, label in choices),
        error=form.faults.get("kept", ""),
        id="id_kept",
    )


def _errors(form: DayForm) -> ErrorSummary | None:
    problems = tuple(Problem(text, f"id_{name}" if name else "") for name, text in form.faults.items())
    return ErrorSummary(problems) if problems else None

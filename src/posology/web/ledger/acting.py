"""What is done about the stock: receive a lot, open a container, count, close the day."""

from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.permissions import NotFound
from posology.clinic.ledger import actions
from posology.clinic.ledger.models import LedgerAct
from posology.clinic.ledger.permissions import KEEP, VIEW, check_can, may
from posology.clinic.ledger.queries import inventory_due, stock, to_count
from posology.clinic.ledger.rules import day_at
from posology.clinic.ledger.settling import close_day, take_inventory
from posology.clinic.ledger.witness import LedgerRefused, Witnessed
from posology.clinic.sessions.queries import board, session_for
from posology.quantities import DomainError
from posology.treatment.ledger import Lot
from posology.web.components import Crumbs, Field, Link, Problem, errors_of
from posology.web.components.forms import ErrorSummary
from posology.web.ledger import view_models
from posology.web.ledger.acted import told, tried, witness_in
from posology.web.ledger.forms import OpenForm, ReceiveForm, WitnessForm
from posology.web.ledger.words import containers_text, title_of
from posology.web.page import new_id, now_of, person, show
from posology.web.reading import typed_day
from posology.web.sent import kept_id, sent_id


def crumbs(here: str, *between: Link) -> Crumbs:
    """Return the way back to the ledger."""
    return Crumbs((Link("Ledger", reverse("ledger")), *between), here)


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Answer with a page that holds a form; a form that was sent and refused comes back as 422."""
    posted = request.method == "POST"
    whole = {"form_id": new_id(), **context, **(kept_id(request) if posted else {})}
    return show(request, template, whole, status=422 if posted else 200)


# ---------------------------------------------------------------- receive, open


def receive(request: HttpRequest) -> HttpResponse:
    """Take a delivery of one lot into the safe."""
    by = person(request)
    check_can(by, KEEP)
    form = ReceiveForm(request.POST if request.method == "POST" else None)
    if form.is_bound and tried(form, lambda: actions.receive(**told(request), **form.cleaned_data)):
        messages.success(request, f"Lot {form.cleaned_data['lot']} is received.")
        return redirect("ledger")
    context = {"form": form, "errors": errors_of(form), "crumbs": crumbs("Receive a lot")}
    return page(request, "ledger/receive.html", context)


def open_one(request: HttpRequest) -> HttpResponse:
    """Take one container out of the safe, for a session or to draw from."""
    by, now = person(request), now_of(request)
    check_can(by, KEEP)
    lots = stock(by, at=now)
    lines = board(by.clinic, day_at(by.clinic, now))
    sessions = view_models.sessions_choices(lines, ZoneInfo(by.clinic.zone))
    asked = _asked_session(request)
    if asked and asked not in {key for key, _ in sessions}:
        row = session_for(by, asked)
        sessions = ((str(row.pk), view_models.session_words(row, ZoneInfo(by.clinic.zone))), *sessions)
    form = OpenForm(
        request.POST if request.method == "POST" else None,
        lots=lots,
        sessions=sessions,
        initial={"session": asked},
    )

    def act() -> None:
        of = {str(receipt.pk): lot for lot, receipt, _ in lots}[form.cleaned_data["lot"]]
        chosen = form.cleaned_data["session"]
        if not chosen:
            raise LedgerRefused("Choose whom it is for, or several patients.", field="session")
        session = None if chosen == "several" else UUID(chosen)
        made.append(
            actions.open_container(
                **told(request), product_id=of.product_id, lot=of.number, session_id=session
            )
        )

    made: list[LedgerAct] = []
    if form.is_bound and tried(form, act):
        messages.success(request, "It is opened. Waste its rest here before a witness.")
        return redirect("ledger-container", entry=made[0].pk)
    context = {
        "form": form,
        "errors": errors_of(form) if form.is_bound else None,
        "crumbs": crumbs("Open a container"),
        "lots": lots,
    }
    return page(request, "ledger/open.html", context)


def _asked_session(request: HttpRequest) -> str:
    try:
        return str(UUID(request.GET.get("session", "")))
    except ValueError:
        return ""


# ---------------------------------------------------------------- count


def count(request: HttpRequest) -> HttpResponse:
    """Count lots, two people together, without being told what there should be; or the whole stock."""
    by, now = person(request), now_of(request)
    check_can(by, VIEW)
    lots = to_count(by, at=now)
    form = WitnessForm(request.POST if request.method == "POST" else None)
    typed, faults = _typed_counts(request, lots)
    if form.is_bound and not faults and not typed:
        faults[""] = "Nothing was counted yet. Write how many containers of a lot there are."
    if form.is_bound and not faults and tried(form, lambda: _count(request, form, typed)):
        return redirect("ledger")
    summary = [Problem(text, f"id_{name}" if name else "") for name, text in faults.items()]
    of_form = errors_of(form) if form.is_bound else None
    summary += list(of_form.problems) if of_form else []
    context = {
        "form": form,
        "errors": ErrorSummary(tuple(summary)) if summary else None,
        "fields": [_count_field(request, lot, receipt, faults) for lot, receipt in lots],
        "whole": bool(request.POST.get("whole") or request.GET.get("whole")),
        "inventory": inventory_due(by, on=day_at(by.clinic, now)),
        "may_keep": may(by, KEEP),
        "crumbs": crumbs("Count"),
    }
    return page(request, "ledger/count.html", context)


def _name(receipt: LedgerAct) -> str:
    return f"count-{receipt.pk}"


def _typed_counts(request: HttpRequest, lots: Any) -> tuple[list[tuple[Lot, LedgerAct, int]], dict[str, str]]:
    typed: list[tuple[Lot, LedgerAct, int]] = []
    faults: dict[str, str] = {}
    for lot, receipt in lots:
        text = request.POST.get(_name(receipt), "").strip()
        if text.isascii() and text.isdigit() and len(text) < 6:
            typed.append((lot, receipt, int(text)))
        elif text:
            faults[_name(receipt)] = (
                f"'{text[:20]}' is no number of containers. Write it in digits, as in 12."
            )
    return typed, faults


def _count_field(request: HttpRequest, lot: Lot, receipt: LedgerAct, faults: dict[str, str]) -> Field:
    name = _name(receipt)
    return Field(
        name,
        f"{title_of(lot)}, lot {lot.number}",
        kind="number",
        value=request.POST.get(name, ""),
        hint="Unopened, in the safe.",
        error=faults.get(name, ""),
        required=False,
    )


def _count(request: HttpRequest, form: WitnessForm, typed: list[tuple[Lot, LedgerAct, int]]) -> None:
    """Write one entry a lot; each has an id of its own, so that a second send changes nothing."""
    first, by, at = sent_id(request), person(request), now_of(request)
    witness: Witnessed = witness_in(form, request)
    for lot, receipt, containers in typed:
        row = actions.count(
            row_id=uuid5(first, str(receipt.pk)),
            product_id=lot.product_id,
            lot=lot.number,
            containers=containers,
            witness=witness,
            by=by,
            at=at,
        )
        if row.safe_change:
            differs = containers_text(abs(row.safe_change), lot)
            more = "more" if row.safe_change > 0 else "fewer"
            messages.warning(
                request, f"Lot {lot.number}: {differs} {more} than by the ledger. Say who looks into it."
            )
        else:
            messages.success(request, f"Lot {lot.number}: as the ledger has it.")
    if request.POST.get("whole"):
        take_inventory(
            row_id=uuid5(first, "inventory"), on=day_at(by.clinic, at), witness=witness, by=by, at=at
        )
        messages.success(request, "The inventory is recorded.")


# ---------------------------------------------------------------- close


def close(request: HttpRequest) -> HttpResponse:
    """Close a day; what is open stands as the reason why not."""
    if request.method != "POST":
        return redirect("ledger")
    text = request.POST.get("on", "")
    try:
        on = typed_day(text, what="day")
        close_day(on=on, **told(request))
    except NotFound:
        raise
    except DomainError as refusal:
        if getattr(refusal, "code", "") not in {"ledger", "quantity"}:
            raise
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "The day is closed.")
    return redirect(f"{reverse('ledger')}?day={text}" if text else reverse("ledger"))

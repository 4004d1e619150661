"""One lot, one container, one entry, one discrepancy: every line of it, and what can be done about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.models import User
from posology.clinic.accounts.queries import is_one_person
from posology.clinic.ledger import actions
from posology.clinic.ledger.books import acts_of
from posology.clinic.ledger.models import Kind
from posology.clinic.ledger.permissions import KEEP, SETTLE, VIEW, check_can, may
from posology.clinic.ledger.queries import (
    ContainerView,
    LotView,
    container_view,
    entry_view,
    keepers,
    lot_view,
)
from posology.clinic.ledger.rules import day_at
from posology.clinic.ledger.settling import discrepancy_for, settle, take_on
from posology.clinic.ledger.settling import take_back as take_entry_back
from posology.clinic.ledger.witness import LedgerRefused
from posology.clinic.sessions.queries import board
from posology.treatment.ledger import Account, Container, Lot
from posology.web.accounts.own_password import password_trouble
from posology.web.components import Link, errors_of
from posology.web.ledger import view_models
from posology.web.ledger.acted import keeper, told, tried, witness_in
from posology.web.ledger.acting import crumbs, page
from posology.web.ledger.forms import (
    DrawForm,
    MissForm,
    MissSomeForm,
    OwnerForm,
    ReturnForm,
    ReturnSomeForm,
    SettleForm,
    TakeBackForm,
    WasteForm,
    WasteSomeForm,
)
from posology.web.ledger.views import note_named
from posology.web.ledger.words import DID, containers_text, mg, title_of, volume
from posology.web.page import now_of, person

Forms = dict[str, forms.Form]


def _sent(request: HttpRequest, of: Forms) -> forms.Form | None:
    """Return the form that was sent, of those on a page."""
    return of.get(request.POST.get("what", "")) if request.method == "POST" else None


def _post(request: HttpRequest, what: str) -> Any:
    return request.POST if request.POST.get("what") == what else None


# ---------------------------------------------------------------- a lot


def lot(request: HttpRequest, entry: UUID) -> HttpResponse:
    """Show a lot with every line of it; waste, return or miss what lies unopened."""
    by = person(request)
    view = lot_view(by, entry, at=now_of(request))
    note_named(request, "ledger-lot", view.lines)
    of: Forms = {
        "waste": WasteSomeForm(_post(request, "waste"), auto_id="waste_%s"),
        "return": ReturnSomeForm(_post(request, "return"), auto_id="return_%s"),
        "miss": MissSomeForm(_post(request, "miss"), people=keepers(by), auto_id="miss_%s"),
    }
    sent = _sent(request, of)
    if sent is not None:
        check_can(by, KEEP)
        if tried(sent, lambda: _of_lot(request, sent, view.lot)):
            messages.success(request, "It is written.")
            return redirect("ledger-lot", entry=entry)
    context = {
        "crumbs": crumbs(f"Lot {view.lot.number}"),
        "view": view,
        "title": title_of(view.lot),
        "facts": _lot_facts(view),
        "table": view_models.lines_table(
            view.lines, zone=ZoneInfo(by.clinic.zone), may_take_back=may(by, KEEP)
        ),
        "may_keep": may(by, KEEP) and view.unopened > 0,
        "forms": of,
        "errors": errors_of(sent) if sent is not None else None,
    }
    return page(request, "ledger/lot.html", context)


def _lot_facts(view: LotView) -> list[tuple[str, Any]]:
    lot = view.lot
    return [
        ("In the safe", f"{containers_text(view.unopened, lot)}, {mg(view.balance_ug(Account.SAFE))}"),
        ("One holds", str(mg(view.content_ug))),
        ("Open", str(mg(view.balance_ug(Account.OPEN)))),
        ("Given", str(mg(view.balance_ug(Account.PATIENT)))),
        ("Wasted", str(mg(view.balance_ug(Account.WASTE)))),
        ("Returned", str(mg(view.balance_ug(Account.RETURNED)))),
        ("Missing", str(mg(view.balance_ug(Account.DISCREPANCY)))),
    ]


def _of_lot(request: HttpRequest, form: forms.Form, of: Lot) -> None:
    said, what = form.cleaned_data, request.POST["what"]
    some = {"product_id": of.product_id, "lot": of.number, "containers": said["containers"], **told(request)}
    _out(request, form, what, some)


def _out(request: HttpRequest, form: forms.Form, what: str, of: dict[str, Any]) -> None:
    """Waste, return or miss something, out of an opened container or unopened."""
    said = form.cleaned_data
    if what == "miss":
        actions.miss(reason=said["reason"], owner=keeper(person(request), said["owner"]), **of)
    elif what == "return":
        actions.give_back(to=said["to"], document=said["document"], witness=witness_in(form, request), **of)
    else:
        actions.waste(reason=said["reason"], witness=witness_in(form, request), **of)


# ---------------------------------------------------------------- a container


def container(request: HttpRequest, entry: UUID) -> HttpResponse:
    """Show an opened container; draw from it, and waste, return or miss its rest."""
    by, now = person(request), now_of(request)
    view = container_view(by, entry, at=now)
    note_named(request, "ledger-container", view.lines)
    zone = ZoneInfo(by.clinic.zone)
    sessions = view_models.sessions_choices(board(by.clinic, day_at(by.clinic, now)), zone)
    of: Forms = {
        "waste": WasteForm(_post(request, "waste"), auto_id="waste_%s"),
        "draw": DrawForm(_post(request, "draw"), sessions=sessions, auto_id="draw_%s"),
        "return": ReturnForm(_post(request, "return"), auto_id="return_%s"),
        "miss": MissForm(_post(request, "miss"), people=keepers(by), auto_id="miss_%s"),
    }
    sent = _sent(request, of)
    if sent is not None:
        check_can(by, KEEP)
        if tried(sent, lambda: _of_container(request, sent, entry)):
            messages.success(request, "It is written.")
            return redirect("ledger-container", entry=entry)
    one = view.container
    context = {
        "crumbs": crumbs(
            "Container", Link(f"Lot {view.view.lot.number}", view_models.lot_url(view.view.receipt))
        ),
        "view": view,
        "one": one,
        "title": title_of(view.view.lot),
        "what": _what(view),
        "for": view_models.session_words(view.session, zone),
        "facts": _container_facts(one, view) if one else [],
        "left": mg(one.remaining_ug) if one else None,
        "left_volume": volume(one.remaining_ug, view.view.product) if one else None,
        "table": view_models.lines_table(view.lines, zone=zone, may_take_back=may(by, KEEP)),
        "may_keep": may(by, KEEP) and one is not None and one.remaining_ug > 0,
        "may_draw": one is not None and one.session is None and one.drawn_from is None,
        "forms": of,
        "errors": errors_of(sent) if sent is not None else None,
    }
    return page(request, "ledger/container.html", context)


def _what(view: ContainerView) -> str:
    if view.container is not None and view.container.drawn_from:
        return "Syringe"
    return "Device" if view.view.product and view.view.product.form == "device" else "Vial"


def _container_facts(one: Container, view: ContainerView) -> list[tuple[str, str]]:
    told_of = [
        ("It held", one.content_ug),
        ("Drawn into syringes", one.drawn_ug),
        ("Given", one.given_ug),
        ("Wasted", one.wasted_ug),
        ("Returned", one.returned_ug),
        ("Missing", one.missed_ug),
    ]
    return [(label, _both(ug, view)) for label, ug in told_of if ug or label == "It held"]


def _both(ug: int, view: ContainerView) -> str:
    in_volume = volume(ug, view.view.product)
    return f"{mg(ug)} ({in_volume})" if in_volume is not None else str(mg(ug))


def _of_container(request: HttpRequest, form: forms.Form, key: UUID) -> None:
    said, what = form.cleaned_data, request.POST["what"]
    if what == "draw":
        actions.draw(
            opened_id=key,
            session_id=UUID(said["session"]),
            amount_ug=said["amount_mg"],
            **told(request),
        )
        return
    _out(request, form, what, {"opened_id": key, "amount_ug": said["amount_mg"], **told(request)})


# ---------------------------------------------------------------- an entry taken back, a discrepancy


def take_back(request: HttpRequest, entry: UUID) -> HttpResponse:
    """Take an entry back by a counter-entry; both stay."""
    by = person(request)
    row = entry_view(by, entry)
    check_can(by, KEEP)
    form = TakeBackForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        if trouble := password_trouble(request):
            raise LedgerRefused(trouble, field="password")
        take_entry_back(
            about_id=row.pk,
            reason=form.cleaned_data["reason"],
            password_checked=True,
            witness=witness_in(form, request),
            **told(request),
        )

    if form.is_bound and tried(form, act):
        messages.success(request, "The entry is taken back. Both stay in the ledger.")
        return redirect("ledger")
    of = Lot(row.product_id, row.lot)
    context = {
        "crumbs": crumbs("Take an entry back"),
        "row": row,
        "did": DID[row.kind],
        "lot": row.lot,
        "title": title_of(of),
        "amount": mg(row.amount_ug) if row.amount_ug else None,
        "containers": containers_text(row.containers, of) if row.containers else "",
        "form": form,
        "errors": errors_of(form) if form.is_bound else None,
    }
    return page(request, "ledger/take_back.html", context)


def discrepancy(request: HttpRequest, entry: UUID) -> HttpResponse:
    """Show what does not add up; name who looks into it, and settle it."""
    by = person(request)
    check_can(by, VIEW)
    found = discrepancy_for(by, entry)
    of: Forms = {
        "owner": OwnerForm(_post(request, "owner"), people=keepers(by), auto_id="owner_%s"),
        "settle": SettleForm(_post(request, "settle"), auto_id="settle_%s"),
    }
    acts: dict[str, Callable[[forms.Form], Any]] = {
        "owner": lambda form: take_on(
            about_id=entry,
            owner=keeper(by, form.cleaned_data["owner"]),
            reason=form.cleaned_data["reason"],
            **told(request),
        ),
        "settle": lambda form: settle(about_id=entry, reason=form.cleaned_data["reason"], **told(request)),
    }
    sent = _sent(request, of)
    if sent is not None and tried(sent, lambda: acts[request.POST["what"]](sent)):
        messages.success(request, "It is written.")
        return redirect("ledger-discrepancy", entry=entry)
    context = {
        "crumbs": crumbs("Discrepancy"),
        "found": found,
        "title": title_of(Lot(found.act.product_id, found.act.lot)),
        "amount": mg(abs(found.missing_ug)),
        "lot_url": _lot_url_of(by, found.act.product_id, found.act.lot),
        "forms": of,
        "may_keep": may(by, KEEP),
        "may_settle": may(by, SETTLE) and found.owner is not None and not is_one_person(found.act.by, by),
        "errors": errors_of(sent) if sent is not None else None,
    }
    return page(request, "ledger/discrepancy.html", context)


def _lot_url_of(by: User, product_id: str, number: str) -> str:
    row = acts_of(by.clinic).filter(kind=Kind.RECEIVED, product_id=product_id, lot=number).first()
    return view_models.lot_url(row) if row else reverse("ledger")

"""The options, and the second look: nothing is chosen beforehand, and nothing is signed unread."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posology.clinic.accounts.permissions import NotPermitted, may
from posology.clinic.care.actions import choose_none, sign_order
from posology.clinic.care.queries import advice_for
from posology.clinic.care.signing import further_holds
from posology.clinic.conflicts import Conflict
from posology.clinic.orders.queries import active_order
from posology.clinic.protocols.queries import library_at
from posology.protocols import Finding
from posology.quantities import DomainError
from posology.recommendation import Advice, Option
from posology.recommendation.alerts import alerts_of
from posology.web import components
from posology.web.accounts.own_password import password_trouble
from posology.web.components import ErrorSummary, Problem, errors_of
from posology.web.conflict import kept_fields
from posology.web.elsewhere.view_models import lines_elsewhere
from posology.web.options import view_models
from posology.web.options.alert_models import not_checked, note_lines
from posology.web.options.checkpoints import checkpoints_of
from posology.web.options.forms import NoneForm, SignForm, read_shown_at
from posology.web.options.order_text import sentence_of_option
from posology.web.page import OpenPatient, open_patient
from posology.web.sent import kept_id, sent_id
from posology.web.way import loop_of

# What is behind whoever reads an order that was advised.
BEFORE_AN_ORDER = ("Assessment", "Eligibility", "Options")
PARTS = ("facts", "medications", "elsewhere", "forms", "orders", "sessions")


def options(request: HttpRequest, patient: UUID) -> HttpResponse:
    """Show what can be done next, side by side, and go on to whatever is chosen."""
    opened = open_patient(request, patient, page="options", of=PARTS)
    if request.method == "POST":
        opened.check_form(version=request.POST.get("version", ""))
        chosen = request.POST.get("option", "")
        if chosen:
            return redirect(opened.url("sign", option=chosen))
    error = "Choose one of the cards, or none of these, to go on." if request.method == "POST" else ""
    whole = advice_for(opened.patient, as_of=opened.now)
    advice = view_models.of_protocol(whole, request.GET.get("protocol", ""))
    return opened.show(
        "options/options.html", _options_page(opened, advice, error), status=422 if error else 200
    )


def _options_page(opened: OpenPatient, advice: Advice, error: str) -> dict[str, Any]:
    zone = ZoneInfo(opened.patient.clinic.zone)
    library = library_at(opened.patient.clinic, opened.now)
    on = opened.now.astimezone(zone).date()
    return {
        "loop": loop_of(opened, "Options", advice=advice),
        "advice": advice,
        "checkpoints": checkpoints_of(advice),
        "started": advice.response != "start",
        "not_checked": not_checked(advice, library),
        "cards": view_models.option_set(advice, library, by=opened.by, zone=zone, on=on, error=error)
        if advice.options
        else None,
        "also_possible": view_models.also_possible(advice, library),
        "one_protocol": "protocol" in opened.request.GET,
        "needed": () if advice.options else view_models.needed(advice.needed, opened.patient),
        "refused": view_models.refused(advice, library),
        "waiting": active_order(opened.patient),
        "elsewhere": lines_elsewhere(opened),
        "may_sign": may(opened.by, "sign_order"),
        "errors": _choice_error(error),
    }


def _choice_error(error: str) -> ErrorSummary | None:
    return ErrorSummary((Problem(error),), "Nothing is chosen yet") if error else None


def sign(request: HttpRequest, patient: UUID, option: str) -> HttpResponse:
    """Show the chosen option once more, whole, and take the signature or the reason."""
    opened = open_patient(request, patient, page="sign", of=PARTS)
    if request.method == "POST":
        opened.check_form(version=request.POST.get("version", ""))
    if option == view_models.NONE:
        return _decide(opened, None, "")
    advice = advice_for(opened.patient, as_of=opened.now)
    chosen = advice.option(option)
    # A decision that was recorded may have taken its own option away; its second send is a decision still.
    if (chosen is not None and chosen.dose is None) or "reason" in request.POST:
        return _decide(opened, chosen, option)
    if request.method == "POST":
        return _sign(opened, option, chosen)
    if chosen is None:
        return opened.show("options/gone.html", {"loop": loop_of(opened, "Order")}, status=409)
    return _second_look(opened, chosen)


def _second_look(
    opened: OpenPatient, chosen: Option, form: SignForm | None = None, *, status: int = 200, notice: str = ""
) -> HttpResponse:
    request, zone = opened.request, ZoneInfo(opened.patient.clinic.zone)
    product_id = request.POST.get("product_id", request.GET.get("product", ""))
    library = library_at(opened.patient.clinic, opened.now)
    products = {p: library.products.products[p].title for p in library.protocol(chosen.protocol_id).products}
    picked = product_id if product_id in products else ""
    shown_at = read_shown_at(request.POST.get("shown_at", "")) or opened.now
    form = form or _sign_form(opened, chosen)
    on = opened.now.astimezone(zone).date()
    context = {
        "loop": loop_of(opened, "Order", also_done=BEFORE_AN_ORDER),
        "option": chosen,
        "card": view_models.card(chosen, library, by=opened.by, zone=zone, on=on),
        "notes": note_lines(chosen, library, on=on),
        "overdue": library.overdue(on),
        "sentence": sentence_of_option(chosen, opened.patient, product_id=picked, zone=zone),
        "products": tuple(products.items()),
        "product_id": picked,
        "product_title": products.get(picked, ""),
        "product_missing": bool(request.GET.get("asked")) and not picked,
        "form": form,
        "errors": errors_of(form) if form.is_bound else None,
        "reasons": [form[f"reason_{n}"] for n in range(len(form.holds))],
        "cautions": [(form[f"answer_{n}"], form[f"why_{n}"]) for n in range(len(form.cautions))],
        "chairs": [(str(n), f"Chair {n}") for n in range(1, opened.patient.clinic.chairs + 1)],
        "shown_at": shown_at.isoformat(),
        "notice": notice,
        "elsewhere": lines_elsewhere(opened),
        "back": opened.url("options"),
        **kept_id(request),
    }
    return opened.show("options/sign.html", context, status=status)


def _sign_form(opened: OpenPatient, chosen: Option | None) -> SignForm:
    """Return the form with a field for each hold, those of the day and time that were chosen among them."""
    form = _form_with(opened, chosen, ())
    if form.is_bound and chosen is not None and chosen.dose is not None:
        form.is_valid()
        when = form.cleaned_data.get("scheduled_at")
        more = further_holds(opened.patient, chosen, when=when, at=opened.now) if when else ()
        return _form_with(opened, chosen, more) if more else form
    return form


def _form_with(opened: OpenPatient, chosen: Option | None, more: tuple[Finding, ...]) -> SignForm:
    data = opened.request.POST if opened.request.method == "POST" else None
    alerts = alerts_of(chosen, library_at(opened.patient.clinic, opened.now)) if chosen else None
    return SignForm(
        data,
        holds=(*(alerts.decide if alerts else ()), *more),
        cautions=alerts.interrupt if alerts else (),
        zone=ZoneInfo(opened.patient.clinic.zone),
        planned_on=chosen.next_on if chosen else None,
    )


def _sign(opened: OpenPatient, option_id: str, chosen: Option | None) -> HttpResponse:
    request = opened.request
    form, trouble = _sign_form(opened, chosen), password_trouble(request)
    if form.is_valid() and trouble:
        form.add_error("password", trouble)
    if not form.is_valid() and chosen is not None:
        return _second_look(opened, chosen, form, status=422)
    try:
        signed = sign_order(
            order_id=sent_id(request),
            patient=opened.patient,
            option_id=option_id,
            product_id=request.POST.get("product_id", ""),
            advice_as_of=_shown_at(request, opened.now),
            overrides=form.reasons() if form.is_valid() else {},
            answers=form.answers() if form.is_valid() else {},
            password_checked=not trouble,
            typed_identifier=form.cleaned_data.get("typed_identifier", ""),
            typed_born_on=form.cleaned_data.get("typed_born_on", ""),
            scheduled_at=form.cleaned_data.get("scheduled_at"),
            chair=form.cleaned_data.get("chair"),
            page_patient_id=request.POST.get("patient"),
            by=opened.by,
            at=opened.now,
        )
    except DomainError as refusal:
        return _refused(opened, chosen, form, refusal)
    if not signed.repeated:
        messages.success(request, "The order is signed.")
    return redirect(reverse("order", kwargs={"order": signed.order.pk}))


def _refused(
    opened: OpenPatient, chosen: Option | None, form: SignForm, refusal: DomainError
) -> HttpResponse:
    """Show a refusal beside the field it is about; what was overtaken answers 409 with both sides."""
    field = getattr(refusal, "field", "")
    if chosen is None or field == "option_id":
        context = {"loop": loop_of(opened, "Order"), "sentence": str(refusal), "kept": kept_fields(form)}
        return opened.show("options/gone.html", context, status=409)
    named = {"overrides": "reason_0", "alerts": "answer_0", "scheduled_at": "on"}.get(field, field)
    if named in form.fields:
        form.add_error(named, str(refusal))
        return _second_look(opened, chosen, form, status=422)
    return _second_look(opened, chosen, form, status=409, notice=str(refusal))


def _shown_at(request: HttpRequest, now: datetime) -> datetime:
    return read_shown_at(request.POST.get("shown_at", "")) or now


def _choose_none(opened: OpenPatient, option_id: str, reason: str) -> None:
    choose_none(
        decision_id=sent_id(opened.request),
        patient=opened.patient,
        reason=reason,
        option_id=option_id,
        page_patient_id=opened.request.POST.get("patient"),
        by=opened.by,
        at=opened.now,
    )


def _card(opened: OpenPatient, chosen: Option) -> components.Option:
    zone = ZoneInfo(opened.patient.clinic.zone)
    library = library_at(opened.patient.clinic, opened.now)
    on = opened.now.astimezone(zone).date()
    return view_models.card(chosen, library, by=opened.by, zone=zone, on=on)


def _decide(opened: OpenPatient, chosen: Option | None, option_id: str) -> HttpResponse:
    """Take the reason for none of the options, or for one that gives no dose."""
    request = opened.request
    form = NoneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _choose_none(opened, option_id, form.cleaned_data["reason"])
        except (Conflict, NotPermitted):
            raise
        except DomainError as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, "The decision is recorded.")
            return redirect(opened.url("patient"))
    context = {
        "loop": loop_of(opened, "Order"),
        "form": form,
        "errors": errors_of(form) if form.is_bound else None,
        "option": chosen,
        "card": _card(opened, chosen) if chosen else None,
        "back": opened.url("options"),
        **kept_id(request),
    }
    return opened.show("options/decide.html", context, status=422 if form.is_bound else 200)

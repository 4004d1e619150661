"""A signed order: the sentence, the worksheet from the product in the hand, its session, its end."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from posology.clinic.accounts.permissions import may
from posology.clinic.orders.actions import withdraw_order
from posology.clinic.orders.models import AlertAnswer, OrderRow, OrderStatus
from posology.clinic.orders.queries import order_for
from posology.clinic.orders.stored import OrderAltered, check_intact
from posology.clinic.protocols.queries import library_of_order
from posology.clinic.sessions.actions import SessionRefused, place_session
from posology.knowledge import Library, load_library
from posology.quantities import DomainError, QuantityError, read_number
from posology.treatment import Order, SessionPhase, Worksheet, worksheet
from posology.web.alerts.rating_views import forms_on_order
from posology.web.components import Status, errors_of
from posology.web.elsewhere.view_models import lines_elsewhere
from posology.web.options.forms import PlaceForm
from posology.web.options.order_text import sentence_of_order
from posology.web.options.worksheet_page import chain_of_sheet, sheet_of
from posology.web.page import OpenPatient, open_patient, person
from posology.web.visits.offered import offered
from posology.web.way import loop_of

CHIPS = {
    OrderStatus.ACTIVE.value: (Status.SIGNED, ""),
    OrderStatus.USED.value: (Status.DONE, "Given"),
    OrderStatus.WITHDRAWN.value: (Status.STOP, "Withdrawn"),
    OrderStatus.DRAFT.value: (Status.DRAFT, ""),
}


def order(request: HttpRequest, order: UUID) -> HttpResponse:
    """Show an order; with the product in the hand named, its worksheet."""
    row = order_for(person(request), order)
    opened = open_patient(request, row.patient_id, page="order", of=("orders",))
    if request.method == "POST":
        opened.check_form(version=request.POST.get("version", ""))
        if request.POST.get("what") == "withdraw":
            return _withdraw(opened, row)
    try:
        intact = check_intact(row)
    except OrderAltered as refusal:
        context = {"loop": loop_of(opened, "Order"), "row": row, "sentence": str(refusal)}
        return opened.show("options/altered.html", context, status=409)
    place = _place_form(opened, row)
    if request.method == "POST" and place.is_valid() and _placed(opened, row, place):
        return redirect("order", order=row.pk)
    status = 422 if request.method == "POST" else 200
    return opened.show("options/order.html", _order_page(opened, row, intact, place), status=status)


def _place_form(opened: OpenPatient, row: OrderRow) -> PlaceForm:
    clinic = opened.patient.clinic
    data = opened.request.POST if opened.request.method == "POST" else None
    return PlaceForm(data, chairs=clinic.chairs, planned_on=row.planned_on, zone=ZoneInfo(clinic.zone))


def _placed(opened: OpenPatient, row: OrderRow, form: PlaceForm) -> bool:
    """Give the session its chair and its time; a refusal stands in the form."""
    chair = form.cleaned_data["chair"]
    try:
        place_session(
            session_id=row.session.pk,
            chair=int(chair) if chair else row.session.chair,
            scheduled_at=form.cleaned_data["clock"] or row.session.scheduled_at,
            page_patient_id=opened.request.POST.get("patient"),
            by=opened.by,
            at=opened.now,
        )
    except SessionRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(opened.request, "The session has its chair and its time.")
    return True


def _order_page(opened: OpenPatient, row: OrderRow, intact: Order, place: PlaceForm) -> dict[str, Any]:
    zone = ZoneInfo(opened.patient.clinic.zone)
    picked = opened.request.GET.get("product", "")
    final = opened.request.GET.get("final_volume_mL", "").strip()
    sheet, refusal, field = _sheet(opened, intact, picked, final) if picked else (None, "", "")
    return {
        "loop": loop_of(opened, "Order"),
        "row": row,
        "order": intact,
        "chip": CHIPS[row.status],
        "sentence": sentence_of_order(intact, opened.patient, zone=zone),
        "session": row.session,
        "products": _products(intact),
        "picked": picked,
        "final": final,
        "infused": intact.minutes is not None,
        "sheet": sheet_of(sheet, intact, row, zone=zone) if sheet else None,
        "sheet_chain": chain_of_sheet(sheet, intact, _library_of(opened, intact)) if sheet else None,
        "elsewhere": lines_elsewhere(opened),
        "ratings": forms_on_order(opened, row),
        "refusal": refusal,
        "refused_field": field,
        "place": place,
        "next_visits": offered(opened) if row.status == OrderStatus.ACTIVE else None,
        "errors": errors_of(place) if place.is_bound else None,
        "may_place": may(opened.by, "place_session") and row.session.phase == SessionPhase.SCHEDULED,
        "may_withdraw": may(opened.by, "withdraw_order") and row.status == OrderStatus.ACTIVE,
        "overrides": [
            (o.rule, o.reason, o.by.full_name)
            for o in row.overrides.everywhere(
                because="of one order, which was scoped when it was read"
            ).select_related("by")
        ],
        "answered": [
            (a.rule, a.answer == AlertAnswer.HEEDED, a.reason, a.by.full_name)
            for a in row.alerts.everywhere(because="of one order, which was scoped when it was read")
            .filter(answer__in=[AlertAnswer.HEEDED, AlertAnswer.OVERRIDDEN])
            .select_related("by")
            .order_by("rule")
        ],
    }


def _products(order: Order) -> tuple[tuple[str, str], ...]:
    """Return every product on the shelf: the wrong one in the hand must be refused, not hidden."""
    return tuple((key, product.title) for key, product in load_library().products.products.items())


def _library_of(opened: OpenPatient, order: Order) -> Library:
    return library_of_order(opened.patient.clinic_id, order.protocol_id, order.protocol_sha256)


def _sheet(
    opened: OpenPatient, order: Order, product_id: str, final: str
) -> tuple[Worksheet | None, str, str]:
    """Return the worksheet, or why there is none and which field says so."""
    try:
        volume = read_number(final, what="volume after dilution") if final else None
    except QuantityError as refusal:
        return None, str(refusal), "final_volume_mL"
    try:
        library = _library_of(opened, order)
        return worksheet(order, product_id=product_id, library=library, final_volume_mL=volume), "", ""
    except DomainError as refusal:
        return None, str(refusal), "product"


def _withdraw(opened: OpenPatient, row: OrderRow) -> HttpResponse:
    withdraw_order(order_id=row.pk, by=opened.by, at=opened.now)
    messages.success(opened.request, "The order is withdrawn.")
    return redirect("order", order=row.pk)

"""The ledger of a day on one screen: each lot, what is open, what does not add up, and the close."""

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from posology.clinic.accounts.models import User
from posology.clinic.ledger.books import kept_since
from posology.clinic.ledger.permissions import KEEP, may
from posology.clinic.ledger.queries import LedgerLine, inventory_due, ledger_day, sessions_without
from posology.clinic.ledger.rules import day_at
from posology.quantities import DomainError
from posology.web.ledger import view_models
from posology.web.ledger.words import mg
from posology.web.looks import note_looks
from posology.web.page import new_id, now_of, person, show
from posology.web.reading import typed_day


def today(request: HttpRequest) -> HttpResponse:
    """Show the ledger of today, or of the day in the address."""
    by, now = person(request), now_of(request)
    on = asked_day(request, by)
    day = ledger_day(by, on=on, now=now)
    context = {
        "day": day,
        "kept": kept_since(by.clinic) is not None,
        "may_keep": may(by, KEEP),
        "lots": view_models.passages_table(day.passages, day.books, caption="Lots of the day"),
        "open": view_models.containers_table(day, day.containers) if day.containers else None,
        "open_mg": mg(sum(abs(c.remaining_ug) for c in day.containers)),
        "discrepancies": view_models.discrepancies_table(day.discrepancies) if day.discrepancies else None,
        "without": view_models.sessions_table(waiting)
        if day.is_today and (waiting := sessions_without(day))
        else None,
        "signs": view_models.signs_table(day.signs, day.books, ZoneInfo(by.clinic.zone))
        if day.books and day.signs
        else None,
        "inventory": inventory_due(by, on=day_at(by.clinic, now)),
        "form_id": new_id(),
    }
    return show(request, "ledger/today.html", context)


def asked_day(request: HttpRequest, by: User, name: str = "day") -> date:
    """Return the day that the address asks for; today where it names none, or none that can be read.

    Before its first day there is no ledger, so the day before that one is the earliest.
    """
    now = day_at(by.clinic, now_of(request))
    kept = kept_since(by.clinic)
    earliest = now if kept is None else day_at(by.clinic, kept) - timedelta(days=1)
    text = request.GET.get(name, "").strip()
    if not text:
        return now
    try:
        return max(min(typed_day(text, what="day"), now), earliest)
    except DomainError:
        return now


def note_named(request: HttpRequest, page: str, lines: Iterable[LedgerLine]) -> None:
    """Note the look at every patient whom these lines name (SR-18)."""
    named = {line.session.patient_id for line in lines if line.session is not None}
    note_looks(patient_ids=named, page=page, by=person(request), at=now_of(request))

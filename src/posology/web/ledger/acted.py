"""One act of the ledger as a form sends it: the witness first, then the action, and what was refused."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import NotFound, NotPermitted, not_found
from posology.clinic.conflicts import Conflict
from posology.clinic.ledger.queries import keepers
from posology.clinic.ledger.witness import Witnessed, witness_of
from posology.quantities import DomainError
from posology.web.accounts.views import address_of
from posology.web.page import now_of, person
from posology.web.sent import sent_id


def told(request: HttpRequest) -> dict[str, Any]:
    """Return what every action takes."""
    return {"row_id": sent_id(request), "by": person(request), "at": now_of(request)}


def witness_in(form: forms.Form, request: HttpRequest) -> Witnessed:
    """Return the witness who typed name and password into a valid form.

    Raises
    ------
    LedgerRefused
        If it is none; wrong passwords are counted.
    """
    return witness_of(
        username=form.cleaned_data["witness"],
        password=form.cleaned_data["witness_password"],
        address=address_of(request),
        by=person(request),
        at=now_of(request),
    )


def tried(form: forms.Form, act: Callable[[], Any]) -> bool:
    """Do what a form asks for, if the form is valid; a refusal then stands in the form.

    Raises
    ------
    Conflict, NotPermitted, NotFound
        Which are pages of their own.
    """
    if not form.is_valid():
        return False
    try:
        act()
    except (Conflict, NotPermitted, NotFound):
        raise
    except DomainError as refusal:
        field = getattr(refusal, "field", "")
        name = {"product": "product_id", "amount_mg": "amount_mg"}.get(field, field)
        form.add_error(name if name in form.fields else None, str(refusal))
        return False
    return True


def keeper(by: User, key: str) -> User:
    """Return one of the people who keep the ledger here.

    Raises
    ------
    NotFound
        If there is no such person.
    """
    found = next((p for p in keepers(by) if str(p.pk) == key), None)
    if found is None:
        raise not_found("person")
    return found

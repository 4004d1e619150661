"""Writing one entry: in its turn, once, and only with what stands at that moment."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.permissions import not_found
from posology.clinic.conflicts import Conflict
from posology.clinic.ledger.books import Books, lot_of, lots_books
from posology.clinic.ledger.models import Kind, LedgerAct
from posology.clinic.ledger.permissions import KEEP, may
from posology.clinic.ledger.rules import day_at, product_of
from posology.clinic.ledger.witness import LedgerRefused, Witnessed, check_witness
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import session_for
from posology.knowledge.schema import Product
from posology.quantities import Quantity
from posology.treatment.ledger import Lot

_UG_PER_MG = 1000


def lock_ledger(by: User) -> Clinic:
    """Hold the ledger of the person's clinic to the end of the transaction: one entry after another."""
    return Clinic.objects.select_for_update(of=("self",), no_key=True).get(pk=by.clinic_id)


def first_answer(key: UUID, by: User, told: dict[str, Any]) -> LedgerAct | None:
    """Return the entry of an id that was sent before, if it says the same.

    Raises
    ------
    Conflict
        If it says something else, or stands in another clinic's ledger.
    """
    row = LedgerAct.objects.everywhere(because="an id is taken once, wherever").filter(pk=key).first()
    if row is None:
        return None
    said = {**told, "clinic_id": by.clinic_id}
    if any(getattr(row, name) != value for name, value in said.items()):
        raise Conflict(
            "This entry was written before with another content, so nothing was written. Reload the page."
        )
    return row


def write(key: UUID, kind: Kind, *, by: User, at: datetime, **told: Any) -> LedgerAct:
    """Write an entry at the end of the clinic's ledger, which is locked."""
    rows = LedgerAct.objects.for_clinic(by.clinic_id)
    last = rows.order_by("-position").values_list("position", flat=True).first()
    return LedgerAct.objects.create(
        id=key, clinic_id=by.clinic_id, kind=kind, position=(last or 0) + 1, by=by, at=at, **told
    )


def witnessed(told: Witnessed, *, by: User, at: datetime) -> User:
    """Return the witness of an entry, judged once more at the moment of writing."""
    check_witness(told, by=by, at=at)
    return told.person


# ---------------------------------------------------------------- what is named


def entry_for(by: User, key: UUID, *, what: str = "entry") -> LedgerAct:
    """Return an entry of the person's clinic.

    Raises
    ------
    NotFound
        If there is none of this id here.
    """
    row = LedgerAct.objects.for_clinic(by.clinic_id).filter(pk=key).first()
    if row is None:
        raise not_found(what)
    return row


def books_with(row: LedgerAct, *, at: datetime) -> Books:
    """Return the books of one entry's lot, as they stand."""
    return lots_books(row.clinic, [lot_of(row)], at=at)


def lot_books(clinic: Clinic, lot: Lot, *, at: datetime) -> Books:
    """Return the books of a lot that was received.

    Raises
    ------
    LedgerRefused
        If it never was.
    """
    books = lots_books(clinic, [lot], at=at)
    if lot not in books.ledger.content_ug:
        raise LedgerRefused(
            f"Lot {lot.number} was never received here. Receive it first, or choose a lot of the list.",
            field="lot",
        )
    return books


def product_for(lot: Lot) -> Product:
    """Return the product of a lot.

    Raises
    ------
    LedgerRefused
        If the shelf has none of this name.
    """
    product = product_of(lot)
    if product is None:
        raise LedgerRefused("There is no such product here. Choose one of the list.", field="product")
    return product


def session_with(by: User, session_id: UUID, lot: Lot) -> SessionRow:
    """Return a session of the clinic whose order is for the product of a lot (hazard H-09).

    Raises
    ------
    NotFound, LedgerRefused
        If there is none, or its order is for another drug.
    """
    session = session_for(by, session_id)
    product = product_for(lot)
    substance = substance_of(session)
    if substance != product.substance:
        raise LedgerRefused(
            f"The order of this session is for {substance}, and the lot holds {product.substance}. "
            "Choose a lot of the ordered drug.",
            field="session",
        )
    return session


def substance_of(session: SessionRow) -> str:
    """Return which drug the order of a session is for."""
    return str(json.loads(session.order.body)["substance"])


# ---------------------------------------------------------------- checks that several entries share


def check_day(on: date, clinic: Clinic, at: datetime, *, field: str = "on") -> None:
    """Refuse a day that lies ahead."""
    today = day_at(clinic, at)
    if on > today:
        raise LedgerRefused(
            f"The day {on:%d-%b-%Y} lies ahead of today, {today:%d-%b-%Y}. Enter it once it has come.",
            field=field,
        )


def check_said(text: str, what: str, *, field: str) -> str:
    """Return a text without blanks around it; refuse an empty one."""
    text = text.strip()
    if not text:
        raise LedgerRefused(f"The {what} is empty. Write it.", field=field)
    return text


def check_owner(owner: User, by: User) -> None:
    """Refuse an owner of a discrepancy who does not keep the ledger of this clinic."""
    if owner.clinic_id != by.clinic_id or not may(owner, KEEP):
        raise LedgerRefused(
            "The owner does not keep the ledger here. Choose somebody of the list.", field="owner"
        )


def check_containers(count: int, books: Books, lot: Lot) -> None:
    """Refuse to take out more unopened containers than lie in the safe."""
    there = books.unopened(lot)
    if not 0 < count <= there:
        raise LedgerRefused(
            f"{count} unopened of lot {lot.number} cannot leave the safe, which holds {there} by the ledger. "
            "Check the lot, or count it.",
            field="containers",
        )


def check_rest(amount_ug: int, books: Books, opened: LedgerAct, *, field: str = "amount_mg") -> None:
    """Refuse to take more out of an opened container than it still holds.

    Raises
    ------
    LedgerRefused
        Saying how much is left.
    """
    container = books.ledger.containers.get(opened.pk)
    if container is None:
        raise LedgerRefused("This was taken back, so nothing is in it. Choose what is open.", field="opened")
    if not 0 < amount_ug <= container.remaining_ug:
        left = mg(max(container.remaining_ug, 0))
        raise LedgerRefused(
            f"It would be {mg(amount_ug)}, and {left} is left by the ledger. Read the amount again; if "
            "something was given that is not recorded yet, record it in the session first.",
            field=field,
        )


def mg(amount_ug: int) -> Quantity:
    """Return an amount of the ledger as people read it."""
    return Quantity(Decimal(amount_ug) / _UG_PER_MG, "mg")

"""What people do with the drug: receive, open, draw, waste, return, count. Each act is one entry, once.

Everybody waits for everybody: the clinic's ledger is locked for each entry, so that a container is never
opened twice and a waste never written twice (hazards H-25, H-26).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.audit import action
from posology.clinic.ledger.books import lot_of, receipts_of
from posology.clinic.ledger.models import LONGEST_LOT, MOST_CONTAINERS, Kind, LedgerAct
from posology.clinic.ledger.permissions import KEEP, check_can
from posology.clinic.ledger.rules import content_ug, day_at
from posology.clinic.ledger.witness import LedgerRefused, Witnessed
from posology.clinic.ledger.writing import (
    books_with,
    check_containers,
    check_day,
    check_owner,
    check_rest,
    check_said,
    entry_for,
    first_answer,
    lock_ledger,
    lot_books,
    product_for,
    session_with,
    witnessed,
    write,
)
from posology.treatment.ledger import Lot


@action
def receive(
    *,
    row_id: UUID,
    product_id: str,
    lot: str,
    containers: int,
    on: date,
    expires_on: date,
    supplier: str,
    document: str = "",
    by: User,
    at: datetime,
) -> LedgerAct:
    """Take unopened containers of a lot into the safe.

    Raises
    ------
    NotPermitted, LedgerRefused, Conflict
        If this person may not, something is missing, or the lot came with another day of expiry before.
    """
    check_can(by, KEEP)
    clinic = lock_ledger(by)
    told = {"product_id": product_id, "lot": lot.strip(), "containers": containers, "on": on}
    told |= {"expires_on": expires_on, "party": supplier.strip(), "document": document.strip()}
    if known := first_answer(row_id, by, {**told, "kind": Kind.RECEIVED}):
        return known
    of = Lot(product_id, check_said(lot, "number of the lot", field="lot"))
    product = product_for(of)
    check_said(supplier, "supplier", field="supplier")
    if len(of.number) > LONGEST_LOT or " " in of.number or not of.number.isprintable():
        raise LedgerRefused(
            "The lot is too long, or has a blank or a character that cannot be seen. Write it by hand as it "
            "is printed, without blanks.",
            field="lot",
        )
    if not 0 < containers <= MOST_CONTAINERS:
        raise LedgerRefused(
            f"{containers} containers cannot be received. Write how many there are.", field="containers"
        )
    check_day(on, clinic, at)
    if expires_on < on:
        raise LedgerRefused(
            f"The lot had expired on {expires_on:%d-%b-%Y}, before it came. Check both days.",
            field="expires_on",
        )
    earlier = receipts_of(clinic).filter(product_id=of.product_id, lot=of.number)
    if earlier.exclude(expires_on=expires_on).exists():
        raise LedgerRefused(
            "The same lot came before with another day of expiry. Read it again on the container.",
            field="expires_on",
        )
    return write(
        row_id,
        Kind.RECEIVED,
        by=by,
        at=at,
        content_ug=content_ug(product),
        safe_change=containers,
        **told,
    )


@action
def open_container(
    *,
    row_id: UUID,
    product_id: str,
    lot: str,
    session_id: UUID | None = None,
    by: User,
    at: datetime,
) -> LedgerAct:
    """Take one container out of the safe and open it: for one session, or to draw from for several.

    Raises
    ------
    NotPermitted, NotFound, LedgerRefused, Conflict
        If there is none in the safe, it has expired, or the session's order is for another drug.
    """
    check_can(by, KEEP)
    clinic = lock_ledger(by)
    told = {"product_id": product_id, "lot": lot, "session_id": session_id}
    if known := first_answer(row_id, by, {**told, "kind": Kind.OPENED}):
        return known
    of = Lot(product_id, lot)
    books = lot_books(clinic, of, at=at)
    expires_on = books.receipts[of].expires_on
    if expires_on is not None and expires_on < day_at(clinic, at):
        raise LedgerRefused(
            f"Lot {lot} expired on {expires_on:%d-%b-%Y}, so it is not opened for use. Waste or return it.",
            field="lot",
        )
    if session_id is not None:
        session_with(by, session_id, of)
    if books.unopened(of) < 1:
        raise LedgerRefused(
            f"Lot {lot} has no unopened container left by the ledger. Choose another, or count it.",
            field="lot",
        )
    return write(row_id, Kind.OPENED, by=by, at=at, containers=1, safe_change=-1, **told)


@action
def draw(
    *, row_id: UUID, opened_id: UUID, session_id: UUID, amount_ug: int, by: User, at: datetime
) -> LedgerAct:
    """Draw a syringe for one session out of an opened vial.

    Raises
    ------
    NotPermitted, NotFound, LedgerRefused, Conflict
        If more is drawn than is left, or the session's order is for another drug.
    """
    check_can(by, KEEP)
    lock_ledger(by)
    told = {"opened_id": opened_id, "session_id": session_id, "amount_ug": amount_ug}
    if known := first_answer(row_id, by, {**told, "kind": Kind.DRAWN}):
        return known
    opened = _opened(by, opened_id)
    of = lot_of(opened)
    if product_for(of).form != "vial" or opened.kind != Kind.OPENED:
        raise LedgerRefused("Only a vial is drawn from. Open a device for its own session.", field="opened")
    session_with(by, session_id, of)
    check_rest(amount_ug, books_with(opened, at=at), opened)
    return write(row_id, Kind.DRAWN, by=by, at=at, product_id=of.product_id, lot=of.number, **told)


def _opened(by: User, key: UUID) -> LedgerAct:
    row = entry_for(by, key, what="container")
    if row.kind not in {Kind.OPENED, Kind.DRAWN}:
        raise LedgerRefused("This entry is no opened container. Choose one of the list.", field="opened")
    return row


# ---------------------------------------------------------------- what leaves without a patient


@dataclass(frozen=True, slots=True)
class Some:
    """What leaves: an amount out of an opened container, or unopened containers of a lot."""

    opened_id: UUID | None = None
    amount_ug: int = 0
    product_id: str = ""
    lot: str = ""
    containers: int = 0


def _out(
    kind: Kind,
    some: Some,
    *,
    row_id: UUID,
    witness: Witnessed | None = None,
    by: User,
    at: datetime,
    **said: Any,
) -> LedgerAct:
    """Take something out of an opened container, or unopened containers of a lot."""
    check_can(by, KEEP)
    clinic = lock_ledger(by)
    told = {"opened_id": some.opened_id, "amount_ug": some.amount_ug, "containers": some.containers, **said}
    of_lot = {} if some.opened_id is not None else {"product_id": some.product_id, "lot": some.lot}
    if known := first_answer(row_id, by, {**told, **of_lot, "kind": kind}):
        return known
    if some.opened_id is not None:
        opened = _opened(by, some.opened_id)
        of = lot_of(opened)
        check_rest(some.amount_ug, books_with(opened, at=at), opened)
    else:
        of = Lot(some.product_id, some.lot)
        check_containers(some.containers, lot_books(clinic, of, at=at), of)
    seen = None if witness is None else witnessed(witness, by=by, at=at)
    return write(
        row_id,
        kind,
        by=by,
        at=at,
        product_id=of.product_id,
        lot=of.number,
        safe_change=-some.containers,
        witness=seen,
        **told,
    )


@action
def waste(*, row_id: UUID, reason: str, witness: Witnessed, by: User, at: datetime, **of: Any) -> LedgerAct:
    """Waste the rest of an opened container, or unopened ones that broke or expired, before a witness.

    ``of`` says of what: the fields of :class:`Some`.

    Raises
    ------
    NotPermitted, NotFound, LedgerRefused, Conflict
        If more is wasted than is there, no reason is told, or the witness is none.
    """
    reason = check_said(reason, "manner of the waste", field="reason")
    return _out(Kind.WASTED, Some(**of), row_id=row_id, witness=witness, by=by, at=at, reason=reason)


@action
def give_back(
    *,
    row_id: UUID,
    to: str,
    document: str,
    witness: Witnessed,
    by: User,
    at: datetime,
    **of: Any,
) -> LedgerAct:
    """Return containers, or the rest of one, to the supplier, the pharmacy or a reverse distributor.

    ``of`` says of what: the fields of :class:`Some`.

    Raises
    ------
    NotPermitted, NotFound, LedgerRefused, Conflict
        If more is returned than is there, or to whom and by which paper is not told.
    """
    to = check_said(to, "name of who took it", field="to")
    document = check_said(document, "number of the paper", field="document")
    said = {"party": to, "document": document}
    return _out(Kind.RETURNED, Some(**of), row_id=row_id, witness=witness, by=by, at=at, **said)


@action
def miss(*, row_id: UUID, reason: str, owner: User, by: User, at: datetime, **of: Any) -> LedgerAct:
    """Say that something is missing, or was wasted and nobody saw it: a discrepancy with an owner.

    ``of`` says of what: the fields of :class:`Some`.

    Raises
    ------
    NotPermitted, NotFound, LedgerRefused, Conflict
        If more is missing than was there, or no reason is told.
    """
    reason = check_said(reason, "reason", field="reason")
    check_owner(owner, by)
    return _out(Kind.MISSED, Some(**of), row_id=row_id, by=by, at=at, reason=reason, owner_id=owner.pk)


@action
def count(
    *,
    row_id: UUID,
    product_id: str,
    lot: str,
    containers: int,
    witness: Witnessed,
    by: User,
    at: datetime,
) -> LedgerAct:
    """Count the unopened containers of a lot, two people together; a difference is kept as it was found.

    Raises
    ------
    NotPermitted, LedgerRefused, Conflict
        If the lot was never received, or the witness is none.
    """
    check_can(by, KEEP)
    clinic = lock_ledger(by)
    told = {"product_id": product_id, "lot": lot, "containers": containers}
    if known := first_answer(row_id, by, {**told, "kind": Kind.COUNTED}):
        return known
    of = Lot(product_id, lot)
    if not 0 <= containers <= MOST_CONTAINERS:
        raise LedgerRefused(f"{containers} cannot have been counted. Count again.", field="containers")
    there = lot_books(clinic, of, at=at).unopened(of)
    seen = witnessed(witness, by=by, at=at)
    return write(row_id, Kind.COUNTED, by=by, at=at, safe_change=containers - there, witness=seen, **told)

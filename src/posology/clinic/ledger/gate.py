"""What the drug's ledger puts in the way of a start: no lot, an expired one, too little of it."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from posology.clinic.ledger.books import LOOKS_BACK, Books, kept_since, lots_books, lots_moved, receipts_of
from posology.clinic.ledger.rules import day_at, product_of
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import state_of
from posology.treatment import Obstacle, Order
from posology.treatment.ledger import Account, Lot
from posology.treatment.ledger_stock import Stock, stock_obstacle


def start_obstacles(session: SessionRow, order: Order, at: datetime) -> Iterator[Obstacle]:
    """Yield what the ledger still asks before a start; nothing where no ledger is kept.

    A clinic keeps one from its first receipt on. Where the worksheet names a lot already it is that one
    that is looked at, else any lot of the product would do.
    """
    clinic = session.patient.clinic
    first = kept_since(clinic)
    if first is None or first > at:
        return
    worksheet = state_of(session).worksheet
    product_id = worksheet.payload.product_id if worksheet else order.product_id
    receipts = receipts_of(clinic).filter(product_id=product_id, at__lte=at)
    expires = {row.lot: row.expires_on for row in receipts if row.expires_on is not None}
    here = lots_moved(clinic, since=at - LOOKS_BACK, at=at)  # what was used up long ago holds nothing
    books = lots_books(clinic, [lot for lot in here if lot.product_id == product_id], at=at)
    stocks = [
        Stock(number, on, _left_ug(books, Lot(product_id, number), session.pk))
        for number, on in expires.items()
    ]
    product = product_of(Lot(product_id, ""))
    obstacle = stock_obstacle(
        stocks,
        product=product.title if product else product_id,
        named=worksheet.payload.lot if worksheet else None,
        needed_ug=int(order.dose_mg * 1000),
        on=day_at(clinic, at),
    )
    if obstacle is not None:
        yield obstacle


def _left_ug(books: Books, lot: Lot, session: UUID) -> int:
    opened = (c for c in books.ledger.containers.values() if c.lot == lot and c.session in {None, session})
    return books.ledger.balance_ug(Account.SAFE, lot) + sum(max(c.remaining_ug, 0) for c in opened)

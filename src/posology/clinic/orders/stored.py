"""An order as it is stored: its text back into the library's ``Order``, and whether it is untouched."""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from posology.clinic.orders.models import OrderRow
from posology.clinic.protocols.queries import same_family
from posology.knowledge import Route, Substance
from posology.quantities import DomainError
from posology.treatment import Order, OverriddenHold

_ORDERS_KEPT = 400  # a day of a large clinic; each is asked for with every reading, and by every board


class OrderAltered(DomainError):
    """A stored order is not what was signed; nothing may be given from it."""

    code = "order-altered"


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("a whole number is stored as one; text or yes in its place is no order of ours")
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "id": UUID,
    "patient_id": UUID,
    "substance": Substance,
    "route": Route,
    "dose_mg": Decimal,
    "level": Decimal,
    "weight_kg": Decimal,
    "minutes": _whole,
    "devices": _whole,
    "session_number": _whole,
    "protocol_version": _whole,
    "weight_at": datetime.fromisoformat,
    "planned_on": date.fromisoformat,
    "overrides": lambda holds: tuple(OverriddenHold(**hold) for hold in holds),
}


def order_of(row: OrderRow) -> Order:
    """Return the order that a row holds.

    Raises
    ------
    OrderAltered
        If its text is not an order.
    """
    try:
        return _order(row.body)
    except (ValueError, KeyError, TypeError, ArithmeticError):
        raise OrderAltered("The stored order cannot be read. Withdraw it and sign a new one.") from None


@lru_cache(maxsize=_ORDERS_KEPT)
def _order(body: str) -> Order:
    """Read an order's text: the same text is the same order, which nothing changes."""
    stored: dict[str, Any] = json.loads(body)
    return Order(**{f.name: _read(f.name, stored[f.name]) for f in fields(Order)})


def _read(name: str, value: Any) -> Any:
    return value if value is None else _READ.get(name, lambda v: v)(value)


def check_intact(row: OrderRow) -> Order:
    """Return the order if everything stored of it is what was signed (hazard H-28, requirement SR-21).

    Raises
    ------
    OrderAltered
        If its text, a column beside it, or its signature differs from what the signature covers.
    """
    order = order_of(row)
    signature = getattr(row, "signature", None)
    if signature is None:
        raise OrderAltered("The order is not signed. Sign it before anything is given.")
    agrees = {
        "text": order.canonical().decode() == row.body,
        "hash": order.sha256() == row.sha256,
        "signature": signature.sha256 == row.sha256,
        "signer": (signature.by_id, signature.at) == (row.signed_by_id, row.signed_at),
        "id": order.id == row.pk,
        "patient": order.patient_id == row.patient_id,
        "dose": order.dose_mg == row.dose_mg,
        "day": order.planned_on == row.planned_on,
        "course": row.course.patient_id == row.patient_id
        and same_family(row.patient.clinic_id, row.course.protocol_id, order.protocol_id),
        "overrides": {
            (o.rule, o.reason, str(o.by_id)) for o in row.overrides.everywhere(because="of one order")
        }
        == {(o.rule, o.reason, o.by) for o in order.overrides},
    }
    differing = [what for what, same in agrees.items() if not same]
    if differing:
        raise OrderAltered(
            f"The order differs from what was signed ({', '.join(differing)}), "
            "so nothing may be given from it. Withdraw it and sign a new one."
        )
    return order

"""Whether the ledger holds what a dose needs: a lot that was received, has not expired, and is enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from posology.knowledge import Role
from posology.quantities import Quantity
from posology.treatment.policies import Obstacle


@dataclass(frozen=True, slots=True)
class Stock:
    """What is left of one lot: unopened, and open for this session or to draw from, µg."""

    lot: str
    expires_on: date
    left_ug: int


def stock_obstacle(
    stocks: Sequence[Stock], *, product: str, named: str | None, needed_ug: int, on: date
) -> Obstacle | None:
    """Return what the stock puts in the way of a dose, or ``None``.

    Parameters
    ----------
    stocks : sequence of Stock
        Every lot of the product that was received.
    product : str
        What the product is called.
    named : str, optional
        The lot that the checked worksheet names; ``None`` while none was checked.
    needed_ug : int
        The dose, µg.
    on : date
        The day at the clinic; a lot is good through its own last day.

    Returns
    -------
    Obstacle or None
        Which a nurse clears: by receiving, by another lot, or by counting.
    """
    if not stocks:
        return Obstacle(
            "ledger/no-lot",
            f"No lot of {product} was received into the ledger. Receive the lot, then start.",
        )
    mine = [s for s in stocks if named in {None, s.lot}]
    if not mine:
        return Obstacle(
            "ledger/unknown-lot",
            f"Lot {named} on the worksheet was never received as {product}. Read the lot again and check "
            "the worksheet anew, or receive the lot.",
            Role.NURSE,
        )
    good = [s for s in mine if s.expires_on >= on]
    if not good:
        last = max(mine, key=lambda s: s.expires_on)
        return Obstacle(
            "ledger/expired",
            f"Lot {last.lot} expired on {last.expires_on:%d-%b-%Y}. Take a lot that has not, and check the "
            "worksheet with it.",
            Role.NURSE,
        )
    left_ug = sum(max(s.left_ug, 0) for s in good)
    if left_ug >= needed_ug:
        return None
    lots = "Lot " + ", ".join(s.lot for s in good)
    return Obstacle(
        "ledger/not-enough",
        f"{lots}: {_mg(left_ug)} left by the ledger, and the dose is {_mg(needed_ug)}. Take another lot, "
        "receive more, or count what is there.",
        Role.NURSE,
    )


def _mg(ug: int) -> Quantity:
    return Quantity(Decimal(ug) / 1000, "mg")

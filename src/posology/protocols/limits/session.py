"""How much one session may give in all: what was ordered, through pauses, new rates and devices."""

from decimal import Decimal
from fractions import Fraction

from posology.protocols.limits.errors import LimitExceeded
from posology.protocols.limits.values import in_mg


def check_session_total(*, ordered_mg: Decimal, so_far_mg: Fraction, more_mg: Fraction) -> None:
    """Refuse what would give more in one session than was ordered; an order has met its own ceiling.

    Parameters
    ----------
    ordered_mg : Decimal
        The dose of the session's order, mg.
    so_far_mg : Fraction
        The most that may have gone in so far, mg.
    more_mg : Fraction
        What is about to follow, mg.

    Raises
    ------
    LimitExceeded
        If the two come to more than the order, or nothing is left to follow.
    """
    if more_mg <= 0 or so_far_mg + more_mg > Fraction(ordered_mg):
        so_far = Decimal(-(-so_far_mg * 1000 // 1)) / 1000
        raise LimitExceeded(
            f"{in_mg(so_far)} of {in_mg(ordered_mg)} may be in already, and a session gives no more than was "
            "ordered. Stop here; a further dose needs a new order.",
            limit="session_total",
        )

"""From what the ledger puts in the way of a start to the page where it is put right."""

from uuid import UUID

from django.urls import reverse

from posology.treatment import Obstacle
from posology.web.components import Link

_TO_RECEIVE = frozenset({"ledger/no-lot", "ledger/unknown-lot"})


def way_of(obstacle: Obstacle, session_id: UUID) -> Link | None:
    """Return the link that leads from an obstacle of the ledger to its page."""
    if not obstacle.key.startswith("ledger/"):
        return None
    if obstacle.key in _TO_RECEIVE:
        return Link("Receive a lot", reverse("ledger-receive"))
    return Link("Go to the ledger", reverse("ledger"))

"""From what stands in the way of a start to the page where it is told."""

from uuid import UUID

from django.urls import reverse

from posology.treatment import Obstacle
from posology.treatment.duty import KEY, NOT_RECORDED, RECORD_IT
from posology.web.components import Link


def way_of(obstacle: Obstacle, session_id: UUID) -> Link | None:
    """Return the link that leads from an obstacle of the day to its page, and back to the session."""
    if not obstacle.key.startswith(KEY):
        return None
    label = RECORD_IT if obstacle.key == NOT_RECORDED else "Today's staff and equipment"
    return Link(label, f"{reverse('duty')}?session={session_id}")

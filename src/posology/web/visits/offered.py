"""The visits that a signed order opens: their windows, offered where the order is shown."""

from dataclasses import dataclass

from django.utils import timezone

from posology.clinic.accounts.permissions import may
from posology.clinic.orders.queries import active_order, open_course
from posology.clinic.visits.coming import coming_of, windows_ahead
from posology.clinic.visits.hours import clocks
from posology.clinic.visits.queries import Booked, visits_of
from posology.protocols.visits import Window
from posology.quantities import DomainError
from posology.web.page import OpenPatient

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Offered:
    """What comes after the signed session: the visits that stand already, or the windows of those to plan."""

    planned: tuple[Booked, ...]
    windows: tuple[Window, ...]
    more: int
    may_plan: bool


def offered(opened: OpenPatient) -> Offered | None:
    """Return what a signed order opens on the schedule; ``None`` at the end of a course."""
    course = open_course(opened.patient)
    visits = visits_of(course) if course is not None else ()
    planned = tuple(b for b in visits if b.stands and b.session is None and b.starts_at >= opened.now)
    if planned:
        return Offered(planned[:SHOWN], (), max(0, len(planned) - SHOWN), may(opened.by, "plan_visits"))
    coming = coming_of(opened.patient, at=opened.now)
    if coming is None:
        return None
    try:
        ahead = windows_ahead(coming)
    except DomainError:
        return None  # the page that plans says why
    return Offered((), ahead[:SHOWN], max(0, len(ahead) - SHOWN), may(opened.by, "plan_visits"))


def usual_clock(opened: OpenPatient) -> str:
    """Return the time of the signed session, where visits may begin at it; nothing else is proposed."""
    waiting = active_order(opened.patient)
    if waiting is None:
        return ""
    clock = timezone.localtime(waiting.session.scheduled_at).time()
    return f"{clock:%H:%M}" if clock in clocks() else ""

"""What a course's next visit is: its number, its place in the protocol and its day by the plan."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from posology.clinic.care.queries import at_site, case_of, site_day
from posology.clinic.orders.queries import active_order, open_course
from posology.clinic.orders.stored import order_of
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import current_id, library_at
from posology.clinic.visits.queries import visits_of
from posology.knowledge import Library
from posology.knowledge.schema import ProtocolFile
from posology.protocols.schedule import Place, Rung, phase_size
from posology.protocols.visits import Window, next_gap, windows
from posology.recommendation.course import course_of


@dataclass(frozen=True, slots=True)
class Coming:
    """The next visit that is not planned yet."""

    protocol: ProtocolFile
    library: Library
    number: int
    place: Place
    on: date  # by the plan; never before today
    previous_on: date
    rung: Rung | None  # the interval that runs, in a phase without an end

    @property
    def left_in_phase(self) -> int | None:
        """How many visits its phase still has; ``None`` where the phase has no end."""
        size = phase_size(self.place.phase)
        return None if size is None else size - self.place.index


def coming_of(patient: Patient, *, at: datetime) -> Coming | None:
    """Return the visit that follows all that was given, signed and planned.

    ``None`` where no course is running, nothing of it was signed, or it is at its end.
    """
    course = open_course(patient)
    if course is None:
        return None
    library = library_at(patient.clinic, at)
    protocol = library.protocol(current_id(patient.clinic_id, course.protocol_id, library))
    case = case_of(patient, as_of=at)
    phases: list[str] = []
    numbers: list[int] = []
    days: list[date] = []
    rung: Rung | None = None
    if case.sessions:
        running = course_of(case, library, as_of=at_site(patient, at))
        phases = [s.phase for s in case.sessions[-running.stretch :]]
        numbers, days, rung = [running.last.number], [running.last_on], running.kept_rung
    waiting = active_order(patient)
    if waiting is not None:
        order = order_of(waiting)
        phases.append(order.phase)
        numbers.append(order.session_number)
        days.append(order.planned_on)
    for booked in visits_of(course):
        ahead = booked.stands and booked.session is None and booked.on >= site_day(patient, at)
        if ahead and (not days or booked.on > days[-1]):
            phases.append(booked.row.phase)
            numbers.append(booked.row.number)
            days.append(booked.on)
    following = next_gap(protocol, phases) if phases else None
    if following is None:
        return None
    place, gap = following
    kept = rung if rung is not None and rung.phase == place.phase.id else None
    on = days[-1] + timedelta(days=kept.days if kept else gap)
    return Coming(protocol, library, max(numbers) + 1, place, max(on, site_day(patient, at)), days[-1], kept)


AT_ONCE = 4  # visits that are offered at once where a phase has no end; an engineering default


def windows_ahead(coming: Coming) -> tuple[Window, ...]:
    """Return the windows of the visits that come next: those left in the phase.

    Raises
    ------
    VisitsRefused, KnowledgeError
        If the protocol's days cannot be planned.
    """
    return windows(
        coming.protocol,
        coming.library,
        first_number=coming.number,
        first_on=coming.on,
        count=coming.left_in_phase or AT_ONCE,
        start=coming.place,
        rung=coming.rung,
        previous_on=coming.previous_on,
    )

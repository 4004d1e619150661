"""Visits as folds of their acts, beside the sessions that kept them; and which chair is free when."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, Exists, OuterRef, QuerySet, UUIDField

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.permissions import check, not_found
from posology.clinic.orders.models import Course, CourseStatus, OrderRow, OrderStatus
from posology.clinic.orders.stored import order_of
from posology.clinic.patients.models import Patient
from posology.clinic.prepared import Prepared
from posology.clinic.protocols.queries import library_of_order
from posology.clinic.sessions.models import SessionRow
from posology.clinic.visits.hours import starts_on
from posology.clinic.visits.models import ActKind, VisitAct, VisitRow
from posology.protocols.visits import VisitState, Window, expected_minutes, state_on
from posology.quantities import DomainError
from posology.treatment import SessionPhase

NOT_BEGUN = {SessionPhase.SCHEDULED.value, SessionPhase.CANCELLED.value}


@dataclass(frozen=True, slots=True)
class Booked:
    """One visit as it stands. Where a session keeps it, its time and its chair are that session's."""

    row: VisitRow
    acts: tuple[VisitAct, ...]
    session: SessionRow | None = None

    @property
    def position(self) -> int:
        """The place of its last act: what a page shows that it was made from."""
        return self.acts[-1].position

    @property
    def cancelled(self) -> bool:
        return self.acts[-1].kind == ActKind.CANCELLED

    @property
    def ended(self) -> bool:
        """Whether its course came to its end before it."""
        return self.row.course.status != CourseStatus.OPEN and not self.kept

    @property
    def stands(self) -> bool:
        return not (self.cancelled or self.ended)

    @property
    def kept(self) -> bool:
        """Whether its session has begun."""
        return self.session is not None and self.session.phase not in NOT_BEGUN

    @property
    def placed(self) -> VisitAct:
        """The act that last gave it a place."""
        return next(act for act in reversed(self.acts) if act.starts_at is not None)

    @property
    def starts_at(self) -> datetime:
        if self.session is not None:
            return self.session.scheduled_at
        assert self.placed.starts_at is not None
        return self.placed.starts_at

    @property
    def chair(self) -> int | None:
        return self.session.chair if self.session is not None else self.placed.chair

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.row.minutes)

    @property
    def window(self) -> Window:
        row = self.row
        return Window(row.number, row.phase, row.phase_title, row.earliest_on, row.target_on, row.latest_on)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.row.patient.clinic.zone)

    @property
    def on(self) -> date:
        """The site's day on which it lies."""
        return self.starts_at.astimezone(self.zone).date()

    def state(self, *, at: datetime) -> VisitState:
        """Return where it stands at a moment."""
        today = at.astimezone(self.zone).date()
        gone = self.cancelled or self.ended
        return state_on(self.window, on=self.on, today=today, kept=self.kept, cancelled=gone)


def visit_for(by: User, visit_id: UUID | str) -> Booked:
    """Return one visit of the person's clinic.

    Raises
    ------
    NotFound
        If there is none of this id.
    """
    check(by, "view_visits")
    row = _rows(by.clinic_id).filter(pk=visit_id).first()
    if row is None:
        raise not_found("visit")
    return next(b for b in visits_of(row.course) if b.row.pk == row.pk)


def visits_of(course: Course) -> tuple[Booked, ...]:
    """Return every visit of a course, by its time."""
    clinic = course.patient.clinic_id
    booked = _booked(_rows(clinic).filter(course=course), clinic)
    return tuple(sorted(booked, key=lambda b: (b.starts_at, b.row.number)))


def _of_day(clinic: Any, start: Any, end: Any) -> QuerySet[VisitRow]:
    """Build the query of every visit of the open courses that have a visit or a session between two moments.

    A session may keep a visit that was appointed for another day: the visit then lies on the session's.
    """
    later = VisitAct.objects.everywhere(because="acts of one visit, which is scoped outside").filter(
        visit=OuterRef("visit"), position__gt=OuterRef("position")
    )
    acts = VisitAct.objects.for_clinic(clinic).filter(
        ~Exists(later), starts_at__gte=start, starts_at__lt=end, visit__course=OuterRef("course")
    )
    sessions = SessionRow.objects.for_clinic(clinic).filter(
        scheduled_at__gte=start, scheduled_at__lt=end, order__course=OuterRef("course")
    )
    return _rows(clinic).filter(Exists(acts) | Exists(sessions), course__status=CourseStatus.OPEN)


_OF_DAY = Prepared(_of_day, UUIDField(), DateTimeField(), DateTimeField())


def visits_on(clinic: Clinic, day: date) -> tuple[Booked, ...]:
    """Return the visits that stand on one day of the site, by time and chair."""
    booked = _booked(_OF_DAY.all(clinic.pk, *day_of(clinic, day)), clinic)
    mine = [b for b in booked if b.stands and b.on == day]
    return tuple(sorted(mine, key=lambda b: (b.starts_at, b.chair or 0)))


def unsigned_on(clinic: Clinic, day: date) -> tuple[Booked, ...]:
    """Return the visits of a day for which no order is signed yet."""
    return tuple(b for b in visits_on(clinic, day) if b.session is None)


def sessions_beside(clinic: Clinic, day: date, visits: Iterable[Booked]) -> tuple[SessionRow, ...]:
    """Return the sessions of a day that keep none of these visits."""
    start, end = day_of(clinic, day)
    rows = SessionRow.objects.for_clinic(clinic).filter(scheduled_at__gte=start, scheduled_at__lt=end)
    rows = rows.exclude(phase=SessionPhase.CANCELLED).exclude(order__status=OrderStatus.WITHDRAWN)
    rows = rows.exclude(pk__in=[b.session.pk for b in visits if b.session is not None])
    return tuple(rows.select_related("patient").order_by("scheduled_at"))


def appointed(patient: Patient, day: date) -> Booked | None:
    """Return the visit of a patient that stands on a day and has no session, if there is one."""
    course = Course.objects.for_clinic(patient.clinic_id).filter(patient=patient, status="open").first()
    visits = visits_of(course) if course is not None else ()
    return next((b for b in visits if b.stands and b.session is None and b.on == day), None)


def _rows(clinic: object) -> QuerySet[VisitRow]:
    return VisitRow.objects.for_clinic(clinic).select_related("patient__clinic", "course")


def _booked(rows: Iterable[VisitRow], clinic: object) -> tuple[Booked, ...]:
    found = list(rows)
    if not found:
        return ()
    acts: dict[UUID, list[VisitAct]] = defaultdict(list)
    told = VisitAct.objects.for_clinic(clinic).filter(visit__in=[row.pk for row in found])
    for act in told.select_related("by").order_by("position"):
        acts[act.visit_id].append(act)
    booked = [Booked(row, tuple(acts[row.pk])) for row in found]
    return _beside_sessions(booked, clinic)


def _beside_sessions(booked: list[Booked], clinic: object) -> tuple[Booked, ...]:
    """Put each session beside the visit that it keeps: of its day, else of its number inside its window."""
    sessions = SessionRow.objects.for_clinic(clinic).filter(
        order__course__in={b.row.course_id for b in booked}
    )
    sessions = sessions.exclude(phase=SessionPhase.CANCELLED).exclude(order__status=OrderStatus.WITHDRAWN)
    left = list(sessions.select_related("order", "patient__clinic").order_by("scheduled_at"))
    kept: dict[UUID, SessionRow] = {}

    def take(fits: Callable[[Booked, SessionRow], bool]) -> None:
        for b in booked:
            if b.cancelled or b.row.pk in kept:
                continue
            mine = (s for s in left if s.order.course_id == b.row.course_id)
            session = next((s for s in mine if fits(b, s)), None)
            if session is not None:
                kept[b.row.pk] = session
                left.remove(session)

    take(lambda b, s: s.scheduled_at.astimezone(b.zone).date() == b.on)
    take(lambda b, s: _number(s) == b.row.number and b.window.holds(s.scheduled_at.astimezone(b.zone).date()))
    return tuple(replace(b, session=kept.get(b.row.pk)) for b in booked)


def _number(session: SessionRow) -> int | None:
    try:
        return order_of(session.order).session_number
    except DomainError:
        return None


# ---------------------------------------------------------------- chairs


@dataclass(frozen=True, slots=True)
class Taken:
    """A chair that is taken for a while, by a visit or by a session."""

    chair: int
    start: datetime
    end: datetime
    visit: UUID | None
    session: UUID | None = None


def day_of(clinic: Clinic, day: date) -> tuple[datetime, datetime]:
    """Return the first moment of a site's day, and that of the next."""
    zone = ZoneInfo(clinic.zone)
    return (
        datetime.combine(day, time(), tzinfo=zone),
        datetime.combine(day + timedelta(days=1), time(), tzinfo=zone),
    )


def taken_on(clinic: Clinic, day: date) -> tuple[Taken, ...]:
    """Return what is taken of a day's chairs: by visits, and by sessions that have a chair."""
    visits = visits_on(clinic, day)
    found = [
        Taken(b.chair, b.starts_at, b.ends_at, b.row.pk) for b in visits if b.session is None and b.chair
    ]
    of_session = {b.session.pk: b.row.pk for b in visits if b.session is not None}
    start, end = day_of(clinic, day)
    rows = SessionRow.objects.for_clinic(clinic).filter(
        scheduled_at__gte=start, scheduled_at__lt=end, chair__isnull=False
    )
    rows = rows.exclude(phase__in=[SessionPhase.CANCELLED, SessionPhase.DISCHARGED])
    for row in rows.exclude(order__status=OrderStatus.WITHDRAWN).select_related("order", "patient__clinic"):
        assert row.chair is not None
        found.append(Taken(row.chair, row.scheduled_at, end_of(row, end), of_session.get(row.pk), row.pk))
    return tuple(sorted(found, key=lambda t: (t.chair, t.start)))


def end_of(session: SessionRow, end_of_day: datetime) -> datetime:
    """Return when a session's chair is expected free; of an order that cannot be read, not on that day."""
    try:
        return session.scheduled_at + timedelta(minutes=minutes_of(session.order, session.patient))
    except DomainError:
        return end_of_day


def minutes_of(row: OrderRow, patient: Patient) -> int:
    """Return how long the session of an order is expected to take its chair, min.

    Raises
    ------
    OrderAltered, KnowledgeError
        If the order or its text cannot be read.
    """
    order = order_of(row)
    library = library_of_order(patient.clinic_id, order.protocol_id, order.protocol_sha256)
    return expected_minutes(library.protocol(order.protocol_id), on=order.planned_on, minutes=order.minutes)


def is_free(taken: Iterable[Taken], *, chair: int, start: datetime, minutes: int, but: UUID | None) -> bool:
    """Return whether a chair is free for so long; ``but`` is the visit that is to be moved."""
    end = start + timedelta(minutes=minutes)
    others = (t for t in taken if but is None or t.visit != but)  # a session without a visit takes it too
    return not any(t.chair == chair and t.start < end and start < t.end for t in others)


def free_places(
    clinic: Clinic, day: date, minutes: int, *, at: datetime, but: UUID | None = None
) -> tuple[tuple[datetime, int], ...]:
    """Return each time and chair of a day that a visit of that length may have, from ``at`` on."""
    taken = taken_on(clinic, day)
    return tuple(
        (start, chair)
        for start in starts_on(clinic, day, minutes)
        if start >= at
        for chair in range(1, clinic.chairs + 1)
        if is_free(taken, chair=chair, start=start, minutes=minutes, but=but)
    )

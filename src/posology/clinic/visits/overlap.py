"""Whether a chair or a patient is taken at the time of a session that is placed, in a sentence (H-25, H-26).

The clinic's row is held by whoever asks, so that the answer still stands when the session is written.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from posology.clinic.accounts.models import Clinic
from posology.clinic.orders.models import OrderStatus
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.models import SessionRow
from posology.clinic.visits.queries import Taken, appointed, day_of, end_of, is_free, taken_on
from posology.treatment import SessionPhase

OVER = (SessionPhase.CANCELLED, SessionPhase.DISCHARGED)
A_MOMENT = timedelta(microseconds=1)


def taken_by_others(
    clinic: Clinic, patient: Patient, *, start: datetime, session: UUID, at: datetime
) -> Iterator[Taken]:
    """Yield what takes chairs on the day of ``start``, but this session and the patient's own visit.

    Whoever was not discharged yet takes the chair now, however long ago the stay should have been over.
    """
    day = start.astimezone(ZoneInfo(clinic.zone)).date()
    own = appointed(patient, day)
    begun = set(
        SessionRow.objects.for_clinic(clinic)
        .exclude(phase__in=[SessionPhase.SCHEDULED, *OVER])
        .values_list("pk", flat=True)
    )
    for one in taken_on(clinic, day):
        if one.session == session or (own is not None and one.visit == own.row.pk):
            continue
        end = max(one.end, at + A_MOMENT) if one.session in begun else one.end
        yield Taken(one.chair, one.start, end, one.visit, one.session)


def why_not_there(
    clinic: Clinic,
    patient: Patient,
    *,
    start: datetime,
    minutes: int,
    chair: int | None,
    session: UUID,
    at: datetime,
) -> str:
    """Say why a session of that length cannot be placed there; nothing where it can.

    ``session`` is the one that is to be placed; what it takes itself is left out.
    """
    other = _of_the_patient(clinic, patient, start=start, minutes=minutes, but=session)
    if other:
        return other
    if chair is None:
        return ""
    taken = tuple(taken_by_others(clinic, patient, start=start, session=session, at=at))
    free = [
        n
        for n in range(1, clinic.chairs + 1)
        if is_free(taken, chair=n, start=start, minutes=minutes, but=None)
    ]
    if chair in free:
        return ""
    end = start + timedelta(minutes=minutes)
    first = next(t for t in taken if t.chair == chair and t.start < end and start < t.end)
    instead = f"Free then: {', '.join(f'chair {n}' for n in free)}." if free else "No chair is free then."
    return (
        f"Chair {chair} is taken {_span(clinic, first.start, first.end)}, and this session would take it for "
        f"{minutes} min. {instead} Choose another chair or time."
    )


def _of_the_patient(clinic: Clinic, patient: Patient, *, start: datetime, minutes: int, but: UUID) -> str:
    """Say which other session of the patient lies at that time."""
    first, last = day_of(clinic, start.astimezone(ZoneInfo(clinic.zone)).date())
    rows = SessionRow.objects.for_clinic(clinic).filter(patient=patient, scheduled_at__lt=last)
    rows = rows.filter(scheduled_at__gte=first).exclude(pk=but).exclude(phase__in=OVER)
    for row in rows.exclude(order__status=OrderStatus.WITHDRAWN).select_related("order", "patient__clinic"):
        end = end_of(row, last)
        if row.scheduled_at < start + timedelta(minutes=minutes) and start < end:
            return (
                f"This patient has another session {_span(clinic, row.scheduled_at, end)}. "
                "Choose another time, or cancel that one first."
            )
    return ""


def _span(clinic: Clinic, start: datetime, end: datetime) -> str:
    zone = ZoneInfo(clinic.zone)
    since, until = start.astimezone(zone), end.astimezone(zone)
    return f"on {since:%a %d-%b-%Y} from {since:%H:%M} to {until:%H:%M}"

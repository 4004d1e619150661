"""Planning, moving and cancelling visits. Each holds the clinic's row, so that one chair is given once."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.audit import action
from posology.clinic.care.queries import at_site, given_before
from posology.clinic.conflicts import Conflict, WrongPatient, check_page_patient
from posology.clinic.locks import lock_patient
from posology.clinic.orders.queries import open_course
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.clinic.visits.coming import coming_of
from posology.clinic.visits.hours import closes, open_weekdays, opens, starts_on
from posology.clinic.visits.interval import Neighbours, neighbours_of
from posology.clinic.visits.models import LONGEST_REASON, ActKind, VisitAct, VisitRow
from posology.clinic.visits.queries import Booked, free_places, is_free, taken_on, visit_for, visits_of
from posology.clinic.visits.refusals import VisitRefused
from posology.protocols.visits import (
    appoint,
    expected_minutes,
    moment_on,
    smallest_interval,
    windows,
)
from posology.quantities import check_aware

MOST_AT_ONCE = 26
SHOWN = 4  # free places that a refusal names


@dataclass(frozen=True, slots=True)
class Wish:
    """Where a visit is wanted."""

    starts_at: datetime
    chair: int
    minutes: int


@action
def plan_visits(
    *,
    plan_id: UUID,
    patient: Patient,
    first_on: date,
    clock: time,
    chair: int | None,
    count: int,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> tuple[VisitRow, ...]:
    """Plan the next visits of a running course, each on the open day nearest to its own.

    A second send of the same ``plan_id`` returns the first answer. All are booked, or none is.

    Raises
    ------
    VisitRefused, VisitsRefused, TooSoon
        If no course runs, a visit finds no day, a chair is taken, or a session would come too soon.
    """
    check_can(by, "plan_visits", patient)
    check_page_patient(page_patient_id, patient)
    clinic = _lock_clinic(patient)
    patient = lock_patient(patient)
    known = _first_answer(plan_id, patient)
    if known:
        return known
    course = open_course(patient)
    coming = coming_of(patient, at=at)
    if course is None or coming is None:
        raise VisitRefused("No course is running that has a next visit. Sign the first order before.")
    if not 1 <= count <= MOST_AT_ONCE:
        raise VisitRefused(f"Plan 1 to {MOST_AT_ONCE} visits at once.", field="count")
    protocol = coming.protocol
    planned = windows(
        protocol,
        coming.library,
        first_number=coming.number,
        first_on=first_on,
        count=count,
        start=coming.place,
        rung=coming.rung,
        previous_on=coming.previous_on,
    )
    times = appoint(
        planned,
        clock=clock,
        zone=ZoneInfo(clinic.zone),
        interval=smallest_interval(protocol, on=first_on),
        open_weekdays=open_weekdays(),
        not_before=at,
    )
    standing = tuple(b.starts_at for b in visits_of(course) if b.stands)
    near = Neighbours(patient, protocol, given_before(patient, at=at), standing)
    rows = []
    for n, (window, starts_at) in enumerate(zip(planned, times, strict=True)):
        minutes = expected_minutes(protocol, on=window.target)
        near.check(starts_at)
        place = _chosen_chair(clinic, starts_at, minutes, chair, at=at)
        row = VisitRow.objects.create(
            id=uuid5(plan_id, str(n)),
            patient=patient,
            course=course,
            number=window.number,
            phase=window.phase,
            phase_title=window.phase_title,
            earliest_on=window.earliest,
            target_on=window.target,
            latest_on=window.latest,
            minutes=minutes,
            planned_by=by,
            planned_at=at,
        )
        VisitAct.objects.create(
            id=uuid5(plan_id, f"{n} planned"),
            visit=row,
            position=1,
            kind=ActKind.PLANNED,
            starts_at=starts_at,
            chair=place,
            by=by,
            at=at,
        )
        rows.append(row)
    return tuple(rows)


def _first_answer(plan_id: UUID, patient: Patient) -> tuple[VisitRow, ...]:
    ids = [uuid5(plan_id, str(n)) for n in range(MOST_AT_ONCE)]
    rows = VisitRow.objects.everywhere(because="an id is taken once, wherever").filter(pk__in=ids)
    known = tuple(rows.order_by("number"))
    if any(row.patient_id != patient.pk for row in known):
        raise WrongPatient("These visits were planned for another patient. Open that patient's record.")
    return known


@action
def move_visit(
    *,
    visit_id: UUID,
    act_id: UUID,
    starts_at: datetime,
    chair: int,
    because: str,
    seen: int,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> VisitAct:
    """Give a visit another time or chair; outside its window it says why, and is flagged.

    ``seen`` is the place of the last act that the page showed.

    Raises
    ------
    Conflict
        If somebody else changed the visit meanwhile; what stands is said beside what was asked.
    VisitRefused, TooSoon
        If the chair is taken, the interval is not kept, or the visit cannot be moved any more.
    """
    booked, clinic = _opened(visit_id, by, page_patient_id)
    asked = f"to move it to {_when(booked, check_aware(starts_at, what='time of the visit'))}, chair {chair}"
    known = _check_seen(booked, act_id, seen, asked, kind=ActKind.MOVED, starts_at=starts_at, chair=chair)
    if known is not None:
        return known
    when = check_aware(starts_at, what="time of the visit")
    patient = booked.row.patient
    if when < at:
        raise VisitRefused("This time has gone by. Choose one that lies ahead.", field="place")
    day = at_site(patient, when).date()
    outside = not booked.window.holds(day)
    reason = " ".join(because.split())
    if outside and not reason:
        raise VisitRefused(
            f"{day:%d-%b-%Y} lies outside the window of visit {booked.row.number} "
            f"({booked.row.earliest_on:%d-%b-%Y} to {booked.row.latest_on:%d-%b-%Y}). Say why.",
            field="because",
        )
    _check_reason(reason)
    _check_chair(clinic, Wish(when, chair, booked.row.minutes), at=at, but=booked.row.pk)
    neighbours_of(booked, at=at).check(when)
    return _act(
        booked, act_id, ActKind.MOVED, by, at, starts_at=when, chair=chair, outside_window=outside,
        because=reason,
    )  # fmt: skip


@action
def cancel_visit(
    *,
    visit_id: UUID,
    act_id: UUID,
    because: str,
    seen: int,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> VisitAct:
    """Cancel a visit with its reason; its chair is free from then on."""
    booked, _ = _opened(visit_id, by, page_patient_id)
    known = _check_seen(booked, act_id, seen, "to cancel it", kind=ActKind.CANCELLED)
    if known is not None:
        return known
    reason = " ".join(because.split())
    if not reason:
        raise VisitRefused("Say why the visit is cancelled.", field="because")
    _check_reason(reason)
    return _act(booked, act_id, ActKind.CANCELLED, by, at, because=reason)


# ---------------------------------------------------------------- what each asks


def _lock_clinic(patient: Patient) -> Clinic:
    return Clinic.objects.select_for_update(no_key=True).get(pk=patient.clinic_id)


def _opened(visit_id: UUID, by: User, page_patient_id: UUID | str | None) -> tuple[Booked, Clinic]:
    found = visit_for(by, visit_id)
    check_can(by, "plan_visits", found.row.patient)
    check_page_patient(page_patient_id, found.row.patient)
    clinic = _lock_clinic(found.row.patient)
    lock_patient(found.row.patient)
    return visit_for(by, visit_id), clinic


def _check_seen(booked: Booked, act_id: UUID, seen: int, asked: str, **told: object) -> VisitAct | None:
    """Return the first answer to a second send; refuse what was asked of a visit that has changed."""
    known = VisitAct.objects.everywhere(because="an id is taken once, wherever").filter(pk=act_id).first()
    if known is not None:
        if known.visit_id != booked.row.pk:
            raise Conflict("This was recorded for another visit. Reload the page and choose again.")
        if any(getattr(known, name) != value for name, value in told.items()):
            raise Conflict(
                f"You asked {asked}. This page was sent before with something else, so nothing was changed "
                "now. Open the visit again and decide by what stands."
            )
        return known
    if seen != booked.position:
        last = booked.acts[-1]
        stands = (
            f"cancelled it ({last.because})"
            if booked.cancelled
            else f"put it on {_when(booked, booked.starts_at)}, chair {booked.chair}"
        )
        raise Conflict(
            f"You asked {asked}. Meanwhile {last.by.full_name} {stands}, so nothing was changed. "
            "Open the visit again and decide by what stands now."
        )
    if booked.session is not None:
        raise VisitRefused(
            "An order is signed for this visit, so its day stays. Change the chair and the time on the "
            "order's page, or withdraw the order first.",
            field="place",
        )
    if not booked.stands:
        raise VisitRefused("This visit stands no more. Plan another one.", field="place")
    return None


def _check_reason(reason: str) -> None:
    if len(reason) > LONGEST_REASON:
        raise VisitRefused(f"Say it in {LONGEST_REASON} characters.", field="because")


def _act(booked: Booked, act_id: UUID, kind: ActKind, by: User, at: datetime, **told: object) -> VisitAct:
    return VisitAct.objects.create(
        id=act_id, visit=booked.row, position=booked.position + 1, kind=kind, by=by, at=at, **told
    )


def _when(booked: Booked, moment: datetime) -> str:
    return f"{moment.astimezone(booked.zone):%a %d-%b-%Y %H:%M}"


def _chosen_chair(
    clinic: Clinic, starts_at: datetime, minutes: int, chair: int | None, *, at: datetime
) -> int:
    """Return the chair that was asked for, or the first one that is free."""
    taken = taken_on(clinic, starts_at.astimezone(ZoneInfo(clinic.zone)).date())
    for number in range(1, clinic.chairs + 1) if chair is None else ():
        if is_free(taken, chair=number, start=starts_at, minutes=minutes, but=None):
            _check_hours(clinic, starts_at, minutes)
            return number
    wish = Wish(starts_at, chair or 0, minutes)
    if chair is None:
        raise _no_chair(clinic, wish, "No chair is", at=at, but=None)
    _check_chair(clinic, wish, at=at, but=None)
    return chair


def _check_hours(clinic: Clinic, starts_at: datetime, minutes: int) -> None:
    day = starts_at.astimezone(ZoneInfo(clinic.zone)).date()
    zone = ZoneInfo(clinic.zone)
    end = starts_at + timedelta(minutes=minutes)
    if starts_at < moment_on(day, opens(), zone) or end > moment_on(day, closes(), zone):
        last = max(starts_on(clinic, day, minutes), default=None)
        until = f" A visit of {minutes} min begins by {last.astimezone(zone):%H:%M}." if last else ""
        raise VisitRefused(
            f"The site treats from {opens():%H:%M} to {closes():%H:%M}.{until} Choose another time.",
            field="clock",
        )


def _check_chair(clinic: Clinic, wish: Wish, *, at: datetime, but: UUID | None) -> None:
    """Refuse a chair that is not there or is taken, and name what is free."""
    if not 1 <= wish.chair <= clinic.chairs:
        raise VisitRefused(
            f"There is no chair {wish.chair} here. Choose 1 to {clinic.chairs}.", field="place"
        )
    _check_hours(clinic, wish.starts_at, wish.minutes)
    taken = taken_on(clinic, wish.starts_at.astimezone(ZoneInfo(clinic.zone)).date())
    if not is_free(taken, chair=wish.chair, start=wish.starts_at, minutes=wish.minutes, but=but):
        raise _no_chair(clinic, wish, f"Chair {wish.chair} is not", at=at, but=but)


def _no_chair(clinic: Clinic, wish: Wish, which: str, *, at: datetime, but: UUID | None) -> VisitRefused:
    zone = ZoneInfo(clinic.zone)
    local = wish.starts_at.astimezone(zone)
    free = free_places(clinic, local.date(), wish.minutes, at=at, but=but)
    nearest = sorted(free, key=lambda place: (abs(place[0] - wish.starts_at), place[1]))[:SHOWN]
    named = ", ".join(f"{start.astimezone(zone):%H:%M} chair {chair}" for start, chair in sorted(nearest))
    instead = f"Free on that day: {named}." if named else "Nothing is free on that day; choose another."
    return VisitRefused(
        f"{which} free on {local:%a %d-%b-%Y} at {local:%H:%M} for {wish.minutes} min. {instead}",
        field="place",
    )

"""What people do with monitors: put one at a chair, join it to a session, end that."""

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from posology.clinic.accounts.models import User
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict, check_page_patient
from posology.clinic.locks import lock_of_clinic
from posology.clinic.monitors.models import LONGEST_NAME, Association, MonitorDevice, MonitorReading
from posology.clinic.monitors.permissions import check_can_join, check_can_place
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import session_for
from posology.quantities import DomainError
from posology.treatment import FINAL

LIVE_FOR = timedelta(seconds=60)
"""How old the value may be that a person looked at when joining: an engineering default (hazard H-41)."""


class MonitorRefused(DomainError):
    """A monitor that cannot be placed or joined like this; ``field`` names what to mend."""

    code = "monitor"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


@action
def put_at_chair(*, name: str, chair: int | None, by: User, at: datetime) -> MonitorDevice:
    """Say at which chair a monitor stands; moving it ends its joining, whatever the session does."""
    check_can_place(by)
    if not name or len(name) > LONGEST_NAME:
        raise MonitorRefused("The monitor has no name that could be kept. Choose it from the list.")
    if chair is not None and not 1 <= chair <= by.clinic.chairs:
        raise MonitorRefused(
            f"There is no chair {chair} here. Choose 1 to {by.clinic.chairs}.", field="chair"
        )
    rows = MonitorDevice.objects.for_clinic(by.clinic_id).select_for_update(of=("self",), no_key=True)
    device: MonitorDevice | None = rows.filter(name=name).first()
    if device is None:
        return MonitorDevice.objects.create(
            id=uuid4(), clinic=by.clinic, name=name, chair=chair, added_by=by, added_at=at
        )
    if device.chair != chair:
        _end(device, "moved", at)
        device.chair = chair
        device.save(update_fields=["chair"])
    return device


@action
def join_monitor(
    *,
    association_id: UUID,
    device_id: UUID,
    session_id: UUID,
    seen_id: UUID | None,
    record_number: str,
    born_on: date | None,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> Association:
    """Join a monitor to the session in its chair: a live value was looked at, two identifiers were typed.

    Raises
    ------
    MonitorRefused
        If chair, session, identifiers or the value that was looked at do not allow it.
    """
    check_can_join(by)
    found = session_for(by, session_id)
    check_page_patient(page_patient_id, found.patient)
    session: SessionRow = lock_of_clinic(SessionRow, session_id, by, what="session")
    device: MonitorDevice = lock_of_clinic(MonitorDevice, device_id, by, what="monitor")
    known = Association.objects.for_clinic(by.clinic_id).filter(pk=association_id).first()
    if known is not None:
        if (known.device_id, known.session_id) != (device.pk, session.pk):
            raise Conflict("This form was sent before for another monitor or session. Reload the page.")
        return known
    _check_place(device, session)
    patient = found.patient
    if record_number.strip().casefold() != patient.identifier.casefold():
        raise MonitorRefused(
            "The record number is not that of the patient in this session. Look at the wristband again.",
            field="record_number",
        )
    if born_on != patient.born_on:
        raise MonitorRefused(
            "The birth day is not that of the patient in this session. Ask the patient again.",
            field="born_on",
        )
    seen = _seen(device, seen_id, at)
    _free(device, session, at)
    return Association.objects.create(
        id=association_id, device=device, session=session, seen=seen, made_by=by, made_at=at
    )


def _check_place(device: MonitorDevice, session: SessionRow) -> None:
    if session.phase in FINAL:
        raise MonitorRefused("This session is over, so no monitor is joined to it.")
    if device.chair is None or device.chair != session.chair:
        where = f"at chair {device.chair}" if device.chair else "at no chair"
        whose = f"in chair {session.chair}" if session.chair else "in no chair yet"
        raise MonitorRefused(
            f"The monitor stands {where} and the session is {whose}. Put both at the same chair first."
        )


def _seen(device: MonitorDevice, seen_id: UUID | None, at: datetime) -> MonitorReading:
    """Return the live value that was looked at; one that is a minute old is no live value."""
    mine = MonitorReading.objects.for_clinic(device.clinic_id).filter(device=device, value__isnull=False)
    seen: MonitorReading | None = mine.filter(pk=seen_id).first() if seen_id else None
    if seen is None or at - seen.received_at > LIVE_FOR:
        raise MonitorRefused(
            "The value on the page is more than a minute old, so nobody can have compared it. Compare the "
            "value that stands there now with the monitor, and join it again.",
            field="seen",
        )
    return seen


def _free(device: MonitorDevice, session: SessionRow, at: datetime) -> None:
    """End the joining to a session that is over; one that is not is ended by a person alone."""
    old = _open(device)
    if old is None:
        return
    if old.session_id == session.pk:
        raise MonitorRefused("The monitor is joined to this session already. Nothing more is to be done.")
    if old.session.phase not in FINAL:
        raise MonitorRefused(
            f"The monitor is joined to the session in chair {old.session.chair}, which is not over. "
            "End that joining first."
        )
    _end(device, "session over", at)


@action
def end_joining(*, association_id: UUID, by: User, at: datetime) -> Association:
    """End the joining of a monitor to a session; ending it twice changes nothing."""
    check_can_join(by)
    association: Association = lock_of_clinic(Association, association_id, by, what="joined monitor")
    if association.ended_at is None:
        association.ended_at, association.ended_why = at, "by hand"
        association.save(update_fields=["ended_at", "ended_why"])
    return association


def _open(device: MonitorDevice) -> Association | None:
    rows = Association.objects.for_clinic(device.clinic_id).filter(device=device, ended_at__isnull=True)
    found: Association | None = rows.select_related("session").first()
    return found


def _end(device: MonitorDevice, why: str, at: datetime) -> None:
    old = _open(device)
    if old is not None:
        old.ended_at, old.ended_why = at, why
        old.save(update_fields=["ended_at", "ended_why"])

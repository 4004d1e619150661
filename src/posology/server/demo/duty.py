"""The demo's days: who is on duty, and what was looked at, recorded before the first dose of each."""

from datetime import datetime
from uuid import UUID, uuid5

from posology.clinic.duty.actions import Looked, record_equipment, record_staff
from posology.clinic.duty.queries import day_at, day_of, equipment_asked, roles_asked
from posology.server.demo.hours import moment_on
from posology.server.demo.people import Staff

NAMES = UUID("7f6f0d0e-93b5-4c0c-9d0a-4a2a4f2f3f55")  # the name space of the ids made here


def record_day(staff: Staff, *, of: datetime, at: datetime | None = None) -> None:
    """Record the day of a moment as an ordinary one, at its opening or at ``at``, unless it is recorded."""
    clinic = staff.clinic
    on = day_at(clinic, of)
    day, at = day_of(clinic, on), at or moment_on(on, clinic.zone)
    if day.staff is None:
        people: dict[UUID, list[str]] = {staff.prescriber.pk: [], staff.nurse.pk: []}
        for key, role in roles_asked(clinic).items():
            people[(staff.nurse if "nurse" in role.accounts else staff.prescriber).pk].append(key)
        named = {person: roles for person, roles in people.items() if roles}
        record_staff(row_id=uuid5(NAMES, f"{on} staff"), people=named, by=staff.nurse, at=at)
    if day.equipment is None:
        looked = [Looked(key, ready=True) for key in equipment_asked(clinic)]
        record_equipment(row_id=uuid5(NAMES, f"{on} equipment"), looked=looked, by=staff.nurse, at=at)

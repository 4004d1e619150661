"""A day's staff and equipment, recorded through the actions that pages call."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from posology.clinic.accounts.models import User
from posology.clinic.duty.actions import Looked, record_equipment, record_staff
from posology.clinic.duty.models import DutyEntry, Kind
from posology.clinic.duty.queries import Day, day_at, day_of, equipment_asked, roles_asked

if TYPE_CHECKING:  # the builders of sites stand on this file
    from tests.factories import Site


def today(site: "Site", at: datetime) -> Day:
    """Return the day of a moment as it stands."""
    return day_of(site.clinic, day_at(site.clinic, at))


def people_of(site: "Site", *, without: Collection[str] = ()) -> dict[UUID, list[str]]:
    """Let the prescriber be on site, and the nurse have every other role."""
    found: dict[UUID, list[str]] = {site.prescriber.pk: [], site.nurse.pk: []}
    for key, role in roles_asked(site.clinic).items():
        if key not in without:
            who = site.nurse if "nurse" in role.accounts else site.prescriber
            found[who.pk].append(key)
    return {person: roles for person, roles in found.items() if roles}


def staff(
    site: "Site",
    *,
    at: datetime,
    without: Collection[str] = (),
    people: Mapping[UUID, Collection[str]] | None = None,
    row_id: UUID | None = None,
    by: User | None = None,
    because: str = "A change in the test.",
) -> DutyEntry:
    """Record today's staff, or a change of them; ``without`` leaves roles empty."""
    return record_staff(
        row_id=row_id or uuid4(),
        people=people_of(site, without=without) if people is None else people,
        because=because,
        seen=today(site, at).number(Kind.STAFF),
        by=by or site.nurse,
        at=at,
    )


def equipment(
    site: "Site",
    *,
    at: datetime,
    failed: Collection[str] = (),
    row_id: UUID | None = None,
    by: User | None = None,
    because: str = "A change in the test.",
) -> DutyEntry:
    """Record that today's equipment was looked at; ``failed`` is not ready."""
    looked = [
        Looked(key, key not in failed, "Broken in the test." if key in failed else "")
        for key in equipment_asked(site.clinic)
    ]
    return record_equipment(
        row_id=row_id or uuid4(),
        looked=looked,
        because=because,
        seen=today(site, at).number(Kind.EQUIPMENT),
        by=by or site.nurse,
        at=at,
    )


def ensure(site: "Site", *, at: datetime) -> None:
    """Record an ordinary day, unless it is recorded."""
    day = today(site, at)
    if day.staff is None:
        staff(site, at=at)
    if day.equipment is None:
        equipment(site, at=at)

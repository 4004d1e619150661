"""What people record of a day: who is on duty, what was looked at, what is decided. Each act counts once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.queries import staff
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict
from posology.clinic.duty.models import (
    LONGEST_REASON,
    DutyDecision,
    DutyEntry,
    DutyPerson,
    DutySetting,
    EquipmentCheck,
    Kind,
)
from posology.clinic.duty.permissions import DECIDE, RECORD, SET, check_can
from posology.clinic.duty.queries import Day, day_at, day_of, equipment_asked, roles_asked, setting_of
from posology.quantities import DomainError
from posology.treatment.duty import may_be_decided


class DutyRefused(DomainError):
    """Something of a day that cannot be recorded so; ``field`` names what to mend."""

    code = "duty"

    def __init__(self, sentence: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found of one thing."""

    item: str
    ready: bool
    note: str = ""


@action
def record_staff(
    *,
    row_id: UUID,
    people: Mapping[UUID, Collection[str]],
    because: str = "",
    seen: int = 0,
    by: User,
    at: datetime,
) -> DutyEntry:
    """Record who is on duty today, each with the roles of the day; a later entry changes it, and says why.

    ``seen`` is the number of the entry that the page showed; 0 where it showed none.

    Raises
    ------
    NotPermitted, DutyRefused
        If this person may not, nobody is named, or somebody may not have a role.
    Conflict
        If the id holds something else, or somebody recorded the day meanwhile.
    """
    check_can(by, RECORD)
    clinic = _lock_clinic(by)
    told = {(person, role) for person, roles in people.items() for role in roles}
    known = _sent_before(row_id, clinic, Kind.STAFF)
    if known is not None:
        rows = DutyPerson.objects.for_clinic(clinic).filter(entry=known)
        return _same(known, told == set(rows.values_list("person_id", "role")))
    _check_people(clinic, told)
    entry = _entry(row_id, clinic, Kind.STAFF, because, seen, by, at)
    for person, role in sorted(told, key=str):
        DutyPerson.objects.create(entry=entry, person_id=person, role=role)
    return entry


@action
def record_equipment(
    *, row_id: UUID, looked: Collection[Looked], because: str = "", seen: int = 0, by: User, at: datetime
) -> DutyEntry:
    """Record what was looked at today and what was found; a later entry changes it, and says why.

    Raises
    ------
    NotPermitted, DutyRefused
        If this person may not, a thing is left out, or what is not ready has no words.
    Conflict
        If the id holds something else, or somebody recorded the day meanwhile.
    """
    check_can(by, RECORD)
    clinic = _lock_clinic(by)
    told = [Looked(one.item, one.ready, _line(one.note, f"note-{one.item}")) for one in looked]
    known = _sent_before(row_id, clinic, Kind.EQUIPMENT)
    if known is not None:
        rows = EquipmentCheck.objects.for_clinic(clinic).filter(entry=known)
        stored = set(rows.values_list("item", "ready", "note"))
        return _same(known, stored == {(one.item, one.ready, one.note) for one in told})
    _check_looked(clinic, told)
    entry = _entry(row_id, clinic, Kind.EQUIPMENT, because, seen, by, at)
    for one in told:
        EquipmentCheck.objects.create(entry=entry, item=one.item, ready=one.ready, note=one.note)
    return entry


@action
def record_day(
    *,
    row_id: UUID,
    people: Mapping[UUID, Collection[str]] | None,
    looked: Collection[Looked] | None,
    because: str = "",
    seen: Mapping[Kind, int],
    by: User,
    at: datetime,
) -> tuple[DutyEntry, ...]:
    """Record the staff, the equipment, or both in one act: all of it, or nothing.

    Raises
    ------
    NotPermitted, DutyRefused, Conflict
        As :func:`record_staff` and :func:`record_equipment`; and where neither was told.
    """
    check_can(by, RECORD)
    if people is None and looked is None:
        raise DutyRefused("Neither the staff nor the equipment was told, so nothing was recorded.")
    made = []
    told: dict[str, Any] = {"because": because, "by": by, "at": at}
    if people is not None:
        staff_id = uuid5(row_id, Kind.STAFF.value)
        made.append(record_staff(row_id=staff_id, people=people, seen=seen.get(Kind.STAFF, 0), **told))
    if looked is not None:
        things_id = uuid5(row_id, Kind.EQUIPMENT.value)
        number = seen.get(Kind.EQUIPMENT, 0)
        made.append(record_equipment(row_id=things_id, looked=looked, seen=number, **told))
    return tuple(made)


@action
def decide_without(*, row_id: UUID, key: str, because: str, by: User, at: datetime) -> DutyDecision:
    """Decide as a prescriber to go on today without something that only holds; it says why.

    The decision ends with the entry that lacks it: where the day is recorded anew, it is asked again.

    Raises
    ------
    NotPermitted, DutyRefused
        If this person may not, the day is not recorded, it is not lacking, or it does more than hold.
    Conflict
        If the id holds something else.
    """
    check_can(by, DECIDE)
    clinic = _lock_clinic(by)
    reason = _line(because, "because")
    known = DutyDecision.objects.for_clinic(clinic).filter(pk=row_id).first()
    if known is not None:
        if (known.key, known.because) != (key, reason):
            raise _other_content()
        return known
    day = day_of(clinic, day_at(clinic, at))
    entry = _lacking(clinic, day, key)
    if not reason:
        raise DutyRefused(
            "The reason is empty. Say why it is sound to go on without it today.", field="because"
        )
    if key in day.decisions:
        raise DutyRefused("This is decided for today already. Reload the page.")
    return DutyDecision.objects.create(id=row_id, entry=entry, key=key, because=reason, by=by, at=at)


@action
def set_kept(*, row_id: UUID, kept: bool, because: str, by: User, at: datetime) -> DutySetting:
    """Set whether the site keeps this record here; it says why.

    Raises
    ------
    NotPermitted, DutyRefused, Conflict
        If this person may not, no reason is given, or the id holds something else.
    """
    check_can(by, SET)
    clinic = _lock_clinic(by)
    reason = _line(because, "because")
    known = DutySetting.objects.for_clinic(clinic).filter(pk=row_id).first()
    if known is not None:
        if (known.kept, known.because) != (kept, reason):
            raise _other_content()
        return known
    if not reason:
        raise DutyRefused("The reason is empty. Say why, and where else it is kept.", field="because")
    last = setting_of(clinic)
    number = last.number + 1 if last else 1
    return DutySetting.objects.create(
        id=row_id, clinic=clinic, number=number, kept=kept, because=reason, by=by, at=at
    )


# ---------------------------------------------------------------- what each asks


def _lock_clinic(by: User) -> Clinic:
    return Clinic.objects.select_for_update(no_key=True).get(pk=by.clinic_id)


def _sent_before(row_id: UUID, clinic: Clinic, kind: Kind) -> DutyEntry | None:
    row = DutyEntry.objects.for_clinic(clinic).filter(pk=row_id).first()
    if row is not None and row.kind != kind:
        raise _other_content()
    return row


def _same(known: DutyEntry, says_the_same: bool) -> DutyEntry:
    if not says_the_same:
        raise _other_content()
    return known


def _other_content() -> Conflict:
    return Conflict(
        "This entry was recorded before with another content, so nothing was written. Reload the page."
    )


def _entry(
    row_id: UUID, clinic: Clinic, kind: Kind, because: str, seen: int, by: User, at: datetime
) -> DutyEntry:
    on = day_at(clinic, at)
    day = day_of(clinic, on)
    number = day.number(kind)
    if number != seen:
        last = day.staff if kind is Kind.STAFF else day.equipment
        who = f" by {last.by.full_name}" if last else ""
        raise Conflict(
            f"Today's {kind.label.lower()} was recorded{who} after this page was made, so nothing was "
            "written. Reload the page, look at what stands, and change it if need be."
        )
    reason = _line(because, "because")
    if number and not reason:
        raise DutyRefused("The day is recorded already. Say why it is changed.", field="because")
    return DutyEntry.objects.create(
        id=row_id,
        clinic=clinic,
        day=on,
        kind=kind,
        number=number + 1,
        because=reason if number else "",
        by=by,
        at=at,
    )


def _check_people(clinic: Clinic, told: Collection[tuple[UUID, str]]) -> None:
    roles, here = roles_asked(clinic), {person.pk: person for person in staff(clinic)}
    if not told:
        raise DutyRefused("Nobody is named. Choose who is on duty today, and in which role.", field="people")
    for key, role in told:
        person = here.get(key)
        if person is None:
            raise DutyRefused(
                "Somebody who was named has no account here any more. Reload the page.", field="people"
            )
        if role not in roles:
            raise DutyRefused("There is no such role here. Choose one of the list.", field="people")
        if person.role not in roles[role].accounts:
            raise DutyRefused(
                f"{person.full_name} has the account of a {person.get_role_display().lower()}, which does "
                f"not go with '{roles[role].title}'. Name somebody else for it.",
                field=f"role-{role}",
            )


def _check_looked(clinic: Clinic, told: Collection[Looked]) -> None:
    asked = equipment_asked(clinic)
    named = [one.item for one in told]
    if stray := sorted(set(named) - set(asked)):
        raise DutyRefused(f"'{stray[0][:40]}' is not on the list. Reload the page.")
    for key, thing in asked.items():
        if named.count(key) != 1:
            raise DutyRefused(f"{thing.title}: say whether it is ready.", field=f"item-{key}")
    for one in told:
        if not one.ready and not one.note:
            raise DutyRefused(f"{asked[one.item].title}: say what is not ready.", field=f"note-{one.item}")


def _lacking(clinic: Clinic, day: Day, key: str) -> DutyEntry:
    parts: Mapping[str, Any] = {**roles_asked(clinic), **equipment_asked(clinic)}
    if key not in parts:
        raise DutyRefused("There is no such role or equipment here. Reload the page.")
    part = parts[key]
    if not may_be_decided(part, clinic.jurisdiction):
        raise DutyRefused(f"{part.title}: nobody may go on without it. Call it in, or ready it.")
    told = day.told()
    of_staff = key in roles_asked(clinic)
    entry = day.staff if of_staff else day.equipment
    if entry is None:
        raise DutyRefused("The day is not recorded yet. Record today's staff and equipment first.")
    if key in (told.roles or ()) if of_staff else (told.ready or {}).get(key):
        raise DutyRefused(f"{part.title}: it is there today, so there is nothing to decide. Reload the page.")
    return entry


def _line(text: str, field: str) -> str:
    line = " ".join(text.split())
    if len(line) > LONGEST_REASON:
        raise DutyRefused(f"Say it in {LONGEST_REASON} characters.", field=field)
    return line

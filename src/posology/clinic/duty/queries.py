"""A day as it stands: the last entry of each kind, and the last day before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from posology.clinic.accounts.models import Clinic, User
from posology.clinic.accounts.queries import staff
from posology.clinic.duty.models import DutyDecision, DutyEntry, DutyPerson, DutySetting, EquipmentCheck, Kind
from posology.knowledge.duty import load_duty
from posology.knowledge.schema.duty import DutyPart, DutyRole
from posology.treatment.duty import DutyDay

NO_DECISION: Mapping[str, DutyDecision] = {}


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a clinic; ``staff`` and ``equipment`` are the entries that count."""

    on: date
    staff: DutyEntry | None
    equipment: DutyEntry | None
    people: tuple[DutyPerson, ...]
    checks: tuple[EquipmentCheck, ...]
    decisions: Mapping[str, DutyDecision]
    entries: tuple[DutyEntry, ...]  # all of the day, the first first

    @property
    def is_whole(self) -> bool:
        """Whether both were recorded."""
        return self.staff is not None and self.equipment is not None

    def number(self, kind: Kind) -> int:
        """Return the number of the last entry of a kind; 0 where there is none."""
        entry = self.staff if kind is Kind.STAFF else self.equipment
        return entry.number if entry else 0

    def told(self) -> DutyDay:
        """Return what the policy asks of the day; who may not have a role any more does not count in it."""
        return DutyDay(
            roles=None if self.staff is None else frozenset(p.role for p in self.people if may_still(p)),
            ready=None if self.equipment is None else {c.item: c.ready for c in self.checks},
            decided=frozenset(self.decisions),
        )


def day_at(clinic: Clinic, at: datetime) -> date:
    """Return the calendar day at a clinic."""
    return at.astimezone(ZoneInfo(clinic.zone)).date()


def day_of(clinic: Clinic, on: date) -> Day:
    """Return one day as it stands."""
    rows = DutyEntry.objects.for_clinic(clinic).filter(day=on).select_related("by").order_by("at", "number")
    entries = tuple(rows)
    last = {Kind(entry.kind): entry for entry in sorted(entries, key=lambda e: e.number)}
    if not last:
        return Day(on, None, None, (), (), NO_DECISION, ())
    count = list(last.values())
    people = DutyPerson.objects.for_clinic(clinic).filter(entry__in=count).select_related("person")
    checks = EquipmentCheck.objects.for_clinic(clinic).filter(entry__in=count)
    decided = DutyDecision.objects.for_clinic(clinic).filter(entry__in=count).select_related("by")
    return Day(
        on=on,
        staff=last.get(Kind.STAFF),
        equipment=last.get(Kind.EQUIPMENT),
        people=tuple(people.order_by("person__full_name", "pk")),
        checks=tuple(checks.order_by("pk")),
        decisions={row.key: row for row in decided},
        entries=entries,
    )


def staff_before(clinic: Clinic, on: date) -> Day | None:
    """Return the last day before one on which staff were recorded, if all of them are still here.

    Equipment is never taken over: it is looked at anew each day (hazard H-24).
    """
    earlier = DutyEntry.objects.for_clinic(clinic).filter(day__lt=on, kind=Kind.STAFF)
    last = earlier.order_by("-day", "-number").first()
    if last is None:
        return None
    day = day_of(clinic, last.day)
    roles = roles_asked(clinic)
    return day if all(may_still(p) and p.role in roles for p in day.people) else None


def may_still(told: DutyPerson) -> bool:
    """Say whether a person who was named for a role may have it: the account is in use, and of its kind."""
    role = load_duty().roles.get(told.role)
    return role is not None and told.person.is_active and told.person.role in role.accounts


def is_kept(clinic: Clinic) -> bool:
    """Return whether the site keeps the record; without a setting it does."""
    row = setting_of(clinic)
    return row is None or row.kept


def setting_of(clinic: Clinic) -> DutySetting | None:
    """Return the setting that counts, with who set it."""
    rows = DutySetting.objects.for_clinic(clinic).select_related("by")
    return rows.order_by("number").last()


def roles_asked(clinic: Clinic) -> Mapping[str, DutyRole]:
    """Return the roles that any dose at this clinic may need."""
    return {k: r for k, r in load_duty().roles.items() if r.asked_in(clinic.jurisdiction)}


def equipment_asked(clinic: Clinic) -> Mapping[str, DutyPart]:
    """Return the equipment that any dose at this clinic may need."""
    return {k: t for k, t in load_duty().equipment.items() if t.asked_in(clinic.jurisdiction)}


def may_have(clinic: Clinic) -> tuple[User, ...]:
    """Return the people of whom somebody may have a role today, by name."""
    accounts = {name for role in roles_asked(clinic).values() for name in role.accounts}
    return tuple(person for person in staff(clinic) if person.role in accounts)

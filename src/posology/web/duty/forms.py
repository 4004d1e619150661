"""What a day's form sends. Nothing is chosen beforehand: people are named and equipment is looked at anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from django.http import QueryDict

from posology.clinic.accounts.models import Clinic
from posology.clinic.duty.actions import Looked
from posology.clinic.duty.queries import Day, equipment_asked, may_have, roles_asked
from posology.web.components import Choice, Field

ALL_SO, ONE_BY_ONE = "so", "apart"
STAFF, EQUIPMENT = "staff", "equipment"
READY = (("yes", "Ready"), ("no", "Not ready"))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a group, and what is recorded where all of the group is so."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Group:
    """What one word may answer, with the way to answer each by itself; the gate's own template shows it."""

    template: ClassVar[str] = "session/gate_group.html"
    all_so: ClassVar[str] = ALL_SO
    one_by_one: ClassVar[str] = ONE_BY_ONE
    name: str
    title: str
    lines: tuple[Line, ...]
    fields: tuple[Field, ...]
    chosen: str = ""
    error: str = ""

    @property
    def dom_id(self) -> str:
        """Return the id of the group; the error summary leads there."""
        return f"id_{self.name}"


@dataclass
class DayForm:
    """One form of the day as it was sent: what it holds, and what is amiss in it."""

    clinic: Clinic
    before: Day | None  # whose staff may be named again
    sent: QueryDict | None = None
    faults: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return what was typed or chosen."""
        return self.sent.get(name, "") if self.sent is not None else ""

    # ------------------------------------------------------------ staff

    def staff_field(self, *, changing: bool) -> Group | tuple[Field, ...]:
        """Return the question who is on duty: as before, where that may be said, or each role by itself."""
        fields = tuple(self._role_field(key) for key in roles_asked(self.clinic))
        if changing or self.before is None:
            return fields
        return Group(
            STAFF,
            f"On duty today, as on {self.before.on:%a %d-%b-%Y}?",
            tuple(Line(title, names) for title, names in by_role(self.before, self.clinic) if names),
            fields,
            self.value(STAFF),
            self.faults.get(STAFF, ""),
        )

    def _role_field(self, key: str) -> Field:
        role, name = roles_asked(self.clinic)[key], f"role-{key}"
        chosen = self.sent.getlist(name) if self.sent is not None else []
        people = [p for p in may_have(self.clinic) if p.role in role.accounts]
        return Field(
            name=name,
            label=role.title,
            kind="checkboxes",
            hint=role.say,
            error=self.faults.get(name, ""),
            choices=tuple(
                Choice(str(p.pk), p.full_name, p.get_role_display(), str(p.pk) in chosen) for p in people
            ),
            id=f"id_{name}",
        )

    def people(self, *, changing: bool) -> Mapping[UUID, tuple[str, ...]]:
        """Return who was named, each with the roles; a group that was not answered is a fault."""
        if not changing and self.before is not None and self.value(STAFF) != ONE_BY_ONE:
            if self.value(STAFF) != ALL_SO:
                self.faults[STAFF] = "Say whether the same people are on duty, or name them one by one."
                return {}
            if self.before.staff is None or self.value("before") != str(self.before.staff.pk):
                self.faults[STAFF] = "These are not the people that the page showed. Look again, then say so."
                return {}
            return _grouped((p.person_id, p.role) for p in self.before.people)
        told: list[tuple[UUID, str]] = []
        for key in roles_asked(self.clinic):
            for given in self.sent.getlist(f"role-{key}") if self.sent is not None else ():
                try:
                    told.append((UUID(given), key))
                except ValueError:
                    self.faults[f"role-{key}"] = "Choose people of the list."
        return _grouped(told)

    # ------------------------------------------------------------ equipment

    def equipment_field(self) -> Group:
        """Return the question what was looked at; never as on another day (hazard H-24)."""
        things = equipment_asked(self.clinic)
        fields: list[Field] = []
        for key, thing in things.items():
            item, note = f"item-{key}", f"note-{key}"
            choices = tuple(Choice(v, label, chosen=self.value(item) == v) for v, label in READY)
            fields.append(
                Field(item, thing.title, "segments", hint=thing.say, choices=choices,
                      error=self.faults.get(item, ""), id=f"id_{item}")
            )  # fmt: skip
            fields.append(
                Field(note, "What is not ready?", value=self.value(note), error=self.faults.get(note, ""),
                      width="full", id=f"id_{note}")
            )  # fmt: skip
        return Group(
            EQUIPMENT,
            "Looked at today, and ready?",
            tuple(
                Line(f"{thing.title}: {thing.say[0].lower()}{thing.say[1:]}", "") for thing in things.values()
            ),
            tuple(fields),
            self.value(EQUIPMENT),
            self.faults.get(EQUIPMENT, ""),
        )

    def looked(self) -> tuple[Looked, ...]:
        """Return what was found of each thing; one that is left out is a fault."""
        things = equipment_asked(self.clinic)
        if self.value(EQUIPMENT) == ALL_SO:
            return tuple(Looked(key, ready=True) for key in things)
        if self.value(EQUIPMENT) != ONE_BY_ONE:
            self.faults[EQUIPMENT] = "Look at the equipment, then say whether all of it is ready."
            return ()
        found = []
        for key, thing in things.items():
            said, note = self.value(f"item-{key}"), self.value(f"note-{key}").strip()
            if said not in dict(READY):
                self.faults[f"item-{key}"] = f"{thing.title}: say whether it is ready."
            elif said == "no" and not note:
                self.faults[f"note-{key}"] = f"{thing.title}: say what is not ready."
            else:
                found.append(Looked(key, said == "yes", note if said == "no" else ""))
        return tuple(found)


def by_role(day: Day, clinic: Clinic) -> tuple[tuple[str, str], ...]:
    """Return each role's title with the names of who has it; no name where nobody has."""
    return tuple(
        (role.title, "; ".join(p.person.full_name for p in day.people if p.role == key))
        for key, role in roles_asked(clinic).items()
    )


def _grouped(told: Iterable[tuple[UUID, str]]) -> dict[UUID, tuple[str, ...]]:
    found: dict[UUID, tuple[str, ...]] = {}
    for person, role in told:
        found[person] = (*found.get(person, ()), role)
    return found

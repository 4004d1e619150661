"""What the page of the day shows: who has which role, what was found, what is lacking and for which doses."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from posology.clinic.accounts.models import Clinic
from posology.clinic.duty.models import DutyDecision
from posology.clinic.duty.queries import Day, equipment_asked, roles_asked
from posology.knowledge import Route
from posology.knowledge.certainties import certainty_words
from posology.knowledge.schema.duty import DutyPart, Need
from posology.treatment.duty import may_be_decided
from posology.web.components import Cell, Chip, Column, Field, Row, Status, Table
from posology.web.duty.forms import DayForm, by_role
from posology.web.words import ROUTE


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is lacking today: for which doses, and what a prescriber decided or may decide."""

    key: str
    title: str
    why: str
    mend: str
    doses: str
    only_holds: bool
    decision: DutyDecision | None
    reason: Field


def staff_table(day: Day, clinic: Clinic) -> Table:
    """Build who has which role."""
    rows = tuple(
        Row((Cell(title), Cell(names, chip=None if names else Chip(Status.HOLD, "Nobody"))))
        for title, names in by_role(day, clinic)
    )
    return Table("Staff", (Column("Role"), Column("Who")), rows)


def equipment_table(day: Day, clinic: Clinic) -> Table:
    """Build what was looked at, and what was found."""
    found = {check.item: check for check in day.checks}
    rows = []
    for key, thing in equipment_asked(clinic).items():
        check = found.get(key)
        if check is None:
            cell = Cell("", chip=Chip(Status.HOLD, "Not looked at"))
        elif check.ready:
            cell = Cell("", chip=Chip(Status.DONE, "Ready"))
        else:
            cell = Cell("", chip=Chip(Status.HOLD, "Not ready"), sub=check.note)
        rows.append(Row((Cell(thing.title), cell)))
    return Table("Equipment", (Column("What"), Column("Found")), tuple(rows))


def gaps(day: Day, clinic: Clinic, form: DayForm) -> tuple[Gap, ...]:
    """Return what is lacking today; nothing of what was not recorded at all."""
    told, roles = day.told(), roles_asked(clinic)
    lacking: list[tuple[str, DutyPart, str]] = []
    if told.roles is not None:
        lacking += [(k, r, "nobody today") for k, r in roles.items() if k not in told.roles]
    if told.ready is not None:
        ready = told.ready
        lacking += [
            (k, t, "not ready" if k in ready else "not looked at")
            for k, t in equipment_asked(clinic).items()
            if not ready.get(k)
        ]
    return tuple(
        Gap(
            key,
            part.title,
            why,
            "Call somebody in, and record the change." if key in roles else "Ready it, and look at it again.",
            doses_text(part, clinic.jurisdiction),
            may_be_decided(part, clinic.jurisdiction),
            day.decisions.get(key),
            _reason(key, form),
        )
        for key, part, why in lacking
    )


def _reason(key: str, form: DayForm) -> Field:
    sent = form.value("what") == "decide" and form.value("key") == key
    return Field(
        "because",
        "Why is it sound today?",
        value=form.value("because") if sent else "",
        error=form.faults.get("because", "") if sent else "",
        width="full",
        id="id_because" if sent else f"id_because-{key}",
    )


def doses_text(part: DutyPart, jurisdiction: str) -> str:
    """Say for which doses a part is needed in a jurisdiction."""
    words = dict.fromkeys(_dose_words(need) for need in _asked(part, jurisdiction))
    return "; ".join(words)


def _asked(part: DutyPart, jurisdiction: str) -> Iterable[Need]:
    return (n for n in part.needs if not n.jurisdictions or jurisdiction in n.jurisdictions)


def _dose_words(need: Need) -> str:
    drugs = " or ".join(need.substances) or "every dose"
    routes = _list(ROUTE[Route(r)] for r in need.routes)
    where = f", {' or '.join(need.settings)}" if need.settings else ""
    whom = ", where the heart, a stroke or the lungs give a caution" if need.when_rules else ""
    return f"{routes}{' ' if routes else ''}{drugs}{where}{whom}"


def _list(words: Iterable[str]) -> str:
    *most, last = [*words] or [""]
    return f"{', '.join(most)} or {last}" if most else last


def grounds_table(clinic: Clinic) -> Table:
    """Build what asks for each role and thing, with its fact."""
    rows = tuple(
        Row(
            (
                Cell(part.title),
                Cell(_dose_words(need)),
                Cell(", ".join(need.facts), href=reverse("fact", args=[need.facts[0]])),
                Cell(certainty_words(need.certainty.value)),
            )
        )
        for part in (*roles_asked(clinic).values(), *equipment_asked(clinic).values())
        for need in _asked(part, clinic.jurisdiction)
    )
    columns = tuple(Column(c) for c in ("What", "For", "Fact", "How sure"))
    return Table("What asks for it", columns, rows)


def entries_table(day: Day) -> Table:
    """Build every entry of the day, the latest first."""
    rows = tuple(
        Row(
            (
                Cell(e.get_kind_display()),
                Cell(e.at),
                Cell(e.by.full_name),
                Cell(e.because or "First of the day"),
            )
        )
        for e in reversed(day.entries)
    )
    return Table("Entries of today", tuple(Column(c) for c in ("What", "When", "Who", "Why")), rows)

"""What the pages of the visits show, built from the visits as they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.urls import reverse

from posology.clinic.accounts.models import Clinic
from posology.clinic.protocols.queries import current_id
from posology.clinic.sessions.models import SessionRow
from posology.clinic.visits.models import ActKind
from posology.clinic.visits.queries import Booked, sessions_beside, visits_on
from posology.knowledge import Library
from posology.protocols.visits import VisitState, after_missed
from posology.quantities import Quantity
from posology.treatment import SessionPhase
from posology.web.components import (
    Cell,
    Chip,
    Column,
    EmptyState,
    Fact,
    FactList,
    Link,
    Row,
    Status,
    Table,
    Tabs,
)
from posology.web.components.text import day_text, weekday_text
from posology.web.words import PHASE

TO_SIGN = "Order to be signed"
_CHIPS = {
    VisitState.KEPT: Chip(Status.DONE, "Kept"),
    VisitState.TODAY: Chip(Status.DUE, TO_SIGN),
    VisitState.NOT_KEPT: Chip(Status.DUE, "Not kept: move it"),
    VisitState.MISSED: Chip(Status.OVERDUE, "Missed"),
}


def state_cell(booked: Booked, *, at: datetime) -> Cell:
    """Return where a visit stands, in a word; the flag of a day outside its window beside it."""
    sub = f"Outside its window: {booked.placed.because}" if _is_flagged(booked) else ""
    state = booked.state(at=at)
    if booked.ended:
        return Cell("The course ended")
    if state is VisitState.CANCELLED:
        return Cell("Cancelled", sub=booked.acts[-1].because)
    if booked.session is not None and not booked.kept:
        return Cell("", chip=Chip(Status.SIGNED, "Order signed"), sub=sub)
    chip = _CHIPS.get(state)
    return Cell("", chip=chip, sub=sub) if chip else Cell("Ahead", sub=sub)


def _is_flagged(booked: Booked) -> bool:
    return booked.placed.outside_window and booked.session is None and not booked.cancelled


def plan_table(visits: Iterable[Booked], *, at: datetime, may_plan: bool) -> Table:
    """Build one patient's plan: each visit with its window, its place and where it stands."""
    rows = tuple(
        Row(
            (
                Cell(f"Visit {b.row.number}", href=reverse("visit", kwargs={"visit": b.row.pk})),
                Cell(weekday_text(b.on), sub=f"{b.starts_at.astimezone(b.zone):%H:%M}"),
                Cell(f"Chair {b.chair}" if b.chair else None, missing="no chair yet"),
                Cell(window_text(b)),
                Cell(b.row.phase_title),
                state_cell(b, at=at),
            )
        )
        for b in visits
    )
    columns = tuple(Column(c) for c in ("Visit", "Day", "Chair", "Window", "Phase", "State"))
    how = "Plan them below." if may_plan else "A nurse or a prescriber plans them."
    return Table("Visits", columns, rows, empty=EmptyState("No visit is planned", how))


def window_text(booked: Booked) -> str:
    """Write the days between which a visit may lie."""
    row = booked.row
    if row.earliest_on == row.latest_on:
        return day_text(row.earliest_on)
    return f"{day_text(row.earliest_on)} to {day_text(row.latest_on)}"


@dataclass(frozen=True, slots=True)
class MissedLine:
    """One missed visit, and what its protocol's source says to do, or that a prescriber decides."""

    title: str
    say: str
    if_worse: str
    by_source: bool
    facts: tuple[str, ...]


def missed_lines(visits: Iterable[Booked], library: Library, *, at: datetime) -> tuple[MissedLine, ...]:
    """Return the missed visits, each with its rule."""
    found = []
    for b in visits:
        if b.state(at=at) is not VisitState.MISSED:
            continue
        protocol = library.protocol(current_id(b.row.patient.clinic_id, b.row.course.protocol_id, library))
        rule = after_missed(protocol, b.row.phase, library)
        title = f"Visit {b.row.number}, {weekday_text(b.on)}"
        found.append(MissedLine(title, rule.say, rule.if_worse, rule.by_source, tuple(rule.cited.facts)))
    return tuple(found)


def facts_of(booked: Booked) -> FactList:
    """Return what stands of one visit."""
    return FactList(
        (
            Fact("When", f"{weekday_text(booked.on)}, {booked.starts_at.astimezone(booked.zone):%H:%M}"),
            Fact("Chair", str(booked.chair) if booked.chair else None, missing="no chair yet"),
            Fact("Expected length", Quantity(Decimal(booked.row.minutes), "min")),
            Fact("Window", window_text(booked)),
            Fact("Day by the plan", weekday_text(booked.row.target_on)),
            Fact("Phase", booked.row.phase_title),
        )
    )


_ACTS = {ActKind.PLANNED: "Planned for", ActKind.MOVED: "Moved to", ActKind.CANCELLED: "Cancelled"}


def acts_table(booked: Booked) -> Table:
    """Build the list of what was done with a visit, oldest first."""
    rows = []
    for act in booked.acts:
        where = ""
        if act.starts_at is not None:
            local = act.starts_at.astimezone(booked.zone)
            where = f" {weekday_text(local.date())} {local:%H:%M}, chair {act.chair}"
        because = f"Outside its window: {act.because}" if act.outside_window else act.because
        rows.append(
            Row(
                (
                    Cell(act.at),
                    Cell(f"{_ACTS[ActKind(act.kind)]}{where}"),
                    Cell(because or None, missing="none asked"),
                    Cell(act.by.full_name),
                )
            )
        )
    columns = (Column("When"), Column("What"), Column("Reason"), Column("By"))
    return Table("What was done", columns, tuple(rows))


# ---------------------------------------------------------------- the day


@dataclass(frozen=True, slots=True)
class Line:
    """One person's time in a chair."""

    starts_at: datetime
    ends_at: datetime | None
    who: str
    href: str
    state: Cell


@dataclass(frozen=True, slots=True)
class ChairDay:
    """One chair's day, by time."""

    title: str
    lines: tuple[Line, ...]


def chairs_of(clinic: Clinic, day: date, *, at: datetime) -> tuple[ChairDay, ...]:
    """Return each chair's day, and last what has no chair yet."""
    visits = visits_on(clinic, day)
    by_chair: dict[int, list[Line]] = {n: [] for n in range(1, clinic.chairs + 1)}
    loose: list[Line] = []
    for b in visits:
        line = Line(
            b.starts_at,
            b.ends_at,
            str(b.row.patient),
            reverse("visit", kwargs={"visit": b.row.pk}),
            state_cell(b, at=at),
        )
        by_chair.get(b.chair or 0, loose).append(line)
    for session in sessions_beside(clinic, day, visits):
        by_chair.get(session.chair or 0, loose).append(_session_line(session))
    days = [ChairDay(f"Chair {n}", _by_time(lines)) for n, lines in by_chair.items()]
    return (*days, *((ChairDay("No chair yet", _by_time(loose)),) if loose else ()))


def _session_line(session: SessionRow) -> Line:
    phase = SessionPhase(session.phase)
    word = "Order signed" if phase is SessionPhase.SCHEDULED else PHASE[phase]
    return Line(
        session.scheduled_at,
        None,
        str(session.patient),
        reverse("session", kwargs={"session": session.pk}),
        Cell(word),
    )


def _by_time(lines: list[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: line.starts_at))


def _people_on(clinic: Clinic, day: date) -> int:
    visits = visits_on(clinic, day)
    return len(visits) + len(sessions_beside(clinic, day, visits))


def week_of(clinic: Clinic, day: date) -> Tabs:
    """Return the days of a week beside each other, each with how many people come, as its own page lists."""
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=n) for n in range(7)]
    url = reverse("visits")
    return Tabs(
        "Week",
        tuple(
            Link(
                f"{d:%a} {d.day:02d}",
                f"{url}?on={d.isoformat()}",
                current=d == day,
                count=_people_on(clinic, d),
            )
            for d in days
        ),
    )

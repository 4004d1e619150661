"""The chairs as cards, the waiting tasks as rows. People are two letters, and none while it is locked."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.timezone import get_current_timezone, localtime

from posology.clinic.care.board import ChairNow, Today
from posology.clinic.outcomes.models import RiskTask
from posology.clinic.patients.models import Patient
from posology.clinic.visits.queries import Booked
from posology.treatment import SessionPhase, SessionState
from posology.treatment.notices import DueThing
from posology.web.components import (
    Board,
    Cell,
    ChairCard,
    Chip,
    Column,
    EmptyState,
    LiveValue,
    Row,
    Status,
    Table,
    Task,
    due_status,
)
from posology.web.components.text import clock_text, pressure_text
from posology.web.words import PHASE, initials

HIDDEN = "name hidden"
DUE = {
    "readings": "Readings",
    "infusion-ends": "Infusion ends",
    "next-device": "Next device",
    "may-leave": "Discharge check",
    "session-begins": "Session begins",
}
STATUS = {
    SessionPhase.RUNNING: Status.RUNNING,
    SessionPhase.PAUSED: Status.PAUSED,
    SessionPhase.RESTING: Status.RUNNING,
}


def board_of(today: Today, *, locked: bool) -> Board:
    """Build a card for each chair; two people of the same letters are flagged on both their cards."""
    letters = Counter(_letters(c.session.patient) for c in today.chairs if c.session is not None)
    same = {word for word, count in letters.items() if count > 1}
    return Board(tuple(_card(chair, same, locked=locked) for chair in today.chairs))


def _letters(patient: Patient) -> str:
    return initials(patient.family_name, patient.given_name)


def _card(chair: ChairNow, same: set[str], *, locked: bool) -> ChairCard:
    name = f"Chair {chair.number}"
    if chair.session is None or chair.state is None:
        return ChairCard(chair=name, note="Free")
    letters = _letters(chair.session.patient)
    href = "" if locked else reverse("session", kwargs={"session": chair.session.pk})
    return ChairCard(
        chair=name,
        initials=letters,
        phase=PHASE[chair.state.phase],
        phase_status=STATUS.get(chair.state.phase),
        since=chair.since,
        tasks=tuple(Task(_due_words(due), due.due_at, href) for due in chair.due),
        readings=_readings(chair.state),
        href=href,
        locked=locked,
        note=_note(chair.state, twice=letters in same),
    )


def _note(state: SessionState, *, twice: bool) -> str:
    """Say what a person must look at: letters that two patients share, entries that do not fit (H-29)."""
    letters = "Two patients here have these letters: check the name" if twice else ""
    return ". ".join(words for words in (letters, misfits(state)) if words)


def misfits(state: SessionState) -> str:
    """Say how many entries do not fit the rest of a session's record; nothing where all do."""
    number = len(state.conflicts)
    if not number:
        return ""
    return f"{number} entr{'y does' if number == 1 else 'ies do'} not fit the record: look at the session"


def _due_words(due: DueThing) -> str:
    return f"{DUE[due.what]}, {due.detail}" if due.detail else DUE[due.what]


def _readings(state: SessionState) -> tuple[LiveValue, ...]:
    """Return the last value of each kind with its own moment; what was not taken says so."""
    pressure = next((e for e in reversed(state.readings) if e.payload.systolic is not None), None)
    rate = next((e for e in reversed(state.readings) if e.payload.heart_rate is not None), None)
    spo2 = next((e for e in reversed(state.readings) if e.payload.spo2 is not None), None)
    return (
        LiveValue(
            "BP", pressure_text(pressure.payload.systolic, pressure.payload.diastolic), pressure.at, "mmHg"
        )
        if pressure
        else LiveValue("BP", "", None),
        LiveValue("HR", str(rate.payload.heart_rate), rate.at, "/min") if rate else LiveValue("HR", "", None),
        LiveValue("SpO₂", str(spo2.payload.spo2), spo2.at, "%") if spo2 else LiveValue("SpO₂", "", None),
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """One risk answer that waits for a person: whose, since when, by when, and who has it."""

    who: str
    what: str
    due_at: datetime
    owner: str
    status: Status
    href: str
    other_day: bool  # its time is not one of today's


def waiting_of(today: Today, *, now: datetime, locked: bool) -> tuple[Waiting, ...]:
    """Build a row for each open risk answer."""
    return tuple(waiting_row(task, now=now, locked=locked) for task in today.risks)


def waiting_row(task: RiskTask, *, now: datetime, locked: bool = False, named: bool = True) -> Waiting:
    """Build the row of one risk answer: due until its time, overdue from then on, whoever has it."""
    late = due_status(task.due_at, now) in {Status.OVERDUE, Status.STALE}
    return Waiting(
        who="" if not named else HIDDEN if locked else _letters(task.patient),
        what=f"{task.form.instrument.upper()}, question {task.item}",
        due_at=task.due_at,
        owner=task.owner.full_name if task.owner else "",
        status=Status.OVERDUE if late else Status.DUE,
        href="" if locked else reverse("task", kwargs={"patient": task.patient_id, "task": task.pk}),
        other_day=localtime(task.due_at).date() != localtime(now).date(),
    )


def planned_of(today: Today, *, locked: bool) -> Table:
    """Build the list of the day's sessions, by their time."""
    rows = tuple(
        Row(
            (
                Cell(
                    HIDDEN if locked else _letters(line.session.patient),
                    href="" if locked else reverse("session", kwargs={"session": line.session.pk}),
                ),
                Cell(clock_text(line.session.scheduled_at, get_current_timezone())),
                Cell(f"Chair {line.session.chair}" if line.session.chair else None, missing="no chair yet"),
                _phase_cell(line.state.phase, misfits(line.state)),
            )
        )
        for line in today.lines
    )
    rows += tuple(_unsigned_row(booked, locked=locked) for booked in today.unsigned)
    empty = EmptyState("No session today", "A session appears here when a prescriber has signed its order.")
    columns = (Column("Who"), Column("When"), Column("Chair"), Column("Phase"))
    return Table("Sessions today", columns, rows, empty=empty)


def _unsigned_row(booked: Booked, *, locked: bool) -> Row:
    """Build the line of an appointment whose order is not signed yet: nothing may be given from it."""
    href = reverse("visit", kwargs={"visit": booked.row.pk})
    return Row(
        (
            Cell(HIDDEN if locked else _letters(booked.row.patient), href="" if locked else href),
            Cell(clock_text(booked.starts_at, get_current_timezone())),
            Cell(f"Chair {booked.chair}" if booked.chair else None, missing="no chair yet"),
            Cell("", chip=Chip(Status.DUE, "Order to be signed")),
        )
    )


def _phase_cell(phase: SessionPhase, more: str) -> Cell:
    status = Status.DONE if phase is SessionPhase.DISCHARGED else STATUS.get(phase)
    return Cell("", chip=Chip(status, PHASE[phase]), sub=more) if status else Cell(PHASE[phase], sub=more)


def forms_of(today: Today, *, locked: bool) -> tuple[tuple[str, str], ...]:
    """Return who has a form to fill in, and where."""
    return tuple(
        (
            HIDDEN if locked else _letters(patient),
            "" if locked else reverse("form", kwargs={"patient": patient.pk, "instrument": "phq-9"}),
        )
        for patient in today.forms_due
    )

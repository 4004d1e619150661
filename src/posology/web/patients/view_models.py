"""What the patients' pages show, built from what the record tells."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from posology.clinic.accounts.permissions import may
from posology.clinic.care.listing import Listed
from posology.clinic.care.overview import Overview, ToldSession
from posology.clinic.outcomes.models import RiskTask
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.queries import library_at, title_of
from posology.clinic.rems.standing import programmes_at
from posology.measures import measure_of
from posology.quantities import Quantity
from posology.treatment import SessionPhase
from posology.web.board.view_models import waiting_row
from posology.web.components import (
    Button,
    Cell,
    Chip,
    Column,
    Crumbs,
    EmptyState,
    Fact,
    FactList,
    Link,
    Row,
    Status,
    Table,
)
from posology.web.components.text import day_text, pressure_text
from posology.web.elsewhere.view_models import lines_elsewhere
from posology.web.page import OpenPatient
from posology.web.patients.next_step import next_step_of, steps_of
from posology.web.patients.scores import scores_table
from posology.web.patients.timeline import timeline_of
from posology.web.words import PHASE, ROUTE, SEX, order_words

LATEST = 6  # rows that a record shows unfolded


def patients_table(listed: Listed, *, searched: str) -> Table:
    """Build the list of patients."""
    clinics = {(p.clinic_id, p.course_protocol) for p in listed.patients if p.course_protocol}  # type: ignore[attr-defined]
    titles = {course: title_of(clinic, course) for clinic, course in clinics}
    rows = tuple(
        Row(
            (
                Cell(str(p), href=reverse("patient", kwargs={"patient": p.pk})),
                Cell(p.identifier, whole=True),
                Cell(p.born_on),
                Cell(SEX[p.sex], whole=True),
                Cell(titles.get(p.course_protocol), missing="no course"),  # type: ignore[attr-defined]
                Cell(p.next_at, missing="none planned"),  # type: ignore[attr-defined]
            )
        )
        for p in listed.patients
    )
    columns = (
        Column("Patient"),
        Column("ID"),
        Column("Born"),
        Column("Sex"),
        Column("Course"),
        Column("Next session"),
    )
    empty = (
        EmptyState(
            "No patient is called that", "Names and IDs are searched from their beginning. Try fewer letters."
        )
        if searched
        else EmptyState(
            "No patient yet",
            "Everyone who is registered here is listed by name.",
            Button("Register a patient", kind="primary", href=reverse("patient-new")),
        )
    )
    return Table("Patients", columns, rows, empty=empty)


def look_alikes_table(alike: Iterable[Patient]) -> Table:
    """Build the list of patients for whom the new one could be taken."""
    rows = tuple(
        Row(
            (
                Cell(str(p), href=reverse("patient", kwargs={"patient": p.pk})),
                Cell(p.identifier, whole=True),
                Cell(p.born_on),
                Cell(SEX[p.sex], whole=True),
            ),
            marked=True,
        )
        for p in alike
    )
    return Table(
        "Patients who could be mistaken",
        (Column("Patient"), Column("ID"), Column("Born"), Column("Sex")),
        rows,
    )


def patient_page(opened: OpenPatient, overview: Overview) -> dict[str, Any]:
    """Build everything that one patient's page shows."""
    return {
        "steps": steps_of(opened, overview),
        "coming": next_step_of(opened, overview),
        "waiting": tuple(waiting_row(t, now=opened.now, named=False) for t in overview.open_tasks),
        "chart": timeline_of(opened.patient, overview, now=opened.now),
        "chart_empty": _chart_empty(overview),
        "sessions": _folded(sessions_table(opened.patient, overview.sessions)),
        "scores": _folded(
            scores_table(
                opened.patient,
                overview.forms,
                library_at(opened.patient.clinic, opened.now),
                on=overview.advice.as_of.date(),
            )
        ),
        "response": overview.advice.response_reason,
        "decisions": _folded(decisions_table(overview)),
        "links": _links(opened, overview),
        "elsewhere": lines_elsewhere(opened),
        "may_write": may(opened.by, "record_facts"),
        "crumbs": Crumbs((Link("Patients", reverse("patients")),), str(opened.patient)),
    }


def _folded(table: Table) -> tuple[Table, Table | None]:
    """Return the latest rows of a table, and the earlier ones as a table of their own."""
    if len(table.rows) <= LATEST + 2:
        return table, None
    earlier = replace(table, caption=f"Earlier {table.caption.lower()}", rows=table.rows[LATEST:])
    return replace(table, rows=table.rows[:LATEST]), earlier


def _chart_empty(overview: Overview) -> EmptyState | None:
    if overview.case.scores or overview.sessions:
        return None
    return EmptyState(
        "Nothing has happened yet",
        "Scores, doses, peak blood pressure, adverse events and decisions will stand here over one line.",
    )


def _links(opened: OpenPatient, overview: Overview) -> tuple[Button, ...]:
    """Return the pages of this record that the person's role opens."""
    pairs = (
        ("Assessment", opened.url("assessment", part="psychiatric"), "view_patient"),
        ("Eligibility", opened.url("eligibility"), "view_advice"),
        ("Options", opened.url("options"), "view_advice"),
        ("Visits", opened.url("patient-visits"), "view_visits"),
        ("Fill in PHQ-9", opened.url("form", instrument="phq-9"), "record_form"),
        ("Fill in GAD-7", opened.url("form", instrument="gad-7"), "record_form"),
        ("Import a FHIR file", opened.url("import"), "import_bundle"),
        ("Doses given elsewhere", opened.url("elsewhere"), "view_patient"),
        *(
            ("Enrolment", opened.url("patient-rems"), "view_rems")
            for _ in programmes_at(opened.patient.clinic)[:1]
        ),
    )
    return tuple(Button(label, href=href) for label, href, action in pairs if may(opened.by, action))


def sessions_table(patient: Patient, sessions: Iterable[ToldSession]) -> Table:
    """Build the list of sessions, newest first."""
    zone = ZoneInfo(patient.clinic.zone)
    rows = tuple(_session_row(s, zone) for s in sessions)
    columns = (
        Column("Session"),
        Column("Day"),
        Column("Ordered dose", numeric=True),
        Column("Route"),
        Column("Peak BP", numeric=True),
        Column("Adverse events"),
        Column("Phase"),
    )
    empty = EmptyState("No session yet", "Sessions appear here once an order is signed.")
    return Table("Sessions", columns, rows, empty=empty)


def _session_row(told: ToldSession, zone: ZoneInfo) -> Row:
    state = told.state
    worst = ", ".join(f"{e.payload.term} (grade {e.payload.grade})" for e in state.adverse_events)
    return Row(
        (
            Cell(
                f"Session {told.order.session_number}",
                href=reverse("session", kwargs={"session": told.row.pk}),
            ),
            Cell((state.started_at or told.row.scheduled_at).astimezone(zone).date()),
            Cell(Quantity(told.order.dose_mg, "mg")),
            Cell(ROUTE[told.order.route]),
            Cell(_peak(told), missing="not taken"),
            Cell(worst or "none recorded"),
            _phase_cell(state.phase),
        )
    )


def _phase_cell(phase: SessionPhase) -> Cell:
    left = phase is SessionPhase.DISCHARGED
    return Cell("", chip=Chip(Status.DONE, PHASE[phase])) if left else Cell(PHASE[phase])


def _peak(told: ToldSession) -> str | None:
    """Return the reading with the highest systolic pressure, as one pair that was really measured."""
    measured = [e.payload for e in told.state.readings if e.payload.systolic is not None]
    if not measured:
        return None
    peak = max(measured, key=lambda reading: reading.systolic or 0)
    return f"{pressure_text(peak.systolic, peak.diastolic)} mmHg"


def decisions_table(overview: Overview) -> Table:
    """Build the list of decisions: what was signed, with its overrides, and what was decided against."""
    told: list[tuple[datetime, str, str, str, str]] = []
    for told_order in overview.orders:
        row = told_order.row
        if row.signed_at is not None and row.signed_by is not None:
            passed = "; ".join(f"{o.rule}: {o.reason}" for o in told_order.order.overrides)
            what = f"{order_words(told_order.order)}, for {day_text(row.planned_on)}"
            told.append(
                (row.signed_at, what, passed, row.signed_by.full_name, reverse("order", args=[row.pk]))
            )
    for decision in overview.decisions:
        what = "No dose" if decision.option_id else "None of the options"
        told.append((decision.at, what, decision.reason, decision.by.full_name, ""))
    rows = tuple(
        Row((Cell(at), Cell(what, href=href), Cell(why or None, missing="nothing to pass"), Cell(by)))
        for at, what, why, by, href in sorted(told, reverse=True)
    )
    columns = (Column("When"), Column("Decision"), Column("Reason or holds passed"), Column("By"))
    empty = EmptyState("No decision yet", "Signed orders and decisions against a dose are listed here.")
    return Table("Decisions", columns, rows, empty=empty)


def task_page(opened: OpenPatient, task: RiskTask) -> dict[str, Any]:
    """Build the page of one risk answer."""
    measure = measure_of(task.form.instrument)
    answer = task.form.answers[task.item - 1]
    words = {choice.value: choice.text for choice in measure.answers}
    facts = (
        Fact("Form", measure.short_title, at=task.form.at),
        Fact(f"Question {task.item}", f"{words.get(answer, '')} ({answer})", at=task.form.at),
        Fact("Total of the form", _total(task)),
        Fact("Look at it by", day_text(task.due_at.date()), at=task.due_at),
        Fact("Who has it", task.owner.full_name if task.owner else None, missing="nobody yet"),
    )
    return {
        "task": task,
        "row": waiting_row(task, now=opened.now, named=False),
        "facts": FactList(facts),
        "say": task.say,
        "mine": task.owner_id == opened.by.pk,
        "may_close": may(opened.by, "close_risk_task"),
        "crumbs": Crumbs(
            (Link("Patients", reverse("patients")), Link("Record", opened.url("patient"))),
            "Risk answer",
        ),
    }


def _total(task: RiskTask) -> str:
    return (
        "not scored: items are open"
        if task.form.total is None
        else f"{task.form.total} of {task.form.maximum} points"
    )

"""The reading pad: one set of readings and ratings, the last value beside each empty box."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from posology.clinic.care.chairside import Chairside
from posology.treatment import DueStatus, Scale
from posology.web.components import PadChoice, PadInput, PadRow, Question, ReadingPad
from posology.web.components.text import NO_BREAK_SPACE, pressure_text
from posology.web.session.entering import ROWS, SCALES, confirm_name
from posology.web.session.form import Form
from posology.web.session.panel import id_of
from posology.web.session.words import MOAA_S, RATING, READINGS

LABELS = {
    "systolic": ("Systolic pressure", "mmHg"),
    "diastolic": ("Diastolic pressure", "mmHg"),
    "heart_rate": ("Heart rate", "/min"),
    "spo2": ("Oxygen saturation", "%"),
    "respiratory_rate": ("Respiratory rate", "/min"),
}
ROW_LABELS = {"systolic": "Blood pressure"}
DIGITS = {"respiratory_rate": 2}


def reading_pad(chair: Chairside, form: Form, *, patient_id: str, switched: str = "") -> ReadingPad:
    """Return the pad, empty; after a question or a fault it shows back what this person has just typed."""
    mine = form.of("readings")
    hidden = (
        ("patient", patient_id),
        ("version", chair.order.sha256()[:16]),
        id_of(mine),
        *(id_of(mine, f"id-{scale}") for scale in SCALES),
    )
    return ReadingPad(
        rows=(
            *(_reading_row(chair, mine, row) for row in ROWS),
            *(_scale_row(chair, mine, s) for s in SCALES),
            _time(mine),
        ),
        action=reverse("session-event", kwargs={"session": chair.session.pk, "kind": "readings"}),
        heading="Record a reading",
        due=due_words(chair),
        hidden=hidden,
    )


def due_words(chair: Chairside) -> str:
    """Say which set of readings is called for, and what of it is still missing."""
    due = chair.next_due
    if due is None:
        return "No set of readings is planned now."
    missing = ", ".join(READINGS[name] for name in due.missing)
    state = {DueStatus.DUE: "due now", DueStatus.OVERDUE: "overdue", DueStatus.UPCOMING: "next"}.get(
        due.status, ""
    )
    return f"{due.what}, {state}: {missing}" if state else f"{due.what}: {missing}"


def _reading_row(chair: Chairside, form: Form, row: tuple[str, ...]) -> PadRow:
    first = row[0]
    shown, at = _previous(chair, row)
    typed = {name: form.value(name).strip() for name in row}
    asked = " ".join(form.questions[name] for name in row if name in form.questions)
    unit = LABELS[first][1]
    return PadRow(
        ROW_LABELS.get(first, LABELS[first][0]),
        unit=unit,
        inputs=tuple(PadInput(n, LABELS[n][0], typed=form.value(n), digits=DIGITS.get(n, 3)) for n in row),
        previous=shown,
        previous_at=at,
        error=" ".join(form.fault(name) for name in row if form.fault(name)),
        question=Question(asked, confirm_name(row, typed), f"Confirm {written(row, typed)}")
        if asked
        else None,
    )


def written(row: tuple[str, ...], values: dict[str, str]) -> str:
    """Write the values of a row as they are read aloud, with their unit."""
    unit = LABELS[row[0]][1]
    said = "/".join(values.get(name) or "—" for name in row)
    return f"{said}{unit}" if unit in {"%", "/min"} else f"{said}{NO_BREAK_SPACE}{unit}"


def _previous(chair: Chairside, row: tuple[str, ...]) -> tuple[str, datetime | None]:
    for entry in reversed(chair.state.readings):
        values = entry.payload.values()
        if any(name in values for name in row):
            if row[0] == "systolic":
                shown = (
                    f"{pressure_text(values.get('systolic'), values.get('diastolic'))}{NO_BREAK_SPACE}mmHg"
                )
            else:
                shown = written(row, {name: str(values[name]) for name in row if name in values})
            return shown, entry.at
    return "", None


def _scale_row(chair: Chairside, form: Form, scale: str) -> PadRow:
    latest = chair.state.latest_score(Scale(scale))
    words = MOAA_S if scale == "moaa_s" else RATING
    labels = {"moaa_s": "Sedation, MOAA/S", "dissociation": "Dissociation", "nausea": "Nausea"}
    return PadRow(
        labels[scale],
        choices=tuple(_step(scale, value, said) for value, said in words.items()),
        choice_name=scale,
        choice_typed=form.value(scale),
        previous=score_words(scale, latest.payload.value) if latest else "",
        previous_at=latest.at if latest else None,
        error=form.fault(scale),
        optional=not _is_planned(chair, scale),
    )


def _step(scale: str, value: int, said: str) -> PadChoice:
    return PadChoice(str(value), str(value), said) if scale == "moaa_s" else PadChoice(str(value), said)


def score_words(scale: str, value: int) -> str:
    """Write a score with its words: a number alone says little."""
    if scale == "moaa_s":
        return f"MOAA/S{NO_BREAK_SPACE}{value}"
    return RATING.get(value, str(value)).lower() if scale in {"dissociation", "nausea"} else str(value)


def _is_planned(chair: Chairside, scale: str) -> bool:
    return scale == "moaa_s" and "sedation" in chair.protocol.monitoring.readings


def _time(form: Form) -> PadRow:
    return PadRow(
        "Time, if not now",
        inputs=(PadInput("clock", "Time", typed=form.value("clock"), digits=5, decimal=True),),
        hint="24 hours, for example 14:05. Left empty, the reading is of now.",
        error=form.fault("clock"),
        optional=True,
        plain=True,
    )


def readings_text(values: Iterable[tuple[str, int]]) -> str:
    """Write a whole set in one line."""
    taken = dict(values)
    parts = []
    if "systolic" in taken or "diastolic" in taken:
        parts.append(f"{pressure_text(taken.get('systolic'), taken.get('diastolic'))}{NO_BREAK_SPACE}mmHg")
    parts += [
        f"{label} {written((name,), {name: str(taken[name])})}"
        for name, label in (
            ("heart_rate", "heart rate"),
            ("spo2", "SpO2"),
            ("respiratory_rate", "respiration"),
        )
        if name in taken
    ]
    return ", ".join(parts)

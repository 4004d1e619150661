"""The form that corrects one entry: the old one stays readable, struck through, beside the new."""

from dataclasses import replace

from posology.clinic.care.chairside import Chairside
from posology.clinic.sessions.models import EventRow
from posology.treatment import EventKind
from posology.web.components import Field
from posology.web.session.entering import ROWS, confirm_name, righted, values_of
from posology.web.session.form import Form
from posology.web.session.pad import LABELS, written
from posology.web.session.panel import Panel, choice, field_id, id_of, text, when
from posology.web.session.words import MOAA_S, RATING

HOW = (("change", "It was otherwise, or at another time"), ("withdraw", "It did not happen: take it back"))


def correction_panel(chair: Chairside, row: EventRow, told: str, form: Form) -> Panel:
    """Return the form for one entry; what was read is asked anew, and never copied (hazard H-24)."""
    mine = form.of("corrected", str(row.pk))
    fields = (
        choice(mine, "how", "What is wrong with it?", HOW, kind="radios"),
        *_content(chair, row, mine),
        replace(when(mine), label="Right time, if the time was wrong"),
        text(mine, "reason", "Why it is corrected", kind="area"),
    )
    named = tuple(replace(f, id=field_id(f"corrected-{row.pk}", f.name)) for f in fields)
    return Panel(
        "corrected",
        f"Correct: {told}",
        "Record the correction",
        named,
        (id_of(mine),),
        subject=str(row.pk),
        tone="primary",
        sentences=tuple(mine.sentences),
    )


def _content(chair: Chairside, row: EventRow, form: Form) -> tuple[Field, ...]:
    kind = EventKind(row.kind)
    if kind is EventKind.READING_TAKEN:
        hint = "Only what was wrong; what is left empty stays as it was."
        names = [name for group in ROWS for name in group]
        boxes = tuple(
            replace(
                text(form, n, LABELS[n][0], kind="number", unit=LABELS[n][1], required=False),
                hint=hint if n == names[0] else "",
            )
            for n in names
        )
        return (*boxes, *_questions(form, values_of(chair, row)))
    if kind is EventKind.SCALE_SCORED:
        moaa = '"moaa_s"' in row.payload
        words = MOAA_S if moaa else RATING
        return (
            choice(
                form,
                "value",
                "The right score",
                [(str(k), f"{k} · {w}") for k, w in words.items()],
                kind="radios",
                required=False,
            ),
        )
    if kind in {EventKind.NOTE_WRITTEN, EventKind.DRUG_GIVEN}:
        return (text(form, "text", "The right text", kind="area", required=False),)
    return ()


def _questions(form: Form, before: dict[str, str]) -> tuple[Field, ...]:
    """Return a tick for each odd value, to be confirmed in place; none is ticked beforehand."""
    asked = [row for row in ROWS if any(name in form.questions for name in row)]
    typed = righted(form, before)
    return tuple(
        Field(
            confirm_name(row, typed),
            f"Confirm {written(row, typed)}",
            kind="checkbox",
            hint=" ".join(form.questions[name] for name in row if name in form.questions),
        )
        for row in asked
    )

"""What a file holds, what it does not, and what would still be open: as tables."""

from posology.clinic.care.importing import Preview
from posology.clinic.patients.models import Patient
from posology.fhir.chart import Reason, Understood
from posology.knowledge import load_library
from posology.web.components import Cell, Column, EmptyState, Fact, FactList, Row, Table
from posology.web.components.text import day_text
from posology.web.page import OpenPatient

REASONS = {
    Reason.UNREADABLE: "Could not be read",
    Reason.SKIPPED: "Must not be used",
    Reason.UNLISTED: "Not known here",
    Reason.UNUSED: "Answers no question",
}


def person_facts(preview: Preview) -> FactList:
    """Build who the file says it is about."""
    person = preview.read.patient
    return FactList(
        (
            Fact("Name in the file", "; ".join(person.names) or None, missing="not given"),
            Fact("Born", day_text(person.born_on) if person.born_on else None, missing="not given"),
            Fact("Sex", str(person.sex)),
            Fact("Numbers", "; ".join(i.value for i in person.identifiers) or None, missing="not given"),
        ),
        heading="The file is about",
    )


def taken_table(preview: Preview) -> Table:
    """Build what would be recorded."""
    who = preview.read.patient.resource  # shown apart, and compared
    rows = tuple(_taken(u) for u in preview.read.understood if u.resource != who)
    empty = EmptyState(
        "Nothing in this file answers a question", "Nothing would be recorded but that it was read."
    )
    return Table(
        "Taken from the file",
        (Column("What"), Column("Value"), Column("When"), Column("Where")),
        rows,
        empty=empty,
    )


def _taken(found: Understood) -> Row:
    return Row((Cell(found.what), Cell(found.shown), Cell(found.at, missing="no date"), Cell(found.resource)))


def left_tables(preview: Preview) -> tuple[tuple[str, int, Table], ...]:
    """Build what is not taken over, by reason, what somebody must mend first; each thing with its count."""
    tables = []
    for reason, title in REASONS.items():
        mine = [n for n in preview.read.not_understood if n.reason is reason]
        if mine:
            rows = tuple(
                Row(
                    (
                        Cell(n.what or n.resource, sub=n.resource if n.what else ""),
                        Cell(n.why),
                        Cell(str(n.count)),
                    )
                )
                for n in mine
            )
            columns = (Column("What"), Column("Why"), Column("Times", numeric=True))
            tables.append((title, sum(n.count for n in mine), Table(title, columns, rows)))
    return tuple(tables)


def open_table(opened: OpenPatient, preview: Preview) -> Table:
    """Build what would still be open, each with the page where it is answered."""
    questions = load_library().questions.questions
    rows = tuple(
        Row(
            (
                Cell(m.ask, href=field_url(opened, m.key)),
                Cell(m.why),
            )
        )
        for m in preview.still_open
        if m.key in questions
    )
    empty = EmptyState("Nothing would be open", "Every question would have an answer that is still good.")
    return Table("Still open after it", (Column("Question"), Column("Why")), rows, empty=empty)


def field_url(opened: OpenPatient, key: str) -> str:
    """Return the address of a question's field."""
    question = load_library().questions.questions.get(key)
    if question is None:
        return ""
    return f"{opened.url('assessment', part=question.part)}#id_{key}"


def disagreement(patient: Patient, preview: Preview) -> str:
    """Say that the names differ, or nothing."""
    if preview.names_agree:
        return ""
    names = "; ".join(preview.read.patient.names) or "nobody by name"
    return f"The file is about {names}, and this record is about {patient}. Compare before you record it."

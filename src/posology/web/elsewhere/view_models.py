"""Doses given elsewhere as a table and as lines: what is known, who says so, and whether it counts."""

from collections.abc import Iterable
from datetime import tzinfo
from zoneinfo import ZoneInfo

from posology.case import EarlierDose, OriginKind, UndatedDose
from posology.clinic.assessments.elsewhere import Dose, dose_of
from posology.clinic.assessments.models import ElsewhereRow
from posology.clinic.care.elsewhere import ToldElsewhere, told_elsewhere
from posology.quantities import Quantity
from posology.web.components import Cell, Chip, Column, EmptyState, Row, Status, Table
from posology.web.components.text import clock_text, day_text
from posology.web.page import OpenPatient
from posology.web.words import ROUTE

_SAYS = {
    OriginKind.PATIENT: "the patient says",
    OriginKind.STAFF: "record seen",
    OriginKind.CHART: "from a file",
    OriginKind.FILE: "from a file",
    OriginKind.DEVICE: "from a device",
}


def table_of(
    opened: OpenPatient, entries: Iterable[ToldElsewhere], zone: tzinfo, *, may_write: bool
) -> Table:
    """Return every entry, newest first; what no longer counts stays and says so."""
    rows = tuple(_row(opened, told, zone, may_write=may_write) for told in entries)
    columns = (
        Column("When"),
        Column("What"),
        Column("How much", numeric=True),
        Column("Who says so"),
        Column("Counts"),
    )
    empty = EmptyState(
        "No dose given elsewhere is on record",
        "Another clinic, a trial or an anaesthesia: each dose that is entered counts in the limits.",
    )
    return Table("Doses given elsewhere", columns, rows, empty=empty)


def _row(opened: OpenPatient, told: ToldElsewhere, zone: tzinfo, *, may_write: bool) -> Row:
    row, dose = told.row, dose_of(told.row)
    correct = f"{opened.url('elsewhere')}?corrects={row.pk}#entry" if told.stands and may_write else ""
    who = f"{row.entered_by.full_name}, {day_text(row.recorded_at.astimezone(zone).date())}"
    if row.withdrawn:
        return Row(
            (
                Cell("An entry was taken back"),
                Cell(row.origin_detail),
                Cell(""),
                Cell(who),
                Cell("No"),
            )
        )
    return Row(
        (
            Cell(when_text(dose, zone)),
            Cell(what_text(dose), sub=row.unread),
            Cell(_amount(row), sub=_weight(row), missing="not known"),
            Cell(says_text(dose), sub=who),
            _counts(told, dose, correct),
        ),
        marked=told.counts and _is_open(dose),
    )


def _amount(row: ElsewhereRow) -> Quantity | None:
    return None if row.dose_mg is None else Quantity(row.dose_mg.normalize(), "mg")


def _weight(row: ElsewhereRow) -> str:
    return "" if row.weight_kg is None else f"at {Quantity(row.weight_kg.normalize(), 'kg')}"


def _counts(told: ToldElsewhere, dose: Dose, correct: str) -> Cell:
    if told.ours:
        return Cell("As the session here")
    if not told.stands:
        return Cell("", chip=Chip(Status.CORRECTED))
    chip = Chip(Status.CANNOT_SAY) if _is_open(dose) else Chip(Status.DONE, "Counts")
    return Cell("Correct" if correct else "", chip=chip, href=correct)


def _is_open(dose: Dose) -> bool:
    """Say whether a limit that needs it cannot say."""
    return dose.substance is None or dose.dose_mg is None or isinstance(dose, UndatedDose)


def when_text(dose: Dose, zone: tzinfo) -> str:
    """Write when a dose was given, as far as it is known."""
    if isinstance(dose, UndatedDose):
        return "day not known"
    if dose.on is not None:
        return f"{day_text(dose.on)}, time not known"
    here = dose.at.astimezone(zone)
    return f"{day_text(here.date())}, {clock_text(dose.at, zone)}"


def what_text(dose: Dose) -> str:
    """Write the drug and its route."""
    drug = "drug not known" if dose.substance is None else str(dose.substance)
    return f"{drug}, {ROUTE[dose.route] if dose.route else 'route not known'}"


def says_text(dose: Dose) -> str:
    """Write who says so, and where it was."""
    if dose.origin is None:
        return "not recorded"
    return (
        f"{_SAYS[dose.origin.kind]}: {dose.origin.detail}" if dose.origin.detail else _SAYS[dose.origin.kind]
    )


def lines_elsewhere(opened: OpenPatient) -> tuple[str, ...]:
    """Return a line for each dose given elsewhere that counts, for a page on which a dose is decided."""
    return lines_of(told_elsewhere(opened.by, opened.patient), ZoneInfo(opened.patient.clinic.zone))


def lines_of(entries: Iterable[ToldElsewhere], zone: tzinfo) -> tuple[str, ...]:
    """Return a line for each dose that counts, the newest first, with its origin."""
    doses = [dose_of(told.row) for told in entries if told.counts]
    undated = [dose for dose in doses if isinstance(dose, UndatedDose)]
    dated = sorted((d for d in doses if isinstance(d, EarlierDose)), key=lambda d: d.at, reverse=True)
    in_order: tuple[Dose, ...] = (*undated, *dated)
    return tuple(_line(dose, zone) for dose in in_order)


def _line(dose: Dose, zone: tzinfo) -> str:
    amount = "amount not known" if dose.dose_mg is None else str(Quantity(dose.dose_mg.normalize(), "mg"))
    return f"{what_text(dose)}, {amount}, {when_text(dose, zone)} ({says_text(dose)})"

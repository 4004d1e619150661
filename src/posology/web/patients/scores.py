"""The scores of a patient as a table: total, band, and what band and response rest on."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from posology.clinic.outcomes.models import CompletedForm
from posology.clinic.patients.models import Patient
from posology.knowledge import Library
from posology.knowledge.schema import MeasureFile
from posology.web.components import Cell, Chain, Column, EmptyState, Row, Table
from posology.web.components.text import day_text
from posology.web.grounds import rest_of, value_in_force


def scores_table(patient: Patient, forms: Iterable[CompletedForm], library: Library, *, on: date) -> Table:
    """Build the list of scores, newest first, each with its chain."""
    zone = ZoneInfo(patient.clinic.zone)
    chains = {name: chain_of_score(measure, library, on=on) for name, measure in library.measures.items()}
    titles = {name: measure.short_title for name, measure in library.measures.items()}
    rows = tuple(
        Row(
            (
                Cell(titles.get(form.instrument, form.instrument), sub=_day(form, zone)),
                Cell(_total(form), missing="not scored: items are open"),
                Cell(form.band, missing="none"),
                Cell("", chain=chains.get(form.instrument)),
            )
        )
        for form in forms
    )
    columns = (Column("Questionnaire"), Column("Total"), Column("Band"), Column("Rests on"))
    empty = EmptyState("No score yet", "Questionnaires that were filled in appear here with their totals.")
    return Table("Scores", columns, rows, empty=empty)


def chain_of_score(measure: MeasureFile, library: Library, *, on: date) -> Chain:
    """Return what a score rests on: the bands, and the values by which a change is judged."""
    values = (value_in_force(name, dated, library, on=on) for name, dated in measure.values.items())
    shown = tuple(v for v in values if v is not None)
    return Chain((rest_of(measure.bands_cited, library),), values=shown, label="")


def _total(form: CompletedForm) -> str | None:
    return None if form.total is None else f"{form.total} of {form.maximum} points"


def _day(form: CompletedForm, zone: ZoneInfo) -> str:
    return day_text(form.at.astimezone(zone).date())

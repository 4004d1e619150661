"""The tables of the models' pages."""

from functools import cache

from django.urls import reverse

from posology.knowledge.models import pk_models
from posology.knowledge.schema.pk import PkModelFile
from posology.pharmacology import model_card
from posology.pharmacology.model_card import Listing
from posology.pharmacology.reproduction import reproduce
from posology.web.components import Cell, Column, EmptyState, Fact, FactList, Row, Table


def knowledge() -> str:
    """Return where the knowledge begins."""
    return reverse("knowledge")


def models() -> str:
    """Return where the models are listed."""
    return reverse("models")


def models_table() -> Table:
    """Return every model: what it describes, in which blood, and on what it rests."""
    columns = (Column("Model"), Column("Substances"), Column("Routes"), Column("Blood"), Column("Role"))
    rows = tuple(
        Row(
            (
                Cell(file.title, href=reverse("model", args=[file.id]), sub=file.level_of_evidence),
                Cell(", ".join(one.value for one in file.substances)),
                Cell(", ".join(file.routes)),
                Cell(file.site),
                Cell(file.role.replace("-", " ")),
            )
        )
        for file in pk_models().values()
    )
    return Table("Models", columns, rows)


def facts(file: PkModelFile) -> FactList:
    """Return what is said of a model as a whole."""
    return FactList(
        tuple(Fact(label[0].upper() + label[1:], words) for label, words in model_card.facts_of(file))
    )


def parameters_table(file: PkModelFile) -> Table:
    """Return every parameter with its flag; empty columns are left out, so that the table stays narrow."""
    return _table("Parameters", _without_empty(model_card.parameters_of(file)))


def notes(file: PkModelFile) -> tuple[str, ...]:
    """Return what else was published, and how the numbers were come by."""
    return (f"How each number was come by: {model_card.flags_of(file)}.", *model_card.notes_of(file))


def bounds_table(file: PkModelFile) -> Table:
    """Return where the model holds."""
    return _table("Where it holds", model_card.bounds_of(file))


def reproduced_table(model: str | None) -> Table:
    """Return what was observed beside what is simulated, of one model or of all."""
    empty = EmptyState(
        "Nothing is asked of it", "No public observation is gated against it: it stands beside another model."
    )
    return _table("Observed and simulated", _reproduced(model), empty=empty)


def not_asked_table() -> Table:
    """Return the observations of which nothing is asked, with the reason."""
    return _table("Not asked of any model", _not_asked())


# What is simulated changes with the files alone, which are read once a process.
@cache
def _reproduced(model: str | None) -> Listing:
    return model_card.reproduced(reproduce(model))


@cache
def _not_asked() -> Listing:
    return model_card.not_asked()


def _without_empty(listing: Listing) -> Listing:
    kept = [i for i in range(len(listing.columns)) if any(row[i] for row in listing.rows)]
    return Listing(
        tuple(listing.columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in listing.rows)
    )


def _table(caption: str, listing: Listing, *, empty: EmptyState | None = None) -> Table:
    columns = tuple(Column(name[0].upper() + name[1:]) for name in listing.columns)
    rows = tuple(Row(tuple(Cell(words) for words in row)) for row in listing.rows)
    return Table(caption, columns, rows, empty=empty)

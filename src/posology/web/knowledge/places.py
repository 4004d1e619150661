"""Where each use of a fact can be seen: the page, and the line on it."""

from django.urls import reverse

from posology.knowledge import Library
from posology.knowledge.certainties import certainty_words, read_words
from posology.knowledge.uses import Use
from posology.web.components import Cell, Column, EmptyState, Row, Table
from posology.web.components.text import day_text
from posology.web.knowledge.shelf import where_words

KIND_WORDS = {
    "rule": "Rule",
    "value": "Value",
    "sentence": "Sentence",
    "question": "Question",
    "reference": "Background fact",
    "trial": "Trial",
    "size": "Size of an interaction",
    "setting": "Site setting",
    "phase": "Phase",
    "monitoring": "Readings",
    "discharge": "Leaving",
    "product": "Product",
    "refusal": "Refusal",
    "bands cited": "Bands",
    "risk": "Risk answer",
    "older adult": "Older adults",
}


def kind_words(use: Use) -> str:
    """Return the kind of a use in a word."""
    return KIND_WORDS.get(use.kind, use.kind.capitalize())


def href_of(use: Use, library: Library) -> str:
    """Return the address at which a use is seen."""
    if use.kind == "rule":
        return reverse("rule", args=[use.file, use.name])
    if use.kind == "reference":
        return reverse("fact", args=[use.name])
    if use.kind == "trial":
        return reverse("trial", args=[use.name])
    if use.kind == "size":
        return f"{reverse('drugs')}?q={use.facts[0]}" if use.facts else reverse("drugs")
    if use.kind == "setting":
        return f"{reverse('site-settings')}#{use.name}"
    if use.kind == "question":
        return f"{reverse('questions')}#{use.name}"
    if use.file in library.protocols:
        return reverse("protocol", args=[use.file])
    return _file_href(use, library)


def _file_href(use: Use, library: Library) -> str:
    if use.file in library.measures:
        return f"{reverse('measures')}#{use.file}"
    if use.file == library.products.id and use.kind in {"product", "refusal"}:
        return f"{reverse('products')}#{use.name}"
    if use.file == library.adjustments.id and use.place.startswith("options."):
        return f"{reverse('adjustments')}#{use.place.split('.')[1]}"
    return reverse("knowledge-file", args=[use.file])


def uses_table(caption: str, uses: tuple[Use, ...], library: Library, *, empty: EmptyState) -> Table:
    """Return uses, one a row: what it says, what it is, in which file, where it holds, how sure."""
    columns = (Column("What it says"), Column("Is"), Column("In"), Column("Holds"), Column("How sure"))
    rows = tuple(_row(use, library) for use in uses)
    return Table(caption, columns, rows, empty=empty, show_caption=True)


def _row(use: Use, library: Library) -> Row:
    since = f", from {day_text(use.since)}" if use.since else ""
    return Row(
        (
            Cell(use.told, href=href_of(use, library)),
            Cell(kind_words(use), sub="decides" if use.decides else "is read, decides nothing"),
            Cell(use.title),
            Cell(f"{where_words(use.jurisdictions)}{since}"),
            Cell(_sure(use)),
        )
    )


def _sure(use: Use) -> str:
    words = certainty_words if use.decides else read_words
    return f"{use.certainty.value} {words(use.certainty.value)}"

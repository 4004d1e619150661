"""Drugs, measures, products, questions and adjustments as tables, each line with its chain to the source."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import get_args

from posology.knowledge.schema import (
    Dated,
    MeasureFile,
    NextOption,
    Product,
    Question,
    Statement,
)
from posology.knowledge.schema.questions import Part
from posology.quantities import Quantity, show_number
from posology.web.components import Cell, Chip, Column, EmptyState, Fact, Row, Status, Table
from posology.web.components.text import day_text
from posology.web.grounds import chain_of, shown_value, value_title
from posology.web.knowledge.shelf import Narrowed, Shelf, has_words, nothing_found
from posology.web.words import ROUTE

# ---------------------------------------------------------------- values of any file


def values_table(values: Mapping[str, Dated], shelf: Shelf, *, caption: str) -> Table:
    """Return every value, one row an effective day, the one in force marked, each with its chain."""
    columns = (Column("Value"), Column("Holds from"), Column("Is"), Column("Rests on"))
    rows = [
        Row(
            (
                Cell(value_title(name)),
                Cell(day, chip=Chip(Status.PASS, "In force") if day == in_force else None),
                Cell(shown_value(value), sub=" ".join(t for t in (value.where, value.note) if t)),
                Cell("", chain=chain_of(value, library=shelf.library, label="")),
            )
        )
        for name, dated in values.items()
        for in_force in (max((d for d in dated if d <= shelf.on), default=None),)
        for day, value in dated.items()
    ]
    empty = EmptyState("No value", "This file holds no number of its own.")
    return Table(caption, columns, tuple(rows), empty=empty, show_caption=True)


# ---------------------------------------------------------------- measures


@dataclass(frozen=True, slots=True)
class MeasureShown:
    """One instrument on its page: what it is, its items, its bands, its values, its risk answers."""

    id: str
    title: str
    notice: str
    head: tuple[Fact, ...]
    items: Table
    bands: Table
    values: Table
    risk: Table


def measures_shown(shelf: Shelf) -> tuple[MeasureShown, ...]:
    """Return every instrument."""
    return tuple(_measure(file, shelf) for file in shelf.library.measures.values())


def _measure(file: MeasureFile, shelf: Shelf) -> MeasureShown:
    answers = ", ".join(f"{a.value} {a.text}" if a.text else str(a.value) for a in file.answers)
    head = (
        Fact("Asks about the last", Quantity(Decimal(file.recall_days), "d")),
        Fact("Answers", answers),
        Fact("LOINC", f"{file.loinc_panel}, total {file.loinc_total}"),
        Fact("Review due", day_text(file.review_due)),
    )
    return MeasureShown(
        file.id,
        file.title,
        file.notice,
        head,
        Table(
            "Items",
            (Column("Item", numeric=True), Column("Asks"), Column("LOINC")),
            tuple(Row((Cell(str(i.number)), Cell(i.text or i.short), Cell(i.loinc))) for i in file.items),
            show_caption=True,
        ),
        Table(
            "What a total is called",
            (Column("Band"), Column("Total"), Column("Rests on")),
            tuple(
                Row(
                    (
                        Cell(b.label),
                        Cell(f"{b.low} to {b.high}"),
                        Cell("", chain=chain_of(file.bands_cited, library=shelf.library, label="")),
                    )
                )
                for b in file.bands
            ),
            show_caption=True,
        ),
        values_table(file.values, shelf, caption="Values"),
        Table(
            "Answers that need a person the same day",
            (Column("Item"), Column("What is asked of whom"), Column("Rests on")),
            tuple(
                Row(
                    (
                        Cell(f"Item {r.item}, above {r.above}"),
                        Cell(r.say),
                        Cell("", chain=chain_of(r, library=shelf.library, label="")),
                    )
                )
                for r in file.risk
            ),
            empty=EmptyState("No such answer", "No item of this instrument asks for a person the same day."),
            show_caption=True,
        ),
    )


# ---------------------------------------------------------------- products


def products_table(shelf: Shelf) -> Table:
    """Return what stands on the shelf of the pharmacy."""
    columns = (Column("Product"), Column("Holds"), Column("Routes"), Column("Rests on"))
    rows = tuple(
        Row(
            (
                Cell(product.title, sub=product.substance.value),
                Cell(_holds(product), sub=_dilute(product)),
                Cell(", ".join(ROUTE[r] for r in product.routes)),
                Cell("", chain=chain_of(product, library=shelf.library, label="")),
            ),
            id=key,
        )
        for key, product in shelf.library.products.products.items()
    )
    return Table("Products", columns, rows, show_caption=True)


def _holds(product: Product) -> str:
    parts = (
        (product.strength_mg_per_mL, "mg/mL"),
        (product.volume_mL, "mL"),
        (product.device_mg, "mg"),
    )
    return ", ".join(str(Quantity(amount, unit)) for amount, unit in parts if amount is not None)


def _dilute(product: Product) -> str:
    routes = ", ".join(ROUTE[r] for r in product.dilute_first)
    return f"never undiluted: {routes}" if routes else ""


def refusals_table(shelf: Shelf) -> Table:
    """Return what is never ordered here, and why."""
    columns = (Column("Never ordered"), Column("Why, and what to do"), Column("Rests on"))
    rows = tuple(
        Row(
            (
                Cell(f"{refusal.substance.value}, {ROUTE[refusal.route]}"),
                Cell(refusal.say, sub=refusal.do),
                Cell("", chain=chain_of(refusal, library=shelf.library, label="")),
            ),
            id=key,
        )
        for key, refusal in shelf.library.products.refusals.items()
    )
    empty = EmptyState("Nothing is refused", "What is never ordered here appears in this list.")
    return Table("Never ordered here", columns, rows, empty=empty, show_caption=True)


# ---------------------------------------------------------------- questions

_KINDS = {"yes_no": "yes, no or not known", "choice": "one of a list", "day": "a day", "text": "words"}
_NEEDS = {"required": "always", "conditional": "where it applies", "optional": "where it is of use"}


def part_filter() -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Return the choice of a part of the assessment."""
    return {"part": ("Part", tuple((part, part.capitalize()) for part in get_args(Part)))}


def question_tables(shelf: Shelf, by: Narrowed) -> tuple[Table, ...]:
    """Return the questions, one table a part."""
    tables = []
    for part in get_args(Part):
        rows = tuple(
            _question(key, question, shelf)
            for key, question in shelf.library.questions.questions.items()
            if question.part == part
            and by.chosen("part") in {"", part}
            and has_words(by.words, key, question.ask, question.short, *question.facts)
        )
        if rows:
            tables.append(Table(f"{part.capitalize()}: {len(rows)}", _ASKED, rows, show_caption=True))
    return tuple(tables) or (Table("Questions", _ASKED, (), empty=nothing_found(by, "question")),)


_ASKED = (
    Column("Question"),
    Column("Answer"),
    Column("Asked"),
    Column("Good for"),
    Column("Rests on"),
)


def _question(key: str, question: Question, shelf: Shelf) -> Row:
    days = question.good_for_days
    good = "without end" if days is None else "that day" if days == 0 else f"{days} days"
    return Row(
        (
            Cell(question.ask, sub=_help(question, shelf)),
            Cell(_answer(question), sub=_bounds(question)),
            Cell(_NEEDS[question.need], sub="anew at each session" if question.each_session else ""),
            Cell(good),
            Cell("", chain=chain_of(question, library=shelf.library, label="")),
        ),
        id=key,
    )


def _help(question: Question, shelf: Shelf) -> str:
    """Return the help, and what is added to it in each jurisdiction that the page shows, with its label."""
    added = (f"{where}: {more}" for where, more in question.help_in.items() if shelf.holds((where,)))
    return " ".join((*added, question.help or "")).strip()


def _answer(question: Question) -> str:
    if question.choices:
        return "; ".join(question.choices.values())
    return f"a number, {question.unit}" if question.kind == "quantity" else _KINDS[question.kind]


def _bounds(question: Question) -> str:
    if question.bounds is None:
        return ""
    usual, absolute = (
        " to ".join(show_number(edge) for edge in edges)
        for edges in (question.bounds.usual, question.bounds.absolute)
    )
    return f"usual {usual}; cannot be beyond {absolute}"


# ---------------------------------------------------------------- adjustments

_DOSE = {
    "hold": "no dose now",
    "lower": "one step lower",
    "same": "the same",
    "raise": "one step higher",
    "effective": "the last dose that helped",
    "start": "the first dose again",
    "end": "none: the course ends",
}
_INTERVAL = {
    "shorten": "sooner",
    "keep": "as before",
    "lengthen": "later",
    "restart": "the course begins anew",
    "none": "no next date",
}


@dataclass(frozen=True, slots=True)
class WayOn:
    """One way to go on: when it is shown, and what speaks for and against it."""

    id: str
    title: str
    facts: tuple[Fact, ...]
    reasons: Table


def ways_on(shelf: Shelf) -> tuple[WayOn, ...]:
    """Return every way to go on that may be proposed."""
    return tuple(_way(option, shelf) for option in shelf.library.adjustments.options)


def _way(option: NextOption, shelf: Shelf) -> WayOn:
    sides = (("For", option.for_), ("Against", option.against))
    rows = tuple(
        Row((Cell(side), Cell(s.say), Cell("", chain=chain_of(s, library=shelf.library, label=""))))
        for side, statements in sides
        for s in _spoken(statements, shelf)
    )
    facts = (
        Fact("Dose", _DOSE.get(option.dose, option.dose)),
        Fact("Next date", _INTERVAL.get(option.interval, option.interval)),
        Fact("Shown when the response is", ", ".join(option.response)),
        Fact("And it was borne", ", ".join(option.tolerability)),
        Fact("In phases", ", ".join(option.phases), missing="all"),
    )
    columns = (Column("Speaks"), Column("Sentence"), Column("Rests on"))
    empty = EmptyState("Nothing is recorded", "Sentences are added to the file of adjustments.")
    return WayOn(option.id, option.title, facts, Table("For and against", columns, rows, empty=empty))


def _spoken(statements: Iterable[Statement], shelf: Shelf) -> tuple[Statement, ...]:
    return tuple(s for s in statements if shelf.holds(s.jurisdictions))

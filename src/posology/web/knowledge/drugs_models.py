"""Drugs as tables: what each group does together with ketamine, by route, and the drugs known by name."""

from collections.abc import Iterable, Iterator

from posology.knowledge.certainties import certainty_words
from posology.knowledge.schema import Condition
from posology.knowledge.schema.rules import Effect, InteractionSize
from posology.quantities import show_number
from posology.web.components import Cell, Chip, Column, Row, Status, Table
from posology.web.grounds import chain_of, rule_href
from posology.web.knowledge.facts_models import facts_table, known_facts
from posology.web.knowledge.rules_models import Placed, jurisdictions_of, placed_rules
from posology.web.knowledge.shelf import Narrowed, Shelf, has_words, nothing_found, where_words
from posology.web.words import ROUTE


def interactions_table(shelf: Shelf, by: Narrowed) -> Table:
    """Return each rule on a group of drugs: the group, by which route, what happens, what it asks for."""
    columns = (
        Column("Group"),
        Column("With"),
        Column("Asks for"),
        Column("What happens, and what to do"),
        Column("Rests on"),
    )
    rows = tuple(
        _interaction(group, placed, shelf)
        for placed in placed_rules(shelf)
        for group in dict.fromkeys(groups_in(placed.rule.when))
        if _is_shown(group, placed, shelf, by)
    )
    return Table(
        "Groups of drugs that a rule speaks of",
        columns,
        rows,
        empty=nothing_found(by, "interaction"),
        show_caption=True,
    )


def groups_in(condition: Condition) -> Iterator[str]:
    """Yield the groups of drugs that a condition asks for."""
    if condition.taking is not None:
        yield condition.taking
    inner = (condition.not_,) if condition.not_ is not None else ()
    for part in (*(condition.any_of or ()), *(condition.all_of or ()), *inner):
        yield from groups_in(part)


def drugs_of(group: str, shelf: Shelf) -> tuple[str, ...]:
    """Return the drugs of a group by name."""
    return tuple(name for name, drug in shelf.library.drugs.drugs.items() if group in drug.classes)


def _is_shown(group: str, placed: Placed, shelf: Shelf, by: Narrowed) -> bool:
    rule = placed.rule
    title = shelf.library.drugs.classes[group].title
    routes = rule.applies_to.routes
    return (not by.chosen("route") or not routes or by.chosen("route") in routes) and has_words(
        by.words, title, rule.title, rule.say, rule.do, *drugs_of(group, shelf), *rule.facts
    )


def _interaction(group: str, placed: Placed, shelf: Shelf) -> Row:
    rule, applies = placed.rule, placed.rule.applies_to
    substances = ", ".join(s.value for s in applies.substances) or "every substance"
    routes = ", ".join(ROUTE[r] for r in applies.routes) or "every route"
    names = drugs_of(group, shelf)
    return Row(
        (
            Cell(shelf.library.drugs.classes[group].title, sub=f"{len(names)} drugs: {', '.join(names)}"),
            Cell(f"{substances}; {routes}", sub=where_words(jurisdictions_of(applies, shelf))),
            Cell(
                rule.title,
                href=rule_href(placed.file.id, rule.id),
                chip=Chip(Status.of(rule.level.value)),
            ),
            Cell(rule.say, sub=" ".join(t for t in (rule.do, _changes(rule.effects)) if t)),
            Cell("", chain=chain_of(rule, library=shelf.library, label="")),
        )
    )


_WAY = {"up": "more", "down": "less", "none": "no change"}


def sizes_table(shelf: Shelf, by: Narrowed) -> Table:
    """Return by how much a drug changed what reaches the blood, by route, as it was measured."""
    columns = (
        Column("Drug"),
        Column("Measured of"),
        Column("Whole exposure"),
        Column("Peak"),
        Column("Rests on"),
    )
    rows = tuple(
        _size_row(size, shelf)
        for file in shelf.library.rules
        for size in file.sizes
        if by.chosen("route") in {"", size.route.value} and has_words(by.words, size.drug, *size.facts)
    )
    caption = f"How much was measured: {len(rows)} (a dose follows from none of it)"
    return Table(caption, columns, rows, empty=nothing_found(by, "measured size"), show_caption=True)


def _size_row(size: InteractionSize, shelf: Shelf) -> Row:
    low, high = size.auc_ratio_low, size.auc_ratio_high
    between = f"between × {show_number(low)} and × {show_number(high)}" if low and high else ""
    return Row(
        (
            Cell(size.drug.capitalize()),
            Cell(f"{size.measured_of.value}, {ROUTE[size.route]}"),
            Cell(
                f"× {show_number(size.auc_ratio)}, {_WAY[size.direction]}",
                sub=" ".join(t for t in (between, size.note) if t),
            ),
            Cell(f"× {show_number(size.cmax_ratio)}" if size.cmax_ratio else None, missing="not measured"),
            Cell("", chain=chain_of(size, library=shelf.library, label="")),
        )
    )


def _changes(effects: Iterable[Effect]) -> str:
    """Say what an interaction changes, and which way."""
    told = "; ".join(f"{effect.on} {effect.direction}" for effect in effects)
    return f"Changes: {told}." if told else ""


def interaction_facts_table(shelf: Shelf, by: Narrowed) -> Table:
    """Return what was measured together, with its size: the facts on interactions."""
    facts = tuple(
        fact
        for fact in known_facts(shelf)
        if fact.reference is not None
        and fact.reference.topic == "interactions"
        and has_words(by.words, fact.id, fact.say)
    )
    return facts_table(facts, by, f"What was measured or is known besides: {len(facts)}", show_caption=True)


def drugs_table(shelf: Shelf, by: Narrowed) -> Table:
    """Return the drugs that are known by name: other names, groups, codes."""
    columns = (Column("Drug"), Column("Also called"), Column("Groups"), Column("Codes"))
    classes = shelf.library.drugs.classes
    rows = []
    for name, drug in shelf.library.drugs.drugs.items():
        groups = tuple(classes[c].title for c in drug.classes)
        if not has_words(by.words, name, *drug.names, *groups):
            continue
        sure = f"codes {certainty_words(drug.code_certainty.value)}" if drug.code_certainty else ""
        rows.append(
            Row(
                (
                    Cell(name),
                    Cell(", ".join(drug.names) or None, missing="no other name"),
                    Cell("; ".join(groups) or "no group: known, and no rule speaks of it"),
                    Cell(_codes(drug.rxnorm, drug.atc) or None, missing="none", sub=sure),
                )
            )
        )
    empty = nothing_found(by, "drug")
    return Table(f"Drugs known by name: {len(rows)}", columns, tuple(rows), empty=empty, show_caption=True)


def _codes(rxnorm: str | None, atc: str | tuple[str, ...] | None) -> str:
    told = ", ".join(atc) if isinstance(atc, tuple) else atc or ""
    return " · ".join(p for p in (f"RxNorm {rxnorm}" if rxnorm else "", f"ATC {told}" if told else "") if p)


def route_filter() -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Return the choice of a route."""
    return {"route": ("Route", tuple((route.value, words) for route, words in ROUTE.items()))}

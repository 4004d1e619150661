"""What is read and decides nothing: trials as a table of evidence, and what each site sets for itself."""

from decimal import Decimal
from typing import get_args

from django.urls import reverse

from posology.knowledge.certainties import read_words
from posology.knowledge.reference import Result, SiteSetting, Study, StudyKind
from posology.knowledge.schema import Certainty
from posology.quantities import UNITS, Quantity, show_number
from posology.web.components import Cell, Chain, Chip, Column, EmptyState, Fact, Row, Status, Table
from posology.web.components.chain import Rest
from posology.web.grounds import chain_of, fact_link, source_link
from posology.web.knowledge.places import uses_table
from posology.web.knowledge.shelf import Narrowed, Shelf, has_words, nothing_found

# ---------------------------------------------------------------- trials


def trial_filters() -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Return by what the table of evidence can be narrowed."""
    return {
        "kind": ("Kind", tuple((kind, kind.capitalize()) for kind in get_args(StudyKind))),
        "certainty": ("How sure", tuple((c.value, read_words(c.value)) for c in Certainty)),
    }


def trials_table(shelf: Shelf, by: Narrowed) -> Table:
    """Return the table of evidence: who, how many, what against what, what came of it, how sure."""
    columns = (
        Column("Study"),
        Column("People", numeric=True),
        Column("Dose"),
        Column("Against"),
        Column("Result"),
        Column("How sure"),
    )
    rows = tuple(
        _study_row(key, study)
        for key, study in shelf.background.trials.studies.items()
        if by.chosen("kind") in {"", study.kind}
        and by.chosen("certainty") in {"", study.certainty.value}
        and has_words(
            by.words, key, study.title, study.finding, study.dose or "", *study.facts, *study.sources
        )
    )
    return Table(f"Studies: {len(rows)}", columns, rows, empty=nothing_found(by, "study"), show_caption=True)


def _study_row(key: str, study: Study) -> Row:
    return Row(
        (
            Cell(study.title, href=reverse("trial", args=[key]), sub=study.design or study.kind),
            Cell(str(study.n) if study.n else None, missing="not stated"),
            Cell(study.dose, missing="not stated", sub=study.schedule or ""),
            Cell(study.comparator, missing="none"),
            Cell(study.finding, sub=result_words(study.results[0]) if study.results else ""),
            Cell(
                read_words(study.certainty.value),
                chip=Chip(Status.UNVERIFIED) if study.certainty is Certainty.NOT_VERIFIED else None,
            ),
        )
    )


def result_words(result: Result) -> str:
    """Write one number that was found: ``response at day 1: 60 % against 50 %``."""
    when = f" at {result.at}" if result.at and result.at not in result.what else ""
    against = f" against {_amount(result.against, result.unit)}" if result.against is not None else ""
    value = _amount(result.value, result.unit) if result.value is not None else ""
    return f"{result.what}{when}: {value}{against}{_spread(result)}".strip()


def _amount(number: Decimal | None, unit: str) -> str:
    told = "" if unit in {"1", "{score}"} or unit.startswith("{") else f" {unit}"
    return f"{show_number(number)}{told}" if number is not None else ""


def _spread(result: Result) -> str:
    if result.low is None or result.high is None:
        return ""
    lead = f" ({result.spread} " if result.value is not None else f"{result.spread} "
    close = ")" if result.value is not None else ""
    return f"{lead}{show_number(result.low)} to {show_number(result.high)}{close}"


def study_facts(study: Study) -> tuple[Fact, ...]:
    """Return what was done, in rows."""
    return (
        Fact("Found", study.finding),
        Fact("Kind", study.kind),
        Fact("Design", study.design, missing="not stated"),
        Fact("People", str(study.n) if study.n else None, missing="not stated"),
        Fact("Dose", study.dose, missing="not stated"),
        Fact("Schedule", study.schedule, missing="not stated"),
        Fact("Against", study.comparator, missing="none"),
        Fact("Outcome", study.outcome, missing="not stated"),
    )


def study_chain(study: Study, shelf: Shelf) -> Chain:
    """Return the chain of a study's design and finding, laid open."""
    rest = Rest(
        study.certainty.value,
        tuple(fact_link(f) for f in study.facts),
        tuple(source_link(s, shelf.library) for s in study.sources),
    )
    return Chain((rest,), folded=False)


def results_table(study: Study) -> Table:
    """Return every number of a study, each with how sure it was read."""
    columns = (
        Column("What"),
        Column("When"),
        Column("Value", numeric=True),
        Column("Against", numeric=True),
        Column("Spread"),
        Column("How sure"),
    )
    rows = tuple(
        Row(
            (
                Cell(result.what),
                Cell(result.at, missing="not stated"),
                Cell(_amount(result.value, result.unit) or None, missing="only a range"),
                Cell(_amount(result.against, result.unit) or None, missing="none"),
                Cell(_spreads(result) or None, missing="not stated"),
                Cell(f"{result.certainty.value} {read_words(result.certainty.value)}"),
            )
        )
        for result in study.results
    )
    empty = EmptyState("No number was read", "What was found stands in words above.")
    return Table("Numbers", columns, rows, empty=empty, show_caption=True)


def _spreads(result: Result) -> str:
    parts = (
        _spread(result).strip(" ()"),
        f"SD {show_number(result.sd)}" if result.sd is not None else "",
        f"SE {show_number(result.se)}" if result.se is not None else "",
    )
    return ", ".join(part for part in parts if part)


# ---------------------------------------------------------------- what the site sets


def settings_table(shelf: Shelf, by: Narrowed) -> Table:
    """Return what each site decides for itself: the default, the bounds, who may change it."""
    columns = (
        Column("Setting"),
        Column("Default"),
        Column("Bounds"),
        Column("May be changed by"),
        Column("Rests on"),
    )
    rows = tuple(
        Row(
            (
                Cell(setting.title, sub=setting.why),
                Cell(default_words(setting), missing="none: the site must say"),
                Cell(bounds_words(setting) or None, missing="none"),
                Cell(setting.may_change.value),
                Cell("", chain=chain_of(setting, library=shelf.library, label="")),
            ),
            id=key,
        )
        for key, setting in shelf.background.settings.settings.items()
        if has_words(by.words, key, setting.title, setting.why, *setting.facts)
    )
    caption = f"Settings: {len(rows)}"
    return Table(caption, columns, rows, empty=nothing_found(by, "setting"), show_caption=True)


def default_words(setting: SiteSetting) -> str | None:
    """Write a setting's default with its unit; nothing where the site must say."""
    if setting.default is None:
        return None
    many = setting.default if isinstance(setting.default, tuple) else (setting.default,)
    return ", ".join(_default(one, setting.unit) for one in many)


def _default(value: Decimal | bool | str, unit: str | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value.replace("_", " ")
    if unit is not None and unit in UNITS:
        return str(Quantity(value, unit))
    return f"{show_number(value)} {unit or ''}".strip()


def bounds_words(setting: SiteSetting) -> str:
    """Write between what a setting may lie, or of what it may be one."""
    if setting.low is not None and setting.high is not None:
        return f"{_default(setting.low, setting.unit)} to {_default(setting.high, setting.unit)}"
    return ", ".join(choice.replace("_", " ") for choice in setting.choices)


def site_uses_table(shelf: Shelf) -> Table:
    """Return everything that decides and is a default of this product, for the site to set."""
    uses = tuple(u for u in shelf.shown(shelf.uses.of_certainty(Certainty.SITE_DEFAULT)) if u.decides)
    empty = EmptyState("Nothing is set by the site", "Defaults of this product appear here.")
    caption = f"Everything that is ours to set: {len(uses)}"
    return uses_table(caption, uses, shelf.library, empty=empty)

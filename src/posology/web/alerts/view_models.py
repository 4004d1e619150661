"""Counts by rule as a table, a page of one rule, and the lines of the export."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from django.urls import reverse

from posology.clinic.orders.alerts import RuleCount
from posology.knowledge import Library
from posology.knowledge.schema import Rule, RulesFile
from posology.knowledge.source_attributes import NAMES, SourceAttribute, source_attributes
from posology.web.components import Cell, Chip, Column, EmptyState, Row, Status, Table

# What a spreadsheet would take for a formula when a cell begins with it; some take the wide signs too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HEAD = (
    "rule",
    "title",
    "asks for",
    "shown",
    "overridden",
    "overridden, percent",
    "followed",
    "not ordered",
    "noted",
    "reasons",
    *NAMES,
)


@dataclass(frozen=True, slots=True)
class CountedRule:
    """One rule with what it counted; a limit that no file of rules holds has no rule."""

    id: str
    count: RuleCount
    rule: Rule | None
    file: RulesFile | None

    @property
    def title(self) -> str:
        """Its title, or the words of its id where no file of rules holds it."""
        return self.rule.title if self.rule else _words_of(self.id)

    @property
    def level(self) -> str:
        """What it asks for."""
        return self.rule.level.value if self.rule else self.count.level or "caution"

    def attributes(self, library: Library) -> tuple[SourceAttribute, ...]:
        """Return where it comes from."""
        if self.rule is None or self.file is None:
            return ()
        return source_attributes(self.rule, self.file, library)


def _words_of(rule: str) -> str:
    return rule.rpartition("/")[2].replace("-", " ").capitalize()


def title_of(rule: str, library: Library) -> str:
    """Return a rule's title, or the words of its id where no file of rules holds it."""
    titles = (r.title for file in library.rules for r in file.rules if f"{file.id}/{r.id}" == rule)
    return next(titles, _words_of(rule))


def counted_rules(counts: Mapping[str, RuleCount], library: Library) -> tuple[CountedRule, ...]:
    """Return every rule of the library and every other that was shown, the most overridden first."""
    rules = {f"{file.id}/{rule.id}": (rule, file) for file in library.rules for rule in file.rules}
    every = [
        CountedRule(key, counts.get(key, RuleCount(key)), *rules.get(key, (None, None)))
        for key in dict.fromkeys((*rules, *counts))
    ]
    return tuple(sorted(every, key=lambda r: (-r.count.overridden, -r.count.shown, -r.count.noted, r.id)))


def table_of(
    rules: Iterable[CountedRule], caption: str, *, rated: Mapping[str, str | None] | None = None
) -> Table:
    """Return rules with their counts, a line each; the title leads to the rule's own page."""
    columns = (
        Column("Rule"),
        Column("Asks for"),
        Column("Shown", numeric=True),
        Column("Overridden", numeric=True),
        Column("Rate", numeric=True),
        Column("Followed", numeric=True),
        Column("Not ordered", numeric=True),
        Column("Only noted", numeric=True),
        Column("Rated"),
    )
    empty = EmptyState(
        "Nothing was shown yet",
        "A rule comes here when it stood before a signed order, or before a decision for none.",
    )
    return Table(
        caption,
        columns,
        tuple(_row(r, (rated or {}).get(r.id)) for r in rules),
        empty=empty,
        show_caption=True,
    )


def _row(counted: CountedRule, rated: str | None) -> Row:
    count = counted.count
    rate = "" if count.rate is None else f"{count.rate}\u00a0%"
    return Row(
        (
            Cell(counted.title, href=address_of(counted.id), sub=counted.id),
            Cell("", chip=Chip(Status.of(counted.level))),
            Cell(str(count.shown)),
            Cell(str(count.overridden)),
            Cell(rate or None, missing="never shown"),
            Cell(str(count.heeded)),
            Cell(str(count.not_ordered)),
            Cell(str(count.noted)),
            Cell(rated, missing="not yet"),
        )
    )


def address_of(rule: str) -> str:
    """Return the address of a rule's page; none where its id has not the form of one."""
    file, _, name = rule.partition("/")
    return reverse("alert", kwargs={"file": file, "rule": name}) if name and "/" not in name else ""


def reasons_table(count: RuleCount, zone: tzinfo) -> Table:
    """Return the reasons that were given, newest first."""
    rows = tuple(Row((Cell(r.reason), Cell(r.by), Cell(r.at.astimezone(zone)))) for r in count.reasons)
    empty = EmptyState("No reason was given yet", "Whoever passes this rule says why, and it comes here.")
    columns = (Column("Reason"), Column("By"), Column("When"))
    return Table("Reasons", columns, rows, empty=empty, show_caption=True)


def export_lines(rules: Iterable[CountedRule], library: Library) -> Iterable[tuple[str, ...]]:
    """Yield the lines of the export, the head first; no cell begins as a formula does."""
    yield HEAD
    for one in rules:
        count = one.count
        numbers = (count.shown, count.overridden, count.rate, count.heeded, count.not_ordered, count.noted)
        reasons = " | ".join(given.reason for given in count.reasons)
        told = {a.name: a.value for a in one.attributes(library)}
        line = (
            one.id,
            one.title,
            one.level,
            *("" if n is None else str(n) for n in numbers),
            reasons,
            *(told.get(name, "Not recorded: this rule stands in no file of rules") for name in NAMES),
        )
        yield tuple(harmless(cell) for cell in line)


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: one that begins so gets a quote before it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) or cell.startswith(_FORMULA) else cell

"""The front of the knowledge: what there is, how much is unverified or overdue, and the search over all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from posology.knowledge.coverage import deciding_files
from posology.knowledge.schema import Certainty, Header, Level
from posology.knowledge.uses import Use
from posology.web.components import Cell, Chip, Column, EmptyState, Row, Status, Table
from posology.web.grounds import fact_link, source_link
from posology.web.knowledge.facts_models import document_words, known_facts
from posology.web.knowledge.places import href_of, kind_words, uses_table
from posology.web.knowledge.rules_models import CLEARED_BY, find_rule, placed_rules
from posology.web.knowledge.shelf import Shelf, has_words, where_words

MOST_FOUND = 100
# The lists across all parts, by the name of their address; a list of another subject adds its line here.
LISTS = (
    ("unverified", "Not verified", "what nobody has checked at its source, and what it holds up"),
    ("overdue", "Review", "files whose review day has come, and those next in line"),
    ("site-settings", "Set by the site", "what is ours to set, with bounds"),
)


def every_file(shelf: Shelf) -> tuple[Header, ...]:
    """Return every file: those that decide, then those that are only read."""
    return (*deciding_files(shelf.library), *shelf.background.files)


def contents_table(shelf: Shelf) -> Table:
    """Return the table of contents: each part, what it holds, how many, and how many are not verified."""
    library, background = shelf.library, shelf.background
    rules = tuple(placed_rules(shelf))
    facts = known_facts(shelf)
    studies = background.trials.studies
    unverified = Certainty.NOT_VERIFIED
    parts = (
        ("Rules", "rules", "When treatment stops, is held or asks for care", len(rules),
         sum(p.rule.certainty is unverified for p in rules)),
        ("Drugs and interactions", "drugs", "Drugs known by name, and what happens together with ketamine",
         len(library.drugs.drugs), _not_verified(shelf, "rules-interactions")),
        ("Questions", "questions", "What is asked before treatment and at each session",
         len(library.questions.questions),
         sum(q.certainty is unverified for q in library.questions.questions.values())),
        ("Adjustments", "adjustments", "What may be proposed next, and when",
         len(library.adjustments.options), _not_verified(shelf, library.adjustments.id)),
        ("Measures", "measures", "Questionnaires, their bands, and the answers that need a person",
         len(library.measures), _not_verified(shelf, *library.measures)),
        ("Products", "products", "Vials and devices, and what is never ordered",
         len(library.products.products), _not_verified(shelf, library.products.id)),
        ("Facts", "facts", "Every fact id: what it says, its source, where it is used", len(facts),
         sum(fact.is_unverified for fact in facts)),
        ("Trials", "trials", "What was found in whom", len(studies),
         sum(s.certainty is unverified for s in studies.values())),
        ("Models", "models", "What a dose becomes in the blood, who was studied, and by how much it misses",
         *_of_models(shelf)),
        ("Site settings", "site-settings", "What is ours to set, with bounds",
         len(background.settings.settings), _not_verified(shelf, background.settings.id)),
        ("Sources", "sources", "Every document that is cited", len(library.sources),
         sum(s.read is unverified for s in library.sources.values())),
    )  # fmt: skip
    columns = (Column("Part"), Column("Entries", numeric=True), Column("Not verified", numeric=True))
    rows = tuple(
        Row(
            (
                Cell(title, href=reverse(name), sub=what),
                Cell(str(count)),
                Cell(str(open_)),
            )
        )
        for title, name, what, count, open_ in parts
    )
    return Table("What there is", columns, rows, show_caption=True)


def _of_models(shelf: Shelf) -> tuple[int, int]:
    """Count the models, and what in their files nobody has checked at its source."""
    files = shelf.background.models.files if shelf.background.models else ()
    return sum(file.kind == "pk-model" for file in files), _not_verified(shelf, *(file.id for file in files))


def _not_verified(shelf: Shelf, *files: str) -> int:
    """Count what some files cite and nobody has checked at its source."""
    uses = shelf.shown(shelf.uses.of_certainty(Certainty.NOT_VERIFIED))
    return sum(use.file in files for use in uses)


def packs_table(shelf: Shelf) -> Table:
    """Return how much each jurisdiction's pack holds beside what holds everywhere."""
    columns = (
        Column("Jurisdiction"),
        Column("Protocols", numeric=True),
        Column("Rules of its own", numeric=True),
        Column("Facts of its own", numeric=True),
    )
    rows = []
    for where in ("US", "EU", "UK"):
        protocols = [p for p in shelf.library.protocols.values() if where in p.jurisdictions]
        rules = [r for f in shelf.library.rules for r in f.rules if where in r.applies_to.jurisdictions]
        facts = [f for f in shelf.background.facts.values() if where in f.jurisdictions]
        rows.append(
            Row(
                (
                    Cell(where, sub="this clinic's own" if where == shelf.here else ""),
                    Cell(str(len(protocols))),
                    Cell(str(len(rules))),
                    Cell(str(len(facts))),
                ),
                marked=where == shelf.here,
            )
        )
    return Table("Packs by jurisdiction", columns, tuple(rows), show_caption=True)


# ---------------------------------------------------------------- lists


def held_up_table(shelf: Shelf) -> Table:
    """Return the rules that rest on what was not verified: what each holds up, and who decides."""
    columns = (Column("Rule"), Column("What it holds up"), Column("Who decides"), Column("Holds in"))
    rows = []
    for use in shelf.shown(shelf.uses.of_certainty(Certainty.NOT_VERIFIED)):
        placed = find_rule(shelf, use.file, use.name) if use.kind == "rule" else None
        if placed is None:
            continue
        rule = placed.rule
        held = rule.level is Level.HOLD
        rows.append(
            Row(
                (
                    Cell(
                        rule.title, href=href_of(use, shelf.library), chip=Chip(Status.of(rule.level.value))
                    ),
                    Cell(rule.say if held else f"Nothing: it asks for care. {rule.say}"),
                    Cell(CLEARED_BY[rule.cleared_by.value] if held else "needs no clearing"),
                    Cell(where_words(use.jurisdictions)),
                )
            )
        )
    empty = EmptyState("No rule rests on what was not verified", "Such rules appear here, with who decides.")
    return Table(f"Rules: {len(rows)}", columns, tuple(rows), empty=empty, show_caption=True)


def unverified_uses(shelf: Shelf) -> Table:
    """Return everything else that rests on what was not verified."""
    uses = tuple(
        use for use in shelf.shown(shelf.uses.of_certainty(Certainty.NOT_VERIFIED)) if use.kind != "rule"
    )
    empty = EmptyState("Nothing else", "Sentences and facts that were not verified appear here.")
    return uses_table(f"What is only read: {len(uses)}", uses, shelf.library, empty=empty)


def review_table(shelf: Shelf, *, overdue: bool) -> Table:
    """Return the files by the day of their next review; those that are overdue, or all others."""
    files = sorted(every_file(shelf), key=lambda file: (file.review_due, file.title))
    shown = [file for file in files if (file.review_due <= shelf.on) is overdue]
    columns = (Column("File"), Column("Review due"), Column("Last read"), Column("Written and read by"))
    rows = tuple(
        Row(
            (
                Cell(file.title, sub=f"{file.id}, version {file.version}"),
                Cell(file.review_due, chip=Chip(Status.OVERDUE, "Review overdue") if overdue else None),
                Cell(file.last_review_date),
                Cell(f"{file.authored_by}; {file.reviewed_by}"),
            ),
            marked=overdue,
        )
        for file in shown
    )
    empty = EmptyState("Nothing is overdue", "A file whose review day has come appears here.")
    caption = f"Overdue: {len(rows)}" if overdue else f"Next in line: {len(rows)}"
    return Table(caption, columns, rows, empty=empty, show_caption=True)


def overdue_titles(shelf: Shelf, on: date) -> tuple[str, ...]:
    """Return the titles of the files whose review day has come."""
    return tuple(file.title for file in every_file(shelf) if file.review_due <= on)


# ---------------------------------------------------------------- search over all


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found."""

    title: str
    href: str
    kind: str
    sub: str
    rank: int  # 0 where its id is what was asked for


def search_table(shelf: Shelf, words: str) -> tuple[Table, int]:
    """Return what has all the words, ids first, and how many there are in all."""
    found = sorted(_found(shelf, words), key=lambda one: one.rank)
    columns = (Column("Found"), Column("Is"), Column("Says"))
    rows = tuple(
        Row((Cell(one.title, href=one.href), Cell(one.kind), Cell(one.sub))) for one in found[:MOST_FOUND]
    )
    empty = EmptyState("Nothing was found", "Try fewer words, another spelling, or the id of a fact.")
    return Table("What was found", columns, rows, empty=empty), len(found)


def _found(shelf: Shelf, words: str) -> Iterator[Found]:
    asked = words.casefold()
    for fact in known_facts(shelf):
        if has_words(words, fact.id, fact.say):
            exact = 0 if asked == fact.id.casefold() else 2
            yield Found(fact.id, fact_link(fact.id).href, "Fact", fact.say, exact)
    for source_id, source in shelf.library.sources.items():
        if has_words(words, source_id, source.title, document_words(source)):
            exact = 0 if asked == source_id.casefold() else 3
            yield Found(source_id, source_link(source_id, shelf.library).href, "Source", source.title, exact)
    for protocol in shelf.library.protocols.values():
        if shelf.holds(protocol.jurisdictions) and has_words(words, protocol.id, protocol.title):
            href = reverse("protocol", args=[protocol.id])
            yield Found(protocol.title, href, "Protocol", where_words(protocol.jurisdictions), 1)
    for name, drug in shelf.library.drugs.drugs.items():
        if has_words(words, name, *drug.names):
            yield Found(name, f"{reverse('drugs')}?q={name}", "Drug", ", ".join(drug.names), 1)
    for use in shelf.shown(shelf.uses.every):
        if use.kind != "reference" and has_words(words, use.name, use.told, *_rule_words(use, shelf)):
            exact = 0 if asked in {use.name, f"{use.file}/{use.name}"} else 2
            title = use.name.replace("-", " ").replace("_", " ").capitalize()
            yield Found(title, href_of(use, shelf.library), kind_words(use), use.told, exact)


def _rule_words(use: Use, shelf: Shelf) -> tuple[str, ...]:
    placed = find_rule(shelf, use.file, use.name) if use.kind == "rule" else None
    return (placed.rule.title, placed.rule.do, placed.id) if placed else ()

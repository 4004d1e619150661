"""Facts and sources as pages: the sentence, how sure, from where, where it is used, or why nowhere."""

from collections.abc import Iterable
from dataclasses import dataclass

from posology.knowledge.certainties import read_words
from posology.knowledge.coverage import deciding_files
from posology.knowledge.reference import FactEntry, ReferenceFact, ReferenceValue
from posology.knowledge.schema import Certainty, Header, Source
from posology.knowledge.uses import Use
from posology.quantities import show_number
from posology.web.components import Cell, Chip, Column, EmptyState, Fact, Row, Status, Table
from posology.web.components.text import day_text
from posology.web.grounds import fact_link, source_link
from posology.web.knowledge.places import kind_words
from posology.web.knowledge.shelf import Narrowed, Shelf, has_words, nothing_found, where_words

SHEETS = ("protocols", "assessment", "safety", "evidence", "pharmacology", "measures", "codes")
USED = (
    ("decides", "Used in a decision"),
    ("shown", "Shown, decides nothing"),
    ("nowhere", "In no file, with the reason"),
)


@dataclass(frozen=True, slots=True)
class KnownFact:
    """One fact id with everything that is known of it."""

    id: str
    entry: FactEntry
    reference: ReferenceFact | None
    uses: tuple[Use, ...]
    say: str  # the fact in a sentence
    sources: tuple[str, ...]

    @property
    def codes(self) -> tuple[Certainty, ...]:
        """Return how sure it is in the sheet; where the sheet says nothing, in the files."""
        return self.entry.codes or tuple(dict.fromkeys(use.certainty for use in self.uses))

    @property
    def sure(self) -> str:
        """Return how sure it is, in words; of several parts, each kind once."""
        return "; ".join(read_words(code.value) for code in self.codes) or "not said in the sheet"

    @property
    def is_unverified(self) -> bool:
        """Return whether a part of it was not verified."""
        return Certainty.NOT_VERIFIED in self.codes

    @property
    def decides(self) -> bool:
        """Return whether a decision rests on it."""
        return any(use.decides for use in self.uses)

    @property
    def used(self) -> str:
        """Return the key of how it is used."""
        if self.decides:
            return "decides"
        return "shown" if self.uses or self.entry.stands_in else "nowhere"

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Return where it holds; everywhere when empty."""
        if self.reference is not None:
            return self.reference.jurisdictions
        told = [use.jurisdictions for use in self.uses]
        return tuple(dict.fromkeys(j for one in told for j in one)) if told and all(told) else ()


def known_fact(shelf: Shelf, fact_id: str) -> KnownFact | None:
    """Return one fact, or nothing where no sheet has it."""
    entry = shelf.background.fact_ids.facts.get(fact_id)
    if entry is None:
        return None
    return _known(fact_id, entry, shelf.background.facts.get(fact_id), shelf)


def _known(fact_id: str, entry: FactEntry, reference: ReferenceFact | None, shelf: Shelf) -> KnownFact:
    uses = shelf.uses
    say = uses.said.get(fact_id) or entry.why_not or f"It stands in {', '.join(entry.stands_in)}."
    return KnownFact(
        fact_id,
        entry,
        reference,
        uses.by_fact.get(fact_id, ()),
        say,
        uses.named.get(fact_id, ()),
    )


def known_facts(shelf: Shelf) -> tuple[KnownFact, ...]:
    """Return every fact that belongs on the page, in the order of the sheets."""
    references = shelf.background.facts
    every = (
        _known(key, entry, references.get(key), shelf)
        for key, entry in shelf.background.fact_ids.facts.items()
    )
    return tuple(fact for fact in every if shelf.holds(fact.jurisdictions))


def fact_filters(shelf: Shelf) -> dict[str, tuple[str, tuple[tuple[str, str], ...]]]:
    """Return by what the list of facts can be narrowed."""
    topics = sorted({fact.topic for fact in shelf.background.facts.values()})
    return {
        "sheet": ("Sheet", tuple((sheet, sheet.capitalize()) for sheet in SHEETS)),
        "topic": ("Subject", tuple((topic, topic.capitalize()) for topic in topics)),
        "used": ("Use", USED),
        "certainty": ("How sure", tuple((c.value, read_words(c.value)) for c in Certainty)),
    }


def chosen_facts(shelf: Shelf, by: Narrowed) -> tuple[KnownFact, ...]:
    """Return the facts that a list is narrowed to."""
    return tuple(fact for fact in known_facts(shelf) if _is_chosen(fact, by))


def _is_chosen(fact: KnownFact, by: Narrowed) -> bool:
    return (
        by.chosen("sheet") in {"", fact.entry.sheet}
        and (
            not by.chosen("topic")
            or (fact.reference is not None and fact.reference.topic == by.chosen("topic"))
        )
        and by.chosen("used") in {"", fact.used}
        and (not by.chosen("certainty") or by.chosen("certainty") in {c.value for c in fact.codes})
        and has_words(by.words, fact.id, fact.say)
    )


def facts_table(
    facts: Iterable[KnownFact], by: Narrowed, caption: str = "Facts", *, show_caption: bool = False
) -> Table:
    """Return facts, one a line, each with the way to its page."""
    columns = (Column("Fact"), Column("What it says"), Column("How sure"), Column("Holds"), Column("Used"))
    used = dict(USED)
    rows = tuple(
        Row(
            (
                Cell(fact.id, href=fact_link(fact.id).href, whole=True),
                Cell(fact.say),
                Cell(fact.sure, chip=Chip(Status.UNVERIFIED) if fact.is_unverified else None),
                Cell(where_words(fact.jurisdictions)),
                Cell(used[fact.used], sub=_places(fact.uses)),
            )
        )
        for fact in facts
    )
    return Table(caption, columns, rows, empty=nothing_found(by, "fact"), show_caption=show_caption)


def _places(uses: tuple[Use, ...]) -> str:
    kinds: dict[str, int] = {}
    for use in uses:
        word = kind_words(use).lower()
        kinds[word] = kinds.get(word, 0) + 1
    return ", ".join(f"{count} × {word}" if count > 1 else word for word, count in kinds.items())


# ---------------------------------------------------------------- one fact


def fact_rows(fact: KnownFact) -> tuple[Fact, ...]:
    """Return what is known of one fact, in rows."""
    reference = fact.reference
    unverified = reference.unverified if reference is not None and reference.unverified else ""
    return (
        Fact("How sure", fact.sure, origin=fact.entry.certainty),
        *((Fact("Not verified of it", unverified),) if unverified else ()),
        Fact("Holds in", where_words(fact.jurisdictions)),
        *((Fact("Subject", reference.topic),) if reference is not None else ()),
        *((Fact("The rate counts", reference.basis),) if reference is not None and reference.basis else ()),
        *(Fact(_name(name), value_words(value)) for name, value in _values(reference)),
        Fact("Sheet of facts", fact.entry.sheet, origin=fact.entry.group or ""),
    )


def _values(reference: ReferenceFact | None) -> Iterable[tuple[str, ReferenceValue]]:
    return reference.values.items() if reference is not None else ()


def _name(key: str) -> str:
    return key.replace("_", " ").capitalize()


def value_words(value: ReferenceValue) -> str:
    """Write a value that is only shown, with its unit as the sheet has it."""
    many = value.value if isinstance(value.value, tuple) else (value.value,)
    told = ", ".join(
        ("yes" if v else "no") if isinstance(v, bool) else v if isinstance(v, str) else show_number(v)
        for v in many
    )
    return f"{told} {value.unit}" if value.unit else told


def fact_sources(fact: KnownFact, shelf: Shelf) -> Table:
    """Return the sources of a fact: its own, or those that are named where it is used."""
    caption = "Sources" if fact.reference is not None else "Sources named where it is used"
    return sources_table(caption, fact.sources, shelf)


def chosen_facts_of(ids: Iterable[str], shelf: Shelf) -> Table:
    """Return the facts of these ids with what they say, on a page that rests on them."""
    columns = (Column("Fact"), Column("What it says"), Column("How sure"))
    known = (known_fact(shelf, fact_id) for fact_id in ids)
    rows = tuple(
        Row(
            (
                Cell(fact.id, href=fact_link(fact.id).href, whole=True),
                Cell(fact.say),
                Cell(fact.sure, chip=Chip(Status.UNVERIFIED) if fact.is_unverified else None),
            )
        )
        for fact in known
        if fact is not None
    )
    empty = EmptyState(
        "It rests on no fact of the sheets", "It is a default of this product, for the site to set."
    )
    return Table("Facts", columns, rows, empty=empty, show_caption=True)


# ---------------------------------------------------------------- sources


def sources_table(
    caption: str, ids: Iterable[str], shelf: Shelf, *, empty: EmptyState | None = None
) -> Table:
    """Return sources, one a line, with what identifies the document and how it was read."""
    columns = (Column("Source"), Column("Document"), Column("Published"), Column("Read"))
    rows = tuple(_source_row(i, shelf) for i in ids)
    empty = empty or EmptyState("No source is named", "Nothing that uses it names a document.")
    return Table(caption, columns, rows, empty=empty, show_caption=True)


def _source_row(source_id: str, shelf: Shelf) -> Row:
    source = shelf.library.sources[source_id]
    return Row(
        (
            Cell(source_id, href=source_link(source_id, shelf.library).href),
            Cell(source.title, sub=document_words(source)),
            Cell(source.published, missing="not stated"),
            Cell(
                read_words(source.read.value),
                chip=Chip(Status.UNVERIFIED) if source.read is Certainty.NOT_VERIFIED else None,
            ),
        )
    )


def document_words(source: Source) -> str:
    """Return what identifies a document: DOI, PMID, the id of a label's text."""
    parts = (
        f"DOI {source.doi}" if source.doi else "",
        f"PMID {source.pmid}" if source.pmid else "",
        f"SPL set id {source.set_id}" if source.set_id else "",
    )
    return " · ".join(part for part in parts if part)


def source_rows(source: Source, uses: tuple[Use, ...], shelf: Shelf) -> tuple[Fact, ...]:
    """Return what is known of one document, in rows, with who read what cites it."""
    return (
        Fact("How it was read", read_words(source.read.value)),
        Fact("Published", source.published, missing="not stated"),
        *((Fact("DOI", source.doi),) if source.doi else ()),
        *((Fact("PMID", source.pmid),) if source.pmid else ()),
        *((Fact("SPL set id", source.set_id),) if source.set_id else ()),
        *((Fact("Note", source.note),) if source.note else ()),
        Fact("Read by", "; ".join(_readers(uses, shelf)), missing="no file cites it"),
    )


def _readers(uses: tuple[Use, ...], shelf: Shelf) -> Iterable[str]:
    """Return who wrote and who read the files that cite a source, with the day of the last review."""
    from_files = {file.id: file for file in (*deciding(shelf), *shelf.background.files)}
    told = (from_files[use.file] for use in uses if use.file in from_files)
    return dict.fromkeys(
        f"{file.authored_by}, and {file.reviewed_by} on {day_text(file.last_review_date)}" for file in told
    )


def deciding(shelf: Shelf) -> tuple[Header, ...]:
    """Return every file that decisions are made from."""
    return deciding_files(shelf.library)


def facts_of_source(uses: tuple[Use, ...]) -> tuple[str, ...]:
    """Return every fact that rests on a source, in order of its id."""
    return tuple(sorted({fact for use in uses for fact in use.facts}))

"""The files of the knowledge and one protocol, as tables: what stands in them, and on what grounds."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.urls import reverse

from posology.knowledge import Library
from posology.knowledge.certainties import certainty_words
from posology.knowledge.library import citations_in
from posology.knowledge.schema import Certainty, Cited, Header, MeasureFile, Phase, ProtocolFile, Statement
from posology.quantities import Quantity
from posology.web.components import Cell, Chip, Column, EmptyState, Fact, Row, Status, Table
from posology.web.components.text import day_text
from posology.web.grounds import chain_of
from posology.web.knowledge.shelf import Shelf, where_words

NOT_SIGNED_OFF = "Not yet signed off by a clinician"
ORDER = tuple(Certainty)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many statements of a file rest on facts of one certainty."""

    code: str
    words: str
    count: int


def tallies(model: Header) -> tuple[Tally, ...]:
    """Count what a file cites, by certainty, surest first."""
    counted = Counter(cited.certainty for cited in citations_in(model))
    return tuple(Tally(c.value, certainty_words(c.value), counted[c]) for c in ORDER if counted[c])


def meaning_of_codes() -> tuple[Tally, ...]:
    """Return every certainty code with its words, for the key under the lists."""
    return tuple(Tally(c.value, certainty_words(c.value), 0) for c in ORDER)


# ---------------------------------------------------------------- the list of files


def files_table(caption: str, files: Iterable[Header], *, on: date) -> Table:
    """Return the files of one kind: title, version, review, certainty counts, and who signed them off."""
    columns = (
        Column("Title"),
        Column("Version", numeric=True),
        Column("Review due"),
        Column("What it rests on"),
        Column("Signed off by a clinician"),
    )
    rows = tuple(_file_row(file, on) for file in files)
    empty = EmptyState("No file of this kind", "Files are added to the knowledge folder and appear here.")
    return Table(caption, columns, rows, empty=empty, show_caption=True)


def _file_row(file: Header, on: date) -> Row:
    overdue = file.review_due <= on
    return Row(
        (
            Cell(file.title, href=_href(file), sub=_subtitle(file)),
            Cell(str(file.version)),
            Cell(file.review_due, chip=Chip(Status.OVERDUE, "Review overdue") if overdue else None),
            Cell(" · ".join(f"{t.code} {t.count}" for t in tallies(file)) or "Cites nothing"),
            Cell(file.clinical_sign_off or NOT_SIGNED_OFF),
        ),
        marked=overdue,
    )


def _href(file: Header) -> str:
    """Return the page on which a file's content is best read."""
    if isinstance(file, ProtocolFile):
        return reverse("protocol", args=[file.id])
    if isinstance(file, MeasureFile):
        return f"{reverse('measures')}#{file.id}"
    pages = {
        "rules": f"{reverse('rules')}?part={file.id}",
        "questions": reverse("questions"),
        "drugs": reverse("drugs"),
        "products": reverse("products"),
        "adjustments": reverse("adjustments"),
        "reference": reverse("facts"),
        "trials": reverse("trials"),
        "fact-ids": reverse("facts"),
        "site-settings": reverse("site-settings"),
    }
    if file.kind.startswith("pk-"):
        return reverse("knowledge-file", args=[file.id])
    return pages.get(file.kind, "")


def _subtitle(file: Header) -> str:
    if isinstance(file, ProtocolFile):
        where = where_words(file.jurisdictions)
        return f"{file.substance.value}, {file.route.value} · {file.approval} · {where}"
    if isinstance(file, MeasureFile):
        return f"{file.short_title} · {len(file.items)} items"
    return file.id


# ---------------------------------------------------------------- one protocol


def head_facts(file: ProtocolFile, library: Library, *, on: date) -> tuple[Fact, ...]:
    """Return what stands at the head of a protocol's page."""
    products = ", ".join(library.products.products[p].title for p in file.products)
    overdue = "its review day has passed" if file.review_due <= on else ""
    return (
        Fact("Substance and route", f"{file.substance.value}, {file.route.value}"),
        Fact("Approval", file.approval),
        Fact("Dosed in", file.dose_basis),
        Fact("Where it applies", where_words(file.jurisdictions)),
        Fact("Products", products),
        Fact("Version", f"{file.version}, {file.status}"),
        Fact("Written and read by", f"{file.authored_by}; {file.reviewed_by}", on=file.last_review_date),
        Fact("Review due", day_text(file.review_due), stale_because=overdue),
        Fact("Signed off by a clinician", file.clinical_sign_off, missing=NOT_SIGNED_OFF.lower()),
        Fact("Hash of the file", library.stamps[file.id].sha256[:16]),
    )


def phases_table(file: ProtocolFile, library: Library) -> Table:
    """Return the stretches of a course, with their visits and checkpoints."""
    columns = (Column("Phase"), Column("Visits"), Column("Checkpoint"), Column("Rests on"))
    told = (
        one
        for phase in file.phases
        for one in ((phase.title, _visits(phase), phase.checkpoint, phase), *_on_the_way(phase))
    )
    rows = tuple(
        Row(
            (
                Cell(title),
                Cell(when),
                Cell(asked, missing="none"),
                Cell("", chain=chain_of(cited, library=library, label="")),
            )
        )
        for title, when, asked, cited in told
    )
    return Table("Phases of a course", columns, rows, show_caption=True)


def _on_the_way(phase: Phase) -> Iterator[tuple[str, str, str, Cited]]:
    """Yield what is asked within a phase, and what its source says of a missed session."""
    for one in phase.checkpoints:
        when = {
            "benefit": f"Day {one.on_day}",
            "duration": f"{one.months} months after the first response",
            "futility": f"After session {one.after_one}, or each of {', '.join(map(str, one.after_each))}",
        }[one.asks]
        yield one.title, when, f"{one.do} {one.limit}".strip(), one
    if phase.missed is not None:
        said = f"{phase.missed.do} {phase.missed.if_worse}".strip()
        yield "A missed session", "Any day", said, phase.missed


def _visits(phase: Phase) -> str:
    if phase.visit_days:
        return "Days " + ", ".join(str(day) for day in phase.visit_days)
    if phase.every_days:
        return f"{phase.sessions} sessions, every {phase.every_days} days"
    intervals = phase.interval_days or ()
    return f"Every {intervals[0]} days; allowed: {', '.join(str(d) for d in intervals)} days"


def monitoring_facts(file: ProtocolFile, library: Library) -> tuple[Fact, ...]:
    """Return when readings are due, and how long the patient stays, each with its chain."""
    watch, leave = file.monitoring, file.discharge
    watched, left = chain_of(watch, library=library), chain_of(leave, library=library)
    moments = [f"{m} min" for m in watch.at_min]
    after = (
        f"every {watch.after_every_min} min for {watch.after_until_min} min"
        if watch.after_every_min
        else None
    )
    during = f"every {watch.during_every_min} min" if watch.during_every_min else None
    stays = Quantity(Decimal(leave.minimum_min), "min")
    return (
        Fact("Before the dose", "a full set" if watch.before else "not asked", chain=watched),
        Fact("At fixed times from the first dose", ", ".join(moments) or None, missing="none"),
        Fact("While it runs", during, missing="no steps"),
        Fact("Afterwards", after, missing="no steps"),
        Fact("What is read", ", ".join(r.replace("_", " ") for r in watch.readings)),
        Fact("Stays at least", stays, origin=f"from {leave.clock_from.replace('_', ' ')}", chain=left),
    )


def statement_tables(file: ProtocolFile, shelf: Shelf) -> tuple[Table, ...]:
    """Return what speaks for and against a protocol, each sentence with its grounds."""
    sides = (("for", "What speaks for it"), ("against", "What speaks against it"))
    return tuple(
        _statements(title, [s for s in file.statements if s.side == side], shelf) for side, title in sides
    )


def _statements(title: str, statements: Iterable[Statement], shelf: Shelf) -> Table:
    rows = tuple(
        Row(
            (
                Cell(s.say, sub=f"said in {where_words(s.jurisdictions)}" if s.jurisdictions else ""),
                Cell("", chain=chain_of(s, library=shelf.library, label="")),
            )
        )
        for s in statements
    )
    empty = EmptyState("Nothing is recorded", "Sentences are added to the protocol's file.")
    return Table(title, (Column("Sentence"), Column("Rests on")), rows, empty=empty, show_caption=True)


def sources_of(file: ProtocolFile) -> tuple[str, ...]:
    """Return each source that the protocol names, once, in order of its id."""
    return tuple(sorted({source for cited in citations_in(file) for source in cited.sources}))

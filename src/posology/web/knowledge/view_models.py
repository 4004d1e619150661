"""Knowledge files turned into tables: what stands in them, from which day, on what grounds."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.urls import reverse

from posology.knowledge import Library
from posology.knowledge.certainties import certainty_words
from posology.knowledge.library import citations_in
from posology.knowledge.schema import (
    Certainty,
    Cited,
    Header,
    MeasureFile,
    Phase,
    ProtocolFile,
    Rule,
    Source,
    Statement,
    Value,
)
from posology.protocols.eligibility import speaks_of
from posology.quantities import Quantity, show_number
from posology.web.components import Cell, Chip, Column, EmptyState, Fact, Row, Status, Table, Verdict
from posology.web.components.facts import Ground
from posology.web.components.text import day_text

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
    return tuple(Tally(c.value, words_of(c), counted[c]) for c in ORDER if counted[c])


def words_of(certainty: Certainty) -> str:
    """Return what a certainty code means, in words."""
    if certainty is Certainty.SITE_DEFAULT:
        return "default of this product, for the site to set"
    return certainty_words(certainty.value)


def meaning_of_codes() -> tuple[Tally, ...]:
    """Return every certainty code with its words, for the key under the lists."""
    return tuple(Tally(c.value, words_of(c), 0) for c in ORDER)


# ---------------------------------------------------------------- the list


def files_table(caption: str, files: Iterable[Header], *, on: date, linked: bool) -> Table:
    """Return the files of one kind: title, version, review, certainty counts, and who signed them off."""
    columns = (
        Column("Title"),
        Column("Version", numeric=True),
        Column("Review due"),
        Column("What it rests on"),
        Column("Signed off by a clinician"),
    )
    rows = tuple(_file_row(file, on, linked) for file in files)
    empty = EmptyState("No file of this kind", "Files are added to the knowledge folder and appear here.")
    return Table(caption, columns, rows, empty=empty, show_caption=True)


def _file_row(file: Header, on: date, linked: bool) -> Row:
    overdue = file.review_due <= on
    href = reverse("protocol", args=[file.id]) if linked else ""
    return Row(
        (
            Cell(file.title, href=href, sub=_subtitle(file)),
            Cell(str(file.version)),
            Cell(file.review_due, chip=Chip(Status.OVERDUE, "Review overdue") if overdue else None),
            Cell(" · ".join(f"{t.code} {t.count}" for t in tallies(file)) or "Cites nothing"),
            Cell(file.clinical_sign_off or NOT_SIGNED_OFF),
        ),
        marked=overdue,
    )


def _subtitle(file: Header) -> str:
    if isinstance(file, ProtocolFile):
        where = ", ".join(file.jurisdictions) or "any jurisdiction"
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
        Fact("Where it applies", ", ".join(file.jurisdictions) or "any jurisdiction"),
        Fact("Products", products),
        Fact("Version", f"{file.version}, {file.status}"),
        Fact("Written and read by", f"{file.authored_by}; {file.reviewed_by}", on=file.last_review_date),
        Fact("Review due", day_text(file.review_due), stale_because=overdue),
        Fact("Signed off by a clinician", file.clinical_sign_off, missing=NOT_SIGNED_OFF.lower()),
        Fact("Hash of the file", library.stamps[file.id].sha256[:16]),
    )


def values_table(file: ProtocolFile, *, on: date) -> Table:
    """Return every value of a protocol, one row an effective day; the one in force today is marked."""
    columns = (
        Column("Value"),
        Column("Holds from"),
        Column("Is", numeric=True),
        Column("Rests on"),
        Column("Note"),
    )
    rows = [
        _value_row(name, day, value, in_force=day == _day_in_force(dated, on))
        for name, dated in file.values.items()
        for day, value in dated.items()
    ]
    return Table("Values, each with the day from which it holds", columns, tuple(rows), show_caption=True)


def _day_in_force(dated: Mapping[date, Value], on: date) -> date | None:
    return max((day for day in dated if day <= on), default=None)


def _value_row(name: str, day: date, value: Value, *, in_force: bool) -> Row:
    chip = Chip(Status.PASS, "In force") if in_force else None
    return Row(
        (
            Cell(name.replace("_", " ").capitalize()),
            Cell(day, chip=chip),
            Cell(value_text(value)),
            Cell(f"{value.certainty.value} · {', '.join(value.sources)}", sub=", ".join(value.facts)),
            Cell(value.note or value.where or "", missing=""),
        )
    )


def value_text(value: Value) -> str:
    """Write a value with its unit, a list as its members."""
    many = value.value if isinstance(value.value, tuple) else (value.value,)
    return ", ".join(_one_text(v, value.unit) for v in many)


def _one_text(value: Decimal | bool | str, unit: str | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return str(Quantity(value, unit)) if unit else show_number(value)


def phases_table(file: ProtocolFile) -> Table:
    """Return the stretches of a course, with their visits and checkpoints."""
    columns = (Column("Phase"), Column("Visits"), Column("Checkpoint"), Column("Rests on"))
    rows = tuple(
        Row(
            (
                Cell(phase.title),
                Cell(_visits(phase)),
                Cell(phase.checkpoint),
                Cell(grounds_text(phase), sub=_facts(phase)),
            )
        )
        for phase in file.phases
    )
    return Table("Phases of a course", columns, rows, show_caption=True)


def _visits(phase: Phase) -> str:
    if phase.visit_days:
        return "Days " + ", ".join(str(day) for day in phase.visit_days)
    if phase.every_days:
        return f"{phase.sessions} sessions, every {phase.every_days} days"
    intervals = phase.interval_days or ()
    return f"Every {intervals[0]} days; allowed: {', '.join(str(d) for d in intervals)} days"


def grounds_text(cited: Cited) -> str:
    """Write certainty and sources in one line."""
    return f"{cited.certainty.value} · {', '.join(cited.sources)}"


def _facts(cited: Cited) -> str:
    return ", ".join(cited.facts)


def monitoring_facts(file: ProtocolFile) -> tuple[Fact, ...]:
    """Return when readings are due, and how long the patient stays."""
    watch, leave = file.monitoring, file.discharge
    moments = [f"{m} min" for m in watch.at_min]
    after = (
        f"every {watch.after_every_min} min for {watch.after_until_min} min"
        if watch.after_every_min
        else None
    )
    return (
        Fact("Before the dose", "a full set" if watch.before else "not asked", origin=grounds_text(watch)),
        Fact(
            "At fixed times from the first dose",
            ", ".join(moments) or None,
            missing="none",
            origin=_facts(watch),
        ),
        Fact(
            "While it runs",
            f"every {watch.during_every_min} min" if watch.during_every_min else None,
            missing="no steps",
        ),
        Fact("Afterwards", after, missing="no steps"),
        Fact("What is read", ", ".join(r.replace("_", " ") for r in watch.readings)),
        Fact(
            "Stays at least",
            Quantity(Decimal(leave.minimum_min), "min"),
            origin=f"from {leave.clock_from.replace('_', ' ')} · {grounds_text(leave)}",
        ),
    )


def statement_tables(file: ProtocolFile) -> tuple[Table, ...]:
    """Return what speaks for and against a protocol, each sentence with its grounds."""
    sides = (("for", "What speaks for it"), ("against", "What speaks against it"))
    return tuple(_statements(title, [s for s in file.statements if s.side == side]) for side, title in sides)


def _statements(title: str, statements: Iterable[Statement]) -> Table:
    rows = tuple(Row((Cell(s.say), Cell(grounds_text(s), sub=_facts(s)))) for s in statements)
    empty = EmptyState("Nothing is recorded", "Sentences are added to the protocol's file.")
    return Table(title, (Column("Sentence"), Column("Rests on")), rows, empty=empty, show_caption=True)


# ---------------------------------------------------------------- rules and sources


def rule_verdicts(
    file: ProtocolFile, library: Library, *, jurisdiction: str, as_of: datetime
) -> tuple[Verdict, ...]:
    """Return every rule that speaks of this protocol here, stops first, down to its sources."""
    spoken = [
        (rules.id, rules.version, rule)
        for rules in library.rules
        for rule in rules.rules
        if speaks_of(rule, file, jurisdiction, as_of)
    ]
    return tuple(_rule_verdict(where, version, rule, library) for where, version, rule in spoken)


def _rule_verdict(where: str, version: int, rule: Rule, library: Library) -> Verdict:
    return Verdict(
        status=Status.of(rule.level.value),
        what=rule.title,
        because=rule.say,
        say=f"{rule.do} Cleared by: {rule.cleared_by.value}.",
        grounds=tuple(
            Ground(
                rule=f"{where}/{rule.id}",
                fact_id=_facts(rule),
                source=library.sources[source].title,
                certainty=rule.certainty.value,
                knowledge=f"{where}, version {version}",
                href=link_of(library.sources[source]),
            )
            for source in rule.sources
        ),
    )


def sources_table(file: ProtocolFile, library: Library) -> Table:
    """Return each source that the protocol names, once."""
    named = sorted({source for cited in citations_in(file) for source in cited.sources})
    rows = tuple(_source_row(name, library.sources[name]) for name in named)
    columns = (Column("Source"), Column("Document"), Column("Published"), Column("Read"))
    return Table("Sources", columns, rows, show_caption=True)


def _source_row(name: str, source: Source) -> Row:
    chip = Chip(Status.UNVERIFIED) if source.read is Certainty.NOT_VERIFIED else None
    return Row(
        (
            Cell(name),
            Cell(source.title, href=link_of(source), sub=source.note or ""),
            Cell(source.published, missing="not stated"),
            Cell(words_of(source.read), chip=chip),
        )
    )


def link_of(source: Source) -> str:
    """Return where a source can be read, or nothing."""
    if source.doi:
        return f"https://doi.org/{source.doi}"
    if source.pmid:
        return f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/"
    return source.url or ""

"""``posology check-knowledge`` and ``posology questions``: what is known, how surely, until when."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from posology.cli.given import CommandError, read_as_of
from posology.cli.plain import print_json
from posology.cli.words import CERTAINTIES, count, day
from posology.knowledge import Certainty, Library, build_library, load_library, read_files
from posology.knowledge.background import Background, build_background, load_background
from posology.knowledge.coverage import deciding_files
from posology.knowledge.kinds import BACKGROUND
from posology.knowledge.library import citations_in
from posology.knowledge.overlay import overlay
from posology.knowledge.reference import SiteSetting
from posology.knowledge.submission import faults_of


@dataclass(frozen=True, slots=True)
class FileRow:
    """One knowledge file, as the check lists it."""

    id: str
    kind: str
    title: str
    version: int
    status: str
    review_due: date
    overdue: bool
    facts: dict[str, int]  # how many cited statements, by certainty
    sha256: str


def run_check(folder: Path | None, as_of: str | None, *, as_json: bool) -> None:
    """Check a folder of knowledge files and list them."""
    moment = read_as_of(as_of) if as_of else datetime.now(UTC)
    library, background = knowledge_of(folder)
    rows = sorted(file_rows(library, background, moment.date()), key=lambda r: (r.kind, r.id))
    settings = background.settings.settings if background else {}
    if as_json:
        shown = {key: one.model_dump(mode="json") for key, one in settings.items()}
        found = {"files": rows, "sources": len(library.sources), "sha256": library.sha256}
        print_json({**found, "site_settings": shown})
        return
    _print_rows(rows, library)
    if settings:
        _print_settings(settings)


def knowledge_of(folder: Path | None) -> tuple[Library, Background | None]:
    """Return the knowledge of the package, of a folder, or of the package with one file of a site."""
    if folder is None:
        return load_library(), load_background()
    if folder.is_file():
        return _with_site_protocol(folder), load_background()
    if not folder.is_dir():
        raise CommandError(f"{folder}: there is no such folder. Give the folder of the knowledge files.")
    documents = read_files(folder)
    if not documents:
        raise CommandError(f"{folder}: there is no .yaml file in it. Give the folder of the knowledge files.")
    library = build_library(documents)
    has_background = any(name.startswith(BACKGROUND) for name in documents)
    return library, build_background(documents, library) if has_background else None


def _with_site_protocol(path: Path) -> Library:
    """Return the package's knowledge with one protocol of a site's own laid over it.

    Raises
    ------
    CommandError
        With a sentence for everything that speaks against the file.
    """
    raw = path.read_bytes()
    faults = faults_of(raw, name=path.name)
    if faults:
        raise CommandError(f"{path}: this protocol cannot be used. {' '.join(faults)}")
    return overlay(load_library(), {path.name: raw})


def file_rows(library: Library, background: Background | None, on: date) -> Iterator[FileRow]:
    """Yield a row a file."""
    files, stamps, late = deciding_files(library), {**library.stamps}, set(library.overdue(on))
    if background is not None:
        files, stamps = (*files, *background.files), {**stamps, **background.stamps}
        late |= set(background.overdue(on))
    for file in files:
        found = Counter(cited.certainty.value for cited in citations_in(file))
        yield FileRow(
            id=file.id,
            kind=file.kind,
            title=file.title,
            version=file.version,
            status=file.status,
            review_due=file.review_due,
            overdue=file.id in late,
            facts={c.value: found[c.value] for c in Certainty if found[c.value]},
            sha256=stamps[file.id].sha256,
        )


def _print_rows(rows: list[FileRow], library: Library) -> None:
    from rich.table import Table
    from rich.text import Text

    from posology.cli.console import console

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("File", "Kind", "Version", "Status", "Review due", "Statements by certainty"):
        table.add_column(heading, no_wrap=heading != "Statements by certainty")
    for row in rows:
        due = Text(
            day(row.review_due) + (" OVERDUE" if row.overdue else ""), style="bold red" if row.overdue else ""
        )
        facts = "  ".join(f"{name} {n}" for name, n in row.facts.items()) or "none cited"
        table.add_row(row.id, row.kind, str(row.version), row.status, due, facts)
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row.facts)
    out = console()
    out.print(table)
    out.print()
    told = ", ".join(f"{name} {total[name]}" for name in (c.value for c in Certainty) if total[name])
    files, sources = count(len(rows) + 1, "file"), count(len(library.sources), "source")
    out.print(f"{files} in order, {sources}. By certainty: {told}.")
    out.print(CERTAINTIES)
    late = [row.id for row in rows if row.overdue]
    if late:
        out.print(f"Review is overdue: {', '.join(late)}.")


def _print_settings(settings: Mapping[str, SiteSetting]) -> None:
    from rich.table import Table

    from posology.cli.console import console

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Site setting", "Default", "Allowed", "May change"):
        table.add_column(heading)
    for key, one in settings.items():
        allowed = ", ".join(one.choices) or (f"{one.low} to {one.high}" if one.low is not None else "")
        table.add_row(key, default_of(one), allowed, one.may_change.value)
    out = console()
    out.print()
    out.print(table)
    out.print("A setting without a default is one that the site must decide for itself.")


def default_of(setting: SiteSetting) -> str:
    """Return a setting's default with its unit, or that there is none."""
    if setting.default is None:
        return "none"
    many = setting.default if isinstance(setting.default, tuple) else (setting.default,)
    return ", ".join(str(one) for one in many) + (f" {setting.unit}" if setting.unit else "")


def run_questions(*, as_json: bool) -> None:
    """List the questions of the assessment."""
    library = load_library()
    questions = library.questions.questions
    if as_json:
        print_json({"questions": {key: q.model_dump(mode="json") for key, q in questions.items()}})
        return
    from rich.table import Table

    from posology.cli.console import console

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Key", "Answer", "Question"):
        table.add_column(heading, no_wrap=heading == "Key")
    part = ""
    for key, question in questions.items():
        if question.part != part:
            part = question.part
            table.add_row(f"[{part}]", "", "")
        answer = {
            "yes_no": "yes, no, unknown",
            "quantity": f"number with unit ({', '.join(question.units) or question.unit})",
            "choice": ", ".join(question.choices or {}),
            "day": "a day, or no",
            "text": "text",
        }[question.kind]
        table.add_row(key, answer, question.ask)
    console().print(table)

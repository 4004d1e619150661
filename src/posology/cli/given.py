"""What the command line was given: a case file or a FHIR record, read and checked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path

from posology.case import Case
from posology.case.case_file import JURISDICTIONS, read_case_file
from posology.fhir import Import, decode, read_bundle, read_json
from posology.knowledge import Library, load_library
from posology.measures import RiskAnswer, score
from posology.quantities import DomainError, QuantityError, read_day, read_moment

_LARGEST_BYTES = 50 * 1024 * 1024


class CommandError(DomainError):
    """A command that cannot be carried out as it was given."""

    code = "command"


@dataclass(frozen=True, slots=True)
class Given:
    """One case with where it came from."""

    label: str
    case: Case
    as_of: datetime
    record: Import | None  # the FHIR record it was read from


def read_given(
    path: Path, as_of: str | None, jurisdiction: str | None, library: Library | None = None
) -> Given:
    """Read a case file or a FHIR Bundle.

    Raises
    ------
    DomainError
        With one sentence, if it cannot be read or holds what cannot be true.
    """
    library = library or load_library()
    moment = read_as_of(as_of) if as_of is not None else None
    if jurisdiction is not None and jurisdiction not in JURISDICTIONS:
        raise CommandError(
            f"There is no jurisdiction '{jurisdiction[:20]}' here. Give one of {', '.join(JURISDICTIONS)}."
        )
    suffixes = {suffix.lower() for suffix in path.suffixes[-2:]}
    if suffixes & {".yaml", ".yml"}:
        return _case_file(path, moment, jurisdiction, library)
    if suffixes & {".json", ".gz"}:
        return _record(path, moment, jurisdiction or "US", library)
    raise CommandError(
        f"{path}: its name says neither .yaml (a case file) nor .json or .json.gz (a FHIR Bundle). Rename it."
    )


def read_as_of(text: str) -> datetime:
    """Read the moment of a decision; a day alone means its end, since all that was seen on it counts."""
    try:
        day = read_day(text, what="as-of")
    except QuantityError:
        return read_moment(text, what="as-of moment")
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, and refuse what is no file, may not be read, or is too large."""
    try:
        if not path.exists():
            raise CommandError(f"{path}: there is no such file. Check its name.")
        if not path.is_file():
            raise CommandError(f"{path}: it is not a file. Give the file itself.")
        if path.stat().st_size > _LARGEST_BYTES:
            raise CommandError(
                f"{path}: it is larger than {_LARGEST_BYTES // (1024 * 1024)} MB, so it is not read. "
                "Export one patient."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name cannot be used"
        raise CommandError(
            f"{path}: it cannot be opened ({reason}). Check the name and the rights."
        ) from None


def _case_file(path: Path, as_of: datetime | None, jurisdiction: str | None, library: Library) -> Given:
    raw = read_bytes(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError(f"{path}: it is not UTF-8 text, so it cannot be read. Save it as UTF-8.") from None
    read = read_case_file(text, name=path.name, now=datetime.now(UTC), as_of=as_of, library=library)
    case = replace(read.case, jurisdiction=jurisdiction) if jurisdiction else read.case
    return Given(read.label, case, read.as_of, None)


def _record(path: Path, as_of: datetime | None, jurisdiction: str, library: Library) -> Given:
    data = read_json(decode(read_bytes(path), name=path.name), name=path.name)
    moment = as_of or datetime.now(UTC)
    record = read_bundle(data, as_of=moment, jurisdiction=jurisdiction, library=library)
    name = record.patient.names[0] if record.patient.names else "Name not known"
    return Given(name, record.case, moment, record)


def unreadable(given: Given) -> Iterator[str]:
    """Yield a sentence for each answer in a record that could not be read."""
    if given.record is not None:
        for one in given.record.unreadable:
            yield f"{one.resource}: {one.why}"


def risk_answers(given: Given) -> Iterator[RiskAnswer]:
    """Yield the risk answers of the latest form of each instrument: they ask for a person the same day."""
    for instrument in sorted({s.instrument for s in given.case.scores}):
        latest = given.case.scores_of(instrument)[0]
        if latest.answers:
            yield from score(instrument, latest.answers).risk

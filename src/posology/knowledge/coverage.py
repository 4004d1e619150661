"""Every fact of the sheets: how sure it is, where it is encoded, or why it is not.

Answers one question: was any fact lost? It is lost where no file holds it and nothing says why.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from posology.knowledge.background import Background
from posology.knowledge.library import Library
from posology.knowledge.reference import TrialsFile
from posology.knowledge.schema import Cited, Header, Strict


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One fact: its sheet and certainty, the places that hold it, and the reason where none does."""

    fact: str
    sheet: str
    certainty: str  # as the sheet writes it
    decides: tuple[str, ...]  # places in files that decisions are made from
    shown: tuple[str, ...]  # places in files that are only read
    why_not: str | None

    @property
    def is_accounted_for(self) -> bool:
        """Whether it stands somewhere, or a reason says why it does not."""
        return bool(self.decides or self.shown or self.why_not)


@dataclass(frozen=True, slots=True)
class Coverage:
    """All facts of the sheets, and ids that the files cite and no sheet has."""

    rows: tuple[CoverageRow, ...]
    unknown: tuple[str, ...]  # "PR-XX-01 (ketamine-iv: values.dose_start)"

    @property
    def accounted(self) -> int:
        """How many facts are accounted for."""
        return sum(row.is_accounted_for for row in self.rows)

    @property
    def is_whole(self) -> bool:
        """Whether no fact is lost and none is invented."""
        return self.accounted == len(self.rows) and not self.unknown


def coverage_of(library: Library, background: Background) -> Coverage:
    """Return where every fact of the sheets stands.

    Parameters
    ----------
    library : Library
        The files that decisions are made from.
    background : Background
        The files that are only read, with the list of fact ids.
    """
    decides, shown = _cited_by(deciding_files(library)), _cited_by(background.files)
    listed = background.fact_ids.facts
    rows = tuple(
        CoverageRow(
            fact=key,
            sheet=entry.sheet,
            certainty=entry.certainty,
            decides=tuple(decides[key]),
            shown=(*shown[key], *entry.stands_in),
            why_not=entry.why_not,
        )
        for key, entry in listed.items()
    )
    unknown = tuple(
        f"{key} ({places[0]})" for found in (decides, shown) for key, places in found.items()
        if key not in listed and places
    )  # fmt: skip
    return Coverage(rows, unknown)


def deciding_files(library: Library) -> tuple[Header, ...]:
    """Return every file that decisions are made from."""
    return (
        library.questions,
        library.drugs,
        library.products,
        library.adjustments,
        library.dosing_weights,
        *library.rules,
        *library.protocols.values(),
        *library.measures.values(),
    )


def _cited_by(files: tuple[Header, ...]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for file in files:
        for place, facts in _places(file, ""):
            for fact in facts:
                found[fact].append(f"{file.id}: {place}" if place else file.id)
    return found


def _places(part: object, place: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every place of a file that cites, as a person would look for it, with its fact ids."""
    if isinstance(part, Cited):
        yield place, part.facts
    if isinstance(part, TrialsFile):
        yield from ((f"studies.{key}", study.facts) for key, study in part.studies.items())
    if isinstance(part, Strict):
        for name, field in type(part).model_fields.items():
            yield from _places(getattr(part, name), _below(place, field.alias or name))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from _places(value, _below(place, key.isoformat() if isinstance(key, date) else str(key)))
    elif isinstance(part, tuple):
        for i, value in enumerate(part):
            yield from _places(value, _below(place, str(getattr(value, "id", i))))


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name

"""What is known and decides nothing, read apart from the library that decisions are made from.

Only what shows knowledge may read it: the knowledge pages, the coverage table, the reference pages. A
test walks the imports and sees that nothing else does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from types import MappingProxyType

from posology.knowledge.cross_checks import unknown_sources
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.kinds import BACKGROUND, PK
from posology.knowledge.library import KnowledgeStamp, Library
from posology.knowledge.loading import load_library, only_file, parse, read_files, stamps_of
from posology.knowledge.model_checks import Models, build_models
from posology.knowledge.reference import (
    FactEntry,
    FactIdsFile,
    ReferenceFact,
    ReferenceFile,
    SiteSetting,
    SiteSettingsFile,
    TrialsFile,
)
from posology.knowledge.schema import Certainty, Dated, Header
from posology.knowledge.schema.canaries import CanariesFile
from posology.knowledge.yaml_reader import Document, Path

_PACKAGE = FilePath(str(files("posology")))


@dataclass(frozen=True, slots=True)
class Background:
    """Everything that is read and decides nothing, by kind."""

    references: tuple[ReferenceFile, ...]
    trials: TrialsFile
    fact_ids: FactIdsFile
    settings: SiteSettingsFile
    canaries: CanariesFile
    models: Models | None  # none in a set of files that has none
    stamps: Mapping[str, KnowledgeStamp]

    @property
    def files(self) -> tuple[Header, ...]:
        """Every file, in a fixed order."""
        models = self.models.files if self.models else ()
        return (*self.references, self.trials, self.fact_ids, self.settings, self.canaries, *models)

    def overdue(self, on: date) -> tuple[str, ...]:
        """Return the ids of the files whose review is due on or before ``on``."""
        return tuple(sorted(file.id for file in self.files if file.review_due <= on))

    @property
    def facts(self) -> Mapping[str, ReferenceFact]:
        """Every reference fact by its id."""
        return {key: fact for file in self.references for key, fact in file.facts.items()}


@lru_cache(maxsize=1)
def load_background() -> Background:
    """Load the background that ships with the package, once a process."""
    folder = FilePath(str(files("posology.knowledge") / "data"))
    return build_background(read_files(folder, parts=(BACKGROUND, PK)), load_library())


def build_background(documents: Mapping[str, tuple[Document, bytes]], library: Library) -> Background:
    """Validate the background files of a set, and what they say of each other and of the library.

    Raises
    ------
    KnowledgeError
        At the first fault; the message names the file, the line and the remedy.
    """
    mine = {name: given for name, given in documents.items() if name.startswith(BACKGROUND)}
    parsed = {name: parse(document) for name, (document, _) in mine.items()}
    has_models = any(name.startswith(PK) for name in documents)
    models = build_models(documents, library.sources) if has_models else None
    background = Background(
        references=tuple(f for f in parsed.values() if isinstance(f, ReferenceFile)),
        trials=only_file(parsed, TrialsFile),
        fact_ids=only_file(parsed, FactIdsFile),
        settings=only_file(parsed, SiteSettingsFile),
        canaries=only_file(parsed, CanariesFile),
        models=models,
        stamps=MappingProxyType({**stamps_of(parsed, mine), **(models.stamps if models else {})}),
    )
    for name, file in parsed.items():
        for problem, path in _faults(file, background, library):
            raise KnowledgeError(f"{name}:{mine[name][0].line_of(path)}: {problem}")
    for problem, path in _row_faults(models, background):
        name = f"{PK}{models.reference.id}.yaml" if models else PK
        raise KnowledgeError(f"{name}:{documents[name][0].line_of(path)}: {problem}")
    return background


def _faults(file: Header, background: Background, library: Library) -> Iterator[tuple[str, Path]]:
    yield from unknown_sources(file, library)
    if isinstance(file, ReferenceFile):
        for key, fact in file.facts.items():
            for problem in _fact_faults(key, fact, background):
                yield problem, ("facts", key)
    if isinstance(file, TrialsFile):
        for key, study in file.studies.items():
            for source in sorted(set(study.sources) - set(library.sources)):
                yield f"the source '{source}' does not stand in sources.yaml. Add it.", ("studies", key)
            for fact_id in sorted(set(study.facts) - set(background.fact_ids.facts)):
                yield f"there is no fact '{fact_id}' in the list of fact ids.", ("studies", key)
    if isinstance(file, FactIdsFile):
        for key, entry in file.facts.items():
            for problem in _entry_faults(entry):
                yield problem, ("facts", key)
    if isinstance(file, SiteSettingsFile):
        for key, setting in file.settings.items():
            for problem in _setting_faults(setting, library):
                yield problem, ("settings", key)


def _fact_faults(key: str, fact: ReferenceFact, background: Background) -> Iterator[str]:
    entry = background.fact_ids.facts.get(key)
    if entry is None:
        yield f"there is no fact '{key}' in the list of fact ids. Add it there, or mend its spelling."
        return
    if sum(key in file.facts for file in background.references) > 1:
        yield f"'{key}' stands in two reference files. Keep one of them."
    if entry.codes and fact.certainty not in entry.codes:
        told = ", ".join(entry.codes)
        yield f"'{key}' is called {fact.certainty} here, and {told} in the sheet. Give it the sheet's."
    if Certainty.NOT_VERIFIED in entry.codes and fact.status == "encoded" and fact.unverified is None:
        yield f"a part of '{key}' was not verified. Say under unverified which part."


def _row_faults(models: Models | None, background: Background) -> Iterator[tuple[str, Path]]:
    for key, row in models.reference.rows.items() if models else ():
        entry = background.fact_ids.facts.get(key)
        if entry is None:
            yield f"there is no fact '{key}' in the list of fact ids. Add it there.", ("rows", key)
        elif row.certainty not in entry.codes:
            told = ", ".join(entry.codes)
            yield (
                f"'{key}' is flagged {row.flag}, which is {row.certainty}, and {told} in the sheet. Mend it.",
                ("rows", key),
            )


def _entry_faults(entry: FactEntry) -> Iterator[str]:
    for place in entry.stands_in:
        if not (_PACKAGE / place).exists():
            yield f"it is said to stand in '{place}', and there is no such file. Mend the path."


def _setting_faults(setting: SiteSetting, library: Library) -> Iterator[str]:
    for place in setting.stands_in:
        dated = values_of(library, place.file).get(place.value)
        if dated is None:
            yield f"there is no value '{place.value}' in '{place.file}'. Mend its spelling."
            continue
        value = dated[max(dated)]
        if (value.value, value.unit) != (setting.default, setting.unit):
            yield (
                f"its default is {setting.default} {setting.unit or ''}, and '{place.value}' of "
                f"'{place.file}' is {value.value} {value.unit or ''}. Give both the same."
            )


def values_of(library: Library, file_id: str) -> Mapping[str, Dated]:
    """Return the dated values of a deciding file by its id; none where there is no such file."""
    held: tuple[Header, ...] = (
        *library.protocols.values(),
        *library.measures.values(),
        *library.rules,
        library.products,
        library.adjustments,
        library.dosing_weights,
    )
    for file in held:
        if file.id == file_id:
            return getattr(file, "values", {})
    return {}

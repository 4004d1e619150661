"""The programmes that a jurisdiction sets around a drug: packs of data, chosen by where and what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from types import MappingProxyType

from posology.knowledge.cross_checks import unknown_sources
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.kinds import REMS
from posology.knowledge.library import KnowledgeStamp, Library
from posology.knowledge.loading import load_library, parse, read_files, stamps_of
from posology.knowledge.schema import Route, Substance
from posology.knowledge.schema.programmes import FormVersion, ProgrammeFile
from posology.knowledge.yaml_reader import Document


@dataclass(frozen=True, slots=True)
class Programmes:
    """Every programme by its id, with the stamp of its text."""

    files: Mapping[str, ProgrammeFile]
    stamps: Mapping[str, KnowledgeStamp]

    def of(self, jurisdiction: str, substance: Substance, route: Route) -> tuple[ProgrammeFile, ...]:
        """Return the programmes under which a drug is given in a jurisdiction; mostly none."""
        return tuple(
            p
            for p in self.files.values()
            if p.jurisdiction == jurisdiction and p.substance == substance and route in p.routes
        )

    def in_jurisdiction(self, jurisdiction: str) -> tuple[ProgrammeFile, ...]:
        """Return the programmes of a jurisdiction."""
        return tuple(p for p in self.files.values() if p.jurisdiction == jurisdiction)


@lru_cache(maxsize=1)
def load_programmes() -> Programmes:
    """Load the programmes that ship with the package, once a process."""
    folder = FilePath(str(files("posology.knowledge") / "data"))
    return build_programmes(read_files(folder, parts=(REMS,)), load_library())


def build_programmes(documents: Mapping[str, tuple[Document, bytes]], library: Library) -> Programmes:
    """Validate the programme files of a set, their sources and the questions they are filled from.

    Raises
    ------
    KnowledgeError
        At the first fault; the message names the file, the line and the remedy.
    """
    mine = {name: given for name, given in documents.items() if name.startswith(REMS)}
    parsed = {name: parse(document) for name, (document, _) in mine.items()}
    for name, file in parsed.items():
        for problem, path in unknown_sources(file, library):
            raise KnowledgeError(f"{name}:{mine[name][0].line_of(path)}: {problem}")
        for key, field in file.fields.items() if isinstance(file, ProgrammeFile) else ():
            for what, named, known in (
                ("question", field.question, library.questions.questions),
                ("drug class", field.drug_class, library.drugs.classes),
            ):
                if named is not None and named not in known:
                    line = mine[name][0].line_of(("fields", key))
                    raise KnowledgeError(f"{name}:{line}: there is no {what} '{named}'. Mend its spelling.")
    found = {f.id: f for f in parsed.values() if isinstance(f, ProgrammeFile)}
    return Programmes(MappingProxyType(found), MappingProxyType(stamps_of(parsed, mine)))


def version_in_use(programme: ProgrammeFile, *, on: date) -> tuple[str, FormVersion]:
    """Return the key and the version of the form that is in use on a day: the latest, where there are two.

    Raises
    ------
    KnowledgeError
        If none is.
    """
    in_use = [(key, v) for key, v in programme.versions.items() if v.is_in_use(on)]
    if not in_use:
        raise KnowledgeError(
            f"No version of the form of {programme.title} is in use on {on}. Get the current one from the "
            "programme, and add it."
        )
    return in_use[-1]

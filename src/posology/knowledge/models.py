"""The pharmacokinetic models and what they are held against, read apart from all that decides.

Simulation reads them, and pages that show them. No decision does, and a test walks the imports to see so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from types import MappingProxyType

from posology.knowledge.cross_checks import cited_with_place
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.kinds import PK
from posology.knowledge.library import KnowledgeStamp
from posology.knowledge.loading import parse, read_files, stamps_of
from posology.knowledge.schema import Header, Source, SourcesFile
from posology.knowledge.schema.pk import PkModelFile
from posology.knowledge.yaml_reader import Document, Path, read_yaml

_DATA = FilePath(str(files("posology.knowledge") / "data"))


@dataclass(frozen=True, slots=True)
class Models:
    """Every file of the models, by kind."""

    models: Mapping[str, PkModelFile]
    stamps: Mapping[str, KnowledgeStamp]

    @property
    def files(self) -> tuple[Header, ...]:
        """Every file, in a fixed order."""
        return tuple(self.models.values())


def pk_models() -> Mapping[str, PkModelFile]:
    """Return each model by its id, read once a process."""
    return load_models().models


@lru_cache(maxsize=1)
def load_models() -> Models:
    """Load the models that ship with the package, once a process, without the library that decides."""
    sources = parse(read_yaml((_DATA / "sources.yaml").read_text(encoding="utf-8"), name="sources.yaml"))
    assert isinstance(sources, SourcesFile)
    return build_models(read_files(_DATA, parts=(PK,)), sources.sources)


def build_models(documents: Mapping[str, tuple[Document, bytes]], sources: Mapping[str, Source]) -> Models:
    """Validate the model files of a set, and what they cite.

    Raises
    ------
    KnowledgeError
        At the first fault; the message names the file, the line and the remedy.
    """
    mine = {name: given for name, given in documents.items() if name.startswith(PK)}
    parsed = {name: parse(document) for name, (document, _) in mine.items()}
    models = Models(
        models=MappingProxyType({f.id: f for f in parsed.values() if isinstance(f, PkModelFile)}),
        stamps=MappingProxyType(stamps_of(parsed, mine)),
    )
    for name, file in parsed.items():
        for problem, path in _faults(file, sources):
            raise KnowledgeError(f"{name}:{mine[name][0].line_of(path)}: {problem}")
    return models


def _faults(file: Header, sources: Mapping[str, Source]) -> Iterator[tuple[str, Path]]:
    for path, cited in cited_with_place(file, ()):
        for source in cited.sources:
            if source not in sources:
                yield (
                    f"the source '{source}' does not stand in sources.yaml. Add it, or mend its spelling.",
                    path,
                )

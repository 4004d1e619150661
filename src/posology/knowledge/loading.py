"""Read the knowledge files, refuse a faulty one as a whole, and build the library once a process."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError

from posology.knowledge.cross_checks import check_across_files
from posology.knowledge.errors import KnowledgeError, UnreadableFile
from posology.knowledge.library import KnowledgeStamp, Library
from posology.knowledge.schema import (
    FILE_KINDS,
    AdjustmentsFile,
    DrugsFile,
    Header,
    MeasureFile,
    ProductsFile,
    ProtocolFile,
    QuestionsFile,
    RulesFile,
    SourcesFile,
)
from posology.knowledge.yaml_reader import Document, read_yaml

_File = TypeVar("_File", bound=Header)
_DAY = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")


def read_files(folder: FilePath) -> dict[str, tuple[Document, bytes]]:
    """Read every YAML file below ``folder``, by its path inside it."""
    found: dict[str, tuple[Document, bytes]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise UnreadableFile(f"{name}: the file is not UTF-8 text. Save it as UTF-8.") from None
        found[name] = (read_yaml(text, name=name), raw)
    return found


def build_library(documents: Mapping[str, tuple[Document, bytes]]) -> Library:
    """Validate the files, resolve what they say of each other, and return the library.

    Raises
    ------
    KnowledgeError
        At the first fault; the message names the file, the line and the remedy.
    """
    parsed = {name: _parse(document) for name, (document, _) in documents.items()}
    stamps = {
        file.id: KnowledgeStamp(file.id, file.version, hashlib.sha256(documents[name][1]).hexdigest())
        for name, file in parsed.items()
    }
    if len(stamps) != len(parsed):
        ids = [file.id for file in parsed.values()]
        twice = next(i for i in ids if ids.count(i) > 1)
        raise KnowledgeError(f"Two files carry the id '{twice}'. Give one of them another id.")
    sources = {k: v for file in _of_kind(parsed, SourcesFile) for k, v in file.sources.items()}
    library = Library(
        sources=MappingProxyType(sources),
        questions=_only(parsed, QuestionsFile),
        drugs=_only(parsed, DrugsFile),
        rules=_of_kind(parsed, RulesFile),
        protocols=MappingProxyType({f.id: f for f in _of_kind(parsed, ProtocolFile)}),
        products=_only(parsed, ProductsFile),
        measures=MappingProxyType({f.id: f for f in _of_kind(parsed, MeasureFile)}),
        adjustments=_only(parsed, AdjustmentsFile),
        stamps=MappingProxyType(stamps),
        sha256=hashlib.sha256("".join(sorted(s.sha256 for s in stamps.values())).encode()).hexdigest(),
    )
    check_across_files(library, {name: doc for name, (doc, _) in documents.items()}, parsed)
    return library


@lru_cache(maxsize=1)
def load_library() -> Library:
    """Load the knowledge that ships with the package, once a process."""
    folder = files("posology.knowledge") / "data"
    return build_library(read_files(FilePath(str(folder))))


def _parse(document: Document) -> Header:
    kind = document.data.get("kind") if isinstance(document.data, dict) else None
    model = FILE_KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise KnowledgeError(
            f"{document.name}:{document.line_of(('kind',))}: the kind is {kind!r}. "
            f"Write one of {', '.join(FILE_KINDS)}."
        )
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise KnowledgeError(_first_fault(document, error)) from None


def _first_fault(document: Document, error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False)[0]
    path = tuple(_as_written(part) for part in fault["loc"])
    where = ".".join(str(part) for part in path) or "the file"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message = "this key is not known here. Take it away, or mend its spelling"
    elif fault["type"] == "missing":
        message = "this key is missing. Add it"
    return f"{document.name}:{document.line_of(path)}: {where}: {message}."


def _as_written(part: str | int) -> str | int:
    """Return a step of a fault's path as the file has it: a day is told as its Python form."""
    day = _DAY.fullmatch(part) if isinstance(part, str) else None
    return date(*(int(n) for n in day.groups())).isoformat() if day else part


def _of_kind(parsed: Mapping[str, Header], kind: type[_File]) -> tuple[_File, ...]:
    return tuple(file for file in parsed.values() if isinstance(file, kind))


def _only(parsed: Mapping[str, Header], kind: type[_File]) -> _File:
    found = _of_kind(parsed, kind)
    if len(found) != 1:
        raise KnowledgeError(
            f"There are {len(found)} files of the kind {kind.__name__}; there must be exactly one."
        )
    return found[0]

"""Read the knowledge files, refuse a faulty one as a whole, and build the library once a process."""

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError

from posology.knowledge.cross_checks import check_across_files
from posology.knowledge.errors import KnowledgeError, UnreadableFile
from posology.knowledge.kinds import BACKGROUND, FILE_KINDS, PK, folder_of_file, folder_of_kind
from posology.knowledge.library import KnowledgeStamp, Library
from posology.knowledge.schema import (
    AdjustmentsFile,
    DosingWeightsFile,
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
DECIDING = ""  # what decides stands at the top, apart from the folders of what does not
_DAY = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")


def read_files(
    folder: FilePath, *, parts: Collection[str] = (DECIDING, BACKGROUND, PK)
) -> dict[str, tuple[Document, bytes]]:
    """Read every YAML file below ``folder``, by its path inside it; on wish only some of its parts."""
    found: dict[str, tuple[Document, bytes]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        if folder_of_file(name) not in parts:
            continue
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
    parsed = {n: parse(doc) for n, (doc, _) in documents.items() if folder_of_file(n) == DECIDING}
    stamps = stamps_of(parsed, documents)
    sources = {k: v for file in _of_kind(parsed, SourcesFile) for k, v in file.sources.items()}
    library = Library(
        sources=MappingProxyType(sources),
        questions=only_file(parsed, QuestionsFile),
        drugs=only_file(parsed, DrugsFile),
        rules=_of_kind(parsed, RulesFile),
        protocols=MappingProxyType({f.id: f for f in _of_kind(parsed, ProtocolFile)}),
        products=only_file(parsed, ProductsFile),
        measures=MappingProxyType({f.id: f for f in _of_kind(parsed, MeasureFile)}),
        adjustments=only_file(parsed, AdjustmentsFile),
        dosing_weights=only_file(parsed, DosingWeightsFile),
        stamps=MappingProxyType(stamps),
        sha256=hashlib.sha256("".join(sorted(s.sha256 for s in stamps.values())).encode()).hexdigest(),
    )
    check_across_files(library, {name: doc for name, (doc, _) in documents.items()}, parsed)
    return library


@lru_cache(maxsize=1)
def load_library() -> Library:
    """Load the knowledge that ships with the package, once a process."""
    folder = files("posology.knowledge") / "data"
    return build_library(read_files(FilePath(str(folder)), parts=(DECIDING,)))


def stamps_of(
    parsed: Mapping[str, Header], documents: Mapping[str, tuple[Document, bytes]]
) -> dict[str, KnowledgeStamp]:
    """Return the stamp of each file by its id.

    Raises
    ------
    KnowledgeError
        If two files carry one id.
    """
    ids = [file.id for file in parsed.values()]
    twice = next((i for i in ids if ids.count(i) > 1), None)
    if twice is not None:
        raise KnowledgeError(f"Two files carry the id '{twice}'. Give one of them another id.")
    return {
        file.id: KnowledgeStamp(file.id, file.version, hashlib.sha256(documents[name][1]).hexdigest())
        for name, file in parsed.items()
    }


def parse(document: Document) -> Header:
    """Validate one file by its kind.

    Raises
    ------
    KnowledgeError
        At its first fault, with file, line and remedy; also if its kind belongs into another folder.
    """
    kind = document.data.get("kind") if isinstance(document.data, dict) else None
    model = FILE_KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise KnowledgeError(
            f"{document.name}:{document.line_of(('kind',))}: the kind is {kind!r}. "
            f"Write one of {', '.join(FILE_KINDS)}."
        )
    belongs, stands = folder_of_kind(str(kind)), folder_of_file(document.name)
    if belongs != stands:
        place = f"into the folder {belongs}" if belongs else f"outside of {stands}"
        raise KnowledgeError(
            f"{document.name}:{document.line_of(('kind',))}: a file of the kind '{kind}' belongs {place}, "
            "so that it is clear what decides and what is only read. Move it."
        )
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise KnowledgeError(_first_fault(document, error)) from None


def _first_fault(document: Document, error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    placed = getattr(fault.get("ctx", {}).get("error"), "path", ())  # of a fault that knows its part
    path = tuple(_as_written(part) for part in (*fault["loc"], *placed))
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


def only_file(parsed: Mapping[str, Header], kind: type[_File]) -> _File:
    """Return the one file of a kind.

    Raises
    ------
    KnowledgeError
        If there is none, or more than one.
    """
    found = _of_kind(parsed, kind)
    if len(found) != 1:
        raise KnowledgeError(
            f"There are {len(found)} files of the kind {kind.__name__}; there must be exactly one."
        )
    return found[0]

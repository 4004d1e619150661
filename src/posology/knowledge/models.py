"""The pharmacokinetic models and what they are held against, read apart from all that decides.

Simulation reads them, and pages that show them. No decision does, and a test walks the imports to see so.

The manifest beside the files holds the hash of each as it was checked against the others and the sources. As
long as all have that hash, a file is read alone, strictly, by its own shape; where one differs, is missing or
is new, all are checked anew before any is used.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from posology.knowledge.errors import UnreadableFile
from posology.knowledge.schema.common import Header
from posology.knowledge.schema.pk import PkModelFile
from posology.knowledge.yaml_reader import read_yaml

if TYPE_CHECKING:
    from posology.knowledge.schema.pk_covariates import PkCovariatesFile
    from posology.knowledge.schema.pk_effects import PkEffectsFile
    from posology.knowledge.schema.pk_rows import PkReferenceFile

_File = TypeVar("_File", bound=Header)
_FOLDER = "pk"
_MANIFEST = "MANIFEST.sha256"
_SOURCES = "sources.yaml"
_KIND = re.compile(rb"^kind: ([a-z-]+)\r?$", re.MULTILINE)


@lru_cache(maxsize=1)
def pk_models() -> Mapping[str, PkModelFile]:
    """Return each model by its id, read once a process."""
    return MappingProxyType({file.id: file for file in read_kind(shipped(), "pk-model", PkModelFile)})


@lru_cache(maxsize=1)
def pk_effects() -> Mapping[str, "PkEffectsFile"]:
    """Return each file of effects by its id, read once a process."""
    from posology.knowledge.schema.pk_effects import PkEffectsFile

    return MappingProxyType({file.id: file for file in read_kind(shipped(), "pk-effects", PkEffectsFile)})


@lru_cache(maxsize=1)
def pk_covariates() -> "PkCovariatesFile":
    """Return what changes a curve and for whom none is drawn, read once a process."""
    from posology.knowledge.schema.pk_covariates import PkCovariatesFile

    (file,) = read_kind(shipped(), "pk-covariates", PkCovariatesFile)
    return file


@lru_cache(maxsize=1)
def pk_reference() -> "PkReferenceFile":
    """Return the observations that the models are held against, read once a process."""
    from posology.knowledge.schema.pk_rows import PkReferenceFile

    (file,) = read_kind(shipped(), "pk-reference", PkReferenceFile)
    return file


def shipped() -> FilePath:
    """Return the folder of the knowledge that ships with the package."""
    return FilePath(str(files("posology.knowledge") / "data"))


def read_kind(folder: FilePath, kind: str, shape: type[_File]) -> Iterator[_File]:
    """Read the model files of one kind, in the order of their names.

    Parameters
    ----------
    folder : Path
        A folder of knowledge files with its manifest.
    kind : str
        The kind as the files name it.
    shape : type
        Its shape.

    Yields
    ------
    Header
        Each file, validated.

    Raises
    ------
    KnowledgeError
        If the files are not those that were checked, and checking them finds a fault.
    """
    _make_sure(folder)
    for path in sorted((folder / _FOLDER).glob("*.yaml")):
        raw = path.read_bytes()
        found = _KIND.search(raw)
        if found is not None and found.group(1).decode() == kind:
            name = f"{_FOLDER}/{path.name}"
            yield shape.model_validate(read_yaml(_text(raw, name), name=name).data)


def _make_sure(folder: FilePath) -> None:
    """Check the model files of a folder as a whole, unless they and their sources are those listed there."""
    if _listed(folder) != _found(folder):
        from posology.knowledge.model_checks import load_models

        load_models(folder)


def _listed(folder: FilePath) -> Mapping[str, str]:
    path = folder / _MANIFEST
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    parts = (line.partition("  ") for line in lines)
    return {name: digest for digest, _, name in parts if name == _SOURCES or name.startswith(f"{_FOLDER}/")}


def _found(folder: FilePath) -> Mapping[str, str]:
    paths = [folder / _SOURCES, *(folder / _FOLDER).glob("*.yaml")]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path.is_file()
    }


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableFile(f"{name}: the file is not UTF-8 text. Save it as UTF-8.") from None

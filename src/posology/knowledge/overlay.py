"""A site's library: the product's, overlaid with the site's approved protocols, through the same loader.

A site's file adds one protocol and changes nothing else, so the product's parts are taken as they were
checked; the site's file passes every check that a shipped one passes, and those of ``site_bounds`` besides.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from posology.knowledge.cross_checks import check_across_files
from posology.knowledge.errors import KnowledgeError, UnreadableFile
from posology.knowledge.library import KnowledgeStamp, Library
from posology.knowledge.loading import load_library, parse
from posology.knowledge.schema import ProtocolFile
from posology.knowledge.yaml_reader import Document, read_yaml


def overlay(product: Library, texts: Mapping[str, bytes]) -> Library:
    """Return the library of a site: the product's, with the site's own protocols beside those they replace.

    Parameters
    ----------
    product : Library
        What the package ships.
    texts : mapping of str to bytes
        The site's files by name.

    Raises
    ------
    KnowledgeError, UnreadableFile
        At the first fault, naming file, line and remedy; then nothing is overlaid.
    """
    documents = {name: _read(name, raw) for name, raw in texts.items()}
    mine = {name: _protocol(document) for name, document in documents.items()}
    stamps, protocols = dict(product.stamps), dict(product.protocols)
    for name, file in mine.items():
        if file.id in stamps:
            raise KnowledgeError(f"{name}: the id '{file.id}' is taken. Give the file another id.")
        if any(other.based_on == file.based_on for other in protocols.values()):
            raise KnowledgeError(
                f"{name}: two files are based on '{file.based_on}', and only one can replace it. Keep one."
            )
        stamps[file.id] = KnowledgeStamp(file.id, file.version, sha256_of(texts[name]))
        protocols[file.id] = file
    library = replace(
        product,
        protocols=MappingProxyType(protocols),
        stamps=MappingProxyType(stamps),
        sha256=sha256_of("".join(sorted(s.sha256 for s in stamps.values())).encode()),
    )
    check_across_files(library, documents, mine)
    return library


def sha256_of(raw: bytes) -> str:
    """Return the hash under which a text is stored and signed."""
    return hashlib.sha256(raw).hexdigest()


def site_library(texts: Mapping[str, bytes]) -> Library:
    """Return the package's library overlaid with a site's files; each set of texts is read once a process."""
    return _overlaid(tuple(sorted(texts.items()))) if texts else load_library()


@lru_cache(maxsize=64)
def _overlaid(texts: tuple[tuple[str, bytes], ...]) -> Library:
    return overlay(load_library(), dict(texts))


def read_protocol(name: str, raw: bytes) -> ProtocolFile:
    """Read one site protocol by itself, without what it says of other files.

    Raises
    ------
    KnowledgeError, UnreadableFile
        If it is not a protocol that names what it is based on.
    """
    return _protocol(_read(name, raw))


def _read(name: str, raw: bytes) -> Document:
    try:
        return read_yaml(raw.decode("utf-8"), name=name)
    except UnicodeDecodeError:
        raise UnreadableFile(f"{name}: the file is not UTF-8 text. Save it as UTF-8.") from None


def _protocol(document: Document) -> ProtocolFile:
    file = parse(document)
    if not isinstance(file, ProtocolFile):
        raise KnowledgeError(
            f"{document.name}: a site adds protocols, and this is a file of the kind '{file.kind}'. "
            "Take it away."
        )
    if file.based_on is None:
        raise KnowledgeError(
            f"{document.name}: it does not say which protocol of the product it is based on, so the rules "
            "of that protocol would not hold for it. Write based_on."
        )
    return file

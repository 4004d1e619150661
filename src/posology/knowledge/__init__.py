"""Clinical knowledge as dated, cited data: a strict reader, and one library of all files.

Knows no patient and decides nothing. What is not in a file under ``data/`` is not known here. The names below
are loaded when first asked for, so that what reads one kind of file does not load the shapes of all others.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posology.knowledge.errors import KnowledgeError, NotInForce, UnreadableFile
    from posology.knowledge.library import KnowledgeStamp, Library, in_force, number_in_force
    from posology.knowledge.loading import build_library, load_library, read_files
    from posology.knowledge.schema import (
        Certainty,
        Cited,
        Level,
        Role,
        Route,
        Substance,
    )
    from posology.knowledge.yaml_reader import Document, read_yaml

__all__ = [
    "Certainty",
    "Cited",
    "Document",
    "KnowledgeError",
    "KnowledgeStamp",
    "Level",
    "Library",
    "NotInForce",
    "Role",
    "Route",
    "Substance",
    "UnreadableFile",
    "build_library",
    "in_force",
    "load_library",
    "number_in_force",
    "read_files",
    "read_yaml",
]

_ROOMS = {
    "errors": "KnowledgeError NotInForce UnreadableFile",
    "library": "KnowledgeStamp Library in_force number_in_force",
    "loading": "build_library load_library read_files",
    "schema.common": "Certainty Cited Level Role Route Substance",
    "yaml_reader": "Document read_yaml",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return found

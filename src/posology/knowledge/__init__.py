"""Clinical knowledge as dated, cited data: a strict reader, and one library of all files.

Knows no patient and decides nothing. What is not in a file under ``data/`` is not known here.
"""

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

"""The numbers of the drug's ledger: one file for everywhere, and one for each jurisdiction that is known."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from types import MappingProxyType

from posology.knowledge.cross_checks import unknown_sources
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.kinds import LEDGER
from posology.knowledge.library import Library
from posology.knowledge.loading import load_library, parse, read_files
from posology.knowledge.schema.drug_records import DrugRecordsFile
from posology.knowledge.yaml_reader import Document

EVERYWHERE = "any"


@lru_cache(maxsize=1)
def load_drug_records() -> Mapping[str, DrugRecordsFile]:
    """Load the files that ship with the package, by jurisdiction, once a process.

    Returns
    -------
    mapping of str to DrugRecordsFile
        Under ``EVERYWHERE`` what holds anywhere.
    """
    folder = FilePath(str(files("posology.knowledge") / "data"))
    return build_drug_records(read_files(folder, parts=(LEDGER,)), load_library())


def build_drug_records(
    documents: Mapping[str, tuple[Document, bytes]], library: Library
) -> Mapping[str, DrugRecordsFile]:
    """Validate the files of a set and their sources.

    Raises
    ------
    KnowledgeError
        At the first fault, or where two files speak for one place, or none for everywhere.
    """
    mine = {name: document for name, (document, _) in documents.items() if name.startswith(LEDGER)}
    found: dict[str, DrugRecordsFile] = {}
    for name, document in mine.items():
        file = parse(document)
        for problem, path in unknown_sources(file, library):
            raise KnowledgeError(f"{name}:{document.line_of(path)}: {problem}")
        assert isinstance(file, DrugRecordsFile)
        place = file.jurisdiction
        if place in found:
            raise KnowledgeError(f"{name}: two files speak for '{place}'. Join them, or say of where one is.")
        found[place] = file
    if EVERYWHERE not in found:
        raise KnowledgeError("No file of the drug's ledger holds everywhere. Add one without a jurisdiction.")
    return MappingProxyType(found)

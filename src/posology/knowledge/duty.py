"""What a day's staff and equipment are asked for: one file, chosen by substance, route and place."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath

from posology.knowledge.cross_checks import unknown_sources
from posology.knowledge.errors import KnowledgeError
from posology.knowledge.kinds import DUTY
from posology.knowledge.library import Library
from posology.knowledge.loading import load_library, only_file, parse, read_files
from posology.knowledge.schema.duty import DutyFile
from posology.knowledge.yaml_reader import Document


@lru_cache(maxsize=1)
def load_duty() -> DutyFile:
    """Load the file that ships with the package, once a process."""
    folder = FilePath(str(files("posology.knowledge") / "data"))
    return build_duty(read_files(folder, parts=(DUTY,)), load_library())


def build_duty(documents: Mapping[str, tuple[Document, bytes]], library: Library) -> DutyFile:
    """Validate the file of a day's staff and equipment, its sources and the rules that it names.

    Raises
    ------
    KnowledgeError
        At the first fault; the message names the file, the line and the remedy.
    """
    mine = {name: document for name, (document, _) in documents.items() if name.startswith(DUTY)}
    parsed = {name: parse(document) for name, document in mine.items()}
    rules = {f"{file.id}/{rule.id}" for file in library.rules for rule in file.rules}
    for name, file in parsed.items():
        for problem, path in unknown_sources(file, library):
            raise KnowledgeError(f"{name}:{mine[name].line_of(path)}: {problem}")
        assert isinstance(file, DutyFile)
        for part, things in (("roles", file.roles), ("equipment", file.equipment)):
            for key, thing in things.items():
                unknown = [r for need in thing.needs for r in need.when_rules if r not in rules]
                if unknown:
                    line = mine[name].line_of((part, key))
                    raise KnowledgeError(
                        f"{name}:{line}: there is no rule '{unknown[0]}'. Mend its spelling."
                    )
    return only_file(parsed, DutyFile)

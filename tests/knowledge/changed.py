"""The files that ship, with one place of one of them changed."""

from posology.knowledge import Document, read_files, read_yaml
from tools.knowledge_manifest import DATA


def changed(file: str, old: str, new: str) -> dict[str, tuple[Document, bytes]]:
    """Return every knowledge file, ``old`` replaced by ``new`` once in one of them."""
    documents = dict(read_files(DATA))
    text = documents[file][1].decode()
    assert old in text, f"{old!r} no longer stands in {file}"
    text = text.replace(old, new, 1)
    documents[file] = (read_yaml(text, name=file), text.encode())
    return documents

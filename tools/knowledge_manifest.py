"""Write the hashes of the knowledge files, and tell which file was changed without them.

``python -m tools.knowledge_manifest`` writes MANIFEST.sha256 beside the files; ``--check`` compares. A
digit changed in place then shows at once, and the manifest's own change shows in review.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "src/posology/knowledge/data"
NAME = "MANIFEST.sha256"


def contents_of(folder: Path) -> dict[str, bytes]:
    """Read every knowledge file below a folder, by its path inside it."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.yaml"))}


def written(contents: Mapping[str, bytes]) -> str:
    """Return the text of the manifest, in the form that ``sha256sum --check`` reads."""
    return "".join(f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in sorted(contents.items()))


def read(text: str) -> dict[str, str]:
    """Return the hash of each file by its name."""
    return {name: digest for digest, _, name in (line.partition("  ") for line in text.splitlines())}


def differences(contents: Mapping[str, bytes], manifest: Mapping[str, str]) -> Iterator[str]:
    """Yield one sentence a file that is not as the manifest has it."""
    for name in sorted(set(contents) | set(manifest)):
        if name not in contents:
            yield f"{name} stands in the manifest and is gone."
        elif name not in manifest:
            yield f"{name} is new and does not stand in the manifest."
        elif hashlib.sha256(contents[name]).hexdigest() != manifest[name]:
            yield f"{name} was changed since the manifest was written."


def main(arguments: list[str] | None = None, *, folder: Path = DATA) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; say what differs")
    contents = contents_of(folder)
    if not parser.parse_args(arguments).check:
        (folder / NAME).write_text(written(contents))
        return 0
    kept = folder / NAME
    found = list(differences(contents, read(kept.read_text()) if kept.exists() else {}))
    for line in found:
        print(line)
    if found:
        print("Have the change read by a second person, then run: python -m tools.knowledge_manifest")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

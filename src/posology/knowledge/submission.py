"""What stands in the way of a site's draft: asked when it is written, submitted and approved.

It reads the bounds of the site settings, which are background: they say what a site may choose, and no
dose is decided by them.
"""

from collections.abc import Iterator

from posology.knowledge.background import load_background
from posology.knowledge.loading import load_library
from posology.knowledge.overlay import overlay, read_protocol
from posology.knowledge.schema import ProtocolFile
from posology.knowledge.site_bounds import loosened, out_of_bounds
from posology.quantities import DomainError


def faults_of(raw: bytes, *, name: str = "the draft") -> tuple[str, ...]:
    """Return every sentence that speaks against a site's protocol; none when it may be approved."""
    try:
        file = read_protocol(name, raw)
    except DomainError as refusal:
        return (str(refusal),)
    library = load_library()
    base = library.protocols.get(file.based_on or "")
    if base is None:
        return (f"There is no protocol '{file.based_on}' to be based on. Mend its spelling.",)
    found = tuple(dict.fromkeys(_sentences(file, base)))
    if found:
        return found
    try:
        overlay(library, {name: raw})
    except DomainError as refusal:
        return (str(refusal),)
    return ()


def _sentences(file: ProtocolFile, base: ProtocolFile) -> Iterator[str]:
    told = set()
    for problem, path in loosened(file, base):
        told.add(path)
        yield problem[:1].upper() + problem[1:]
    for problem, path in out_of_bounds(file, base, load_background().settings.settings):
        if path not in told:
            yield problem[:1].upper() + problem[1:]

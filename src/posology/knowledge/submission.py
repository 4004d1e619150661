"""What stands in the way of a site's draft: asked when it is written, submitted and approved.

It reads the bounds of the site settings, which are background: they say what a site may choose, and no
dose is decided by them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from posology.knowledge.background import load_background
from posology.knowledge.loading import load_library
from posology.knowledge.overlay import overlay, read_protocol
from posology.knowledge.protocol_words import plain, value_text
from posology.knowledge.reference import SiteSetting
from posology.knowledge.schema import ProtocolFile
from posology.knowledge.site_bounds import (
    ADDED,
    CHOSEN,
    higher_is_tighter,
    is_added,
    loosened,
    lower_is_tighter,
    out_of_bounds,
    setting_for,
)
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


@dataclass(frozen=True, slots=True)
class Room:
    """How far a site may choose one value: the words to choose from, or a sentence with the bounds."""

    choices: tuple[str, ...]
    says: str
    unit: str | None = None  # of a value that only a site has


def room_of(based_on: str) -> Mapping[str, Room]:
    """Return the values of one of the product's protocols that a site may choose, each with its room."""
    base = load_library().protocol(based_on)
    settings = load_background().settings.settings
    found = {name: _room(base, name, setting_for(base.id, name, settings)) for name in base.values}
    own = {
        name: _own_room(settings[name]) for name in sorted(ADDED) if name in settings and is_added(name, base)
    }
    return {name: room for name, room in {**found, **own}.items() if room is not None}


def _own_room(setting: SiteSetting) -> Room:
    return Room((), _bounds(setting), setting.unit)


def _bounds(setting: SiteSetting) -> str:
    if setting.low is None or setting.high is None:
        return ""
    return f"A site chooses from {plain(setting.low, setting.unit)} to {plain(setting.high, setting.unit)}."


def _room(base: ProtocolFile, name: str, setting: SiteSetting | None) -> Room | None:
    dated = base.values[name]
    latest = dated[max(dated)]
    if isinstance(latest.value, bool):
        return None
    said = []
    if setting is not None:
        said.append(_bounds(setting))
    if lower_is_tighter(name):
        highest = max(latest.value) if isinstance(latest.value, tuple) else latest.value
        said.append(f"Not above the product's {plain(highest, latest.unit)}.")
    elif higher_is_tighter(name):
        said.append(f"Not below the product's {value_text(latest)}.")
    elif setting is None or name not in CHOSEN:
        return None
    return Room(setting.choices if setting is not None else (), " ".join(s for s in said if s))

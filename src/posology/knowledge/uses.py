"""Where each fact and each source is used: the index behind the pages of facts and of sources.

Everything that cites is one *use*: a rule, a value of one day, a sentence, a question, a reference fact, a
trial. The same walk serves the pages and the command line.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from posology.knowledge.background import Background
from posology.knowledge.condition_words import value_text
from posology.knowledge.coverage import deciding_files
from posology.knowledge.library import Library
from posology.knowledge.reference import ReferenceFact, SiteSetting, Study
from posology.knowledge.schema import (
    Certainty,
    Cited,
    Header,
    ProtocolFile,
    Question,
    Rule,
    Statement,
    Strict,
    Value,
)
from posology.knowledge.schema.rules import InteractionSize
from posology.quantities import Quantity, show_number

# The kind of a use in the words of the pages; what has no line of its own is called by its place.
_KINDS: tuple[tuple[type[Strict], str], ...] = (
    (Rule, "rule"),
    (Value, "value"),
    (InteractionSize, "size"),
    (Statement, "sentence"),
    (Question, "question"),
    (ReferenceFact, "reference"),
    (Study, "trial"),
    (SiteSetting, "setting"),
)
# What tells best what a use says, the first that it has.
_TOLD = ("say", "finding", "ask", "do", "title", "checkpoint", "why")


@dataclass(frozen=True, slots=True)
class Use:
    """One place of one file that cites: what it is, what it says, and on what it rests."""

    file: str
    title: str  # of the file
    place: str  # "rules.aneurysm-or-avm"
    kind: str  # "rule", "value", "sentence", "phase" …
    name: str  # what is looked for inside the file: the rule's id, the value's name
    told: str
    decides: bool
    facts: tuple[str, ...]
    sources: tuple[str, ...]
    certainty: Certainty
    jurisdictions: tuple[str, ...]
    since: date | None = None  # of a value


@dataclass(frozen=True, slots=True)
class Uses:
    """Every use, and the same by fact and by source."""

    every: tuple[Use, ...]
    by_fact: Mapping[str, tuple[Use, ...]]
    by_source: Mapping[str, tuple[Use, ...]]
    said: Mapping[str, str]  # each fact in a sentence: its own, or that of the use that tells it best
    named: Mapping[str, tuple[str, ...]]  # each fact's sources: its own, or those named where it is used

    def of_certainty(self, certainty: Certainty) -> tuple[Use, ...]:
        """Return the uses of one certainty."""
        return tuple(use for use in self.every if use.certainty is certainty)


_kept: dict[tuple[str, int], Uses] = {}
_MOST_KEPT = 8  # libraries of as many clinics; an index is worked out again where there are more


def uses_of(library: Library, background: Background) -> Uses:
    """Return the index of everything that cites, worked out once a library.

    Parameters
    ----------
    library : Library
        The files that decisions are made from: the product's, or a clinic's.
    background : Background
        The files that are only read.
    """
    key = (library.sha256, id(background))
    if key not in _kept:
        if len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[key] = _index(library, background)
    return _kept[key]


def _index(library: Library, background: Background) -> Uses:
    every = tuple(
        use
        for files, decides in ((deciding_files(library), True), (background.files, False))
        for file in files
        for use in _uses_in(file, decides)
    )
    facts: defaultdict[str, list[Use]] = defaultdict(list)
    sources: defaultdict[str, list[Use]] = defaultdict(list)
    for use in every:
        for fact in use.facts:
            facts[fact].append(use)
        for source in use.sources:
            sources[source].append(use)
    return Uses(
        every,
        _frozen(facts),
        _frozen(sources),
        MappingProxyType({fact: _said(fact, uses) for fact, uses in facts.items()}),
        MappingProxyType({fact: _named(fact, uses) for fact, uses in facts.items()}),
    )


def _frozen(found: Mapping[str, list[Use]]) -> Mapping[str, tuple[Use, ...]]:
    return MappingProxyType({key: tuple(uses) for key, uses in found.items()})


def _uses_in(file: Header, decides: bool) -> Iterator[Use]:
    everywhere = file.jurisdictions if isinstance(file, ProtocolFile) else ()
    for path, part in _citing(file, ()):
        own = getattr(part, "jurisdictions", ()) or getattr(
            getattr(part, "applies_to", None), "jurisdictions", ()
        )
        kind = _kind_of(part, path)
        yield Use(
            file=file.id,
            title=file.title,
            place=".".join(path),
            kind=kind,
            name=_name_of(part, path),
            told=_told(part, path),
            decides=decides,
            facts=part.facts,
            sources=part.sources,
            certainty=part.certainty,
            jurisdictions=tuple(own or everywhere),
            since=date.fromisoformat(path[-1]) if isinstance(part, Value) else None,
        )


def _citing(part: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Cited | Study]]:
    """Yield everything below a part that cites, with the way to it."""
    if isinstance(part, Cited | Study):
        yield path, part
    if isinstance(part, Strict):
        for name, field in type(part).model_fields.items():
            yield from _citing(getattr(part, name), (*path, field.alias or name))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from _citing(value, (*path, key.isoformat() if isinstance(key, date) else str(key)))
    elif isinstance(part, tuple):
        for n, value in enumerate(part):
            yield from _citing(value, (*path, str(getattr(value, "id", n))))


def _kind_of(part: object, path: tuple[str, ...]) -> str:
    for kind, word in _KINDS:
        if isinstance(part, kind):
            return word
    named = [step for step in path if not step.isdigit()]
    return (named[0] if named else "file").replace("_", " ").removesuffix("s")


def _name_of(part: object, path: tuple[str, ...]) -> str:
    """Return the key under which a part stands: a value's is the step before its day."""
    if isinstance(part, Value):
        return path[-2]
    named = [step for step in path if not step.isdigit()]
    return named[-1] if named else ""


def _told(part: object, path: tuple[str, ...]) -> str:
    if isinstance(part, Value):
        return f"{path[-2].replace('_', ' ').capitalize()}: {value_text(part)}"
    if isinstance(part, InteractionSize):
        exposure = f"exposure to {part.measured_of} × {show_number(part.auc_ratio)}"
        return f"{part.drug.capitalize()}, {part.route}: {exposure}"
    for name in _TOLD:
        said = getattr(part, name, None)
        if isinstance(said, str) and said:
            return said
    value, unit = getattr(part, "value", None), getattr(part, "unit", None)
    if isinstance(value, Decimal) and isinstance(unit, str):  # a model's parameter
        return f"{path[-1]}: {Quantity(value, unit)}"
    return ", ".join(step.replace("_", " ") for step in path if not step.isdigit())


_SITE_DEFAULT = "SITE-DEFAULT"  # a choice of this product, and no document that any fact comes from

# Which use tells a fact best, where no reference file tells it: a finding before a number, a number before a
# question. What a site sets says least about the fact itself.
_TELLS_BEST = (
    "reference",
    "sentence",
    "trial",
    "rule",
    "refusal",
    "product",
    "",
    "value",
    "question",
    "setting",
)


def _telling(use: Use) -> int:
    return _TELLS_BEST.index(use.kind if use.kind in _TELLS_BEST else "")


def _said(fact: str, uses: Iterable[Use]) -> str:
    own = _own(fact, uses)
    return own.told if own else min(uses, key=_telling).told


def _named(fact: str, uses: Iterable[Use]) -> tuple[str, ...]:
    own = _own(fact, uses)
    every = own.sources if own else dict.fromkeys(source for use in uses for source in use.sources)
    return tuple(source for source in every if own or source != _SITE_DEFAULT)


def _own(fact: str, uses: Iterable[Use]) -> Use | None:
    """Return the fact's own place in a reference file; other reference facts may rest on it too."""
    return next((use for use in uses if use.kind == "reference" and use.name == fact), None)

"""The chain under a verdict or a number: rule, condition, values, facts, sources, and how sure they are.

It folds into one line that already names the fact and how sure it is, and opens without a script. Every
address is given by whoever builds it (``web/grounds.py`` does), so the part itself knows no knowledge.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from posology.knowledge.certainties import certainty_words
from posology.quantities import Quantity

# From what was read at its source to what nobody has verified.
_SURE_TO_UNSURE = ("V", "S", "D", "SEED", "SITE", "N")


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One id that opens a page: a fact, a source, a rule. ``text`` says in words what stands behind it."""

    id: str
    href: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """What something rests on: facts, then sources, and how sure they are."""

    certainty: str
    facts: tuple[ChainLink, ...] = ()
    sources: tuple[ChainLink, ...] = ()
    where: str = ""

    @property
    def certainty_words(self) -> str:
        """Return the certainty in words."""
        return certainty_words(self.certainty)

    @property
    def named(self) -> tuple[ChainLink, ...]:
        """Return the facts; where there is none (a site's own default), the sources."""
        return self.facts or self.sources

    @property
    def is_unverified(self) -> bool:
        """Return whether nobody has checked it at its source."""
        return "N" in self.certainty.split("/")


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value of the patient's that was read: what, how much, from which day, and where it came from."""

    what: str
    shown: str
    on: date | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ForceValue:
    """A value of the knowledge that is in force, from which day, and what it rests on."""

    name: str
    shown: Quantity | str
    since: date
    rests: Rest
    note: str = ""

    @property
    def is_quantity(self) -> bool:
        """Return whether it is a number with a unit."""
        return isinstance(self.shown, Quantity)


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One line of a condition in words; ``depth`` says under how many others it stands."""

    text: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything between what a page says and the document that it rests on.

    ``folded`` puts it behind one line that opens; inside something that opens already, leave it flat.
    ``label`` begins the closed line; leave it empty under a heading that says the same.
    """

    template: ClassVar[str] = "web/components/chain.html"
    rests: tuple[Rest, ...]
    rule: ChainLink | None = None
    asked: tuple[AskedLine, ...] = ()
    read: tuple[ReadValue, ...] = ()
    values: tuple[ForceValue, ...] = ()
    in_force: str = ""
    knowledge: str = ""
    label: str = "Rests on"
    folded: bool = True

    @property
    def named(self) -> tuple[ChainLink, ...]:
        """Return what the closed line names, each once."""
        every = (*self.rests, *(value.rests for value in self.values))
        return tuple(dict.fromkeys(link for rest in every for link in rest.named))

    @property
    def first_named(self) -> tuple[str, ...]:
        """Return the ids that stand on the closed line: three at most."""
        return tuple(link.id for link in self.named[:3])

    @property
    def further(self) -> int:
        """Return how many ids the closed line leaves out."""
        return max(0, len(self.named) - 3)

    @property
    def certainty_words(self) -> str:
        """Return how sure the whole is, in words: of several kinds, the least sure."""
        every = self.rests or tuple(value.rests for value in self.values)
        kinds = dict.fromkeys(code for rest in every for code in rest.certainty.split("/"))
        if len(kinds) <= 1:
            return certainty_words(next(iter(kinds), ""))
        least = max(kinds, key=lambda code: _SURE_TO_UNSURE.index(code) if code in _SURE_TO_UNSURE else -1)
        return f"least sure: {certainty_words(least)}"

    @property
    def is_unverified(self) -> bool:
        """Return whether a part of it was not verified."""
        return any(rest.is_unverified for rest in self.rests)

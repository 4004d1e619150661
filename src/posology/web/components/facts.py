"""Facts with their moment and their origin, and the verdicts that rest on them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from posology.knowledge.certainties import certainty_words
from posology.quantities import Quantity
from posology.web.components.chain import Chain
from posology.web.components.status import GRAVITY, Chip, Status


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: label, value with its unit, when, and where it came from.

    ``value`` is a quantity or words; ``None`` shows a dash and ``missing``. ``at`` is a moment, ``on`` a
    day: give one of the two. ``stale_because`` says why the value is too old to use.
    """

    template: ClassVar[str] = "web/components/fact.html"
    label: str
    value: Quantity | str | None
    at: datetime | None = None
    on: date | None = None
    origin: str = ""
    missing: str = "not recorded"
    needed_for: str = ""
    stale_because: str = ""
    href: str = ""
    action: str = ""
    chain: Chain | None = None  # what the value, or the rule about it, rests on

    @property
    def is_quantity(self) -> bool:
        """Return whether the value is a number with a unit."""
        return isinstance(self.value, Quantity)

    @property
    def is_missing(self) -> bool:
        """Return whether there is no value."""
        return self.value is None or self.value == ""


@dataclass(frozen=True, slots=True)
class FactList:
    """Facts under one heading, in rows that line up."""

    template: ClassVar[str] = "web/components/fact_list.html"
    facts: tuple[Fact, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """One link of the chain from a verdict down to its source.

    ``knowledge`` names the file and version that carried the fact; ``href`` opens it.
    """

    rule: str
    fact_id: str
    source: str
    certainty: str
    where: str = ""
    knowledge: str = ""
    href: str = ""

    @property
    def certainty_words(self) -> str:
        """Return the certainty in words."""
        return certainty_words(self.certainty)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's answer: the status, what it is about, and the fact that decided, with its date."""

    template: ClassVar[str] = "web/components/verdict.html"
    status: Status
    what: str
    because: str
    at: datetime | None = None
    on: date | None = None
    say: str = ""
    needs: tuple[str, ...] = ()
    grounds: tuple[Ground, ...] = ()
    open: bool = False
    chain: Chain | None = None  # whole, with links; it stands instead of the grounds

    @property
    def chip(self) -> Chip:
        """Return the chip that begins the row."""
        return Chip(self.status)

    @property
    def is_unverified(self) -> bool:
        """Return whether it rests on a fact nobody has checked at its source."""
        if self.chain is not None:
            return self.chain.is_unverified
        return any("N" in ground.certainty.split("/") for ground in self.grounds)


@dataclass(frozen=True, slots=True)
class VerdictList:
    """All verdicts of one assessment: stops, holds, cautions, cannot say; the passes folded."""

    template: ClassVar[str] = "web/components/verdict_list.html"
    verdicts: tuple[Verdict, ...]

    @property
    def standing(self) -> tuple[Verdict, ...]:
        """Return what a person must read, gravest first; the order within a status is kept."""
        spoken = [v for v in self.verdicts if v.status is not Status.PASS]
        return tuple(sorted(spoken, key=lambda verdict: GRAVITY.index(verdict.status)))

    @property
    def passed(self) -> tuple[Verdict, ...]:
        """Return the verdicts that are folded."""
        return tuple(v for v in self.verdicts if v.status is Status.PASS)

    @property
    def counts(self) -> tuple[tuple[Chip, int], ...]:
        """Return how many verdicts of each status there are, gravest first."""
        tallies = ((status, sum(v.status is status for v in self.verdicts)) for status in GRAVITY)
        return tuple((Chip(status), count) for status, count in tallies if count)

"""Options side by side: equal in size, none preselected, *none of these* among them."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from posology.knowledge.certainties import certainty_words
from posology.quantities import Quantity
from posology.web.components.chain import Chain
from posology.web.components.chart import Chart
from posology.web.components.status import Chip, Status
from posology.web.components.text import Term


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about an option, how surely, and from where."""

    text: str
    certainty: str
    source: str
    fact_id: str = ""
    href: str = ""

    @property
    def certainty_words(self) -> str:
        """Return the certainty in words."""
        return certainty_words(self.certainty)


@dataclass(frozen=True, slots=True)
class Held:
    """One rule that holds an option: its title, what was found, what to do, and what it rests on."""

    title: str
    found: str
    do: str = ""
    chain: Chain | None = None


@dataclass(frozen=True, slots=True)
class Caution:
    """One caution about an option; ``asks`` says that it will be answered before anything is signed."""

    title: str
    text: str
    asks: bool = False
    chain: Chain | None = None


@dataclass(frozen=True, slots=True)
class InteractionLine:
    """One drug on the list that interacts: what changes, and how much by this option's route."""

    drug: str
    what: str
    how_much: str
    chain: Chain | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why an option cannot be chosen now, and who may clear it.

    ``overridable``: the person who looks may choose it all the same, and says why when signing.
    """

    status: Status
    held: tuple[Held, ...]
    cleared_by: str = ""
    overridable: bool = False

    @property
    def heading(self) -> str:
        """Return what stands over the reason."""
        return "Held: choosing it asks for your reason" if self.overridable else "Why it cannot be chosen now"

    @property
    def chip(self) -> Chip:
        """Return the chip of the block."""
        return Chip(self.status)


@dataclass(frozen=True, slots=True)
class Option:
    """One proposal. The dose is shown bold and once; the sum that led to it in ordinary weight beside it.

    ``change`` says in words what differs from the last session ("Same dose, 7 days later"); ``basis`` says
    from which weight, of which day, the dose was computed; ``checkpoint`` when the course is judged anew, and
    ``at_session`` what will be asked on the day. ``dose`` is ``None`` where the proposal is to
    give none. A reason that rests on facts is an :class:`Evidence`, and shows its source and certainty.
    ``sum_chain`` is what the dose was worked out from.
    """

    template: ClassVar[str] = "web/components/option.html"
    value: str
    substance: str
    route: str
    dose: Quantity | None
    sum: tuple[Term, ...]
    schedule: str
    dates: tuple[date, ...]
    checkpoint: str
    change: str
    reasons_for: tuple[str | Evidence, ...]
    reasons_against: tuple[str | Evidence, ...]
    evidence: tuple[Evidence, ...] = ()
    given_over: str = ""
    rounding: str = ""
    basis: str = ""
    at_session: tuple[str, ...] = ()
    cautions: tuple[str | Caution, ...] = ()
    interactions: tuple[InteractionLine, ...] = ()
    sum_chain: Chain | None = None
    blocked: Blocked | None = None
    curve: Chart | None = None

    @property
    def first_dates(self) -> tuple[date, ...]:
        """Return the dates that stand on the card."""
        return self.dates[:4]

    @property
    def further_dates(self) -> int:
        """Return how many dates follow those on the card."""
        return max(0, len(self.dates) - 4)


@dataclass(frozen=True, slots=True)
class NoneOfThese:
    """The card that costs no more clicks than any option. ``value`` is what the form sends."""

    template: ClassVar[str] = "web/components/option_none.html"
    value: str = "none"
    label: str = "None of these"
    text: str = "I decide otherwise, and write down what and why on the next page."


@dataclass(frozen=True, slots=True)
class OptionSet:
    """The choice. There is no field for a preselected option, and there must never be one (hazard H-21)."""

    template: ClassVar[str] = "web/components/option_set.html"
    options: tuple[Option, ...]
    legend: str = "Choose how to treat next"
    name: str = "option"
    none_of_these: NoneOfThese = field(default_factory=NoneOfThese)
    error: str = ""

    @property
    def total(self) -> int:
        """Return the number of cards, *none of these* included; the grid is laid out by it."""
        return len(self.options) + 1

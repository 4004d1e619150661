"""What interacts with an option by its own route: what changes, which way, and how much was measured.

It is told beside the option. No dose follows from it, and what was measured by one route is never told of
another (A-DDI-10 to A-DDI-19).
"""

from dataclasses import dataclass
from decimal import Decimal

from posology.knowledge import Library, Route
from posology.knowledge.schema import Rule, RulesFile
from posology.knowledge.schema.rules import Effect, InteractionSize
from posology.protocols import Citation, Finding
from posology.quantities import show_number
from posology.recommendation.options import Option

_PERCENT = Decimal(100)
BY_ROUTE = {
    Route.INTRAVENOUS: "into a vein",
    Route.INTRAMUSCULAR: "into a muscle",
    Route.NASAL: "nasally",
    Route.ORAL: "by mouth",
    Route.SUBCUTANEOUS: "under the skin",
    Route.SUBLINGUAL: "under the tongue",
}
_MORE = {
    "exposure": "higher exposure",
    "sedation": "deeper sedation",
    "slow breathing": "slower breathing",
    "blood pressure": "higher blood pressure",
    "risk of seizures": "higher risk of seizures",
    "effect of ketamine": "stronger effect of ketamine",
}
_LESS = {"exposure": "lower exposure", "effect of ketamine": "weaker effect of ketamine"}
_OPEN = {
    "disputed": "{on}: studies disagree",
    "plausible": "{on}: a change is plausible, and was never measured",
}


def _words(effect: Effect) -> str:
    """Say what an effect changes and which way: ``deeper sedation``."""
    if effect.direction in _OPEN:
        return _OPEN[effect.direction].format(on=effect.on)
    told = _MORE if effect.direction == "up" else _LESS
    return told.get(effect.on, f"less {effect.on}")


@dataclass(frozen=True, slots=True)
class Size:
    """How much one ingredient changes the exposure by one route, with its source."""

    ingredient: str
    size: InteractionSize
    citations: tuple[Citation, ...]

    @property
    def shown(self) -> str:
        """The size in words: ``exposure × 0.14 (−86 %), measured by mouth with esketamine``."""
        size = self.size
        told = f"Exposure {_times(size.auc_ratio)}"
        if size.auc_ratio_low is not None and size.auc_ratio_high is not None:
            told += f", range {show_number(size.auc_ratio_low)}–{show_number(size.auc_ratio_high)}"
        if size.cmax_ratio is not None:
            told += f"; peak {_times(size.cmax_ratio)}"
        note = f" {size.note}" if size.note else ""
        return f"{told}; measured {BY_ROUTE[size.route]} with {size.measured_of.value}.{note}"

    @property
    def unverified(self) -> bool:
        """Whether its numbers were checked at no source."""
        return any(c.certainty.value == "N" for c in self.citations)


@dataclass(frozen=True, slots=True)
class Interaction:
    """One drug on the list that a rule speaks of, and what it does to an option by the option's route."""

    rule: str
    title: str
    drug: str  # as it stands on the list
    effects: tuple[Effect, ...]
    route: Route
    sizes: tuple[Size, ...]  # of this drug by this route; empty where none was measured

    @property
    def what(self) -> str:
        """What changes, and which way: ``deeper sedation; effect of ketamine: studies disagree``."""
        return "; ".join(_words(e) for e in self.effects)

    @property
    def how_much(self) -> str:
        """The size for this route, or that it is not known."""
        if self.sizes:
            return " ".join(s.shown + (" (unverified)" if s.unverified else "") for s in self.sizes)
        return f"Size not known for this route ({BY_ROUTE[self.route]})."


def interactions_of(option: Option, library: Library) -> tuple[Interaction, ...]:
    """Return every drug of the list that interacts with an option, in the order in which the findings stand.

    Parameters
    ----------
    option : Option
        Its holds and cautions are read; an option that gives no dose has none.
    library : Library
        The knowledge that the option was made from.

    Returns
    -------
    tuple of Interaction
        One a rule and drug. A drug that was not read by its ingredient has no size.
    """
    rules = {f"{file.id}/{rule.id}": (file, rule) for file in library.rules for rule in file.rules}
    return tuple(
        _interaction(finding, *rules[finding.rule], seen.shown, seen.read_as, option.route, library)
        for finding in (*option.blocked_by, *option.cautions)
        if finding.rule in rules and rules[finding.rule][1].effects
        for seen in finding.because
        if seen.key == "medications"
    )


def _interaction(
    finding: Finding,
    file: RulesFile,
    rule: Rule,
    drug: str,
    read_as: tuple[str, ...],
    route: Route,
    library: Library,
) -> Interaction:
    about_exposure = any(effect.on == "exposure" for effect in rule.effects)
    sizes = tuple(
        Size(size.drug, size, _sources_of(size, library))
        for size in file.sizes
        if about_exposure and size.drug in read_as and size.route is route
    )
    return Interaction(finding.rule, rule.title, drug, rule.effects, route, sizes)


def _sources_of(size: InteractionSize, library: Library) -> tuple[Citation, ...]:
    return tuple(
        Citation(source, library.sources[source].title, size.facts, size.certainty) for source in size.sources
    )


def _times(ratio: Decimal) -> str:
    """Write a ratio and what it comes to: ``× 2.4 (+140 %)``, ``× 1 (no change)``."""
    percent = (ratio - 1) * _PERCENT
    if not percent:
        return "× 1 (no change)"
    sign = "+" if percent > 0 else "−"
    return f"×\u00a0{show_number(ratio)} ({sign}{show_number(abs(percent))}\u00a0%)"

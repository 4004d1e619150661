"""Which findings interrupt whoever signs, and which stand below as notes: at most two interrupt an order.

A hold is never dropped and never counts against the two: it has to be decided with a reason anyway. Where
holds take up the two places, no caution interrupts. Only a caution about a drug the patient takes, or about
this route or substance, may interrupt; what is said of everybody is a note. Every finding stands exactly
once. The table of the ranking stands in ``docs/algorithms/interactions.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from posology.knowledge import Certainty, Library, Role
from posology.knowledge.schema import Condition, Rule
from posology.protocols import Finding, Verdict
from posology.recommendation.options import Option

MOST_INTERRUPTIONS = 2

_BY_VERDICT = {Verdict.STOP: 0, Verdict.HOLD: 1, Verdict.CANNOT_SAY: 2, Verdict.CAUTION: 3, Verdict.PASS: 4}
# Among holds: who nobody may clear first, then by how few may.
_BY_ROLE = {Role.NOBODY: 0, Role.DIRECTOR: 1, Role.PRESCRIBER: 2, Role.NURSE: 3}
_BY_CERTAINTY = {
    Certainty.VERIFIED: 0,
    Certainty.SECONDARY: 1,
    Certainty.DERIVED: 1,
    Certainty.SEED: 2,
    Certainty.SITE_DEFAULT: 3,
    Certainty.NOT_VERIFIED: 4,
}
_GENERAL = 3  # how specific a caution is: 0 drug and place, 1 drug, 2 place, 3 neither


@dataclass(frozen=True, slots=True)
class Alerts:
    """The findings on one option, each exactly once, in the order of their rank."""

    decide: tuple[Finding, ...]  # holds: each asks for a reason before anything is signed
    interrupt: tuple[Finding, ...]  # cautions that must be answered before anything is signed
    notes: tuple[Finding, ...]  # all the others: listed, never hidden

    @property
    def interrupting(self) -> tuple[Finding, ...]:
        """Everything that stands in the way of the signature."""
        return (*self.decide, *self.interrupt)


def alerts_of(option: Option, library: Library) -> Alerts:
    """Rank the findings on an option, and say which of them interrupt.

    Parameters
    ----------
    option : Option
        Its holds and its cautions are ranked; what waits for the session is asked at its gate.
    library : Library
        The knowledge that the option was made from.
    """
    return rank_alerts((*option.blocked_by, *option.cautions), library)


def rank_alerts(findings: Iterable[Finding], library: Library) -> Alerts:
    """Rank findings, gravest first, and let at most two interrupt beside the holds that must be decided.

    Returns
    -------
    Alerts
        Every finding once. The order of equals is the order in which they came, so a repeat gives the same.
    """
    rules = {f"{file.id}/{rule.id}": rule for file in library.rules for rule in file.rules}
    ranked = sorted(findings, key=lambda finding: _rank(finding, rules.get(finding.rule)))
    decide = tuple(f for f in ranked if f.verdict in {Verdict.STOP, Verdict.HOLD, Verdict.CANNOT_SAY})
    beside = [f for f in ranked if f not in decide]
    room = max(0, MOST_INTERRUPTIONS - len(decide))
    specific = [f for f in beside if _interrupts(f, rules.get(f.rule))][:room]
    return Alerts(decide, tuple(specific), tuple(f for f in beside if f not in specific))


def _interrupts(finding: Finding, rule: Rule | None) -> bool:
    return finding.verdict is Verdict.CAUTION and how_specific(rule) < _GENERAL


def _rank(finding: Finding, rule: Rule | None) -> tuple[int, int, int]:
    verdict = _BY_VERDICT[finding.verdict]
    if finding.verdict is Verdict.CAUTION:
        return verdict, how_specific(rule), _BY_CERTAINTY[finding.certainty]
    return verdict, _BY_ROLE[finding.cleared_by], _BY_CERTAINTY[finding.certainty]


def how_specific(rule: Rule | None) -> int:
    """Return how closely a rule speaks of this order: 0 for a drug by this route or substance, 3 for neither.

    A rule that names several routes speaks of no one of them. A finding that no rule of the library made,
    such as a limit's, speaks of the order itself: 0.
    """
    if rule is None:
        return 0
    of_drug = any(c.taking is not None or c.unlisted_drug is not None for c in _parts(rule.when))
    of_place = bool(rule.applies_to.substances) or len(rule.applies_to.routes) == 1
    return {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): _GENERAL}[of_drug, of_place]


def _parts(condition: Condition) -> Iterable[Condition]:
    yield condition
    for inner in (*(condition.any_of or ()), *(condition.all_of or ())):
        yield from _parts(inner)
    if condition.not_ is not None:
        yield from _parts(condition.not_)

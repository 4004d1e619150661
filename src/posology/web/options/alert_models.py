"""What stands in an option's way, and what interacts with it, as a page shows it: each with its chain."""

from datetime import date

from posology.knowledge import Library
from posology.knowledge.schema import ProtocolFile
from posology.protocols import Finding
from posology.recommendation import Advice, Option
from posology.recommendation.alerts import alerts_of
from posology.recommendation.interactions import Interaction, interactions_of
from posology.web.components import Caution, Chain, Held, InteractionLine
from posology.web.grounds import chain_of_finding, chain_of_values, rests_of

# The values of a protocol that a dose is worked out from, in the order in which the sum uses them.
_DOSE_VALUES = (
    "dose_start",
    "dose_start_lower",
    "dose_levels",
    "dosing_weight_policy",
    "dose_step",
    "infusion_minutes",
    "dose_ceiling",
    "dose_ceiling_mg",
    "rate_ceiling",
)


def held_lines(option: Option, library: Library, *, on: date) -> tuple[Held, ...]:
    """Return what must be decided before the option is signed, gravest first."""
    return tuple(
        Held(f.title, found_text(f), f.do, _folded(f, library, on)) for f in alerts_of(option, library).decide
    )


def caution_lines(option: Option, library: Library, *, on: date) -> tuple[Caution, ...]:
    """Return the cautions: those that ask for an answer first, then the notes."""
    alerts = alerts_of(option, library)
    asked = tuple(_caution(f, library, on, asks=True) for f in alerts.interrupt)
    return (*asked, *note_lines(option, library, on=on))


def note_lines(option: Option, library: Library, *, on: date) -> tuple[Caution, ...]:
    """Return the cautions that only stand below."""
    return tuple(_caution(f, library, on, asks=False) for f in alerts_of(option, library).notes)


def _caution(finding: Finding, library: Library, on: date, *, asks: bool) -> Caution:
    return Caution(finding.title, f"{found_text(finding)} {finding.do}", asks, _folded(finding, library, on))


def found_text(finding: Finding) -> str:
    """Say what was found, with the drugs that it is about and whether anybody checked the rule."""
    drugs = ", ".join(seen.shown for seen in finding.because if seen.key == "medications")
    named = f" On the list: {drugs}." if drugs else ""
    return f"{finding.message}{named}{' (unverified)' if finding.unverified else ''}"


def _folded(finding: Finding, library: Library, on: date) -> Chain:
    return chain_of_finding(finding, library, on=on, folded=True)


def interaction_lines(option: Option, library: Library) -> tuple[InteractionLine, ...]:
    """Return each drug that interacts with the option, with its size by the option's route."""
    return tuple(_interaction(one, library) for one in interactions_of(option, library))


def _interaction(one: Interaction, library: Library) -> InteractionLine:
    citations = tuple(citation for size in one.sizes for citation in size.citations)
    chain = Chain(rests_of(citations, library)) if citations else None
    return InteractionLine(one.drug, one.what, one.how_much, chain)


def dose_chain(option: Option, protocol: ProtocolFile, library: Library, *, on: date) -> Chain | None:
    """Return what the dose of an option was worked out from: the protocol's own values of the day."""
    if option.dose is None:
        return None
    chain = chain_of_values(_DOSE_VALUES, protocol.values, library, on=on, label="The sum rests on")
    return chain if chain.values else None


def not_checked(advice: Advice, library: Library) -> tuple[str, ...]:
    """Return the drugs on the list that could not be checked, by their names as written (hazard H-16)."""
    unlisted = {
        f"{file.id}/{rule.id}"
        for file in library.rules
        for rule in file.rules
        if rule.when.unlisted_drug is not None
    }
    found = (f for p in advice.protocols for f in p.report.findings if f.rule in unlisted)
    return tuple(dict.fromkeys(seen.shown for f in found for seen in f.because if seen.key == "medications"))

"""A soft limit that is exceeded is a hold like any rule's: named, cited, cleared by a role with a reason."""

from dataclasses import dataclass
from fractions import Fraction

from posology.case import Missing
from posology.knowledge import Level, Library, Role
from posology.knowledge.schema import ProtocolFile, Value
from posology.protocols.eligibility import cite
from posology.protocols.findings import Finding, Observed, Verdict


@dataclass(frozen=True, slots=True)
class Told:
    """What a hold says: its title, one sentence, what to do, and the values that decided it."""

    title: str
    message: str
    do: str
    because: tuple[Observed, ...]
    missing: tuple[Missing, ...] = ()
    counted: Fraction | None = None  # what a pass of it covers, and no more


def limit_rule(protocol: ProtocolFile, name: str) -> str:
    """Return the id under which one limit of a protocol is named: ``limits/ketamine-iv/dose-hold-above``."""
    return f"limits/{protocol.id}/{name.replace('_', '-')}"


def hold(protocol: ProtocolFile, name: str, value: Value, told: Told, library: Library) -> Finding:
    """Return the hold of one limit.

    A hard limit holds only where it cannot be said whether it is kept; then a prescriber decides. What
    cannot be said has an id of its own: who goes on without knowing has not passed an excess that is known.
    """
    rule = limit_rule(protocol, name)
    return Finding(
        rule=f"{rule}-not-known" if told.missing else rule,
        title=told.title,
        verdict=Verdict.HOLD,
        level=Level.HOLD,
        message=told.message,
        do=told.do,
        because=told.because,
        missing=told.missing,
        citations=cite(value, library),
        certainty=value.certainty,
        cleared_by=value.cleared_by or Role.PRESCRIBER,
        counted=told.counted,
    )

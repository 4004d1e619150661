"""What a rule said of a case: the finding, the values that decided it, and the report of all of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from posology.case import Missing, Origin
from posology.knowledge import Certainty, KnowledgeStamp, Level, Role


class Verdict(StrEnum):
    """How one rule, or all of them together, answered; listed from the gravest to the least."""

    STOP = "stop"
    HOLD = "hold"
    CANNOT_SAY = "cannot say"
    CAUTION = "caution"
    PASS = "pass"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return _RANK[self]

    @property
    def lets_through(self) -> bool:
        """Whether a dose may be ordered under it without anyone clearing anything."""
        return self in {Verdict.CAUTION, Verdict.PASS}


_RANK = {verdict: place for place, verdict in enumerate(Verdict)}


class Severity(StrEnum):
    """The indicator codes of CDS Hooks."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


_SEVERITY = {
    Verdict.STOP: Severity.CRITICAL,
    Verdict.HOLD: Severity.WARNING,
    Verdict.CANNOT_SAY: Severity.WARNING,
    Verdict.CAUTION: Severity.WARNING,
    Verdict.PASS: Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class Observed:
    """A value that a decision read: what, how much, when, and where it came from."""

    what: str  # "Weight"
    shown: str  # "72.5 kg"
    at: datetime | None
    origin: Origin | None
    key: str = ""
    read_as: tuple[str, ...] = ()  # of a drug: its ingredients in the list; empty where it was not read


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a statement comes from: source id and title, the fact ids, and how sure they are."""

    source: str
    title: str
    facts: tuple[str, ...]
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that spoke about one case."""

    rule: str  # "rules-common/aneurysm"
    title: str
    verdict: Verdict
    level: Level  # what the rule asks for when it holds
    message: str  # under 140 characters
    do: str  # what to do about it; empty when it passed
    because: tuple[Observed, ...]
    missing: tuple[Missing, ...]
    citations: tuple[Citation, ...]
    certainty: Certainty
    cleared_by: Role
    each_session: bool = False
    counted: Fraction | None = None  # of a limit: the number that exceeds it, and that a pass of it covers

    @property
    def severity(self) -> Severity:
        """The indicator under which a card would show it."""
        return _SEVERITY[self.verdict]

    @property
    def unverified(self) -> bool:
        """Whether it rests on a fact that nobody has checked at its source."""
        return self.certainty is Certainty.NOT_VERIFIED


@dataclass(frozen=True, slots=True)
class Report:
    """All findings for one protocol, gravest first, and what they come to."""

    protocol_id: str
    jurisdiction: str
    as_of: datetime
    findings: tuple[Finding, ...]
    knowledge: tuple[KnowledgeStamp, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict; *pass* only when every rule passed."""
        return min((f.verdict for f in self.findings), key=lambda v: v.rank, default=Verdict.PASS)

    @property
    def before_ordering(self) -> tuple[Finding, ...]:
        """The findings that bear on an order: all but what cannot be said until the session itself.

        Who asks at each session cannot know the answer days ahead; it is asked at the gate, and a dose
        is not started without it.
        """
        return tuple(f for f in self.findings if not (f.each_session and f.verdict is Verdict.CANNOT_SAY))

    @property
    def at_session(self) -> tuple[Finding, ...]:
        """The findings that wait for the session: asked at its gate."""
        return tuple(f for f in self.findings if f.each_session and f.verdict is Verdict.CANNOT_SAY)

    @property
    def verdict_before_ordering(self) -> Verdict:
        """The gravest verdict that bears on an order."""
        return min((f.verdict for f in self.before_ordering), key=lambda v: v.rank, default=Verdict.PASS)

    def of(self, verdict: Verdict) -> tuple[Finding, ...]:
        """Return the findings with one verdict."""
        return tuple(f for f in self.findings if f.verdict is verdict)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Every question that is open, once."""
        return tuple({m.key + m.why: m for f in self.findings for m in f.missing}.values())

"""What is proposed: options with their sum, their reasons, their dates, and what stands in their way."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from posology.case import Missing
from posology.knowledge import KnowledgeStamp, Route, Substance
from posology.protocols.dosing_weight import DosingWeight
from posology.protocols.findings import Citation, Finding, Observed, Report, Verdict
from posology.protocols.limits import Intended
from posology.protocols.schedule import Visit


class DoseChange(StrEnum):
    """How the proposed dose compares with the last one given."""

    START = "start"
    HOLD = "hold"
    LOWER = "lower"
    SAME = "same"
    RAISE = "raise"
    END = "end"


class IntervalChange(StrEnum):
    """How the proposed interval compares with the running one."""

    START = "start"
    SHORTEN = "shorten"
    KEEP = "keep"
    LENGTHEN = "lengthen"
    RESTART = "restart"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the sum: ``0.5 mg/kg × 72 kg`` = ``36 mg``, and why."""

    label: str
    expression: str
    result: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProposedDose:
    """One dose, with the sum that led to it. ``level`` is in the protocol's dose basis."""

    dose_mg: Decimal
    level: Decimal
    basis: str  # "mg/kg" or "mg"
    weight: DosingWeight | None
    minutes: int | None  # infusion time
    devices: int | None  # nasal devices
    steps: tuple[Step, ...]

    def intended(self, number: int) -> Intended:
        """Return the dose as every limit is asked of it, for one session of a course."""
        weight = self.weight
        return Intended(
            self.level,
            self.dose_mg,
            weight.kg if weight else None,
            self.minutes,
            self.devices,
            number,
            weight.actual_kg if weight else None,
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence for, against or beside an option, with its citations."""

    say: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to go on. None is ever preselected, and *none of these* stands beside them."""

    id: str  # stable for one case and moment: "ketamine-iv/start/0.5/40"
    protocol_id: str
    protocol_version: int
    protocol_title: str
    approval: str  # "approved" or "off-label"
    substance: Substance
    route: Route
    dose_change: DoseChange
    interval_change: IntervalChange
    title: str
    dose: ProposedDose | None  # None for hold and end
    phase: str
    session_number: int | None
    visits: tuple[Visit, ...]
    for_: tuple[Reason, ...]
    against: tuple[Reason, ...]
    cautions: tuple[Finding, ...]
    blocked_by: tuple[Finding, ...]  # holds that a permitted role must clear before it can be signed
    at_session: tuple[Finding, ...]  # what cannot be said until the session, and is asked at its gate
    difference: str  # to the last session, in words; empty at the start

    @property
    def next_on(self) -> date | None:
        """The day of the first visit; ``None`` where no dose is proposed."""
        return self.visits[0].on if self.visits else None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question put to the prescriber at a checkpoint. It stops nothing and chooses nothing."""

    id: str  # "ketamine-iv/early-futility"
    title: str
    say: str  # what was found, with its dates
    do: str
    limit: str  # what it cannot tell; empty where there is nothing to add
    due_on: date
    is_due: bool  # otherwise it lies ahead
    because: tuple[Observed, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class ProtocolAdvice:
    """One protocol for this case: its report, and the options if there can be any."""

    report: Report
    options: tuple[Option, ...]
    why_no_options: str | None
    missing: tuple[Missing, ...] = ()  # what the dose needs beyond what the rules asked for
    left_out: tuple[str, ...] = ()  # why an option that would fit was not proposed, a sentence each
    prompts: tuple[Prompt, ...] = ()  # checkpoints: those due first, then those ahead
    lower_start: str | None = None  # the option that a caution of the report asks to consider
    beyond: Verdict | None = None  # what the limits make of it where no dose of it keeps them

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict on this protocol, all findings counted, and on whether it has a dose."""
        return self._with_the_dose(self.report.verdict)

    @property
    def verdict_before_ordering(self) -> Verdict:
        """The same without what cannot be said until the session itself."""
        return self._with_the_dose(self.report.verdict_before_ordering)

    def _with_the_dose(self, said: Verdict) -> Verdict:
        """Return a verdict that lets nothing through where a dose lacks an input, or keeps no limit."""
        if not said.lets_through:
            return said
        return Verdict.CANNOT_SAY if self.missing else self.beyond or said


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer to *how much, how often, and is it working?*, with everything it was made of."""

    as_of: datetime
    verdict: Verdict  # the best any protocol reached: what can be said at all
    options: tuple[Option, ...]  # 3 to 5 where there can be any; of all protocols, those shown
    protocols: tuple[ProtocolAdvice, ...]
    needed: tuple[Missing, ...]
    inputs: tuple[Observed, ...]
    knowledge: tuple[KnowledgeStamp, ...]
    response: str  # state of response, as of :class:`Response`; "start" before the first session
    response_reason: str
    overdue: tuple[str, ...]  # knowledge files past their review day

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The checkpoints of the course, those due first."""
        return tuple(prompt for protocol in self.protocols for prompt in protocol.prompts)

    @property
    def also_possible(self) -> tuple[Option, ...]:
        """The options that are not among :attr:`options` for want of room: as possible as those."""
        shown = {option.id for option in self.options}
        return tuple(o for protocol in self.protocols for o in protocol.options if o.id not in shown)

    def option(self, option_id: str) -> Option | None:
        """Return the option of that id, shown or only possible, or ``None`` when this advice has none."""
        return next((o for o in (*self.options, *self.also_possible) if o.id == option_id), None)

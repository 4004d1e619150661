"""Policies: whether the state of a session allows a step. Who may take it is a permission, kept elsewhere.

Each ``check_`` raises :class:`NotAllowed` with every obstacle in a sentence; its ``may_`` answers yes or
no. They are asked of live steps. What an offline page or paper tells afterwards has happened: it is
recorded without them, and the fold lists what conflicts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from posology.case import Answer
from posology.knowledge import Library, Role, load_library
from posology.knowledge.schema import ProtocolFile
from posology.protocols import History, TooSoon
from posology.protocols.findings import Finding, Report, Verdict
from posology.protocols.limits import LimitExceeded, check_limits
from posology.quantities import DomainError, check_aware
from posology.treatment.gate import GateItem, GateKind, gate_items, in_words, is_answered, missing_readings
from posology.treatment.orders import Order
from posology.treatment.payloads import EventKind, WorksheetChecked
from posology.treatment.session_state import SessionState
from posology.treatment.sheet import CheckFailed, check_second_person
from posology.treatment.states import SessionPhase, step
from posology.treatment.worksheet import worksheet

GATE_WINDOW = timedelta(hours=2)
"""How old an answer or a reading of the gate may be at the start: an engineering default (hazard H-24)."""

REPORT_WINDOW = timedelta(minutes=5)
"""How old the report of the rules may be at the start; the rules are asked anew (hazard H-28)."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands in the way of a step: a stable key, the sentence for a person, who clears it.

    A nurse clears what is to be done or asked again; a prescriber also what a rule lets pass with a reason.
    What nobody clears is given up, or mended at its cause.
    """

    key: str
    sentence: str
    cleared_by: Role = Role.NURSE


class NotAllowed(DomainError):
    """A step that the state does not allow; ``obstacles`` lists every reason."""

    code = "not-allowed"

    def __init__(self, obstacles: tuple[Obstacle, ...]) -> None:
        self.obstacles = obstacles
        super().__init__(" ".join(o.sentence for o in obstacles))


@dataclass(frozen=True, slots=True)
class Signature:
    """What a prescriber signed: the hash of the whole order, by whom, when."""

    order_sha256: str
    signed_by: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Identifiers:
    """The patient's two identifiers as they stand in the record."""

    patient_id: UUID
    record_number: str
    born_on: date


# ---------------------------------------------------------------- transitions


def check_transition(phase: SessionPhase, kind: EventKind) -> None:
    """Refuse an event that does not regularly follow from a phase.

    Raises
    ------
    NotAllowed
        With the phase and what was tried.
    """
    to = step(phase, kind)
    if to is None or to.irregular:
        words = kind.replace("_", " ")
        raise NotAllowed(
            (
                Obstacle(
                    "transition",
                    f"The session is '{phase}', and '{words}' cannot follow from it. "
                    "Reload the page to see where the session stands.",
                ),
            )
        )


def may_transition(phase: SessionPhase, kind: EventKind) -> bool:
    """Return whether an event regularly follows from a phase."""
    to = step(phase, kind)
    return to is not None and not to.irregular


# ---------------------------------------------------------------- the start


@dataclass(frozen=True, slots=True)
class Start:
    """Everything that the start of a dose is judged by, read anew at that moment."""

    order: Order
    signature: Signature | None
    state: SessionState
    report: Report
    patient: Identifiers
    at: datetime
    history: History  # everything given before this session, in whatever course
    can_be_pregnant: Answer = Answer.UNKNOWN
    library: Library | None = None
    of_clinic: tuple[Obstacle, ...] = ()  # what the clinic's own records put in the way, asked at that moment

    @property
    def knowledge(self) -> Library:
        """The library given, or the package's own."""
        return self.library or load_library()

    @property
    def protocol(self) -> ProtocolFile:
        """The protocol of the order."""
        return self.knowledge.protocol(self.order.protocol_id)

    def limits(self) -> tuple[Finding, ...]:
        """Ask every limit anew, on the site's clock, and return the holds of the soft ones.

        Raises
        ------
        LimitExceeded, TooSoon
            If the dose is beyond a limit that nobody may pass.
        """
        at_site = check_aware(self.at, what="moment").astimezone(self.report.as_of.tzinfo)
        return check_limits(
            self.protocol, self.order.intended, history=self.history, at=at_site, library=self.knowledge
        )


def check_may_start(start: Start) -> None:
    """Refuse to give anything before everything that the start needs is there and true.

    Raises
    ------
    NotAllowed
        With every obstacle.
    """
    found = obstacles_to_start(start)
    if found:
        raise NotAllowed(found)


def may_start(start: Start) -> bool:
    """Return whether nothing stands in the way of the start."""
    return not obstacles_to_start(start)


def obstacles_to_start(start: Start) -> tuple[Obstacle, ...]:
    """Return everything that stands in the way of the start; empty when nothing does.

    Of an order that differs from the signed one nothing else is asked: none of it can be believed.
    """
    of_signature = tuple(_signature_obstacles(start))
    if start.signature is not None and start.signature.order_sha256 != start.order.sha256():
        return of_signature
    return (
        *of_signature,
        *_identity_obstacles(start),
        *_gate_obstacles(start),
        *_worksheet_obstacles(start),
        *_rule_obstacles(start),
        *_limit_obstacles(start),
        *start.of_clinic,
    )


def open_gate_items(
    protocol: ProtocolFile, state: SessionState, *, library: Library, can_be_pregnant: Answer
) -> tuple[GateItem, ...]:
    """Return the gate's items that are not answered yet."""
    items = gate_items(protocol, library=library, can_be_pregnant=can_be_pregnant)
    return tuple(item for item in items if not is_answered(item, state, protocol))


def _signature_obstacles(start: Start) -> Iterator[Obstacle]:
    if start.signature is None:
        yield Obstacle("signature", "The order is not signed. A prescriber signs it first.", Role.PRESCRIBER)
        return
    if start.signature.order_sha256 != start.order.sha256():
        yield Obstacle(
            "signature",
            "The order differs from the one that was signed. It has to be signed anew.",
            Role.PRESCRIBER,
        )
    if check_aware(start.signature.signed_at, what="moment of signing") > check_aware(
        start.at, what="moment"
    ):
        yield Obstacle(
            "signature",
            "The signature is dated after this moment. Check the clocks; sign anew.",
            Role.PRESCRIBER,
        )
    if start.order.patient_id != start.patient.patient_id:
        yield Obstacle(
            "patient",
            "The order is another patient's. Stop, and open this patient's own session.",
            Role.NOBODY,
        )


def _identity_obstacles(start: Start) -> Iterator[Obstacle]:
    typed = start.state.identity
    if typed is None:
        yield Obstacle(
            "identity", "The patient's identity is not checked. Ask for both identifiers and type them."
        )
        return
    same_number = typed.payload.record_number == start.patient.record_number
    if not same_number or typed.payload.born_on != start.patient.born_on:
        which = "record number" if not same_number else "day of birth"
        yield Obstacle(
            "identity",
            f"The {which} that was typed is not this patient's. Stop, look who sits here, "
            "and type both again.",
        )
    yield from _stale("identity", "The identity check", typed.at, start.at)


def _stale(key: str, what: str, done_at: datetime, at: datetime) -> Iterator[Obstacle]:
    moment = check_aware(at, what="moment")
    if moment - done_at > GATE_WINDOW:
        minutes = int((moment - done_at).total_seconds() // 60)
        limit = int(GATE_WINDOW.total_seconds() // 60)
        yield Obstacle(key, f"{what} is {minutes} min old; it counts for {limit} min. Do it again.")


def _gate_obstacles(start: Start) -> Iterator[Obstacle]:
    protocol = start.protocol
    items = gate_items(protocol, library=start.knowledge, can_be_pregnant=start.can_be_pregnant)
    for item in items:
        if item.kind is GateKind.ANSWER:
            yield from _answer_obstacles(item, start)
    since = check_aware(start.at, what="moment") - GATE_WINDOW
    missing = missing_readings(start.state, protocol, since=since)
    if missing:
        words = in_words(missing)
        limit = int(GATE_WINDOW.total_seconds() // 60)
        yield Obstacle("baseline_readings", f"Not measured in the last {limit} min: {words}. Measure now.")


def _answer_obstacles(item: GateItem, start: Start) -> Iterator[Obstacle]:
    answer = start.state.gate_answer(item.key)
    if answer is None or answer.payload.answer not in item.choices:
        unknown = answer is not None and answer.payload.answer == Answer.UNKNOWN
        yield Obstacle(item.key, f"{'Not known' if unknown else 'Not answered'}: {item.sentence}")
        return
    holding = item.holding.get(answer.payload.answer)
    if holding is not None:
        passed = holding.may_be_passed and (
            start.state.overrides(item.key) or all(start.state.overrides(rule) for rule in holding.rules)
        )
        if not passed:
            words = item.choices[answer.payload.answer]
            way = "A prescriber decides." if holding.may_be_passed else "It cannot be passed."
            sentence = f"The answer holds the dose up: {item.sentence} {words}. {way}"
            yield Obstacle(item.key, sentence, holding.cleared_by)
    yield from _stale(item.key, f"The answer to '{item.sentence}'", answer.at, start.at)


def _worksheet_obstacles(start: Start) -> Iterator[Obstacle]:
    checked = start.state.worksheet
    if checked is None:
        yield Obstacle(
            "worksheet", "No second person has checked the worksheet. Ask a colleague to work it out."
        )
        return
    yield from worksheet_obstacles(start.order, checked.payload, author=checked.by, library=start.knowledge)


def worksheet_obstacles(
    order: Order, said: WorksheetChecked, *, author: str, library: Library | None = None
) -> tuple[Obstacle, ...]:
    """Return what speaks against a second person's check: same person, other product, other result."""
    found = []
    first = said.prepared_by or author
    if _same_person(first, said.checked_by):
        sentence = "The person who prepared the dose cannot be the second person. Ask a colleague to check."
        found.append(Obstacle("second_person", sentence))
    try:
        sheet = worksheet(
            order, product_id=said.product_id, library=library, final_volume_mL=said.final_volume_mL
        )
        check_second_person(sheet, typed_volume_mL=said.typed_volume_mL, typed_devices=said.typed_devices)
    except CheckFailed as error:
        found.append(Obstacle("second_person", str(error)))
    except DomainError as error:
        found.append(Obstacle("worksheet", str(error)))
    return tuple(found)


def _same_person(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _rule_obstacles(start: Start) -> Iterator[Obstacle]:
    report = start.report
    if report.protocol_id != start.order.protocol_id:
        yield Obstacle("rules", "The rules were asked for another protocol. Ask them again for this order.")
        return
    age = check_aware(start.at, what="moment") - check_aware(report.as_of, what="moment of the report")
    if age < timedelta(0) or age > REPORT_WINDOW:
        yield Obstacle("rules", "The rules were not asked at this moment. Ask them again.")
    yield from _not_passed(report.findings, start)


def _limit_obstacles(start: Start) -> Iterator[Obstacle]:
    """Yield what the limits put in the way: a soft one holds as a rule does, and is passed like one."""
    try:
        holds = start.limits()
    except TooSoon as refused:
        yield Obstacle("interval", str(refused), Role.NOBODY)
    except LimitExceeded as refused:
        yield Obstacle("limit", str(refused), Role.NOBODY)
    else:
        yield from _not_passed(holds, start)


# A stop is cleared by nobody; what cannot be said, by whoever asks what is missing.
_CLEARS = {Verdict.STOP: Role.NOBODY, Verdict.CANNOT_SAY: Role.NURSE}


def _not_passed(findings: Iterable[Finding], start: Start) -> Iterator[Obstacle]:
    for finding in findings:
        if not finding.verdict.lets_through and not is_passed(finding, start.order, start.state):
            yield Obstacle(
                finding.rule,
                f"{finding.title} ({finding.verdict}): {finding.message} {finding.do}".strip(),
                _CLEARS.get(finding.verdict, finding.cleared_by),
            )


def is_passed(finding: Finding, order: Order, state: SessionState) -> bool:
    """Return whether a permitted person decided to pass a hold: at signing, or in this session.

    What a rule looks at in each session is decided in each session, so the word given at signing does
    not carry over (hazard H-24). A limit that was passed is asked again when its count has grown since. A
    stop, and a rule that cannot say, is passed by nobody.
    """
    if finding.verdict is not Verdict.HOLD:
        return False
    signed = any(hold.covers(finding) for hold in order.overrides)
    return state.overrides(finding.rule) or (signed and not finding.each_session)

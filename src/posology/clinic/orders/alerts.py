"""What stood before whoever decided, and what they answered: asked for, kept, and counted by rule."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import check
from posology.clinic.orders.models import AlertAnswer, AlertRow, DecisionRow, OrderRow
from posology.protocols import Finding
from posology.quantities import DomainError
from posology.recommendation.alerts import Alerts
from posology.treatment import OverriddenHold

LONGEST_REASON = 500


class AlertUnanswered(DomainError):
    """A caution that interrupts was not answered, so nothing is signed."""

    code = "alert"
    field = "alerts"

    def __init__(self, sentence: str, *, rule: str) -> None:
        self.rule = rule
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a caution: it is followed, or it is not, and then why."""

    heeded: bool
    reason: str = ""


def check_answered(interrupting: Iterable[Finding], answers: Mapping[str, Answered]) -> dict[str, Answered]:
    """Return the answer to each caution that interrupts.

    Raises
    ------
    AlertUnanswered
        If one has no answer, or is not followed and no reason says why.
    """
    return {finding.rule: _checked(finding, answers.get(finding.rule)) for finding in interrupting}


def _checked(finding: Finding, given: Answered | None) -> Answered:
    if given is None:
        raise AlertUnanswered(
            f"'{finding.title}' asks for an answer. Say whether you follow it, or why not.", rule=finding.rule
        )
    reason = " ".join(given.reason.split())
    if given.heeded:
        return Answered(heeded=True)
    if not reason or len(reason) > LONGEST_REASON:
        raise AlertUnanswered(
            f"'{finding.title}' is not followed. Say why, in 1 to {LONGEST_REASON} characters.",
            rule=finding.rule,
        )
    return Answered(heeded=False, reason=reason)


def record_order_alerts(
    order: OrderRow,
    alerts: Alerts,
    *,
    holds: Iterable[OverriddenHold],
    answers: Mapping[str, Answered],
    by: User,
    at: datetime,
) -> None:
    """Keep what stood before the signature and what was answered; called within the action that signs."""
    kept: dict[str, tuple[str, AlertAnswer, str]] = {}
    for hold in holds:
        kept[hold.rule] = ("hold", AlertAnswer.PASSED, hold.reason)
    for rule, given in answers.items():
        answer = AlertAnswer.HEEDED if given.heeded else AlertAnswer.OVERRIDDEN
        kept[rule] = ("caution", answer, given.reason)
    for note in alerts.notes:
        kept.setdefault(note.rule, (note.verdict.value, AlertAnswer.NOTED, ""))
    for rule, (level, answer, reason) in kept.items():
        _keep(order.pk, rule, level, answer, reason, patient_id=order.patient_id, order=order, by=by, at=at)


def record_decision_alerts(
    decision: DecisionRow, alerts: Iterable[Alerts], *, by: User, at: datetime
) -> None:
    """Keep what stood before the decision for none of the options: each rule once."""
    shown = {finding.rule: finding for one in alerts for finding in one.interrupting}
    for rule, finding in shown.items():
        _keep(
            decision.pk,
            rule,
            finding.verdict.value,
            AlertAnswer.NOT_ORDERED,
            "",
            patient_id=decision.patient_id,
            decision=decision,
            by=by,
            at=at,
        )


def _keep(
    of: UUID,
    rule: str,
    level: str,
    answer: AlertAnswer,
    reason: str,
    *,
    patient_id: UUID,
    by: User,
    at: datetime,
    order: OrderRow | None = None,
    decision: DecisionRow | None = None,
) -> None:
    AlertRow.objects.create(
        id=uuid5(of, f"alert {rule}"),
        patient_id=patient_id,
        order=order,
        decision=decision,
        rule=rule,
        level=level,
        interrupts=answer is not AlertAnswer.NOTED,
        answer=answer,
        reason=reason,
        by=by,
        at=at,
    )


@dataclass(frozen=True, slots=True)
class GivenReason:
    """One reason for which a rule was passed or not followed."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often one rule stood in the way of a decision of the clinic, and what became of it."""

    rule: str
    level: str = ""  # as it stood when it was shown last
    shown: int = 0  # interrupted: with an order, or with a decision for none
    overridden: int = 0  # passed or not followed
    heeded: int = 0
    not_ordered: int = 0
    noted: int = 0  # stood below and interrupted nobody
    reasons: tuple[GivenReason, ...] = ()  # newest first

    @property
    def rate(self) -> int | None:
        """Overridden of shown, in whole percent; ``None`` where it never interrupted."""
        return round(100 * self.overridden / self.shown) if self.shown else None


def counts_by_rule(by: User) -> dict[str, RuleCount]:
    """Return, for every rule that was ever shown with a decision in the person's clinic, its counts."""
    check(by, "view_alerts")
    rows = AlertRow.objects.for_clinic(by.clinic_id).select_related("by").order_by("-at", "rule")
    found: defaultdict[str, list[AlertRow]] = defaultdict(list)
    for row in rows:
        found[row.rule].append(row)
    return {rule: _count(rule, of_rule) for rule, of_rule in found.items()}


def _count(rule: str, rows: list[AlertRow]) -> RuleCount:
    answers = [row.answer for row in rows]
    return RuleCount(
        rule=rule,
        level=rows[0].level,
        shown=sum(row.interrupts for row in rows),
        overridden=answers.count(AlertAnswer.PASSED) + answers.count(AlertAnswer.OVERRIDDEN),
        heeded=answers.count(AlertAnswer.HEEDED),
        not_ordered=answers.count(AlertAnswer.NOT_ORDERED),
        noted=answers.count(AlertAnswer.NOTED),
        reasons=tuple(GivenReason(row.reason, row.by.full_name, row.at) for row in rows if row.reason),
    )

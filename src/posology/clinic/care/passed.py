"""How often each rule was passed: at the signing of an order, and at the chair before its dose."""

from collections import defaultdict
from dataclasses import replace
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.orders.alerts import GivenReason, RuleCount, counts_by_rule
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import states_of
from posology.treatment import EventKind


def counts_of_all(by: User) -> dict[str, RuleCount]:
    """Return the counts of every rule that stood before a decision or was passed at the chair.

    What is passed at the chair stood in the way there once more; a rule that is passed twice in one session
    counts once, and keeps both reasons. A word that was taken back counts nothing.
    """
    counts = counts_by_rule(by)  # refuses whoever may not look at them
    for rule, by_session in passed_at_the_chair(by).items():
        before = counts.get(rule, RuleCount(rule, "hold"))
        told = [reason for reasons in by_session.values() for reason in reasons]
        counts[rule] = replace(
            before,
            shown=before.shown + len(by_session),
            overridden=before.overridden + len(by_session),
            reasons=tuple(sorted((*before.reasons, *told), key=lambda r: r.at, reverse=True)),
        )
    return counts


def passed_at_the_chair(by: User) -> dict[str, dict[UUID, list[GivenReason]]]:
    """Return, for each rule that was passed at the chair, the sessions in which it was, and why."""
    passing = EventRow.objects.for_clinic(by.clinic_id).filter(kind=EventKind.GATE_OVERRIDDEN.value)
    sessions = SessionRow.objects.for_clinic(by.clinic_id).filter(pk__in=passing.values("session"))
    people = User.objects.filter(clinic_id=by.clinic_id)  # also who has left
    names = {str(key): name for key, name in people.values_list("pk", "full_name")}
    found: defaultdict[str, defaultdict[UUID, list[GivenReason]]] = defaultdict(lambda: defaultdict(list))
    for session, state in states_of(sessions).items():
        for passed in state.gate_overrides:
            told = GivenReason(passed.payload.reason, names.get(passed.by, passed.by), passed.at)
            found[passed.payload.rule][session].append(told)
    return {rule: dict(of_rule) for rule, of_rule in found.items()}

"""What clinicians think of the rules that interrupted an order: useful, not useful, or wrong (SR-48).

A rule interrupts where a hold was passed or a caution answered at the signing, and where it was passed at the
chair. Each person rates it once for an order; who thinks better of it makes a new entry.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import check
from posology.clinic.audit import action
from posology.clinic.care.passed import passed_at_the_chair
from posology.clinic.conflicts import Conflict
from posology.clinic.locks import lock_of_clinic
from posology.clinic.orders.models import AlertRow, OrderRow, Rating, RatingRow
from posology.clinic.orders.queries import order_for
from posology.clinic.orders.stored import OrderAltered, order_of
from posology.clinic.protocols.queries import library_at
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import states_of
from posology.quantities import DomainError

LONGEST_WORDS = 500
LATEST = 10  # orders that the page of one rule offers to rate
_LIMITS = "limits/"


class RatingRefused(DomainError):
    """A rating that cannot be recorded; ``field`` names what to mend."""

    code = "rating"

    def __init__(self, sentence: str, *, field: str = "rating") -> None:
        self.field = field
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Intervention:
    """One rule that interrupted one order, and what the person who looks thinks of it so far."""

    order: OrderRow
    rule: str
    mine: RatingRow | None


@dataclass(frozen=True, slots=True)
class Rated:
    """How many ratings of each kind a rule has."""

    useful: int = 0
    not_useful: int = 0
    wrong: int = 0

    @property
    def total(self) -> int:
        """How many there are."""
        return self.useful + self.not_useful + self.wrong


def interventions_of(by: User, order: OrderRow) -> tuple[Intervention, ...]:
    """Return the rules that interrupted an order, at the signing or at the chair.

    Raises
    ------
    NotPermitted
        If this person rates nothing.
    """
    check(by, "rate_alert")
    alerts = AlertRow.objects.for_clinic(by.clinic_id).filter(order=order, interrupts=True)
    rules = dict.fromkeys(alerts.order_by("rule").values_list("rule", flat=True))
    sessions = list(SessionRow.objects.for_clinic(by.clinic_id).filter(order=order))
    passed = (p.payload.rule for state in states_of(sessions).values() for p in state.gate_overrides)
    rules |= dict.fromkeys(passed)
    mine = _mine(by, [order.pk])
    return tuple(Intervention(order, rule, mine.get((order.pk, rule))) for rule in rules)


def interventions_by(by: User, rule: str) -> tuple[Intervention, ...]:
    """Return the newest orders of the clinic that one rule interrupted."""
    check(by, "rate_alert")
    alerts = AlertRow.objects.for_clinic(by.clinic_id).filter(rule=rule, interrupts=True, order__isnull=False)
    sessions = SessionRow.objects.for_clinic(by.clinic_id).filter(
        pk__in=passed_at_the_chair(by).get(rule, ())
    )
    keys = {*alerts.values_list("order_id", flat=True), *sessions.values_list("order_id", flat=True)}
    orders = OrderRow.objects.for_clinic(by.clinic_id).filter(pk__in=keys).order_by("-created_at")[:LATEST]
    mine = _mine(by, [order.pk for order in orders])
    return tuple(Intervention(order, rule, mine.get((order.pk, rule))) for order in orders)


def _mine(by: User, orders: Iterable[UUID]) -> dict[tuple[UUID, str], RatingRow]:
    rows = RatingRow.objects.for_clinic(by.clinic_id).filter(order__in=list(orders), by=by)
    return {(row.order_id, row.rule): row for row in _standing(rows)}


def _standing(rows: Iterable[RatingRow]) -> tuple[RatingRow, ...]:
    """Return the ratings in whose place no other has come."""
    every = tuple(rows)
    replaced = {row.replaces_id for row in every}
    return tuple(row for row in every if row.pk not in replaced)


@action
def rate_alert(
    *, rating_id: UUID, order_id: UUID, rule: str, rating: str, words: str = "", by: User, at: datetime
) -> RatingRow:
    """Rate one rule that interrupted one order; a second one by the same person takes its place.

    Raises
    ------
    NotPermitted, NotFound
        If this person rates nothing, or the order is not of this clinic.
    RatingRefused
        If the rule did not interrupt this order, or the rating is none of the three.
    Conflict
        If the id is known with another content.
    """
    check(by, "rate_alert")
    order_for(by, order_id)
    order: OrderRow = lock_of_clinic(OrderRow, order_id, by, what="order")
    said = " ".join(words.split())
    if rating not in Rating.values:
        raise RatingRefused("Choose one: useful, not useful, or wrong.")
    if len(said) > LONGEST_WORDS:
        raise RatingRefused(f"Say it in {LONGEST_WORDS} characters.", field="words")
    known = RatingRow.objects.everywhere(because="an id is taken once, wherever").filter(pk=rating_id).first()
    if known is not None:
        return _first_answer(known, order, rule, rating, said, by)
    found = next((one for one in interventions_of(by, order) if one.rule == rule), None)
    if found is None:
        raise RatingRefused("This rule did not interrupt this order, so there is nothing to rate.")
    if found.mine is not None and (found.mine.rating, found.mine.words) == (rating, said):
        return found.mine
    return RatingRow.objects.create(
        id=rating_id,
        order=order,
        rule=rule,
        version=_version_of(order, rule, by, at),
        rating=rating,
        words=said,
        role=by.role,
        replaces=found.mine,
        by=by,
        at=at,
    )


def _first_answer(
    known: RatingRow, order: OrderRow, rule: str, rating: str, words: str, by: User
) -> RatingRow:
    sent = (order.pk, rule, rating, words, by.pk)
    if (known.order_id, known.rule, known.rating, known.words, known.by_id) != sent:
        raise Conflict("This rating was recorded before with another content. Rate it again from the page.")
    return known


def _version_of(order: OrderRow, rule: str, by: User, at: datetime) -> str:
    """Return the version of what interrupted: a limit is its protocol's, any other rule its file's."""
    if rule.startswith(_LIMITS):
        try:
            return str(order_of(order).protocol_version)
        except OrderAltered:
            return "not known"
    stamp = library_at(by.clinic, at).stamps.get(rule.partition("/")[0])
    return str(stamp.version) if stamp else "not known"


def ratings_of(by: User) -> tuple[RatingRow, ...]:
    """Return every rating of the person's clinic that stands, newest first.

    Raises
    ------
    NotPermitted
        If this person may not look at the alerts.
    """
    check(by, "view_alerts")
    rows = RatingRow.objects.for_clinic(by.clinic_id).order_by("-at", "rule", "pk")
    return _standing(rows)


def rated_by_rule(by: User) -> dict[str, Rated]:
    """Return how often each rule was rated useful, not useful and wrong in the person's clinic."""
    counts: defaultdict[str, list[str]] = defaultdict(list)
    for row in ratings_of(by):
        counts[row.rule].append(row.rating)
    return {
        rule: Rated(given.count(Rating.USEFUL), given.count(Rating.NOT_USEFUL), given.count(Rating.WRONG))
        for rule, given in counts.items()
    }

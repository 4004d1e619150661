"""What does not add up, and what became of it: a count that differs, something that is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from posology.clinic.accounts.models import User
from posology.clinic.ledger.models import Kind, LedgerAct
from posology.clinic.ledger.rules import business_days_later, day_at, law_of, product_of
from posology.clinic.ledger.rules import content_ug as content_of
from posology.treatment.ledger import Lot


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that does not add up: the entry that shows it, who has it, and how it was settled."""

    act: LedgerAct
    missing_ug: int  # below 0: more than there should be
    steps: tuple[LedgerAct, ...]  # who took it on, and how it was settled, as they were written

    @property
    def owner(self) -> User | None:
        """Who has it now."""
        taken = [s.owner for s in self.steps if s.kind == Kind.ASSIGNED]
        return taken[-1] if taken else self.act.owner

    @property
    def settled(self) -> LedgerAct | None:
        """How it was settled."""
        return next((s for s in self.steps if s.kind == Kind.RESOLVED), None)

    @property
    def notice_until(self) -> date | None:
        """Until when a theft or a significant loss is notified, where a law that is known says so."""
        found = day_at(self.act.clinic, self.act.at)
        law = law_of(self.act.clinic, found)
        return None if law is None or self.missing_ug <= 0 else business_days_later(found, law.notice_days)

    @property
    def report_until(self) -> date | None:
        """Until when the whole report of a loss is made, where a law that is known says so."""
        found = day_at(self.act.clinic, self.act.at)
        law = law_of(self.act.clinic, found)
        return None if law is None or self.missing_ug <= 0 else found + timedelta(days=law.report_days)


def discrepancies(rows: Iterable[LedgerAct]) -> tuple[Discrepancy, ...]:
    """Return what does not add up among some entries, the oldest first; what was taken back is none."""
    told = tuple(rows)
    undone = {r.about_id for r in told if r.kind == Kind.REVERSED}
    steps = [r for r in told if r.kind in {Kind.ASSIGNED, Kind.RESOLVED}]
    return tuple(
        Discrepancy(row, _missing(row), tuple(s for s in steps if s.about_id == row.pk))
        for row in told
        if row.pk not in undone and shows_one(row)
    )


def shows_one(row: LedgerAct) -> bool:
    """Say whether an entry shows that something does not add up."""
    return row.kind == Kind.MISSED or (row.kind == Kind.COUNTED and row.safe_change != 0)


def _missing(row: LedgerAct) -> int:
    if row.amount_ug:
        return row.amount_ug
    product = product_of(Lot(row.product_id, row.lot))
    return -row.safe_change * (content_of(product) if product else 0)

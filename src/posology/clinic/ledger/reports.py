"""The ledger of a span of days, as an inspector reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from posology.clinic.accounts.models import User
from posology.clinic.ledger.books import Books, acts_of, books_of
from posology.clinic.ledger.discrepancies import Discrepancy, discrepancies
from posology.clinic.ledger.models import OF_THE_DAY, LedgerAct
from posology.clinic.ledger.permissions import VIEW, check_can
from posology.clinic.ledger.queries import LedgerLine, lines_of, signs_in
from posology.clinic.ledger.rules import end_of, start_of
from posology.clinic.ledger.settling import discrepancy_rows
from posology.treatment.ledger import Lot
from posology.treatment.ledger_days import Passage, passages
from posology.treatment.ledger_signs import Sign, by_pattern


@dataclass(frozen=True)
class Report:
    """The ledger from one day to another, both included, as an inspector reads it."""

    by: User
    first: date
    last: date
    at: datetime  # when it was made
    books: Books | None

    @cached_property
    def passages(self) -> Mapping[Lot, Passage]:
        """What became of each lot in this time."""
        if self.books is None:
            return {}
        rows = self.books.by_id
        clinic = self.by.clinic
        found = passages(
            self.books.ledger,
            at_of=lambda key: rows[key].at,
            start=start_of(self.first, clinic),
            end=end_of(self.last, clinic),
        )
        return {lot: found[lot] for lot in sorted(found)}

    @cached_property
    def lines(self) -> tuple[LedgerLine, ...]:
        """Every line of this time."""
        if self.books is None:
            return ()
        clinic = self.by.clinic
        start, end = start_of(self.first, clinic), end_of(self.last, clinic)
        return tuple(line for line in lines_of(self.books, start=start) if line.at < end)

    @cached_property
    def signs(self) -> Mapping[Any, tuple[Sign, ...]]:
        """What each of the twelve patterns would leave behind in this time, the empty ones too."""
        # As far as the books go: what came later is not in them.
        until = min(self.at, end_of(self.last, self.by.clinic))
        found = signs_in(self.books, at=until) if self.books else ()
        start = start_of(self.first, self.by.clinic)
        return by_pattern(s for s in found if s.at >= start)

    @cached_property
    def discrepancies(self) -> tuple[Discrepancy, ...]:
        """What was found by the end of this time and did not add up, unless it was settled before it."""
        rows = discrepancy_rows(self.by.clinic)
        start, end = start_of(self.first, self.by.clinic), end_of(self.last, self.by.clinic)
        found = (d for d in discrepancies(rows) if d.act.at < end)
        return tuple(d for d in found if d.settled is None or d.settled.at >= start)

    @cached_property
    def days(self) -> tuple[LedgerAct, ...]:
        """The closes and inventories of these days, also where a day was closed after its end."""
        rows = acts_of(self.by.clinic).filter(kind__in=OF_THE_DAY, on__range=(self.first, self.last))
        return tuple(rows)


def report(by: User, *, first: date, last: date, at: datetime) -> Report:
    """Return the ledger of a span of days.

    Raises
    ------
    NotPermitted
        If this person may not look.
    """
    check_can(by, VIEW)
    clinic = by.clinic
    end = end_of(last, clinic)
    books = books_of(clinic, at=min(at, end), since=start_of(first, clinic), is_over=end <= at)
    return Report(by, first, last, at, books)

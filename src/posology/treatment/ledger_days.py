"""What became of each lot between two moments: the same lines, added up by where they went."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posology.treatment.ledger import Account, Act, Dose, Ledger, Line, Lot


@dataclass(slots=True)
class Passage:
    """One lot from one moment to another, µg; what lay there, what came and went, and what lies there now.

    Attributes
    ----------
    before_ug, after_ug : int
        In the safe and in opened containers together.
    received_ug, given_ug, wasted_ug, returned_ug, missing_ug : int
        In between; what was taken back is counted against what it took back.
    safe_ug, open_ug : int
        What ``after_ug`` consists of.
    """

    before_ug: int = 0
    received_ug: int = 0
    given_ug: int = 0
    wasted_ug: int = 0
    returned_ug: int = 0
    missing_ug: int = 0
    safe_ug: int = 0
    open_ug: int = 0

    @property
    def after_ug(self) -> int:
        """What lies in the safe and in opened containers at the end."""
        return self.safe_ug + self.open_ug

    @property
    def out_of_balance_ug(self) -> int:
        """What the line does not explain: 0 in every ledger, whatever was entered."""
        gone = self.given_ug + self.wasted_ug + self.returned_ug + self.missing_ug
        return self.before_ug + self.received_ug - gone - self.after_ug


_SUMS = {
    Account.PATIENT: "given_ug",
    Account.WASTE: "wasted_ug",
    Account.RETURNED: "returned_ug",
    Account.DISCREPANCY: "missing_ug",
}


def passages(
    ledger: Ledger, *, at_of: Callable[[UUID], datetime], start: datetime, end: datetime
) -> Mapping[Lot, Passage]:
    """Return the passage of each lot from ``start`` up to, and without, ``end``.

    Parameters
    ----------
    ledger : Ledger
        The fold.
    at_of : callable
        The moment at which an entry was written, by its id.
    start, end : datetime
        Aware.

    Returns
    -------
    mapping of Lot to Passage
        Of every lot that is in the ledger.
    """
    found: dict[Lot, Passage] = {lot: Passage() for lot in ledger.content_ug}
    for line in ledger.lines:
        moment = moment_of(line, at_of)
        if moment >= end:
            continue
        for posting in line.postings:
            passage = found.setdefault(posting.lot, Passage())
            if posting.account is Account.SAFE:
                passage.safe_ug += posting.ug
            elif posting.account is Account.OPEN:
                passage.open_ug += posting.ug
            if posting.account in {Account.SAFE, Account.OPEN}:
                passage.before_ug += posting.ug if moment < start else 0
            elif moment >= start and posting.account is Account.SUPPLIER:
                passage.received_ug -= posting.ug
            elif moment >= start:
                name = _SUMS[posting.account]
                setattr(passage, name, getattr(passage, name) + posting.ug)
    return found


def moment_of(line: Line, at_of: Callable[[UUID], datetime]) -> datetime:
    """Return when a line was written, or when its dose was given."""
    if isinstance(line.of, Dose):
        return line.of.at
    assert isinstance(line.of, Act)
    return at_of(line.of.id)

"""Waste sent fifty times at once, two people at one container, and a ledger that nobody can change."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from posology.clinic.audit.queries import verify_chain
from posology.clinic.ledger.books import books_of
from posology.clinic.ledger.models import Kind, LedgerAct
from posology.clinic.ledger.witness import LedgerRefused
from tests import factories, ledger
from tests.cases import NOW
from tests.integration.test_races import ROUNDS, SENDS, at_once

VIAL_UG = 500_000


@pytest.fixture
def site():
    return factories.site()


def rows(**where):
    return LedgerAct.objects.everywhere(because="test").filter(**where)


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard("H-25", n=SENDS)
@pytest.mark.hazard("H-50", n=SENDS)
def test_one_waste_fifty_times_at_once_is_one_line_and_one_answer(site):
    """The same waste, in parallel: one row, one line, equal answers, and the audit's chain holds."""
    ledger.received(site)
    vial, key = ledger.opened(site), uuid4()
    answers = at_once(*[lambda: ledger.wasted(site, vial, VIAL_UG, row_id=key)] * SENDS)
    assert [a for a in answers if isinstance(a, Exception)] == []
    assert {(a.pk, a.position, a.amount_ug) for a in answers} == {(key, 3, VIAL_UG)}
    assert rows(kind=Kind.WASTED).count() == 1
    assert books_of(site.clinic, at=NOW).ledger.unaccounted_ug == 0
    assert verify_chain().holds


@pytest.mark.django_db(transaction=True)
@pytest.mark.hazard("H-26")
@pytest.mark.hazard("H-50")
def test_two_people_waste_one_rest_or_open_the_last_vial(site, record_property):
    """Each under an id of its own: one is written, the other told so; never more than there was."""
    rounds = min(ROUNDS, 10)
    for n in range(rounds):
        ledger.received(site, lot=f"L{n}", containers=1)
        done = at_once(*[lambda n=n: ledger.opened(site, lot=f"L{n}")] * 2)
        assert sorted(type(a).__name__ for a in done) == ["LedgerAct", "LedgerRefused"]
        vial = next(a for a in done if isinstance(a, LedgerAct))
        done = at_once(*[lambda v=vial: ledger.wasted(site, v, VIAL_UG)] * 2)
        assert sorted(type(a).__name__ for a in done) == ["LedgerAct", "LedgerRefused"]
    assert books_of(site.clinic, at=NOW).ledger.unaccounted_ug == 0
    positions = list(rows().order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))
    assert issubclass(LedgerRefused, Exception)
    record_property("n", 2 * rounds)


@pytest.mark.django_db
@pytest.mark.hazard("H-50")
@pytest.mark.hazard("H-56")
def test_nothing_of_the_ledger_can_be_changed_or_erased(site, record_property):
    """By the model, in bulk, in plain SQL, every column: refused by the database. N: the number of ways."""
    ledger.received(site)
    row = rows().get()
    tried = 0

    def refused(act) -> None:
        nonlocal tried
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
        tried += 1

    refused(row.delete)
    refused(lambda: rows().delete())
    refused(lambda: rows().update(lot="OTHER"))
    refused(lambda: _sql("DELETE FROM ledger_ledgeract"))
    for field in LedgerAct._meta.concrete_fields:
        refused(lambda c=field.column: _sql(f'UPDATE ledger_ledgeract SET "{c}" = "{c}"'))  # noqa: S608  (our own names)
    assert rows().get().lot == row.lot
    record_property("n", tried)


def _sql(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)

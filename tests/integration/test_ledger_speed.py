"""How long the balance of a day takes in a ledger of a year; measured and told, never judged by a clock."""

import os
import time
from datetime import timedelta
from uuid import uuid4

import pytest

from posology.clinic.ledger.models import Kind, LedgerAct
from posology.clinic.ledger.queries import ledger_day
from posology.clinic.ledger.reports import report
from posology.clinic.orders.models import OrderRow
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.treatment.ledger import Account
from posology.treatment.ledger_days import passages
from tests import factories, ledger
from tests.cases import NOW

pytestmark = pytest.mark.django_db

SESSIONS = int(os.environ.get("POSOLOGY_LEDGER_SESSIONS", "600"))  # 3,000, a year, for the published figure
A_DAY, A_LOT = 12, 50
UG = 36_000


def grown(site) -> int:
    """Copy one session into as many on the days before, each with its vial and its waste; return the days."""
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    first = factories.signed_order(site, patient).session
    factories.give(site, first, at=NOW)
    pattern = list(EventRow.objects.everywhere(because="test").filter(session=first))
    days = -(-SESSIONS // A_DAY)
    orders, sessions, events, acts = [], [], [], []

    def act(kind: Kind, at, **more) -> LedgerAct:
        acts.append(
            LedgerAct(
                id=uuid4(), clinic=site.clinic, position=len(acts) + 1, kind=kind, product_id=ledger.VIALS,
                by=site.nurse, at=at, **more,
            )
        )  # fmt: skip
        return acts[-1]

    for n in range(SESSIONS):
        back = timedelta(days=days - n // A_DAY)
        lot = f"LOT-{n // A_LOT}"
        if n % A_LOT == 0:
            act(Kind.RECEIVED, NOW - back, lot=lot, containers=A_LOT, content_ug=500_000, safe_change=A_LOT,
                on=NOW.date(), expires_on=ledger.EXPIRES, party="Synthetic Supplier")  # fmt: skip
        source = OrderRow.objects.everywhere(because="test").get(pk=first.order_id) if n == 0 else orders[0]
        order = OrderRow(
            id=uuid4(), patient=patient, course_id=source.course_id, body=source.body, sha256=source.sha256,
            status="used", dose_mg=source.dose_mg, planned_on=source.planned_on, created_at=source.created_at,
            signed_by_id=source.signed_by_id, signed_at=source.signed_at,
        )  # fmt: skip
        orders.append(order)
        session = SessionRow(
            id=uuid4(), order=order, patient=patient, scheduled_at=NOW - back, phase="discharged",
            created_at=NOW - back,
        )  # fmt: skip
        sessions.append(session)
        for row in pattern:
            events.append(
                EventRow(
                    id=uuid4(), session=session, position=row.position, sequence=row.sequence, kind=row.kind,
                    payload=row.payload.replace(factories.LOT, lot), occurred_at=row.occurred_at - back,
                    recorded_at=row.recorded_at - back, author_id=row.author_id,
                    previous_hash=row.previous_hash, hash=row.hash,
                )
            )  # fmt: skip
        at = NOW - back
        vial = act(Kind.OPENED, at, lot=lot, containers=1, safe_change=-1, session=session)
        act(Kind.WASTED, at + timedelta(hours=1), lot=lot, opened=vial, amount_ug=500_000 - UG,
            reason="Rest.", witness=site.prescriber)  # fmt: skip
    for model, made in ((OrderRow, orders), (SessionRow, sessions), (EventRow, events), (LedgerAct, acts)):
        model.objects.bulk_create(made, batch_size=200)
    return days


def test_the_balance_of_any_day_is_told_with_what_it_took(record_property, capsys):
    """Many sessions, a lot for fifty, two entries for each: today, a day long ago, the report, every line.

    What is asserted is that the balance is right; the milliseconds are told (asked for: 2,000 a day).
    """
    site = factories.site()
    days = grown(site)
    by = site.nurse
    for name, back in (("today", 0), ("yesterday", 1), ("half", days // 2), ("first", days - 1)):
        began = time.perf_counter()
        day = ledger_day(by, on=(NOW - timedelta(days=back)).date(), now=NOW + timedelta(hours=5))
        told = day.passages
        _ = (day.containers, day.against_close, day.signs)
        took = round((time.perf_counter() - began) * 1000)
        assert told and all(p.out_of_balance_ug == 0 for p in told.values()), name
        record_property(f"{name}_ms", took)
        with capsys.disabled():
            print(f"\nledger, {name}: {took} ms, {len(told)} lots read", end="")
    began = time.perf_counter()
    found = report(
        by, first=(NOW - timedelta(days=days)).date(), last=NOW.date(), at=NOW + timedelta(hours=5)
    )
    lines = found.lines
    record_property("everything_ms", round((time.perf_counter() - began) * 1000))
    with capsys.disabled():
        print(f"\nledger, every line: {round((time.perf_counter() - began) * 1000)} ms, {len(lines)} lines")
    assert found.books is not None
    assert found.books.ledger.balance_ug(Account.PATIENT) == sum(
        p.given_ug for p in passages(found.books.ledger, at_of=lambda key: found.books.by_id[key].at,
                                     start=NOW - timedelta(days=9999), end=NOW + timedelta(days=1)).values()
    )  # fmt: skip
    assert {c.remaining_ug for c in found.books.ledger.containers.values()} == {0}

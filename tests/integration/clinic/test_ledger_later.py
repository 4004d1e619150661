"""What the ledger still knows long afterwards, and what a receipt that was taken back no longer says."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from posology.clinic.conflicts import Conflict
from posology.clinic.ledger.actions import waste
from posology.clinic.ledger.books import books_of, lots_books
from posology.clinic.ledger.gate import start_obstacles
from posology.clinic.ledger.queries import ledger_day
from posology.clinic.ledger.reports import report
from posology.clinic.ledger.settling import close_day, take_back
from posology.clinic.ledger.witness import LedgerRefused
from posology.treatment.ledger import Lot
from tests import factories, ledger, rems
from tests.cases import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def session(site):
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    return factories.signed_order(site, patient).session


def taken_back(site, row, at=NOW):
    return take_back(
        row_id=uuid4(), about_id=row.pk, reason="Read wrongly.", password_checked=True,
        witness=ledger.seen_by(site.prescriber, at), by=site.nurse, at=at,
    )  # fmt: skip


@pytest.mark.hazard("H-50")
@pytest.mark.parametrize("days", [0, 20, 33, 400])
def test_a_rest_that_nobody_explained_stands_until_it_is_explained(site, session, days):
    """The last vial of a lot, its rest never wasted, in a clinic that closes no day."""
    ledger.received(site, containers=1)
    ledger.opened(site, session=session.pk)
    factories.give(site, session, at=NOW)
    later = NOW + timedelta(days=days, hours=4)
    day = ledger_day(site.nurse, on=later.date(), now=later)
    assert [c.remaining_ug > 0 for c in day.containers] == [True]
    with pytest.raises(LedgerRefused, match="Opened and not accounted for"):
        close_day(row_id=uuid4(), on=later.date(), by=site.nurse, at=later)


def test_a_ledger_in_which_all_was_used_long_ago_is_closed_by_a_sentence_or_not_at_all(site):
    row = ledger.received(site, containers=1)
    waste(
        row_id=uuid4(), product_id=ledger.VIALS, lot=row.lot, containers=1, reason="It broke.",
        witness=ledger.seen_by(site.prescriber), by=site.nurse, at=NOW,
    )  # fmt: skip
    later = NOW + timedelta(days=60)
    closed = close_day(row_id=uuid4(), on=later.date(), by=site.nurse, at=later)
    assert closed.on == later.date()
    again = later + timedelta(days=60)
    assert close_day(row_id=uuid4(), on=again.date(), by=site.nurse, at=again).on == again.date()


@pytest.mark.hazard("H-50")
def test_a_lot_used_up_before_a_span_was_not_changed_after_its_close(site, session):
    ledger.received(site, containers=1)
    vial = ledger.opened(site, session=session.pk)
    left = factories.give(site, session, at=NOW)
    ledger.wasted(site, vial, 500_000 - int(factories.order_of(session.order).dose_mg * 1000), at=left)
    ledger.counted(site, 0, at=left)
    close_day(row_id=uuid4(), on=left.date(), by=site.nurse, at=left)
    later = NOW + timedelta(days=90)
    ledger.received(site, lot="LATER", at=later)
    told = report(site.nurse, first=later.date(), last=later.date(), at=later)
    assert not any(told.signs.values())


def test_a_rest_wasted_the_next_morning_is_no_sign_in_the_report_of_the_day(site, session):
    ledger.received(site)
    ledger.opened(site, session=session.pk)
    factories.give(site, session, at=NOW)
    told = report(site.nurse, first=NOW.date(), last=NOW.date(), at=NOW + timedelta(days=40))
    assert not any(mine for pattern, mine in told.signs.items() if pattern.value == "rest_missing")


@pytest.mark.hazard("H-09")
def test_a_wrong_day_of_expiry_is_taken_back_and_says_nothing_more(site, session):
    """A lot that has expired was received with a day too late: corrected, it is no longer given."""
    wrong = ledger.received(site, expires_on=date(2030, 12, 31))
    order = factories.order_of(session.order)
    assert list(start_obstacles(session, order, NOW)) == []
    taken_back(site, wrong)
    right = ledger.received(site, expires_on=NOW.date(), at=NOW)
    tomorrow = NOW + timedelta(days=1)
    assert right.expires_on == NOW.date()
    assert [o for o in start_obstacles(session, order, tomorrow) if "expired" in str(o)]
    with pytest.raises(LedgerRefused, match="expired"):
        ledger.opened(site, at=tomorrow)


@pytest.mark.hazard("H-25")
def test_one_id_never_answers_for_another_lot(site):
    ledger.received(site)
    ledger.received(site, lot="OTHER")
    told = {
        "row_id": uuid4(), "product_id": ledger.VIALS, "containers": 1, "reason": "It broke.",
        "witness": ledger.seen_by(site.prescriber), "by": site.nurse, "at": NOW,
    }  # fmt: skip
    assert waste(lot=factories.LOT, **told).pk == waste(lot=factories.LOT, **told).pk
    with pytest.raises(Conflict):
        waste(lot="OTHER", **told)


@pytest.mark.hazard("H-50")
def test_a_device_that_was_used_and_never_opened_stands_against_the_close(site):
    """Both sprays lost: no amount is known, and the device is gone all the same."""
    nasal = rems.Nasal(site=site)
    session = nasal.session
    ledger.received(site, product=ledger.DEVICES)
    one = ledger.opened(site, session=session.pk, product=ledger.DEVICES)
    factories.pass_gate(site, session, at=NOW)
    nasal.event("administration_started", 0, **factories.starting(session))
    for number in (1, 2):
        nasal.event("device_given", 6 * number, number=number, lot=factories.LOT, complete=False)
    at = NOW + timedelta(hours=4)
    with pytest.raises(LedgerRefused, match="it was used"):
        taken_back(site, one, at)
    day = ledger_day(site.nurse, on=at.date(), now=at)
    assert any("out of no opened container" in said for said in day.against_close)
    assert "no_container" in {sign.pattern.value for sign in day.signs}
    ledger.opened(site, session=session.pk, product=ledger.DEVICES, at=at)
    day = ledger_day(site.nurse, on=at.date(), now=at)
    assert not any("out of no opened container" in said for said in day.against_close)


def test_a_lot_used_up_long_ago_is_left_out_of_a_page_and_found_by_name(site):
    past, later = NOW - timedelta(days=60), NOW + timedelta(hours=4)
    lot = Lot(ledger.VIALS, factories.LOT)
    ledger.received(site, containers=1, at=past)
    ledger.wasted(site, ledger.opened(site, at=past), 500_000, at=past)
    ledger.received(site, lot="NEW-1")
    page = books_of(site.clinic, at=later, since=NOW - timedelta(days=31))
    assert [one.number for one in page.lots] == ["NEW-1"]
    assert lots_books(site.clinic, [lot], at=later).ledger.unaccounted_ug == 0
    assert {one.number for one in books_of(site.clinic, at=later).lots} == {"NEW-1", factories.LOT}

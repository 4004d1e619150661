"""The drug's ledger in the clinic: what is written and refused, and what the sessions' events tell it."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.care.session import record_event
from posology.clinic.conflicts import Conflict
from posology.clinic.ledger.actions import count, draw, give_back, miss, open_container, receive, waste
from posology.clinic.ledger.books import books_of
from posology.clinic.ledger.discrepancies import discrepancies
from posology.clinic.ledger.models import Kind, LedgerAct
from posology.clinic.ledger.queries import inventory_due
from posology.clinic.ledger.rules import business_days_later, years_later
from posology.clinic.ledger.settling import close_day, settle, take_back, take_inventory, take_on
from posology.clinic.ledger.witness import LedgerRefused, Witnessed, witness_of
from posology.treatment.ledger import Account, Lot
from tests import factories, ledger
from tests.cases import NOW

pytestmark = pytest.mark.django_db

LOT = Lot(ledger.VIALS, factories.LOT)
VIAL_UG = 500_000
AFTER = NOW + timedelta(hours=4)


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def session(site):
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    return factories.signed_order(site, patient).session


def books(site, at=AFTER):
    return books_of(site.clinic, at=at)


def given_ug(session) -> int:
    return int(factories.order_of(session.order).dose_mg * 1000)


# ---------------------------------------------------------------- a whole day


@pytest.mark.hazard("H-50", n=1)
def test_a_vial_is_opened_given_wasted_and_the_day_is_closed_at_nothing(site, session):
    """Received, opened, given by the session's events, wasted with a witness, counted, closed: 0.0 mg."""
    ledger.received(site)
    vial = ledger.opened(site, session=session.pk)
    left_at = factories.give(site, session, at=NOW)
    ug = given_ug(session)
    ledger.wasted(site, vial, VIAL_UG - ug, at=left_at)
    ledger.counted(site, 9, at=left_at)
    closed = close_day(row_id=uuid4(), on=NOW.date(), by=site.nurse, at=left_at)
    kept = books(site).ledger
    assert (kept.unaccounted_ug, dict(kept.without_container)) == (0, {})
    assert kept.balance_ug(Account.PATIENT, LOT) == ug
    assert kept.balance_ug(Account.SAFE, LOT) == 9 * VIAL_UG
    assert sum(kept.balance_ug(a) for a in Account) == 0
    assert closed.body.count(str(ug)) == 1


def test_a_day_is_not_closed_while_a_rest_is_not_accounted_for(site, session):
    ledger.received(site)
    vial = ledger.opened(site, session=session.pk)
    left_at = factories.give(site, session, at=NOW)
    ledger.wasted(site, vial, VIAL_UG - given_ug(session) - 1, at=left_at)
    ledger.counted(site, 9, at=left_at)
    with pytest.raises(LedgerRefused, match=r"not accounted for: 1, with 0\.001.mg"):
        close_day(row_id=uuid4(), on=NOW.date(), by=site.nurse, at=left_at)


def test_a_day_is_not_closed_before_what_moved_was_counted(site):
    ledger.received(site)
    with pytest.raises(LedgerRefused, match="Moved and not counted"):
        close_day(row_id=uuid4(), on=NOW.date(), by=site.nurse, at=NOW)
    ledger.counted(site, 10)
    close_day(row_id=uuid4(), on=NOW.date(), by=site.nurse, at=NOW)
    with pytest.raises(LedgerRefused, match="nothing has changed"):
        close_day(row_id=uuid4(), on=NOW.date(), by=site.nurse, at=NOW)


def test_a_dose_out_of_no_opened_container_stands_against_the_close(site, session):
    ledger.received(site)
    left_at = factories.give(site, session, at=NOW)
    ledger.counted(site, 10, at=left_at)
    with pytest.raises(LedgerRefused, match=f"no opened container: lot {factories.LOT}"):
        close_day(row_id=uuid4(), on=NOW.date(), by=site.nurse, at=left_at)


def test_a_correction_of_the_session_moves_its_line(site, session):
    """The lot of a start is corrected: the dose leaves one lot and stands in the other; no row of ours."""
    ledger.received(site)
    ledger.received(site, lot="OTHER-2")
    factories.give(site, session, at=NOW)
    rows = LedgerAct.objects.for_clinic(site.clinic).count()
    started = next(e for e in factories.event(site, session, "note_written", at=AFTER, text="x").state.entries
                   if e.kind == "administration_started")  # fmt: skip
    said = {**factories.starting(session), "lot": "OTHER-2"}
    record_event(
        session_id=session.pk,
        event_id=uuid4(),
        kind="corrected",
        payload={
            "event_id": str(started.event_id),
            "reason": "Read wrong.",
            "event_kind": "administration_started",
            "payload": said,
        },
        occurred_at=AFTER,
        by=site.nurse,
        at=AFTER,
    )
    kept = books(site).ledger
    assert kept.balance_ug(Account.PATIENT, LOT) == 0
    assert kept.balance_ug(Account.PATIENT, Lot(ledger.VIALS, "OTHER-2")) == given_ug(session)
    assert LedgerAct.objects.for_clinic(site.clinic).count() == rows


def test_a_vial_is_drawn_from_for_several_and_adds_up(site, session):
    ledger.received(site)
    vial = ledger.opened(site)
    ug = given_ug(session)
    syringe = draw(
        row_id=uuid4(), opened_id=vial.pk, session_id=session.pk, amount_ug=ug, by=site.nurse, at=NOW
    )
    left_at = factories.give(site, session, at=NOW)
    kept = books(site).ledger
    assert kept.containers[syringe.pk].remaining_ug == 0
    assert kept.containers[vial.pk].remaining_ug == VIAL_UG - ug
    ledger.wasted(site, vial, VIAL_UG - ug, at=left_at)
    assert books(site).ledger.unaccounted_ug == 0


# ---------------------------------------------------------------- what is refused


REFUSALS = {
    "unknown product": lambda s: ledger.received(s, product="ketamine-7"),
    "no supplier": lambda s: ledger.received(s, supplier=" "),
    "expired on arrival": lambda s: ledger.received(s, expires_on=date(2020, 1, 1)),
    "a day ahead": lambda s: ledger.received(s, on=NOW.date() + timedelta(days=2)),
    "a lot with what cannot be seen": lambda s: ledger.received(s, lot="A\u200b1"),
    "no containers": lambda s: ledger.received(s, containers=0),
    "a lot that never came": lambda s: ledger.opened(s, lot="NEVER"),
    "more than there is": lambda s: [ledger.received(s, containers=1), ledger.opened(s), ledger.opened(s)],
    "expired": lambda s: [
        ledger.received(s, expires_on=NOW.date()),
        ledger.opened(s, at=NOW + timedelta(days=1)),
    ],
    "another day of expiry": lambda s: [ledger.received(s), ledger.received(s, expires_on=date(2030, 1, 1))],
    "more than is left": lambda s: [
        ledger.received(s),
        ledger.wasted(s, ledger.opened(s), VIAL_UG + 1),
    ],
    "nothing wasted": lambda s: [ledger.received(s), ledger.wasted(s, ledger.opened(s), 0)],
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_is_refused_with_a_sentence(site, name):
    with pytest.raises(LedgerRefused) as refusal:
        REFUSALS[name](site)
    assert len(str(refusal.value)) > 30


def test_a_vial_of_another_drug_than_the_order_is_not_opened_for_its_session(site, session):
    ledger.received(site, product=ledger.DEVICES)
    with pytest.raises(LedgerRefused, match="is for ketamine, and the lot holds esketamine"):
        ledger.opened(site, session=session.pk, product=ledger.DEVICES)


def test_another_clinics_container_and_session_are_not_found(site, session):
    other = factories.site("Other Synthetic Clinic")
    ledger.received(other)
    vial = ledger.opened(other)
    ledger.received(site)
    with pytest.raises(NotFound):
        ledger.wasted(site, vial, 1)
    with pytest.raises(NotFound):
        ledger.opened(other, session=session.pk)


def test_the_same_id_says_the_same_or_is_a_conflict(site):
    ledger.received(site)
    vial, key = ledger.opened(site), uuid4()
    first = ledger.wasted(site, vial, 1000, row_id=key)
    assert ledger.wasted(site, vial, 1000, row_id=key).pk == first.pk
    with pytest.raises(Conflict):
        ledger.wasted(site, vial, 2000, row_id=key)
    assert LedgerAct.objects.for_clinic(site.clinic).filter(kind=Kind.WASTED).count() == 1


# ---------------------------------------------------------------- the witness (H-51)


def _doors(site, witness: Witnessed, vial):
    """Yield each act that needs a witness, with one that is none."""
    told = {"witness": witness, "by": site.nurse, "at": NOW}
    rest = {"opened_id": vial.pk, "amount_ug": 1000, **told}
    yield lambda: waste(row_id=uuid4(), reason="Rest.", **rest)
    yield lambda: give_back(row_id=uuid4(), to="Pharmacy", document="R-1", **rest)
    yield lambda: count(row_id=uuid4(), product_id=LOT.product_id, lot=LOT.number, containers=9, **told)
    yield lambda: take_back(row_id=uuid4(), about_id=vial.pk, reason="Wrong.", password_checked=True, **told)
    yield lambda: take_inventory(row_id=uuid4(), on=NOW.date(), **told)


@pytest.mark.hazard("H-51")
def test_a_witness_who_is_none_is_refused_at_every_door(site, record_property):
    """The same person, also by a second account of the name, the name with other signs, or the mailbox; one
    whose password is 10 min and 1 s old, one from the future, another clinic's, an administrator; five acts
    each. Nothing is written. N is the number of tries."""
    ledger.received(site)
    vial = ledger.opened(site)
    ledger.counted(site, 9)
    other = factories.site("Other Synthetic Clinic")
    none = [
        Witnessed(site.nurse, NOW),
        Witnessed(site.prescriber, NOW - timedelta(minutes=10, seconds=1)),
        Witnessed(site.prescriber, NOW + timedelta(seconds=1)),
        Witnessed(other.prescriber, NOW),
        Witnessed(site.administrator, NOW),
        *(Witnessed(person, NOW) for person in ledger.doubles_of(site.nurse)),
    ]
    before, tried = LedgerAct.objects.for_clinic(site.clinic).count(), 0
    for witness in none:
        for act in _doors(site, witness, vial):
            with pytest.raises(LedgerRefused, match=r"[Ww]itness") as refusal:
                act()
            assert refusal.value.field.startswith("witness")
            tried += 1
    assert LedgerAct.objects.for_clinic(site.clinic).count() == before
    waste(row_id=uuid4(), opened_id=vial.pk, amount_ug=1000, reason="Rest.", by=site.nurse, at=NOW,
          witness=Witnessed(site.prescriber, NOW - timedelta(minutes=10)))  # fmt: skip
    record_property("n", tried)


@pytest.mark.hazard("H-51")
def test_the_database_itself_takes_no_entry_without_a_true_witness(site, record_property):
    """Each kind that needs a witness: none at all, or the one who wrote it. N is the number of tries."""
    ledger.received(site)
    vial = ledger.opened(site)
    ledger.wasted(site, vial, 1000)
    rows = list(LedgerAct.objects.for_clinic(site.clinic).filter(kind=Kind.WASTED))
    tried = 0
    for kind in (Kind.WASTED, Kind.RETURNED, Kind.COUNTED, Kind.REVERSED, Kind.INVENTORY):
        for witness in (None, site.nurse):
            row = rows[0]
            row.pk, row.position, row.kind, row.witness = uuid4(), 90 + tried, kind, witness
            row.party, row.document, row.about, row.on = "P", "D", vial, NOW.date()
            with pytest.raises(IntegrityError), transaction.atomic():
                row.save(force_insert=True)
            tried += 1
    record_property("n", tried)


def _ask(site, **changes):
    told = {"username": site.prescriber.username, "password": factories.PASSWORD, "address": "10.1.2.3"}
    return witness_of(**told | {"by": site.nurse, "at": NOW} | changes)


@pytest.mark.hazard("H-51", n=4)
def test_a_witness_gives_the_own_name_and_password(site, settings):
    assert _ask(site).person == site.prescriber
    for wrong in (
        {"password": "another synthetic phrase"},
        {"username": "nobody-here"},
        {"username": site.nurse.username.upper()},
    ):
        with pytest.raises(LedgerRefused):
            _ask(site, **wrong)
    settings.LEDGER_NETWORKS = ["192.168.0.0/16"]
    with pytest.raises(LedgerRefused, match="outside of the clinic's network"):
        _ask(site)
    assert _ask(site, address="192.168.7.1").person == site.prescriber


def test_a_second_account_of_ones_own_is_no_witness_and_a_namesake_is_told_what_to_do(site):
    for double in ledger.doubles_of(site.nurse):
        with pytest.raises(LedgerRefused, match=r"full name that tells you apart|is signed in") as refusal:
            _ask(site, username=double.username)
        assert refusal.value.field == "witness"
    assert _ask(site, username=factories.colleague(site).username)


def test_wrong_passwords_of_a_witness_are_counted_and_delayed_as_at_sign_in(site):
    for _ in range(5):
        with pytest.raises(LedgerRefused, match="do not belong together"):
            _ask(site, password="another synthetic phrase")
    with pytest.raises(LedgerRefused, match="several wrong tries"):
        _ask(site)


# ---------------------------------------------------------------- nothing is erased, wrong is taken back


def test_an_entry_is_taken_back_once_and_both_stay(site):
    ledger.received(site)
    vial = ledger.opened(site)
    rest = ledger.wasted(site, vial, 1000)
    told = {"reason": "Typed wrong.", "password_checked": True, "by": site.nurse, "at": NOW}
    told |= {"witness": ledger.seen_by(site.prescriber)}
    with pytest.raises(LedgerRefused, match="not your password"):
        take_back(row_id=uuid4(), about_id=rest.pk, **told | {"password_checked": False})
    with pytest.raises(LedgerRefused, match="Take that entry back first"):
        take_back(row_id=uuid4(), about_id=vial.pk, **told)
    take_back(row_id=uuid4(), about_id=rest.pk, **told)
    with pytest.raises(LedgerRefused, match="taken back already"):
        take_back(row_id=uuid4(), about_id=rest.pk, **told)
    take_back(row_id=uuid4(), about_id=vial.pk, **told)
    kept = books(site)
    assert (kept.unopened(LOT), len(kept.rows), kept.ledger.containers) == (10, 5, {})


def test_a_difference_has_an_owner_a_reason_and_another_person_who_settles_it(site):
    ledger.received(site)
    short = ledger.counted(site, 9)
    told = {"about_id": short.pk, "by": site.director, "at": NOW}
    with pytest.raises(LedgerRefused, match="no owner"):
        settle(row_id=uuid4(), reason="Found.", **told)
    take_on(row_id=uuid4(), owner=site.nurse, reason="One box was not full.", **told)
    with pytest.raises(NotPermitted):
        settle(row_id=uuid4(), reason="Found.", **told | {"by": site.nurse})
    second = ledger.doubles_of(site.nurse)[0]
    with pytest.raises(LedgerRefused, match="Somebody else settles it"):
        settle(row_id=uuid4(), reason="Found.", **told | {"by": second})
    settle(row_id=uuid4(), reason="The supplier confirms: nine came.", **told)
    (found,) = discrepancies(books(site).rows)
    assert (found.missing_ug, found.owner, found.settled is not None) == (VIAL_UG, site.nurse, True)
    assert books(site).unopened(LOT) == 9
    assert found.notice_until is not None and found.notice_until.weekday() < 5
    assert found.report_until == NOW.date() + timedelta(days=45)


def test_what_is_missing_is_a_discrepancy_with_an_owner_and_lets_the_day_close(site):
    ledger.received(site)
    vial = ledger.opened(site)
    miss(row_id=uuid4(), opened_id=vial.pk, amount_ug=VIAL_UG, reason="Broke, nobody saw it.",
         owner=site.director, by=site.nurse, at=NOW)  # fmt: skip
    ledger.counted(site, 9)
    close_day(row_id=uuid4(), on=NOW.date(), by=site.nurse, at=NOW)
    assert books(site).ledger.balance_ug(Account.DISCREPANCY) == VIAL_UG


def test_an_inventory_needs_every_lot_counted_that_day(site):
    ledger.received(site)
    ledger.received(site, lot="OTHER-2")
    ledger.counted(site, 10)
    told = {"on": NOW.date(), "witness": ledger.seen_by(site.prescriber), "by": site.nurse, "at": NOW}
    with pytest.raises(LedgerRefused, match="Not counted today: OTHER-2"):
        take_inventory(row_id=uuid4(), **told)
    ledger.counted(site, 10, lot="OTHER-2")
    assert take_inventory(row_id=uuid4(), **told).kind == Kind.INVENTORY


def test_an_administrator_writes_nothing(site):
    with pytest.raises(NotPermitted):
        receive(row_id=uuid4(), product_id=ledger.VIALS, lot="L", containers=1, on=NOW.date(),
                expires_on=ledger.EXPIRES, supplier="S", by=site.administrator, at=NOW)  # fmt: skip
    with pytest.raises(NotPermitted):
        open_container(row_id=uuid4(), product_id=ledger.VIALS, lot="L", by=site.administrator, at=NOW)


def test_the_inventory_is_due_at_the_beginning_and_two_years_later_to_the_day(site):
    """S-CS-04; where no law that is known asks for one, none is due."""
    today = NOW.date()
    assert inventory_due(site.nurse, on=today) is None
    ledger.received(site)
    assert inventory_due(site.nurse, on=today).is_due
    ledger.counted(site, 10)
    take_inventory(row_id=uuid4(), on=today, witness=ledger.seen_by(site.prescriber), by=site.nurse, at=NOW)
    due = inventory_due(site.nurse, on=date(2028, 11, 23))
    assert (due.last_on, due.due_on, due.is_due) == (today, date(2028, 11, 24), False)
    assert inventory_due(site.nurse, on=date(2028, 11, 24)).is_due
    site.clinic.jurisdiction = "EU"
    site.nurse.clinic.jurisdiction = "EU"
    assert inventory_due(site.nurse, on=today) is None


def test_a_notice_of_a_loss_is_due_on_a_working_day_and_no_day_is_lost(site):
    """S-CS-05: one working day; found on a Friday it is the Monday. A leap day is followed by the 28th."""
    friday = date(2026, 11, 27)
    assert [business_days_later(friday + timedelta(days=n), 1) for n in range(4)] == [
        date(2026, 11, 30), date(2026, 11, 30), date(2026, 11, 30), date(2026, 12, 1)
    ]  # fmt: skip
    assert years_later(date(2028, 2, 29), 2) == date(2030, 2, 28)

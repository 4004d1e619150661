"""What the drug's ledger puts in the way of a start, and the substance that every line is of."""

from datetime import timedelta

import pytest

from posology.clinic.care.start_checks import START_CHECKS, asked_at_start
from posology.clinic.ledger import gate
from posology.clinic.ledger.books import books_of
from posology.clinic.ledger.rules import product_of
from posology.knowledge import load_library
from posology.treatment import NotAllowed
from posology.treatment.ledger import Dose
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


def keys(session, at=NOW) -> list[str]:
    found = asked_at_start(session, factories.order_of(session.order), at)
    return [o.key for o in found if o.key.startswith("ledger/")]


def start(site, session):
    return factories.event(site, session, "administration_started", **factories.starting(session))


def test_the_gate_asks_the_ledger():
    assert gate.start_obstacles in START_CHECKS


def test_a_clinic_without_a_ledger_is_asked_nothing(site, session):
    assert keys(session) == []


def test_another_clinics_ledger_says_nothing_here(site, session):
    other = factories.site("Other Synthetic Clinic")
    ledger.received(other)
    assert keys(session) == []


@pytest.mark.hazard("H-50", n=5)
def test_a_start_is_refused_until_a_lot_is_there_good_and_enough(site, session):
    """No lot of the product; the worksheet's never came; it expired; it is used up; then it is good."""
    ledger.received(site, product=ledger.DEVICES)
    assert keys(session) == ["ledger/no-lot"]
    ledger.received(site, lot="OTHER-2")
    assert keys(session) == []
    factories.pass_gate(site, session, at=NOW)  # its worksheet names another lot
    assert keys(session) == ["ledger/unknown-lot"]
    with pytest.raises(NotAllowed, match="never received"):
        start(site, session)
    ledger.received(site, containers=1, expires_on=NOW.date())
    assert keys(session, NOW + timedelta(days=1)) == ["ledger/expired"]
    assert keys(session) == []
    vial = ledger.opened(site)
    ledger.wasted(site, vial, 500_000)
    assert keys(session) == ["ledger/not-enough"]
    ledger.received(site, containers=1, expires_on=NOW.date())
    start(site, session)


def test_what_is_open_for_the_session_counts_and_for_another_does_not(site, session):
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    other = factories.signed_order(site, patient).session
    ledger.received(site, containers=1)
    ledger.opened(site, session=session.pk)
    assert keys(session) == []
    assert keys(other) == ["ledger/not-enough"]


@pytest.mark.hazard("H-09", n=2)
def test_every_dose_of_the_ledger_is_of_the_substance_of_its_order_and_its_product(site, session):
    """substance(order) = substance(product) = substance(ledger line), of an infusion and of devices."""
    ledger.received(site)
    ledger.received(site, product=ledger.DEVICES)
    factories.give(site, session, at=NOW)
    nasal = rems.Nasal(site)
    nasal.whole()
    found = books_of(site.clinic, at=NOW + timedelta(hours=5))
    doses = [line.of for line in found.ledger.lines if isinstance(line.of, Dose)]
    of = {dose.session for dose in doses}
    assert of == {session.pk, nasal.session.pk}
    for dose in doses:
        order = factories.order_of(found.sessions[dose.session].order)
        assert dose.substance == order.substance == product_of(dose.lot).substance
    assert all(p.substance for p in load_library().products.products.values())

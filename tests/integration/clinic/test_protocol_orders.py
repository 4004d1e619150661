"""Orders and sessions keep the version of the protocol under which they were signed (hazard H-17)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from posology.clinic.care.chairside import chairside
from posology.clinic.care.queries import advice_for, case_of
from posology.clinic.care.session import start_of
from posology.clinic.orders.actions import OrderRefused, withdraw_order
from posology.clinic.orders.queries import open_course
from posology.clinic.orders.stored import check_intact, order_of
from posology.clinic.protocols import actions
from posology.clinic.protocols.models import VersionText
from posology.clinic.protocols.queries import ProtocolAltered, library_of_order
from posology.clinic.sessions.queries import state_of
from posology.knowledge import load_library
from posology.knowledge.editing import Changes, ValueChange
from posology.treatment import SessionPhase, worksheet
from tests import factories, site_protocols
from tests.cases import NOW
from tests.site_protocols import approval, in_force, submitted

pytestmark = pytest.mark.django_db
FORK = "north-clinic-ketamine-iv"
LATER = NOW + timedelta(minutes=5)
ONE = Decimal("0.4")


@pytest.fixture
def site():
    return factories.site("North Clinic")


@pytest.fixture
def of(site):
    found = factories.patient(site)
    factories.assess_fully(site, found)
    factories.fill_form(site, found)
    return found


def stays_longer(minutes: int) -> Changes:
    return Changes(minimum_min=minutes)


def retire(site, row, at):
    actions.ask_retirement(
        version_id=row.pk, step_id=uuid4(), reason="Not needed.", by=site.prescriber, at=at
    )
    actions.decide_retirement(
        version_id=row.pk, step_id=uuid4(), retire=True, password_checked=True, by=site.director, at=at
    )


def test_a_new_order_is_made_under_the_site_s_own_text(site, of):
    row = in_force(site, at=NOW)
    order = order_of(factories.signed_order(site, of, at=LATER).order)
    text = site_protocols.told(site, row, at=LATER).text
    assert (order.protocol_id, order.protocol_version, order.protocol_sha256) == (FORK, 1, text.sha256)
    assert order.level == ONE


@pytest.mark.hazard("H-17")
@pytest.mark.parametrize("what", ["a newer version", "its retirement"])
def test_a_session_goes_by_the_version_under_which_its_order_was_signed(site, of, what):
    """Signed under version 1, which keeps the patient 75 minutes; then version 2 asks for 100, or version 1
    is retired: worksheet, gate, start, the stay and the discharge are still those of version 1. N = 2."""
    row = in_force(site, at=NOW, changes=stays_longer(75))
    signed = factories.signed_order(site, of, at=LATER)
    after = LATER + timedelta(minutes=5)
    if what == "its retirement":
        retire(site, row, after)
    else:
        in_force(site, at=after, changes=stays_longer(100))
    then = after + timedelta(minutes=10)
    chair = chairside(site.nurse, signed.session.pk, at=then)
    assert chair.protocol.id == FORK
    assert (chair.protocol.version, chair.protocol.discharge.minimum_min) == (1, 75)
    factories.give(site, signed.session, at=then)
    state = state_of(signed.session)
    assert state.phase is SessionPhase.DISCHARGED
    assert state.discharged_at - state.ended_at >= timedelta(minutes=75)


@pytest.mark.hazard("H-17")
def test_nothing_is_given_from_an_order_whose_text_is_gone_or_altered(site, of, monkeypatch, record_property):
    """The stored text without a row, and with one digit changed: chair, start and worksheet bar the dose."""
    in_force(site, at=NOW)
    signed = factories.signed_order(site, of, at=LATER)
    order = order_of(signed.order)
    gone = replace(order, protocol_sha256="0" * 64)
    with pytest.raises(ProtocolAltered, match="not stored here"):
        library_of_order(site.clinic.pk, gone.protocol_id, gone.protocol_sha256)
    original = VersionText.from_db.__func__

    def from_db(cls, db, names, values):
        row = original(cls, db, names, values)
        row.text = row.text.replace("value: 0.4", "value: 0.5")
        return row

    monkeypatch.setattr(VersionText, "from_db", classmethod(from_db))
    chair = chairside(site.nurse, signed.session.pk, at=LATER)
    assert "not the one" in chair.text_fault and [o.key for o in chair.obstacles] == ["order"]
    with pytest.raises(ProtocolAltered):
        start_of(signed.session, state_of(signed.session), at=LATER)
    with pytest.raises(ProtocolAltered):
        factories.pass_gate(site, signed.session, at=LATER)
    record_property("n", 4)


@pytest.mark.hazard("H-17")
def test_an_order_signed_under_another_text_of_the_product_is_signed_anew(site, of, monkeypatch):
    """The product's file changed with a release after the signing; the start is refused. N = 1."""
    signed = factories.signed_order(site, of)
    factories.pass_gate(site, signed.session, at=NOW)
    library = load_library()
    stamps = dict(library.stamps)
    stamps["ketamine-iv"] = replace(stamps["ketamine-iv"], sha256="0" * 64)
    monkeypatch.setattr(
        "posology.clinic.protocols.queries.load_library", lambda: replace(library, stamps=stamps)
    )
    with pytest.raises(OrderRefused, match="was changed after this order was signed"):
        factories.event(
            site, signed.session, "administration_started", at=NOW, **factories.starting(signed.session)
        )


def test_a_running_course_goes_on_under_the_site_s_own_and_back_again(site, of):
    signed = factories.signed_order(site, of)
    factories.give(site, signed.session, at=NOW)
    assert order_of(signed.order).protocol_id == "ketamine-iv"
    day_3 = NOW + timedelta(days=3)
    row = in_force(site, at=day_3, changes=Changes(minimum_min=75))
    on = day_3 + timedelta(hours=1)
    factories.fill_form(site, of, at=on)
    factories.assess_fully(site, of, at=on)
    assert [s.protocol_id for s in case_of(of, as_of=on).sessions] == [FORK]
    options = [o for o in advice_for(of, as_of=on).options if o.dose]
    assert {o.protocol_id for o in options} == {FORK} and {o.session_number for o in options} == {2}
    second = factories.signed_order(site, of, at=on, scheduled_at=NOW + timedelta(days=3, hours=2))
    course = open_course(of)
    assert second.order.course_id == signed.order.course_id == course.pk
    assert check_intact(second.order).protocol_id == FORK
    withdraw_order(order_id=second.order.pk, by=site.prescriber, at=on)
    retire(site, row, on)
    again = on + timedelta(minutes=1)
    assert {o.protocol_id for o in advice_for(of, as_of=again).options} == {"ketamine-iv"}


def test_a_course_under_another_protocol_is_still_refused_beside_it(site, of):
    in_force(site, at=NOW)
    factories.give(site, factories.signed_order(site, of, at=LATER).session, at=LATER)
    options = advice_for(of, as_of=NOW + timedelta(days=3)).options
    assert {o.protocol_id for o in options} <= {FORK}


def test_the_worksheet_is_computed_by_the_signed_version(site, of):
    in_force(site, at=NOW)
    order = order_of(factories.signed_order(site, of, at=LATER).order)
    library = library_of_order(site.clinic.pk, order.protocol_id, order.protocol_sha256)
    sheet = worksheet(order, product_id=order.product_id, library=library, final_volume_mL=Decimal(50))
    assert sheet.dose_mg == order.dose_mg


def test_a_lowered_ceiling_stops_a_dose_that_the_product_would_allow(site, of):
    lower = Changes(
        values=(
            ValueChange("dose_ceiling", Decimal("0.5"), NOW.date(), "Never more here."),
            ValueChange("dose_start", Decimal("0.4"), NOW.date(), "Never more here."),
            ValueChange(
                "dose_levels",
                tuple(Decimal(level) for level in ("0.1", "0.2", "0.3", "0.4", "0.5")),
                NOW.date(),
                "Never more here.",
            ),
        )
    )
    row = submitted(site, at=NOW, changes=lower)
    actions.approve_version(**approval(site, row, at=NOW))
    options = [o for o in advice_for(of, as_of=LATER).options if o.dose and o.protocol_id == FORK]
    assert options and max(o.dose.level for o in options) == Decimal("0.4")

"""Signing: every way in which an order may not come to be, and the one in which it does."""

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from posology.case import Answer
from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.audit.triggers import install, remove
from posology.clinic.care.actions import choose_none, sign_order
from posology.clinic.care.queries import advice_for
from posology.clinic.care.signing import SigningRefused
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.orders.actions import OrderRefused, end_course, withdraw_order
from posology.clinic.orders.models import Course, OrderRow, OverrideRow, Signature
from posology.clinic.orders.stored import OrderAltered, check_intact, order_of
from posology.clinic.sessions.models import EventRow
from posology.protocols import TooSoon
from posology.quantities import Quantity
from posology.treatment import Order, OverriddenHold
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def patient(site):
    made = factories.patient(site)
    factories.assess_fully(site, made)
    return made


def _orders():
    return OrderRow.objects.everywhere(because="test")


# ---------------------------------------------------------------- who, and whom


@pytest.mark.parametrize("role", ["nurse", "director", "administrator"])
def test_only_a_prescriber_signs(site, patient, role):
    with pytest.raises(NotPermitted, match="prescriber"):
        sign_order(**factories.signing(site, patient, by=getattr(site, role)))
    assert not _orders().exists()


def test_another_clinics_patient_is_not_found(site, patient):
    other = factories.site("Another Synthetic Clinic")
    with pytest.raises(NotFound, match="no such patient"):
        sign_order(**factories.signing(site, patient, by=other.prescriber))


@pytest.mark.hazard("H-01")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"typed_identifier": "S-other"}, "typed_identifier"),
        ({"typed_identifier": ""}, "typed_identifier"),
        ({"typed_born_on": "1981-03-15"}, "typed_born_on"),
        ({"typed_born_on": ""}, "typed_born_on"),
        ({"typed_born_on": "14-Mar-1981"}, "typed_born_on"),
    ],
)
def test_both_identifiers_must_be_typed_right(site, patient, wrong, field):
    """N = 5 wrong or missing identifiers: nothing is signed, and the field is named."""
    with pytest.raises(SigningRefused) as refused:
        sign_order(**factories.signing(site, patient, **wrong))
    assert refused.value.field == field
    assert not _orders().exists()


@pytest.mark.hazard("H-01")
def test_a_page_of_another_patient_signs_nothing(site, patient):
    other = factories.patient(site, given_name="Adah")
    with pytest.raises(WrongPatient, match="another patient"):
        sign_order(**factories.signing(site, patient, page_patient_id=other.pk))
    assert not _orders().exists()


def test_signing_asks_for_the_password_again(site, patient):
    with pytest.raises(SigningRefused, match="password"):
        sign_order(**factories.signing(site, patient, password_checked=False))


# ---------------------------------------------------------------- what


def test_an_option_that_is_not_advised_cannot_be_signed(site, patient):
    with pytest.raises(SigningRefused, match="not advised"):
        sign_order(**factories.signing(site, patient, option_id="ketamine-iv/start/5"))


def test_an_option_whose_dose_changed_meanwhile_cannot_be_signed(site, patient):
    """The page showed a dose for 72 kg; a colleague recorded 68 kg before it was signed."""
    shown = factories.signing(site, patient)
    later = NOW + timedelta(minutes=10)
    factories.assess_fully(site, patient, {"weight": Quantity(Decimal(68), "kg")}, at=later)
    with pytest.raises(SigningRefused, match="changed after"):
        sign_order(**shown | {"at": later})


@pytest.mark.hazard("H-05")
@pytest.mark.hazard("H-10")
@pytest.mark.parametrize("product", ["esketamine-device-28", "ketamine-500", "", "KETAMINE-50"])
def test_only_a_product_of_the_protocol_can_be_ordered(site, patient, product):
    """N = 4 products that are another substance, another route or none."""
    with pytest.raises(SigningRefused) as refused:
        sign_order(**factories.signing(site, patient, product_id=product))
    assert refused.value.field == "product_id"


def test_a_hold_needs_its_reason(site):
    patient = factories.patient(site)
    factories.assess_fully(site, patient, {"ketamine_misuse_ever": Answer.YES, "heart_disease": Answer.YES})
    held = factories.signing(site, patient)
    assert held["overrides"], "this case is meant to be held up"
    for reasons in ({}, dict.fromkeys(held["overrides"], "  ")):
        with pytest.raises(SigningRefused, match="Give the reason"):
            sign_order(**held | {"overrides": reasons})
    with pytest.raises(SigningRefused, match="no hold"):
        sign_order(**held | {"overrides": {**held["overrides"], "rules-none/such": "because"}})
    signed = sign_order(**held)
    rules = {o.rule for o in OverrideRow.objects.everywhere(because="test").filter(order=signed.order)}
    assert rules == set(held["overrides"]) == {o.rule for o in order_of(signed.order).overrides}


def test_a_missing_answer_leaves_nothing_to_sign(site):
    patient = factories.patient(site)
    factories.assess_fully(site, patient, {"weight": None})
    assert not [o for o in advice_for(patient, as_of=NOW).options if o.route == "intravenous"]


def test_a_session_in_the_past_is_refused(site, patient):
    with pytest.raises(SigningRefused, match="in the past"):
        sign_order(**factories.signing(site, patient, scheduled_at=NOW - timedelta(days=2)))


# ---------------------------------------------------------------- once, and one at a time


@pytest.mark.hazard("H-25")
def test_a_second_send_gets_the_first_answer(site, patient):
    sent = factories.signing(site, patient)
    first = sign_order(**sent)
    again = sign_order(**sent | {"at": NOW + timedelta(minutes=5), "password_checked": False})
    assert (again.order.pk, again.session.pk, again.repeated) == (first.order.pk, first.session.pk, True)
    assert _orders().count() == 1


@pytest.mark.hazard("H-25")
def test_the_same_id_with_another_choice_is_a_conflict(site, patient):
    sent = factories.signing(site, patient)
    sign_order(**sent)
    with pytest.raises(Conflict, match="another choice"):
        sign_order(**sent | {"product_id": "ketamine-10"})
    other = factories.patient(site, given_name="Bea")
    factories.assess_fully(site, other)
    with pytest.raises(WrongPatient):
        sign_order(**factories.signing(site, other, order_id=sent["order_id"]))


@pytest.mark.hazard("H-25")
def test_a_second_order_beside_an_active_one_is_refused(site, patient):
    signed = factories.signed_order(site, patient)
    with pytest.raises(Conflict, match="not given yet"):
        factories.signed_order(site, patient)
    withdraw_order(order_id=signed.order.pk, by=site.prescriber, at=NOW)
    assert factories.signed_order(site, patient).order.status == "active"


@pytest.mark.hazard("H-23")
@pytest.mark.hazard("H-25")
def test_the_database_holds_one_active_order_and_one_open_course_a_patient(site, patient):
    """N = 2: a second active order, and a second open course, written past every action."""
    order = factories.signed_order(site, patient).order
    twin = {f.attname: getattr(order, f.attname) for f in order._meta.concrete_fields}
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderRow.objects.create(**twin | {"id": uuid4()})
    course = {f.attname: getattr(order.course, f.attname) for f in Course._meta.concrete_fields}
    with pytest.raises(IntegrityError), transaction.atomic():
        Course.objects.create(**course | {"id": uuid4()})


def test_a_course_under_another_protocol_must_end_first(site, patient):
    signed = factories.signed_order(site, patient)
    withdraw_order(order_id=signed.order.pk, by=site.prescriber, at=NOW)
    other = next(
        o for o in advice_for(patient, as_of=NOW).options if o.protocol_id != "ketamine-iv" and o.dose
    )
    chosen = factories.signing(
        site, patient, option_id=other.id, product_id=factories.product_for(other.protocol_id), overrides={}
    )
    chosen["overrides"] = {f.rule: "Decided in the test." for f in other.blocked_by}
    with pytest.raises(OrderRefused, match="second one"):
        sign_order(**chosen)
    end_course(
        course_id=signed.order.course_id, because="Changed to another route.", by=site.prescriber, at=NOW
    )
    assert sign_order(**chosen).order.status == "active"


def test_a_course_with_an_active_order_does_not_end(site, patient):
    signed = factories.signed_order(site, patient)
    with pytest.raises(OrderRefused, match="active"):
        end_course(course_id=signed.order.course_id, because="No need.", by=site.prescriber, at=NOW)


# ---------------------------------------------------------------- the interval


def test_a_session_too_soon_after_the_last_is_refused_at_signing(site, patient):
    factories.fill_form(site, patient, at=NOW - timedelta(minutes=2))
    signed = factories.signed_order(site, patient)
    factories.give(site, signed.session, at=NOW + timedelta(minutes=5))
    for days, error in ((1, TooSoon), (2, None)):
        later = NOW + timedelta(days=days, minutes=10)
        factories.assess_fully(site, patient, at=later)
        factories.fill_form(site, patient, at=later)
        sent = factories.signing(site, patient, at=later, scheduled_at=later)
        if error:
            with pytest.raises(error, match="earliest moment"):
                sign_order(**sent)
        else:
            sign_order(**sent)


# ---------------------------------------------------------------- the signature


def _altered(order: Order) -> list[tuple[str, Order]]:
    """Return the order with each field in turn changed."""
    others = {
        "overrides": (OverriddenHold("rules-none/such", "somebody", "because"),),
        "protocol_id": "ketamine-im",  # one that exists: else the look-up refuses, and not the signature
        "substance": "esketamine",
        "route": "oral",
        "devices": 2,
        "minutes": 41,
    }
    changed = []
    for field in fields(Order):
        value = getattr(order, field.name)
        other = others.get(field.name)
        if other is None:
            other = _different(value)
        changed.append((field.name, replace(order, **{field.name: other})))
    return changed


def _different(value):
    if isinstance(value, Decimal | int):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    if hasattr(value, "hex"):
        return uuid4()
    return value + timedelta(days=1)


def _write(sql: str, values: list) -> None:
    """Edit as somebody with the database's own keys can: triggers off, SQL, triggers on."""
    remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
    install(connection)


def _key(order: OrderRow):
    return OrderRow._meta.pk.get_db_prep_value(order.pk, connection)


def _start(site, session):
    return factories.event(site, session, "administration_started", **factories.starting(session))


@pytest.mark.hazard("H-28")
@pytest.mark.requirement("SR-21")
def test_an_order_changed_after_signing_does_not_start(site, patient, record_property):
    """Each field of the order in its stored text, with and without its hash mended: refused N of N."""
    signed = factories.signed_order(site, patient)
    factories.pass_gate(site, signed.session, at=NOW)
    given = factories.starting(signed.session)
    order, tried = order_of(signed.order), 0
    for name, other in _altered(order):
        for digest in (order.sha256(), other.sha256()):
            with transaction.atomic():
                _write(
                    "UPDATE orders_orderrow SET body = %s, sha256 = %s WHERE id = %s",
                    [other.canonical().decode(), digest, _key(signed.order)],
                )
                with pytest.raises(OrderAltered):
                    check_intact(_orders().select_related("signature", "course").get(pk=order.id))
                with pytest.raises(OrderAltered), transaction.atomic():
                    factories.event(site, signed.session, "administration_started", **given)
                    pytest.fail(name)
                transaction.set_rollback(True)
            tried += 1
    assert tried == 2 * len(fields(Order)) == 44
    record_property("n", tried)
    assert not EventRow.objects.everywhere(because="test").filter(kind="administration_started").exists()
    assert _start(site, signed.session).state.phase == "running"


COLUMNS = {
    "dose_mg": "7",
    "planned_on": "2026-11-25",
    "signed_at": "2026-11-24 14:00:00",
    "status": "withdrawn",
    "body": "{}",
    "sha256": "0" * 64,
}


@pytest.mark.hazard("H-28")
@pytest.mark.requirement("SR-21")
def test_a_column_edited_by_raw_sql_stops_the_start(site, patient, record_property):
    """Each column of the order, and each of its signature and overrides: refused N of N."""
    signed = factories.signed_order(site, patient)
    factories.pass_gate(site, signed.session, at=NOW)
    given = factories.starting(signed.session)
    key = _key(signed.order)
    user = OrderRow._meta.get_field("signed_by").get_db_prep_value(site.nurse.pk, connection)
    edits = [(f"UPDATE orders_orderrow SET {c} = %s WHERE id = %s", [v, key]) for c, v in COLUMNS.items()]  # noqa: S608
    edits += [
        ("UPDATE orders_orderrow SET signed_by_id = %s WHERE id = %s", [user, key]),
        ("UPDATE orders_signature SET sha256 = %s WHERE order_id = %s", ["0" * 64, key]),
        ("UPDATE orders_signature SET by_id = %s WHERE order_id = %s", [user, key]),
        ("UPDATE orders_signature SET at = %s WHERE order_id = %s", ["2026-11-24 14:00:00", key]),
        ("DELETE FROM orders_signature WHERE order_id = %s", [key]),
        ("UPDATE orders_course SET protocol_id = %s", ["ketamine-im"]),
    ]
    for sql, values in edits:
        with transaction.atomic():
            _write(sql, values)
            with pytest.raises((OrderAltered, OrderRefused)), transaction.atomic():
                factories.event(site, signed.session, "administration_started", **given)
            transaction.set_rollback(True)
    record_property("n", len(edits))
    assert _start(site, signed.session).state.phase == "running"


@pytest.mark.requirement("SR-21")
def test_a_signature_fits_no_other_order(site, patient):
    one = factories.signed_order(site, patient).order
    other_patient = factories.patient(site, given_name="Bea")
    factories.assess_fully(site, other_patient)
    other = factories.signed_order(site, other_patient).order
    signature = Signature.objects.everywhere(because="test").get(order=one)
    with transaction.atomic():
        _write("DELETE FROM orders_signature WHERE order_id = %s", [_key(other)])
        remove(connection)
        Signature.objects.create(
            order=other, by=signature.by, at=signature.at, meaning="", sha256=signature.sha256
        )
        install(connection)
        with pytest.raises(OrderAltered, match="signature"):
            check_intact(_orders().get(pk=other.pk))
        transaction.set_rollback(True)


# ---------------------------------------------------------------- none of these


def test_choosing_none_keeps_the_reason_and_what_was_offered(site, patient):
    sent = {"decision_id": uuid4(), "patient": patient, "by": site.prescriber, "at": NOW}
    decision = choose_none(**sent, reason="The patient prefers to wait.")
    assert decision.offered == [o.id for o in advice_for(patient, as_of=NOW).options]
    assert choose_none(**sent, reason="The patient prefers to wait.").pk == decision.pk
    with pytest.raises(SigningRefused, match="Say in 1 to 500"):
        choose_none(**sent | {"decision_id": uuid4()}, reason=" ")
    with pytest.raises(NotPermitted):
        choose_none(**sent | {"decision_id": uuid4(), "by": site.nurse}, reason="No.")

"""Ratings of what interrupted an order: one a person, rule and order, changed by a new entry, and counted."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from posology.case import Answer
from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.care.ratings import (
    Rated,
    RatingRefused,
    interventions_by,
    interventions_of,
    rate_alert,
    rated_by_rule,
    ratings_of,
)
from posology.clinic.conflicts import Conflict
from posology.clinic.orders.models import RatingRow
from posology.clinic.orders.stored import order_of
from posology.knowledge import load_library
from posology.quantities import DomainError
from tests import factories
from tests.cases import NOW
from tests.integration.clinic.test_alerts import BENZO, OPIOID, STIMULANT, patient_taking

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def order(site):
    """An order that a hold and a caution interrupted, and beside which two cautions stood."""
    patient = patient_taking(site, "lorazepam", "oxycodone", "methylphenidate", capacity_to_consent=Answer.NO)
    return factories.signed_order(site, patient).order


def rate(order, rule=BENZO, rating="useful", **changes):
    return rate_alert(
        **{"rating_id": uuid4(), "order_id": order.pk, "rule": rule, "rating": rating, "at": NOW} | changes
    )


@pytest.mark.requirement("SR-48")
def test_every_rule_that_interrupted_can_be_rated_and_no_other(site, order, record_property):
    """The rules of one order (N): each that interrupted, none that only stood below or was never there."""
    interrupted = {a.rule for a in order.alerts.everywhere(because="test").filter(interrupts=True)}
    offered = [one.rule for one in interventions_of(site.prescriber, order)]
    assert set(offered) == interrupted and len(offered) == len(interrupted) == 2
    for rule in offered:
        assert rate(order, rule, by=site.prescriber).rule == rule
    for rule in (STIMULANT, OPIOID, "rules-session/heart-rate", ""):
        with pytest.raises(RatingRefused, match="did not interrupt this order"):
            rate(order, rule, by=site.prescriber)
    record_property("n", len(offered) + 4)


def test_a_rule_that_was_passed_at_the_chair_interrupted_too(site, order):
    session, rule = order.session, "rules-session/heart-rate"
    factories.pass_gate(site, session, at=NOW)
    factories.event(site, session, "gate_overridden", by=site.prescriber, rule=rule, reason="Known.")
    assert rule in {one.rule for one in interventions_of(site.director, order)}
    assert rate(order, rule, by=site.director).rating == "useful"
    assert [one.order.pk for one in interventions_by(site.director, rule)] == [order.pk]


@pytest.mark.requirement("SR-48")
def test_a_change_is_a_new_entry_that_names_the_old_one(site, order):
    """N = 3 entries by one person, and one by another: two stand."""
    first = rate(order, by=site.prescriber)
    second = rate(order, rating="wrong", words="  Not for   this dose. ", by=site.prescriber)
    third = rate(order, rating="not useful", by=site.prescriber)
    rate(order, by=site.director)
    assert (second.replaces_id, third.replaces_id, second.words) == (
        first.pk,
        second.pk,
        "Not for this dose.",
    )
    assert RatingRow.objects.for_clinic(site.clinic).count() == 4
    assert {(r.by_id, r.rating) for r in ratings_of(site.director)} == {
        (site.prescriber.pk, "not useful"),
        (site.director.pk, "useful"),
    }
    assert rated_by_rule(site.director) == {BENZO: Rated(useful=1, not_useful=1)}


def test_the_same_rating_again_adds_nothing(site, order):
    first = rate(order, words="Yes.", by=site.prescriber)
    assert rate(order, words="Yes.", by=site.prescriber).pk == first.pk
    assert rate(order, words="Yes.", by=site.prescriber, rating_id=first.pk).pk == first.pk
    with pytest.raises(Conflict, match="another content"):
        rate(order, rating="wrong", by=site.prescriber, rating_id=first.pk)
    with pytest.raises(Conflict):
        rate(order, words="Yes.", by=site.director, rating_id=first.pk)


def test_it_keeps_the_version_and_the_role(site, order):
    row = rate(order, by=site.prescriber)
    version = load_library().stamps["rules-interactions"].version
    assert (row.version, row.role) == (str(version), "prescriber")


def test_of_a_limit_it_keeps_the_version_of_the_order_s_protocol(site):
    from datetime import timedelta
    from decimal import Decimal

    from posology.case import Origin, OriginKind, UndatedDose
    from posology.clinic.assessments.elsewhere import record_elsewhere
    from posology.knowledge import Substance

    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    told = UndatedDose(Substance.KETAMINE, Decimal(36), origin=Origin(OriginKind.STAFF, "Synthetic clinic"))
    record_elsewhere(
        patient=patient, dose_id=uuid4(), dose=told, by=site.nurse, at=NOW - timedelta(minutes=1)
    )
    order = factories.signed_order(site, patient).order
    row = rate(order, "limits/ketamine-iv/session-interval-min-not-known", "wrong", by=site.prescriber)
    assert row.version == str(order_of(order).protocol_version)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"rating": ""}, "rating"), ({"rating": "great"}, "rating"), ({"words": "x" * 501}, "words")],
)
def test_what_is_no_rating_is_refused_at_its_field(site, order, changes, field):
    with pytest.raises(RatingRefused) as refused:
        rate(order, by=site.prescriber, **changes)
    assert refused.value.field == field and ratings_of(site.director) == ()


def test_no_control_character_comes_in(site, order):
    with pytest.raises(DomainError):
        rate(order, words="a\x07b", by=site.prescriber)


def test_prescriber_and_director_rate_and_nobody_else(site, order):
    rate(order, by=site.director)
    for by in (site.nurse, site.administrator):
        with pytest.raises(NotPermitted):
            rate(order, by=by)
        with pytest.raises(NotPermitted):
            ratings_of(by)
    other = factories.site("Other Synthetic Clinic")
    with pytest.raises(NotFound):
        rate(order, by=other.prescriber)
    assert ratings_of(other.director) == () and interventions_by(other.director, BENZO) == ()


def test_the_database_holds_one_first_rating_a_person_rule_and_order(site, order):
    row = rate(order, BENZO, by=site.prescriber)
    twin = RatingRow(
        order=order, rule=BENZO, version="1", rating="wrong", role="prescriber", by=site.prescriber, at=NOW
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)
    twin.replaces, twin.rating = row, "great"
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)
    rate(order, BENZO, "wrong", by=site.prescriber)
    twin.rating = "useful"
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)

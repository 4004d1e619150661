"""One patient from the assessment to the next options, through the actions that every door calls."""

from datetime import timedelta

import pytest

from posology.clinic.audit.queries import verify_chain
from posology.clinic.care.queries import advice_for
from posology.clinic.sessions.queries import board, chain_faults, state_of
from posology.treatment import SessionPhase
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db


def test_an_advised_option_becomes_a_signed_order_with_a_session():
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    factories.fill_form(site, patient, at=NOW - timedelta(minutes=2))
    signed = factories.signed_order(site, patient)
    assert signed.order.status == "active"
    assert signed.order.signature.sha256 == signed.order.sha256
    assert [line.session.pk for line in board(site.clinic, NOW.date())] == [signed.session.pk]
    assert verify_chain().holds
    assert advice_for(patient, as_of=NOW).response == "start"


def test_a_patient_goes_from_the_assessment_to_the_next_options():
    """Assessment, options, order, session to discharge, PHQ-9, and the next options that use it."""
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    factories.fill_form(site, patient, [3] * 8 + [0], at=NOW - timedelta(minutes=2))
    signed = factories.signed_order(site, patient)
    left_at = factories.give(site, signed.session, at=NOW + timedelta(minutes=10))
    state = state_of(signed.session)
    assert (state.phase, state.conflicts) == (SessionPhase.DISCHARGED, ())
    assert state.delivered_mg(left_at) == signed.order.dose_mg
    signed.order.refresh_from_db()
    assert signed.order.status == "used"
    later = NOW + timedelta(days=3)
    factories.assess_fully(site, patient, at=later)
    factories.fill_form(site, patient, [1] * 8 + [0], at=later - timedelta(minutes=2))
    advice = advice_for(patient, as_of=later)
    assert advice.response == "response"
    assert 3 <= len(advice.options) <= 5
    assert {o.session_number for o in advice.options if o.dose} == {2}
    assert chain_faults(signed.session) == ()
    assert verify_chain().holds

"""One patient from the assessment to the next options, through the actions that every door calls."""

from datetime import timedelta

import pytest

from posology.clinic.audit.queries import verify_chain
from posology.clinic.care.queries import advice_for
from posology.clinic.sessions.queries import board
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

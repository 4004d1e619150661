"""A limit that the chosen day meets gets its own field on the page, and its reason goes into the order."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.care.actions import sign_order
from posology.clinic.care.queries import advice_for
from posology.clinic.orders.models import OrderRow
from posology.clinic.orders.stored import order_of
from tests import factories
from tests.integration.clinic.test_limits import DAY, FIRST, given_at, moved, signing_at
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db
FOURTH = FIRST + 6 * DAY


@pytest.fixture
def at_the_desk():
    """Return a prescriber's page of the dose that would be the fourth in 7 days, if it were given today."""
    with time_machine.travel(FOURTH, tick=False):
        site = factories.site(at=FIRST - 2 * DAY)
        patient = factories.patient(site, at=FIRST - DAY)
        factories.assess_fully(site, patient, at=FIRST)
        factories.fill_form(site, patient, [3] * 8 + [0], at=FIRST - timedelta(minutes=2))
        for n in (0, 2, 4):
            given_at(site, patient, FIRST + n * DAY)
        factories.assess_fully(site, patient, at=FOURTH)
        factories.fill_form(site, patient, [2] * 8 + [0], at=FOURTH - timedelta(minutes=2))
        option = next(o for o in advice_for(patient, as_of=FOURTH).options if o.dose)
        assert option.blocked_by == (), "on its planned day nothing holds it"
        url = reverse("sign", kwargs={"patient": patient.pk, "option": option.id})
        client = signed_in(site.prescriber)
        page = client.get(f"{url}?product=ketamine-50")
        typed = {
            "typed_identifier": patient.identifier,
            "typed_born_on": "14-Mar-1981",
            "password": factories.PASSWORD,
        }
        yield client, url, {**hidden_of(page, url), **typed}


@pytest.mark.hazard("H-23")
def test_a_day_that_meets_a_limit_asks_for_its_reason(at_the_desk):
    """N = 1: the fourth infusion in 7 days: not signed without a reason, and then with it."""
    client, url, form = at_the_desk
    today = {"on": FOURTH.date().isoformat(), "clock": "16:00"}
    asked = client.post(url, {**form, **today})
    assert asked.status_code == 422
    assert "4 sessions fall into 7 days" in text_of(asked).replace("\N{NO-BREAK SPACE}", " ")
    assert 'name="reason_0"' in asked.content.decode() and 'name="reason_1"' in asked.content.decode()
    reasons = {"reason_0": "Worse since Sunday.", "reason_1": "Worse since Sunday."}
    signed = client.post(url, {**form, **today, **reasons})
    assert signed.status_code == 302
    order = order_of(OrderRow.objects.everywhere(because="test").get(status="active"))
    assert {o.rule for o in order.overrides} == {
        "limits/ketamine-iv/sessions-in-7-days-hold-above",
        "limits/ketamine-iv/amount-in-7-days-hold-above",
    }


@pytest.mark.hazard("H-23")
def test_a_limit_met_at_the_start_can_be_passed_at_the_chair_by_a_prescriber():
    """N = 1: the session's page offers a prescriber to pass what a limit holds up, as it does for a rule."""
    site = factories.site(at=FIRST - 2 * DAY)
    patient = factories.patient(site, at=FIRST - DAY)
    factories.assess_fully(site, patient, at=FIRST)
    factories.fill_form(site, patient, [3] * 8 + [0], at=FIRST - timedelta(minutes=2))
    first = given_at(site, patient, FIRST)
    for n in (3, 5):
        given_at(site, patient, FIRST + n * DAY)
    at = FIRST + 8 * DAY
    signed = sign_order(**signing_at(site, patient, at))
    moved(site, first.session, to=FIRST + 2 * DAY, at=at)
    factories.pass_gate(site, signed.session, at=at)
    with time_machine.travel(at, tick=False):
        page = signed_in(site.prescriber).get(reverse("session", kwargs={"session": signed.session.pk}))
    text = page.content.decode()
    assert "limits/ketamine-iv/sessions-in-7-days-hold-above" in text
    assert "4 sessions fall into 7 days" in text_of(page).replace("\N{NO-BREAK SPACE}", " ")

"""The second look: one sentence read aloud, two identifiers and the password typed, one order."""

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from posology.case import Answer
from posology.clinic.accounts.guesses import FREE_TRIES, wait_before_next
from posology.clinic.care.queries import advice_for
from posology.clinic.orders.models import DecisionRow, OrderRow
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.models import SessionRow
from posology.quantities import Quantity
from tests import factories
from tests.cases import NOW
from tests.integration.web.chair import faults_of, filled_inputs
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db

IV = "ketamine-iv/start/0.5/40"


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site() -> factories.Site:
    return factories.site()


class Desk:
    """A prescriber before one patient's option."""

    def __init__(self, site: factories.Site, patient: Patient, option: str = IV) -> None:
        self.site, self.patient = site, patient
        self.client = signed_in(site.prescriber)
        self.url = reverse("sign", kwargs={"patient": patient.pk, "option": option})

    def look(self, product: str = "ketamine-50") -> Any:
        return self.client.get(f"{self.url}?product={product}" if product else self.url)

    def form(self, **changes: str) -> dict[str, str]:
        typed = {
            "typed_identifier": self.patient.identifier,
            "typed_born_on": "14-Mar-1981",
            "password": factories.PASSWORD,
        }
        return {**hidden_of(self.look(), self.url), **typed, **changes}

    def send(self, **changes: str) -> Any:
        return self.client.post(self.url, self.form(**changes))


def desk(site: factories.Site, changes: dict[str, Any] | None = None, option: str = IV) -> Desk:
    patient = factories.patient(site)
    factories.assess_fully(site, patient, changes)
    return Desk(site, patient, option)


def orders(site: factories.Site) -> int:
    return OrderRow.objects.for_clinic(site.clinic).count()


def test_the_whole_order_is_one_sentence(site):
    at = desk(site)
    said = re.search(r'class="read-aloud"><p>([^<]+)</p>', text_of(at.look()))[1].replace("\u2011", "-")
    for part in (
        str(at.patient),
        "14-Mar-1981",
        at.patient.identifier,
        "36\u00a0mg of ketamine",
        "into a vein",
        "over 40\u00a0minutes",
        "0.5\u00a0mg/kg",
        "72\u00a0kg",
        "24-Nov-2026",
        "Ketamine 50 mg/mL",
        "session 1",
    ):
        assert part in said, part
    assert said.count(".") - said.count("0.5") == 1, "one sentence"


def test_nothing_is_signed_before_the_product_is_chosen_and_none_is_chosen_beforehand(site):
    at = desk(site)
    html = text_of(at.look(product=""))
    assert 'name="password"' not in html and filled_inputs(html) == []
    assert len(re.findall(r'name="product" value="', html)) == 3
    assert filled_inputs(text_of(at.look())) == []
    assert 'name="password"' not in text_of(at.look(product="esketamine-device-28"))


def test_a_signed_order_leads_to_its_page_and_its_session(site):
    sent = desk(site).send()
    assert sent.status_code == 302, faults_of(sent)
    row = OrderRow.objects.for_clinic(site.clinic).get()
    assert sent["Location"] == reverse("order", kwargs={"order": row.pk})
    assert row.status == "active" and row.signed_by == site.prescriber
    assert SessionRow.objects.for_clinic(site.clinic).get().order == row


@pytest.mark.hazard("H-25")
def test_an_order_that_is_sent_twice_is_signed_once(site, record_property):
    """The same form five times, also after the record moved on: one order, one session, the same answer."""
    at = desk(site)
    form = at.form()
    answers = [at.client.post(at.url, form) for _ in range(5)]
    assert {(a.status_code, a["Location"]) for a in answers} == {(302, answers[0]["Location"])}
    factories.assess_fully(site, at.patient, {"weight": None})
    again = at.client.post(at.url, form)
    assert (again.status_code, again["Location"]) == (302, answers[0]["Location"])
    assert orders(site) == 1 and SessionRow.objects.for_clinic(site.clinic).count() == 1
    record_property("n", 6)


@pytest.mark.hazard("H-01")
@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"typed_identifier": "S-9"}, "typed_identifier"),
        ({"typed_identifier": ""}, "typed_identifier"),
        ({"typed_born_on": "1981-03-15"}, "typed_born_on"),
        ({"typed_born_on": "3/14/81"}, "typed_born_on"),
        ({"typed_born_on": ""}, "typed_born_on"),
    ],
)
def test_a_wrong_identifier_signs_nothing(site, typed, field):
    refused = desk(site).send(**typed)
    html = text_of(refused)
    assert refused.status_code == 422 and orders(site) == 0
    assert f'id="id_{field}-error"' in html and f'href="#id_{field}"' in html
    assert 'value="14-Mar-1981"' in html or field == "typed_born_on", "what was typed is kept"
    assert factories.PASSWORD not in html


@pytest.mark.parametrize("word", ["", "not the pass phrase"])
def test_a_wrong_password_signs_nothing(site, word):
    refused = desk(site).send(password=word)
    assert refused.status_code == 422 and orders(site) == 0 and "password" in faults_of(refused)


def test_wrong_passwords_of_an_open_screen_are_counted_as_at_sign_in(site):
    """After some wrong ones in a row not even the right one is looked at: nobody guesses on without end."""
    for _ in range(FREE_TRIES):
        assert "This is not your password" in text_of(desk(site).send(password="a guess"))
    held = desk(site).send()
    assert held.status_code == 422 and orders(site) == 0
    assert "was not looked at" in text_of(held)
    assert wait_before_next(site.prescriber.username, "127.0.0.1", at=NOW).total_seconds() > 0


@pytest.mark.hazard("H-01")
def test_a_form_of_another_patient_or_another_tab_signs_nothing(site, record_property):
    at, other = desk(site), factories.patient(site, family_name="Example", given_name="Bo")
    form = at.form()
    for named in (str(other.pk), str(uuid4()), ""):
        assert at.client.post(at.url, {**form, "patient": named}).status_code == 409
    at.client.get(reverse("patient", kwargs={"patient": other.pk}))
    refused = at.client.post(at.url, form)
    assert refused.status_code == 409 and orders(site) == 0
    assert factories.PASSWORD not in text_of(refused)
    record_property("n", 4)


@pytest.mark.hazard("H-28")
def test_an_option_that_changed_since_it_was_read_is_not_signed(site, record_property):
    """New weight, new stop, new hold: 409, the way back to the options, what was typed kept (N = 3)."""
    changes = (
        {"weight": Quantity(Decimal(80), "kg")},
        {"intracerebral_hemorrhage": Answer.YES, "hypersensitivity": Answer.YES},
        {"capacity_to_consent": Answer.NO},
    )
    for change in changes:
        at = desk(site)
        form = at.form()
        with time_machine.travel(NOW.replace(minute=6), tick=False):
            factories.assess_fully(site, at.patient, change, at=NOW.replace(minute=6))
            refused = at.client.post(at.url, form)
        assert refused.status_code in {409, 422}, faults_of(refused)
        assert orders(site) == 0 and (at.patient.identifier in text_of(refused))
    record_property("n", len(changes))


def test_a_hold_asks_for_a_reason_and_keeps_it_with_the_order(site):
    at = desk(site, {"capacity_to_consent": Answer.NO})
    html = text_of(at.look())
    assert "Held: go on only with a reason" in html and 'name="reason_0"' in html
    refused = at.send()
    assert refused.status_code == 422 and 'id="id_reason_0-error"' in text_of(refused)
    sent = at.send(reason_0="The guardian consented in writing today.")
    assert sent.status_code == 302, faults_of(sent)
    assert "The guardian consented" in text_of(at.client.get(sent["Location"]))


def test_a_day_and_a_time_are_read_on_the_sites_clock_and_kept_when_they_are_wrong(site):
    at = desk(site)
    refused = at.send(on="2026-11-27", clock="9am")
    assert (
        refused.status_code == 422
        and 'value="9am"' in text_of(refused)
        and 'value="2026-11-27"' in text_of(refused)
    )
    assert at.send(on="2026-11-20", clock="09:00").status_code == 422
    assert at.send(clock="09:30", on="27-Nov-2026", chair="2").status_code == 302
    row = SessionRow.objects.for_clinic(site.clinic).get()
    assert f"{row.scheduled_at:%Y-%m-%d %H:%M}" == "2026-11-27 09:30" and row.chair == 2


def test_a_second_order_while_one_waits_is_refused(site):
    at = desk(site)
    assert at.send().status_code == 302
    refused = at.send()
    assert refused.status_code == 409 and "signed and not given yet" in text_of(refused) and orders(site) == 1


def test_none_of_these_is_recorded_once_with_its_reason_and_what_was_offered(site):
    at = desk(site, option="none")
    page = at.look(product="")
    assert filled_inputs(text_of(page)) == []
    form = hidden_of(page, at.url)
    empty = at.client.post(at.url, form)
    assert empty.status_code == 422 and "the record keeps it" in faults_of(empty)
    form["reason"] = "Waits for the cardiologist."
    assert [at.client.post(at.url, form).status_code for _ in range(2)] == [302, 302]
    row = DecisionRow.objects.for_clinic(site.clinic).get()
    assert row.reason == "Waits for the cardiologist." and len(row.offered) >= 3


def test_an_option_that_never_was_leads_back_to_the_options(site):
    at = desk(site, option="ketamine-iv/start/9/40")
    page = at.look()
    assert page.status_code == 409 and "Show the options as they are now" in text_of(page)


def test_only_a_prescriber_signs(site):
    at = desk(site)
    for by in (site.nurse, site.director, site.administrator):
        assert signed_in(by).get(at.url).status_code == 403
        assert signed_in(by).post(at.url, {}).status_code == 403


def test_an_advised_dose_of_every_protocol_can_be_read_and_signed(site, record_property):
    """Each option of a patient who may be treated, from each of its products (N orders)."""
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    tried = 0
    for option in advice_for(patient, as_of=NOW).options:
        other = desk(site, option=option.id)
        products = re.findall(r'name="product" value="([^"]+)"', text_of(other.look(product="")))
        assert products
        page = other.look(products[-1])
        form = {**hidden_of(page, other.url), "typed_identifier": other.patient.identifier}
        form |= {"typed_born_on": "1981-03-14", "password": factories.PASSWORD}
        sent = other.client.post(other.url, form)
        assert sent.status_code == 302, (option.id, faults_of(sent))
        tried += 1
    record_property("n", tried)

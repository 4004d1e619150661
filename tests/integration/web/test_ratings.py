"""Ratings on the pages: on the order, on the rule's page, counted, exported without a name or a formula."""

import csv
import io
from html import unescape

import pytest
import time_machine
from django.urls import reverse

from posology.clinic.care.ratings import ratings_of
from posology.clinic.orders.models import RatingRow
from tests import factories
from tests.cases import NOW
from tests.integration.clinic.test_alerts import BENZO, patient_taking
from tests.integration.web.chair import filled_inputs
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db
RULE_PAGE = {"file": "rules-interactions", "rule": "benzodiazepine"}


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def order(site):
    return factories.signed_order(site, patient_taking(site, "lorazepam")).order


def rate_url(order) -> str:
    return reverse("rate", kwargs={"order": order.pk})


def send(by, order, *, at="order", **typed: str):
    """Rate from one of the pages."""
    client = signed_in(by)
    pages = {
        "order": reverse("order", kwargs={"order": order.pk}),
        "alert": reverse("alert", kwargs=RULE_PAGE),
        "rate": rate_url(order),
    }
    fields = hidden_of(client.get(pages[at]), rate_url(order))
    return client.post(rate_url(order), {**fields, "rating": "useful", **typed})


@pytest.mark.requirement("SR-48")
@pytest.mark.parametrize("at", ["order", "alert", "rate"])
def test_it_is_rated_where_it_stands_and_leads_back(site, order, at, record_property):
    """N = 3 pages: the order, the rule's page under the alerts, and the list of one order."""
    sent = send(site.prescriber, order, at=at, rating="wrong", words="Last dose a week ago.")
    back = {
        "order": reverse("order", kwargs={"order": order.pk}),
        "alert": reverse("alert", kwargs=RULE_PAGE),
    }
    assert sent.status_code == 302 and sent["Location"] == back.get(at, rate_url(order))
    (row,) = ratings_of(site.director)
    assert (row.rule, row.rating, row.words, row.order_id) == (
        BENZO,
        "wrong",
        "Last dose a week ago.",
        order.pk,
    )
    page = unescape(text_of(signed_in(site.prescriber).get(sent["Location"])))
    assert "You: Wrong: Last dose a week ago. (24-Nov-2026)" in page and "Change your rating" in page
    record_property("n", 1)


def test_nothing_is_chosen_beforehand_and_a_change_is_a_new_entry(site, order):
    send(site.prescriber, order, rating="wrong")
    page = text_of(signed_in(site.prescriber).get(rate_url(order)))
    assert [f for f in filled_inputs(page) if "rating" in str(f)] == []
    send(site.prescriber, order, rating="not useful")
    assert [r.rating for r in ratings_of(site.director)] == ["not useful"]
    assert RatingRow.objects.for_clinic(site.clinic).count() == 2


@pytest.mark.requirement("SR-48")
def test_the_alerts_count_the_ratings(site, order):
    """N = 2 people."""
    send(site.prescriber, order)
    send(site.director, order, at="alert", rating="wrong")
    client = signed_in(site.director)
    assert "1 useful, 1 wrong" in text_of(client.get(reverse("alerts")))
    assert "1 useful, 1 wrong" in text_of(client.get(reverse("alert", kwargs=RULE_PAGE)))


def test_what_is_missing_is_told_at_its_field_and_the_words_stay(site, order):
    refused = send(site.prescriber, order, rating="", words="Hm.")
    page = unescape(text_of(refused))
    assert (
        refused.status_code == 422 and "Choose one: useful, not useful, or wrong." in page and "Hm." in page
    )
    assert 'href="#id_rating_0"' in page and ratings_of(site.director) == ()
    long = send(site.prescriber, order, words="x" * 501)
    assert long.status_code == 422 and 'href="#id_words_0"' in text_of(long)
    stray = send(site.prescriber, order, rule="rules-session/heart-rate")
    assert stray.status_code == 422 and "did not interrupt this order" in text_of(stray)


@pytest.mark.hazard("H-25")
def test_a_second_click_rates_nothing_again(site, order):
    """N = 2 sends of one form."""
    client = signed_in(site.prescriber)
    fields = {**hidden_of(client.get(rate_url(order)), rate_url(order)), "rating": "useful"}
    assert client.post(rate_url(order), fields).status_code == 302
    assert client.post(rate_url(order), fields).status_code == 302
    assert RatingRow.objects.for_clinic(site.clinic).count() == 1


def test_who_may_not_rate_sees_no_form(site, order):
    page = text_of(signed_in(site.nurse).get(reverse("order", kwargs={"order": order.pk})))
    assert "Was it useful?" not in page
    assert signed_in(site.nurse).post(rate_url(order), {"rating": "useful"}).status_code == 403
    other = factories.site("Other Synthetic Clinic")
    assert signed_in(other.prescriber).get(rate_url(order)).status_code == 404


def test_an_order_that_nothing_interrupted_has_nothing_to_rate(site):
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    calm = factories.signed_order(site, patient).order
    assert "Nothing interrupted this order" in text_of(signed_in(site.prescriber).get(rate_url(calm)))
    page = text_of(signed_in(site.prescriber).get(reverse("order", kwargs={"order": calm.pk})))
    assert "Was it useful?" not in page


@pytest.mark.requirement("SR-48")
def test_the_export_opens_as_a_table_with_no_name_and_no_formula(site, record_property):
    """Words that begin as formulas do (N): quoted, and nobody's name in any cell."""
    evil = ['=HYPERLINK("x")', "+1", "-1+1", "@SUM(A1)", "  =1", "＝1", 'plain, "quoted"; and commas', ""]
    orders = [factories.signed_order(site, patient_taking(site, "lorazepam")).order for _ in evil]
    for order, words in zip(orders, evil, strict=True):
        assert send(site.prescriber, order, rating="wrong", words=words).status_code == 302
    sent = signed_in(site.director).get(reverse("alerts-ratings"))
    assert sent["Content-Type"] == "text/csv; charset=utf-8" and "attachment" in sent["Content-Disposition"]
    text = sent.content.decode("utf-8-sig")
    head, *lines = csv.reader(io.StringIO(text))
    assert head == ["rule", "version", "moment", "role", "rating", "words", "order"]
    assert {len(line) for line in lines} == {7} and len(lines) == len(evil)
    assert {line[6] for line in lines} == {str(order.pk) for order in orders}
    told = {tuple(line[:5]) for line in lines}
    assert {(t[0], t[2], t[3], t[4]) for t in told} == {
        (BENZO, "2026-11-24T15:00:00Z", "prescriber", "wrong")
    }
    for cell in (cell for line in lines for cell in line):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", " "))
    assert 'plain, "quoted"; and commas' in {line[5] for line in lines}
    for name in (site.prescriber.full_name, orders[0].patient.family_name, orders[0].patient.identifier):
        assert name not in text
    assert signed_in(site.nurse).get(reverse("alerts-ratings")).status_code == 403
    record_property("n", len(evil))


def test_words_are_shown_as_text(site, order):
    send(site.prescriber, order, words="<script>alert(1)</script>")
    page = text_of(signed_in(site.prescriber).get(rate_url(order)))
    assert "<script>alert" not in page and "&lt;script&gt;" in page

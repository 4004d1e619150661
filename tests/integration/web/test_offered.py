"""A signed order opens its next visits: their windows stand beside it, and one link leads to planning."""

from datetime import timedelta

import pytest
from django.urls import reverse

from posology.clinic.visits.coming import coming_of, windows_ahead
from posology.clinic.visits.queries import visits_of
from tests import factories
from tests.cases import NOW
from tests.integration.web.walk import hidden_of, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now(monkeypatch):
    monkeypatch.setattr("posology.web.clock.now", lambda: NOW)


@pytest.fixture
def signed():
    """A first infusion for today at 15:00, signed and not given."""
    site = factories.site()
    of = factories.patient(site)
    factories.assess_fully(site, of)
    return site, of, factories.signed_order(site, of).order


def days_of(page: str) -> str:
    return page.split('id="next-visits"')[1].split("</section>")[0]


def test_the_windows_of_the_next_visits_stand_beside_a_signed_order(signed):
    """The induction of ketamine-iv has six sessions, two a week: five are left after the first."""
    site, of, order = signed
    section = days_of(text_of(signed_in(site.prescriber).get(reverse("order", args=[order.pk]))))
    assert section.count("<li>Visit") == 5 and "Visit 2, " in section and "Visit 6, " in section
    coming = coming_of(of, at=NOW)
    assert coming is not None
    for window in windows_ahead(coming):
        for day in (window.earliest, window.target, window.latest):
            assert f'datetime="{day.isoformat()}"' in section
    assert "none is on the schedule yet" in section


def test_one_link_and_one_tap_put_them_on_the_schedule(signed):
    site, of, order = signed
    client = signed_in(site.nurse)
    url = reverse("patient-visits", args=[of.pk])
    assert f'href="{url}#plan"' in text_of(client.get(reverse("order", args=[order.pk])))
    page = client.get(url)
    html = text_of(page)
    assert '<option value="15:00" selected>' in html and '<option value="5" selected>' in html
    first = coming_of(of, at=NOW).on
    sent = hidden_of(page, url) | {
        "first_on": f"{first:%d-%b-%Y}",
        "clock": "10:00",
        "chair": "any",
        "count": "5",
    }
    assert client.post(url, sent).status_code == 302
    section = days_of(text_of(client.get(reverse("order", args=[order.pk]))))
    assert "none is on the schedule yet" not in section
    for booked in visits_of(order.course):
        assert f'datetime="{booked.on.isoformat()}"' in section


def test_who_may_not_plan_reads_who_does(signed):
    site, _, order = signed
    section = days_of(text_of(signed_in(site.director).get(reverse("order", args=[order.pk]))))
    assert "Nurses and prescribers plan visits." in section and "#plan" not in section


def test_an_order_that_was_given_or_withdrawn_offers_nothing(signed):
    site, _, order = signed
    factories.event(site, order.session, "session_cancelled", reason="The patient is ill.", at=NOW)
    page = text_of(signed_in(site.nurse).get(reverse("order", args=[order.pk])))
    assert "next-visits" not in page


def test_a_time_at_which_no_visit_begins_is_not_proposed(signed):
    site, of, order = signed
    order.session.scheduled_at = NOW + timedelta(minutes=7)
    order.session.save(update_fields=["scheduled_at"])
    page = text_of(signed_in(site.nurse).get(reverse("patient-visits", args=[of.pk])))
    assert not any(f'<option value="{h:02d}:{m}" selected>' in page for h in range(24) for m in ("00", "30"))

"""The day of a decision is the clinic's own, wherever on earth it stands."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from posology.clinic.care.eligibility import eligibility_of
from posology.clinic.care.overview import overview_of
from posology.clinic.care.queries import advice_for
from tests import factories

pytestmark = pytest.mark.django_db

# Three in the afternoon of the 24th at each clinic; in UTC it is the 25th, the 24th, the 24th at 2:00.
CLINICS = {"Pacific/Honolulu": 25, "UTC": 24, "Pacific/Auckland": 24}
DAY = date(2026, 11, 24)


@pytest.fixture(params=CLINICS)
def zone(request) -> str:
    return str(request.param)


def three_in_the_afternoon(zone: str) -> datetime:
    moment = datetime(2026, 11, 24, 15, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert moment.day == CLINICS[zone]
    return moment


@pytest.mark.hazard("H-31", n=3)
def test_a_course_that_begins_now_begins_on_the_clinics_day(zone):
    """An afternoon in Honolulu is tomorrow in UTC; the option and the order are for today. N = 3."""
    site, now = factories.site(zone=zone), three_in_the_afternoon(zone)
    patient = factories.patient(site, at=now - timedelta(days=2))
    factories.assess_fully(site, patient, at=now)
    factories.fill_form(site, patient, at=now - timedelta(minutes=2))
    options = [o for o in advice_for(patient, as_of=now).options if o.dose]
    assert {o.next_on for o in options} == {DAY}
    signed = factories.signed_order(site, patient, at=now)
    assert signed.order.planned_on == DAY
    assert signed.session.scheduled_at == now


def test_every_page_computes_for_the_same_day(zone):
    site, now = factories.site(zone=zone), three_in_the_afternoon(zone)
    patient = factories.patient(site, at=now - timedelta(days=2))
    factories.assess_fully(site, patient, at=now)
    shown = [
        advice_for(patient, as_of=now),
        overview_of(site.nurse, patient, as_of=now).advice,
        eligibility_of(site.nurse, patient, as_of=now).advice,
    ]
    assert {option.next_on for advice in shown for option in advice.options} == {DAY}

"""Every state of a course on the options page: none chosen, each with its reasons; and its checkpoints."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from posology.knowledge import Route
from posology.recommendation import recommend
from posology.web.options import views
from tests import factories
from tests.cases import NOW
from tests.integration.web.chair import chair, filled_inputs
from tests.integration.web.walk import signed_in, text_of
from tests.unit.recommendation.courses import course_case, on_days, session, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(monkeypatch):
    """Return the options page of one patient for any advice, as a prescriber sees it."""
    site = factories.site()
    patient = factories.patient(site)
    client = signed_in(site.prescriber)

    def shown(advice) -> str:
        monkeypatch.setattr(views, "advice_for", lambda *_, **__: advice)
        with time_machine.travel(NOW, tick=False):
            response = client.get(reverse("options", kwargs={"patient": patient.pk}))
        assert response.status_code == 200
        return text_of(response)

    return shown


@pytest.mark.hazard("H-21")
@pytest.mark.parametrize("protocol", ["ketamine-iv", "esketamine-nasal-eu"])
def test_no_option_is_preselected_in_any_state_of_a_course(page, protocol, record_property):
    """Response x tolerability x phase x pause at one dose level: each page with no radio chosen, every card
    with both sides, and none of these last.
    """
    n = 0
    level = {"ketamine-iv": "0.5", "esketamine-nasal-eu": "56"}[protocol]
    for state, advice in states(protocol, level):
        html = page(advice)
        assert filled_inputs(html) == [], state
        radios = re.findall(r'<input type="radio" name="option" value="([^"]+)"([^>]*)>', html)
        assert [value for value, _ in radios] == [*(o.id for o in advice.options), "none"], state
        assert not any("checked" in rest for _, rest in radios), state
        cards = re.findall(r'<article class="option[ "].*?</article>', html, re.DOTALL)
        for card, option in zip(cards, advice.options, strict=False):
            assert all(c.source in card for r in (*option.for_, *option.against) for c in r.citations), state
        n += 1
    record_property("n", n)


def checkpoints_in(html: str) -> str:
    return html[html.index('id="checkpoints"') :].partition("</section>")[0]


def test_a_checkpoint_that_is_due_stands_on_the_page_with_its_date_scores_and_source(page):
    days = [15, 12, 8]
    sessions = on_days("ketamine-iv", days)
    scores = [(s.at + timedelta(hours=24), t) for s, t in zip(sessions, (17, 18, 19), strict=True)]
    scores.append((NOW - timedelta(hours=3), 19))
    html = page(recommend(course_case(sessions, 20, scores), as_of=NOW))
    part = checkpoints_in(html)
    for word in (
        "Due",
        "Little change so far",
        "17 on 2026-11-10",
        "FUTIL24",
        "PR-IV-15",
        "MADRS",
        "stops nothing",
    ):
        assert word in part, word
    assert "<input" not in part and "<button" not in part


def test_one_that_lies_ahead_stands_there_with_its_day(page):
    sessions = [session("esketamine-nasal-us", 1, NOW - timedelta(days=2))]
    html = page(recommend(course_case(sessions, 20, [(NOW - timedelta(hours=3), 15)]), as_of=NOW))
    part = checkpoints_in(html)
    assert "Ahead" in part and "Judge the benefit" in part and "PR-ESK-06" in part


def test_the_record_names_the_checkpoint_beside_what_comes_next():
    """One session of nasal esketamine the day before: day 28 stands beside the next step."""
    site = factories.site()
    seat = chair(Route.NASAL, site=site).to_observation()
    seat.see_all_criteria().wait(minutes=121).measure().done("discharged", with_escort="yes")
    later = seat.at + timedelta(days=1)
    factories.fill_form(site, seat.patient, [2] * 8 + [0], at=later)
    factories.assess_fully(site, seat.patient, at=later)
    with time_machine.travel(later + timedelta(minutes=1), tick=False):
        html = text_of(
            signed_in(site.prescriber).get(reverse("patient", kwargs={"patient": seat.patient.pk}))
        )
    coming = html[html.index('class="coming"') :][:900]
    assert "Ahead, " in coming and "judge the benefit." in coming

"""A form that waits is answered, finalised and noted as sent, on a phone and a desk; with pictures."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from posology.clinic.accounts.models import Role
from tests.browser import pictures
from tests.browser.conftest import Demo
from tests.browser.looks import reads_well
from tests.browser.steps import Person

pytestmark = pytest.mark.browser


def say(page: Page, question: str, answer: str) -> None:
    """Answer yes or no to one question of the form."""
    page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def test_a_waiting_form_is_answered_finalised_and_sent(demo: Demo, chromium):
    context = chromium.new_context()
    nurse = Person(demo, Role.NURSE, demo.sign_in(context, Role.NURSE))
    page = nurse.open("/rems/")
    reads_well(page, "programme-list")
    waiting = page.get_by_role("table", name="Monitoring forms to send")
    lines = waiting.get_by_role("row").count()
    waiting.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Not known yet")).to_be_visible()
    reads_well(page, "programme-form-open")
    say(page, "First treatment", "No")
    say(page, "Vital signs acceptable before the dose", "Yes")
    page.get_by_label("Minutes after which the patient would have been ready").fill("95")
    page.get_by_role("button", name="Record the answers").click()
    expect(page.get_by_role("heading", name="Finalise it")).to_be_visible()
    page.locator("summary", has_text="From where: Blood pressure at about 40 min").click()
    expect(page.get_by_role("link", name="Reading").locator("visible=true").first).to_be_visible()
    reads_well(page, "programme-form-whole")
    pictures.take(page, "programme-form-fields", at="dl.rems-fields", dark=True)
    page.get_by_role("button", name="Finalise this form").click()
    expect(page.get_by_role("heading", name="Finalised", exact=True)).to_be_visible()
    page.get_by_label("Sent on").fill(datetime.now(UTC).date().isoformat())
    page.get_by_label("How?").fill("Portal")
    reads_well(page, "programme-form-final")
    page.get_by_role("button", name="Note it as sent").click()
    expect(page.get_by_text("It is noted as sent.")).to_be_visible()
    page = nurse.open("/rems/")
    assert page.get_by_role("table", name="Monitoring forms to send").get_by_role("row").count() == lines - 1
    context.close()


def test_the_site_and_an_enrolment_read_well(demo: Demo, chromium):
    context = chromium.new_context()
    director = Person(demo, Role.DIRECTOR, demo.sign_in(context, Role.DIRECTOR))
    page = director.open("/rems/site/")
    reads_well(page, "programme-site")
    page.get_by_role("button", name="Record the certification").click()
    expect(page.locator(".error-summary")).to_contain_text("Write the number")
    reads_well(page, "programme-site-refused")
    context.close()


def test_another_setting_is_said_with_its_reason_and_the_director_sees_it(demo: Demo, chromium):
    context = chromium.new_context()
    director = Person(demo, Role.DIRECTOR, demo.sign_in(context, Role.DIRECTOR))
    page = director.open("/rems/site/")
    page.get_by_label("Inpatient or emergency").check()
    for label in ("Number", "Authorised representative", "Address of the site"):
        page.get_by_label(label).fill("Synthetic")
    page.get_by_label("Certified on").fill((datetime.now(UTC).date() - timedelta(days=60)).isoformat())
    page.get_by_role("button", name="Record the certification").click()
    expect(page.get_by_text("It is recorded.")).to_be_visible()
    context.close()

    context = chromium.new_context()
    nurse = Person(demo, Role.NURSE, demo.sign_in(context, Role.NURSE))
    page = nurse.open("/rems/")
    page.get_by_role("table", name="Monitoring forms to send").get_by_role("link").first.click()
    page.locator("summary", has_text="It was another setting").click()
    page.get_by_role("button", name="It was inpatient or emergency").click()
    expect(page.locator(".error-summary")).to_contain_text("Say why this session is in another")
    reads_well(page, "programme-setting-refused")
    page.get_by_label("Why is it in another setting").fill("Admitted to the ward on the day before.")
    page.get_by_role("button", name="It was inpatient or emergency").click()
    expect(page.get_by_role("heading", name="No form is due")).to_be_visible()
    pictures.take(page, "programme-setting-said", at="#setting", dark=True)
    reads_well(page, "programme-setting")
    page = nurse.open("/rems/")
    apart = page.get_by_role("table", name="Sessions in another setting than usual")
    expect(apart).to_contain_text("Admitted to the ward on the day before.")
    reads_well(page, "programme-list-setting")
    pictures.take(page, "programme-list-setting-table", at="#apart", dark=True)
    context.close()

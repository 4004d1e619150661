"""A course is planned and a visit moved by the keyboard alone, on a phone and a desk; with pictures."""

import pytest
from playwright.sync_api import Page, expect

from posology.clinic.accounts.models import Role
from tests.browser.conftest import Demo
from tests.browser.looks import reads_well
from tests.browser.steps import Person
from tests.browser.test_pages import of

pytestmark = pytest.mark.browser


def choose(page: Page, label: str, text: str) -> None:
    """Choose a line of a list by typing its beginning, as who has no mouse does."""
    page.get_by_label(label, exact=True).focus()
    page.keyboard.type(text)


def test_a_course_is_planned_and_a_visit_moved_without_a_mouse(demo: Demo, chromium):
    context = chromium.new_context()
    nurse = Person(demo, Role.NURSE, demo.sign_in(context, Role.NURSE))
    page = nurse.open(of(7, "visits/"))
    reads_well(page, "visits-none")
    choose(page, "Time", "11:00")
    choose(page, "Chair", "Any")
    page.get_by_role("button", name="Plan these visits").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main .notice").first).to_contain_text("planned")
    reads_well(page, "visits-plan")
    page.locator("main table a").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Move it")).to_be_visible()
    reads_well(page, "visits-visit")
    choose(page, "Time and chair", "09:00, chair 2")
    page.get_by_role("button", name="Move the visit").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main .notice").first).to_contain_text("The visit is moved")
    expect(page.get_by_role("table", name="What was done")).to_contain_text("09:00, chair 2")
    on = page.locator("select[name=on]").input_value()
    page = nurse.open(f"/visits/?on={on}")
    expect(page.get_by_role("heading", name="Chair 2")).to_be_visible()
    expect(page.locator("main")).to_contain_text("13:30")
    reads_well(page, "visits-day")
    context.close()

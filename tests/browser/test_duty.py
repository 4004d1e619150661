"""The morning on one screen: recorded within its taps, looked at in both themes, and the gate's way to it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Demo, fill_sign_in, running_demo
from tests.browser.hands import Hands, shown
from tests.browser.looks import reads_well

pytestmark = pytest.mark.browser
MOST_TAPS = 5
DAY_MIN = 24 * 60


@pytest.fixture(scope="module")
def own_demo(made_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of this file's own, on the day after."""
    folder = tmp_path_factory.mktemp("duty") / "copy"
    shutil.copytree(made_demo, folder)
    with running_demo(folder) as served:
        yield served


def test_an_ordinary_morning_takes_five_taps_at_most(own_demo, chromium: Browser, record_property):
    """1. The nurse opens the day from any page: nothing is chosen.
    2. The same people as on the day before; all of the equipment was looked at; record.
    3. The page says who and what, and a change asks for its reason.
    """
    context = chromium.new_context(viewport={"width": 1024, "height": 768}, has_touch=True)
    page = own_demo.sign_in(context, "nurse")
    page.goto(f"{own_demo.url}/sign-in/")  # away from the page that asks for news by itself
    own_demo.set_clock(DAY_MIN)
    page.goto(f"{own_demo.url}/visits/")
    if "/sign-in/" in page.url:
        fill_sign_in(page, "nurse")
        page.goto(f"{own_demo.url}/visits/")
    hands = Hands(page)
    with hands.work() as counted:
        hands.send("nav a[href='/duty/']")
        assert page.locator("main input:checked").count() == 0
        hands.choose("form.duty-form", "staff", "so")
        hands.choose("form.duty-form", "equipment", "so")
        hands.send("form.duty-form button[type=submit]")
    expect(page.locator("main")).to_contain_text("Today's record is kept.")
    record_property("taps", counted.taps)
    assert counted.taps <= MOST_TAPS
    assert shown(page.locator("main")).count("Ready") >= 8
    reads_well(page, "duty-recorded")
    page.locator("summary", has_text="Somebody came or left").click()
    page.locator("#id_role-watcher label", has_text="Synthetic, Pat").click()
    page.get_by_role("button", name="Record the change").click()
    expect(page.locator("main")).to_contain_text("Say why it is changed")
    reads_well(page, "duty-change-refused")
    page.get_by_label("What changed?").fill("Nora is called away.")
    page.get_by_role("button", name="Record the change").click()
    expect(page.get_by_role("heading", name="Lacking today")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Prescriber on site: nobody today.")
    reads_well(page, "duty-lacking")
    context.close()


def test_the_morning_is_readable_before_anything_is_said(own_demo, chromium: Browser):
    context = chromium.new_context(reduced_motion="reduce")  # what fades is not looked at half-way
    page = own_demo.sign_in(context, "prescriber")
    page.goto(f"{own_demo.url}/sign-in/")
    own_demo.set_clock(2 * DAY_MIN)
    page.goto(f"{own_demo.url}/duty/")
    if "/sign-in/" in page.url:
        fill_sign_in(page, "prescriber")
        page.goto(f"{own_demo.url}/duty/")
    reads_well(page, "duty-morning")
    for group in ("staff", "equipment"):
        page.locator(f"label:has(input[name={group}][value=apart])").click()
    page.locator("label:has(input[name=item-oxygen][value=no])").click()
    expect(page.locator("#id_note-oxygen")).to_be_visible()
    expect(page.locator("#id_note-suction")).to_be_hidden()
    reads_well(page, "duty-one-by-one")
    page.get_by_role("button", name="Record today").click()
    expect(page.locator(".error-summary")).to_contain_text("Oxygen: say what is not ready.")
    context.close()

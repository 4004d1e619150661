"""A site brings its own protocol into force in a real browser: one person drafts, another approves."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Demo, pass_phrase_of
from tests.browser.looks import no_violation
from tests.browser.pictures import take

pytestmark = pytest.mark.browser
VERSION = re.compile(r"/protocols/[0-9a-f-]+/$")


@pytest.fixture
def people(demo: Demo, chromium: Browser) -> Iterator[tuple[Page, Page]]:
    contexts = [chromium.new_context() for _ in range(2)]
    yield (demo.sign_in(contexts[0], "prescriber"), demo.sign_in(contexts[1], "director"))
    for context in contexts:
        context.close()


def change(page: Page, row: str, name: str, value: str, on: str, why: str) -> None:
    """Open the row of a value, and type a new one."""
    if not page.locator(f"#id_value_{name}").is_visible():
        page.locator("summary", has_text=row).click()
    page.fill(f"#id_value_{name}", value)
    page.fill(f"#id_from_{name}", on)
    page.fill(f"#id_why_{name}", why)


def looks_right(page: Page) -> None:
    """Nothing is wider than the page at any size, and axe finds nothing."""
    for width, height in ((1280, 800), (1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (page.url, width)
    page.set_viewport_size({"width": 1280, "height": 800})
    no_violation(page)


def test_two_people_bring_a_protocol_into_force(demo: Demo, people: tuple[Page, Page]):
    """1 Begin from the product's. 2 A slip is told at its field. 3 What is looser is told in a
    sentence, and cannot be submitted. 4 Lower doses and a longer stay. 5 Submit. 6 Another person reads the
    diff and signs. 7 It is in force."""
    author, reviewer = people
    author.goto(f"{demo.url}/knowledge/")
    author.get_by_role("link", name="Protocols of this site").click()
    looks_right(author)
    take(author, "protocols", dark=True)
    author.get_by_role("button", name=re.compile("Begin this site.s own of Intravenous")).click()
    author.wait_for_url("**/draft/")
    today = author.locator("meta[name=server-now]").get_attribute("content")[:10]

    change(author, "Highest dose", "dose_ceiling", "1,2", today, "More for some.")
    author.get_by_role("button", name="Save the draft").click()
    author.locator("#id_value_dose_ceiling-error").wait_for()
    assert author.locator("#id_value_dose_ceiling").input_value() == "1,2"
    looks_right(author)

    change(author, "Highest dose", "dose_ceiling", "1.2", today, "More for some.")
    author.get_by_role("button", name="Save the draft").click()
    author.wait_for_url(VERSION)
    author.get_by_text("A site may go lower, never higher.").wait_for()
    assert author.get_by_role("button", name="Submit this version").count() == 0
    looks_right(author)

    author.get_by_role("link", name="Change the draft").click()
    change(author, "Highest dose", "dose_ceiling", "0.75", today, "Agreed by the site.")
    change(author, "Doses on offer", "dose_levels", "0.1 0.2 0.3 0.4 0.5 0.75", today, "No higher.")
    change(author, "Usual first dose", "dose_start", "0.4", today, "We begin lower here.")
    author.fill("#id_minimum_min", "90")
    take(author, "protocol-draft", at=".value-rows")
    author.get_by_role("button", name="Save the draft").click()
    author.wait_for_url(VERSION)

    author.fill("#id_effective_on", today)
    author.get_by_role("button", name="Submit this version").click()
    author.get_by_text("The version is submitted.").wait_for()
    assert author.get_by_role("button", name="Approve and sign").count() == 0

    reviewer.goto(author.url)
    looks_right(reviewer)
    take(reviewer, "protocol-review", dark=True)
    for said in ("Usual first dose from", "Highest dose from", "Shortest stay in minutes", "Tighter"):
        assert reviewer.get_by_text(said).first.is_visible()
    reviewer.get_by_role("button", name="Approve and sign").click()
    reviewer.locator("#id_password-error").wait_for()
    reviewer.fill("#id_password", pass_phrase_of("director"))
    reviewer.get_by_role("button", name="Approve and sign").click()
    reviewer.get_by_text("The version is approved and signed.").wait_for()
    looks_right(reviewer)
    reviewer.goto(f"{demo.url}/protocols/")
    assert reviewer.get_by_text("This site's own, version 1").is_visible()

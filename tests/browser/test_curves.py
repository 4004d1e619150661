"""Curves in a real browser: beside the options, another dose by a slider, a session, and the passport."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo
from tests.browser.looks import no_violation
from tests.browser.pictures import take
from tests.browser.test_pages import LISTEN, of

pytestmark = pytest.mark.browser
SIZES = ((1280, 800), (1024, 768), (390, 844))
STARTS, GOES_ON = of(9, "options/"), of(7, "options/")


@pytest.fixture
def prescriber(demo: Demo, chromium: Browser) -> Iterator[Page]:
    """A prescriber's screen that may say nothing amiss."""
    context = chromium.new_context()
    context.add_init_script(LISTEN)
    page = demo.sign_in(context, "prescriber")
    said: list[str] = []
    # A dose that is refused is answered with 422, which a browser tells in its console as well.
    page.on("console", lambda m: said.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    assert [*said, *page.evaluate("window.__refused")] == []
    context.close()


def looks_right(page: Page) -> None:
    """Nothing is wider than the page at any size; axe finds nothing, in light and in dark."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (page.url, width)
    page.set_viewport_size({"width": 1280, "height": 800})
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        no_violation(page)
    page.emulate_media(color_scheme="light")


def test_each_option_has_its_curve_and_a_slider_answers(demo: Demo, prescriber: Page):
    """1 The options stand, and their curves come. 2 One an option with a dose. 3 Another dose is tried:
    the slider moves, the curve follows, nothing is chosen. 4 The passport is one tap away."""
    page = prescriber
    page.goto(f"{demo.url}{GOES_ON}")
    page.locator("#curves .curve-picture").first.wait_for()
    doses = page.locator(".option .dose-amount").count()
    assert page.locator("#curves .curves .curve-picture").count() == doses > 1
    looks_right(page)
    take(page, "curves", at="#curves", dark=True)

    page.get_by_text("Try another dose").click()
    answer = page.locator("[data-try-answer]")
    answer.locator(".curve-picture").wait_for()
    assert page.get_by_text("This changes no order.").is_visible()
    slider = page.locator("#try-dose_mg")
    before, line = slider.input_value(), drawn(page)
    with page.expect_response(lambda r: "/curve/?" in r.url) as asked:
        slider.press("ArrowLeft")
    assert asked.value.status == 200
    expect(answer.locator(".curve-plot .curve-line--middle")).not_to_have_attribute("d", line)
    assert slider.input_value() != before
    assert f"{slider.input_value()} mg" in answer.locator("h3").inner_text().replace("\u00a0", " ")
    assert page.locator("input[name=option]:checked").count() == 0
    looks_right(page)
    take(page, "curves-try", at="[data-try-fold]", dark=True)

    page.locator("#curves .curve a[href^='/models/']").first.click()
    page.wait_for_url(re.compile("/models/[a-z0-9-]+/$"))
    assert page.get_by_role("heading", name="Where it holds").is_visible()


def drawn(page: Page) -> str:
    """Return the middle line of the dose that is tried."""
    line = page.locator("[data-try-answer] .curve-plot .curve-line--middle").get_attribute("d")
    assert line
    return line


def test_all_curves_share_one_scale_and_another_way_of_giving_brings_its_own_controls(
    demo: Demo, prescriber: Page
):
    page = prescriber
    page.goto(f"{demo.url}{GOES_ON}")
    page.locator("#curves .curve-picture").first.wait_for()
    scales = page.eval_on_selector_all(
        "#curves .curves .curve-gutter", "all => all.map(one => one.textContent.trim())"
    )
    assert len(set(scales)) == 1
    page.get_by_text("Try another dose").click()
    ways = page.locator("#try-protocol option")
    ways.first.wait_for(state="attached")
    values = [str(one.get_attribute("value")) for one in ways.all()]
    for value in values:
        page.locator("#try-protocol").select_option(value)
        expect(page.locator("#try-protocol")).to_have_value(value)
        page.locator("[data-try-answer] .curve-picture, [data-try-answer] .curve-refused").first.wait_for()


def test_without_scripts_the_curves_are_one_link_away(demo: Demo, chromium: Browser):
    context = chromium.new_context(java_script_enabled=False)
    page = demo.sign_in(context, "prescriber")
    page.goto(f"{demo.url}{GOES_ON}")
    page.get_by_role("link", name="Show the planned curve of each option").click()
    assert page.locator(".curve-picture").count() > 1
    page.get_by_text("Try another dose").click()
    page.get_by_role("link", name="Open the page on which another dose is tried").click()
    page.get_by_role("button", name="Draw this dose").click()
    assert page.locator(".try-answer .curve-picture").count() == 1
    context.close()


def test_a_running_session_shows_what_was_planned_and_given(demo: Demo, prescriber: Page):
    """The infusion of the demo's first chair: the plan in grey, the given line up to now, two shapes."""
    page = prescriber
    page.goto(demo.url)
    chair = page.locator("a[href*='/sessions/']").and_(page.locator("a", has_text="Chair 1")).first
    page.goto(f"{demo.url}{chair.get_attribute('href')}")
    page.locator("#session-curve .curve-picture").first.wait_for()
    assert page.locator("#session-curve .curve-line--plan").count() >= 1
    assert page.locator("#session-curve .curve-now").count() >= 1
    assert "Given so far" in page.locator("#session-curve").inner_text()
    page.get_by_text("Dissociation and blood pressure as shapes").click()
    assert page.locator("#session-shapes strong").count() >= 2
    assert "from the patient's own 2 sessions" in page.locator("#session-shapes").inner_text()
    looks_right(page)
    take(page, "curve-session", at="#session-curve", dark=True)
    take(page, "curve-shapes", at="#session-shapes", dark=True)

"""The board as it lives: told at once, honest when cut off, heard where it was tested, silent on names."""

import os
import re
import signal
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import raw_cdp
from tests.browser.conftest import DESK, PHONE, Demo
from tests.browser.steps import Person, until

pytestmark = pytest.mark.browser

# How long the tab is hidden before anything happens. With the browser's own patience (5 min) the slowest
# timers need 8 minutes; by default that patience is cut to 10 s, and the timers are as slow all the same.
HIDDEN_MINUTES = float(os.environ.get("POSOLOGY_HIDDEN_MINUTES", "0.75"))
# In how much of it, at its end, the ticks are counted: only then are they as slow as they become.
COUNTED_MINUTES = HIDDEN_MINUTES / 2 if HIDDEN_MINUTES < 8 else 2
QUICKER = (
    ["--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/10"] if HIDDEN_MINUTES < 8 else []
)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": DESK[0], "height": DESK[1]})
    yield made
    made.close()


@pytest.fixture(autouse=True)
def true_clock(demo: Demo) -> Iterator[None]:
    yield
    demo.set_clock(0)


def board_of(demo: Demo, context: BrowserContext, path: str = "/") -> Page:
    page = demo.sign_in(context, "nurse")
    page.goto(f"{demo.url}{path}")
    return page


def test_what_a_colleague_records_is_on_the_board_within_two_seconds(demo, context, chromium):
    """1. The board is open. 2. At another screen a note moves chair 3 on. 3. The board shows it by itself."""
    page = board_of(demo, context)
    other = chromium.new_context()
    nurse = Person(demo, "nurse", demo.sign_in(other, "nurse"))
    href = page.locator("a", has_text="Chair 1").first.get_attribute("href")
    session = nurse.open(str(href))
    for name, value in (("systolic", "131"), ("diastolic", "77"), ("heart_rate", "71"), ("spo2", "97")):
        session.locator(f"input[name={name}]").first.fill(value)
    session.get_by_role("button", name="Record reading").first.click()
    began = time.monotonic()
    expect(page.get_by_text("131/77")).to_be_visible(timeout=10_000)
    assert time.monotonic() - began <= 2 + 2  # the click's own way to the store is within it
    other.close()


@pytest.mark.hazard("H-38", n=2)
@pytest.mark.parametrize("path", ["/", "/board/wall/"])
def test_a_frozen_server_shows_within_six_seconds_and_then_its_own_state_again(demo, context, path):
    """1. The server stands still. 2. A banner comes, values grey out. 3. It goes on: all is read again."""
    page = board_of(demo, context, path)
    stale = page.locator("[data-board-stale]")
    until(page, "document.querySelector('[data-board-live]').dataset.version")
    page.wait_for_timeout(1500)
    expect(stale).to_be_hidden()
    os.kill(demo.pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        expect(stale).to_be_visible(timeout=15_000)
        seconds = time.monotonic() - began
        expect(page.locator(".board-live--stale")).to_be_visible()
    finally:
        os.kill(demo.pid, signal.SIGCONT)
    assert seconds <= 6
    expect(stale).to_be_hidden(timeout=15_000)
    page.wait_for_timeout(1500)
    shown = page.locator(".board").inner_text()
    page.reload()
    assert ages_out(page.locator(".board").inner_text()) == ages_out(shown)


def ages_out(text: str) -> str:
    """Return the text without what counts on with every minute."""
    return re.sub(r"(\d+\s*h\s*)?(\d+|less than 1)\s*min", "…", text)


@pytest.mark.hazard("H-38")
def test_a_server_that_is_out_of_reach_is_told_too(demo, context):
    """1. The network goes. 2. The banner comes within six seconds. 3. It is back: the banner goes."""
    page = board_of(demo, context)
    stale = page.locator("[data-board-stale]")
    page.wait_for_timeout(1500)
    context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")  # an open stream outlives the switch
    began = time.monotonic()
    expect(stale).to_be_visible(timeout=15_000)
    assert time.monotonic() - began <= 6
    context.set_offline(False)
    expect(stale).to_be_hidden(timeout=20_000)


@pytest.mark.faults
@pytest.mark.hazard("H-37")
def test_a_notice_reaches_a_tab_that_is_really_hidden(demo, context, tmp_path, record_property):
    """1. The tab is behind another one, its timers slowed. 2. A reading is overdue. 3. Its title says so."""
    page = demo.sign_in(context, "nurse")
    cookies = [c for c in context.cookies() if c["name"] == "sessionid"]
    page.close()
    with raw_cdp.chromium(tmp_path / "profile", *QUICKER) as browser:
        board = browser.tab("about:blank")
        browser.call("Network.setCookie", session=board.session, url=demo.url,
                     name="sessionid", value=cookies[0]["value"])  # fmt: skip
        browser.call("Page.navigate", session=board.session, url=f"{demo.url}/")
        board.wait_for("document.title.includes('Board')", seconds=60)
        board.ask("window.ticks = 0; setInterval(() => { window.ticks += 1; }, 1000)")
        browser.tab("about:blank")
        board.wait_for("document.visibilityState === 'hidden'", seconds=20)
        time.sleep((HIDDEN_MINUTES - COUNTED_MINUTES) * 60)
        ticks = board.ask("window.ticks")
        time.sleep(COUNTED_MINUTES * 60)
        slowed = board.ask("window.ticks") - ticks
        before = board.ask("document.title")
        demo.set_clock(15)
        seconds = board.wait_for(f"document.title !== {before!r}", seconds=30)
        assert re.match(r"\(\d+ overdue\) Board", board.ask("document.title"))
        assert board.ask("document.visibilityState") == "hidden"
    record_property("hidden_min", HIDDEN_MINUTES)
    record_property("ticks_of_a_second_timer_at_the_end", slowed)
    record_property("seconds", round(seconds, 2))
    print(
        f"hidden {HIDDEN_MINUTES} min: {slowed} ticks in the last {COUNTED_MINUTES}, told in {seconds:.1f} s"
    )
    assert slowed <= 2 + 2 * COUNTED_MINUTES  # of 60 a minute: a page's own timer would have been late
    assert seconds <= 3


@pytest.mark.hazard("H-39")
def test_without_a_test_of_the_sound_the_board_says_that_there_is_none(demo, context):
    """1. No sound. 2. Test, not heard: no sound. 3. Test, heard: sound on. 4. What is overdue is seen."""
    demo.set_clock(5)
    page = board_of(demo, context)
    strip = page.locator("[data-sound]")
    expect(strip).to_contain_text("No sound")
    page.get_by_role("button", name="Test the sound").click()
    page.get_by_role("button", name="I heard nothing").click()
    expect(strip).to_contain_text("No sound")
    page.get_by_role("button", name="Test the sound").click()
    page.get_by_role("button", name="I heard it").click()
    expect(strip).to_contain_text("Sound on")
    expect(page.locator("[data-due-word]", has_text="Overdue").first).to_be_visible()
    until(page, "/^\\(\\d+ overdue\\)/.test(document.title)")


@pytest.mark.hazard("H-37")
def test_every_page_repeats_what_nobody_has_done(demo, context):
    """1. The list of patients is open. 2. Head and title say what is overdue, and lead to the board."""
    demo.set_clock(5)
    page = board_of(demo, context, "/patients/")
    link = page.locator("[data-notices-link]")
    expect(link).to_contain_text("overdue in chair 2")
    until(page, "/^\\(\\d+ overdue\\) Patients/.test(document.title)")
    link.click()
    expect(page.locator("h1")).to_have_text("Board")


def test_the_next_page_begins_with_the_line_of_the_last_one(demo, context):
    """1. A page has said what is overdue. 2. The next one says so at once: nothing moves beneath a finger."""
    demo.set_clock(5)
    page = board_of(demo, context, "/patients/")
    link = page.locator("[data-notices-link]")
    expect(link).to_contain_text("overdue in chair 2")
    address = page.locator("[data-notices]").get_attribute("data-notices")
    page.route(f"**{address}", lambda route: None)  # the answer does not come
    page.goto(f"{demo.url}/patients/")
    expect(link).to_contain_text("overdue in chair 2")


@pytest.mark.hazard("H-63")
def test_an_untouched_board_hides_its_letters_by_itself_and_keeps_the_times(demo, context):
    """1. Nobody touches the board for 11 minutes. 2. It shows no letters, and every due time."""
    page = board_of(demo, context)
    letters = page.locator(".chair-who").all_inner_texts()
    assert len(letters) == 4 and all(re.fullmatch(r"[A-Z]{2}", word) for word in letters)
    times = page.locator(".chair-next .clock").count()
    demo.set_clock(11)
    expect(page.locator(".chair-who", has_text="name hidden")).to_have_count(4, timeout=10_000)
    for word in letters:
        assert page.locator("main").get_by_text(word, exact=True).count() == 0
    assert page.locator(".chair-next .clock").count() == times


@pytest.mark.parametrize("size", [(1920, 1080), DESK, PHONE], ids=["wall", "desk", "phone"])
def test_the_wall_is_readable_from_three_metres_and_leads_nowhere(demo, context, size):
    """1. The wall is open. 2. Who, what and when are 48 px or more. 3. There is no link, and no name."""
    page = board_of(demo, context, "/board/wall/")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    small = page.evaluate(
        "[...document.querySelectorAll('.wall *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3"
        " && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) < 48).map(e => e.outerHTML)"
    )
    assert small == []
    assert page.locator("main a, header a").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for word in ("Synthetic,", "S-00"):
        assert word not in page.locator("main").inner_text()

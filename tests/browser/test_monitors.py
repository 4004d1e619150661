"""A nurse and a bedside monitor: placed, joined, and its values recorded in two taps."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESK, PHONE, ROOT, Demo
from tests.browser.looks import fits, no_violation
from tests.mllp import asked, message

pytestmark = pytest.mark.browser
NAME = "Synthetic bedside monitor"


@contextmanager
def listening(demo: Demo) -> Iterator[int]:
    """Run the listener beside the demo, on its file and its clock; return its port."""
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "POSOLOGY_SITE_ZONE"}}
    environment |= {
        "POSOLOGY_DATA": str(demo.clock.parent),
        "POSOLOGY_CLOCK_OFFSET_FILE": str(demo.clock),
        "POSOLOGY_DEMO": "1",
    }
    words = [sys.executable, "-m", "posology.server", "monitor-listen", "--port", "0"]
    child = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield int(child.stdout.readline().rstrip(".\n").rpartition(":")[2])
    finally:
        child.terminate()
        child.wait(20)
        child.stdout.close()


def test_a_monitor_is_placed_joined_and_its_values_recorded_in_two_taps(demo: Demo, chromium: Browser):
    """1 A new monitor calls. 2 It is put at chair 1. 3 It is joined. 4 Two taps record what it shows."""
    ahead = timedelta(seconds=int(demo.clock.read_text()))

    def say(port: int) -> None:
        assert b"MSA|AA|" in asked(port, message(datetime.now(UTC) + ahead, name=NAME))

    context = chromium.new_context(viewport={"width": DESK[0], "height": DESK[1]})
    with listening(demo) as port:
        page = demo.sign_in(context, "nurse")
        say(port)
        page.goto(f"{demo.url}/monitors/")
        row = page.locator(".monitor-list li", has_text=NAME)
        row.locator("select").select_option("1")
        row.get_by_role("button", name="Put it there").click()
        expect(page.get_by_text("The monitor is at chair 1.")).to_be_visible()

        say(port)
        page.goto(demo.url)
        page.locator(".chair", has_text="Chair 1").get_by_role("link").first.click()
        page.get_by_role("link", name="Look and join it").click()
        number = page.locator(".banner").inner_text().partition("S-")[2][:4]
        say(port)
        page.reload()
        page.get_by_label("Record number").fill(f"S-{number}")
        page.get_by_label("Birth day").fill("14-Mar-1981")
        page.get_by_role("button", name="The values match").click()
        expect(page.get_by_text("The monitor is joined to this session")).to_be_visible()

        say(port)
        page.get_by_role("link", name="Session", exact=True).click()
        strip = page.get_by_role("region", name="From the monitor")
        expect(strip.get_by_text("128/76")).to_be_visible()
        strip.get_by_role("link", name="Use these").click()  # the first tap
        for size in (DESK, PHONE):
            fits(page, size)
            no_violation(page)
        page.get_by_role("button", name="Record what the monitor shows").click()  # the second
        expect(page.get_by_text("recorded in your name")).to_be_visible()
        expect(page.get_by_text("respiration 15/min, from the monitor").first).to_be_visible()
    context.close()

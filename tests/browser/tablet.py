"""A tablet of the clinic that may lose its network, and what a person writes on it."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect, sync_playwright
from pysqlite3 import dbapi2 as sqlite

from tests.browser.conftest import CHROMIUM, DESK, SWITCHES, Demo, fill_sign_in
from tests.browser.network import Cable, cable_to
from tests.browser.steps import choose, type_reading, until

BANNER = "[data-offline-panel] .notice"
UNSENT = "[data-unsent]"


class Tablet:
    """A device of the clinic with a profile on its disk; its browser may be killed and opened again."""

    def __init__(self, playwright: Playwright, demo: Demo, cable: Cable, profile: Path, keeps: bool) -> None:
        self.playwright, self.demo, self.cable, self.profile = playwright, demo, cable, profile
        self.keeps, self.ahead_min = keeps, 0.0
        self.url = f"http://127.0.0.1:{cable.port}"
        self.context: BrowserContext = self._open()

    def _open(self) -> BrowserContext:
        context = self.playwright.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=CHROMIUM,
            args=SWITCHES,
            viewport={"width": DESK[0], "height": DESK[1]},
        )
        if self.keeps:  # what a clinic's own tablet has: the promise that nothing kept is thrown away
            door = context.new_cdp_session(context.pages[0])
            grant = {"origin": self.url, "permissions": ["durableStorage"]}
            door.send("Browser.grantPermissions", grant)
        self._set_ahead(context)
        return context

    def _set_ahead(self, context: BrowserContext) -> None:
        context.add_init_script(
            "globalThis.__true ??= Date.now.bind(Date);"
            f"globalThis.__ahead = {self.ahead_min * 60000};"
            "globalThis.__counted ??= performance.now.bind(performance);"
            "Date.now = () => __true() + __ahead;"
            "performance.now = () => __counted() + __ahead;"
        )

    @property
    def page(self) -> Page:
        return self.context.pages[0]

    def wait(self, minutes: float) -> None:
        """Let the clocks of the device and of the server go on."""
        self.ahead_min += minutes
        self.demo.set_clock(self.ahead_min)
        self.page.evaluate(f"globalThis.__ahead = {self.ahead_min * 60000}")
        self._set_ahead(self.context)

    def kill(self) -> None:
        """End the browser by its own id, as a crash would: nothing is told to anybody."""
        switch = f"--user-data-dir={self.profile}"
        mine = [number for number, words in _processes() if switch in words and "--type=" not in words]
        assert len(mine) == 1, mine
        os.kill(mine[0], signal.SIGKILL)
        try:
            self.context.close()
        except Error as closed:  # it is gone, which is the point
            assert "closed" in str(closed).lower(), closed
        for lock in self.profile.glob("Singleton*"):
            lock.unlink(missing_ok=True)
        self.context = self._open()

    def open_chair(self, number: int, role: str = "nurse") -> str:
        """Sign in, open a chair's session, and wait until it can do without the network."""
        page = self.page
        page.goto(f"{self.url}/sign-in/")
        fill_sign_in(page, role)
        page.goto(self.url)
        link = page.locator("a", has_text=f"Chair {number}").and_(page.locator("[href*='/sessions/']")).first
        path = str(link.get_attribute("href"))
        page.goto(f"{self.url}{path}")
        if self.keeps:
            self.wait_until_ready()
        return path

    def wait_until_ready(self) -> None:
        expect(self.page.locator("html")).to_have_attribute("data-offline", "kept")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        until(
            self.page,
            "caches.open('posology-shell-1').then(c => c.match('/static/web/js/offline.js')).then(Boolean)",
        )

    def reopen(self, path: str) -> None:
        """Open the session's page, which the device has to make by itself."""
        self.page.goto(f"{self.url}{path}")
        expect(self.page.locator("[data-kept-at]")).to_be_visible()
        expect(self.page.locator(BANNER)).to_contain_text("Without the network")


@contextmanager
def tablet_of(demo: Demo, folder: Path, *, keeps: bool = True) -> Iterator[Tablet]:
    """Lay a cable to the demo, and open a tablet at its end."""
    demo.set_clock(0)
    with cable_to(demo.url) as cable, sync_playwright() as playwright:
        made = Tablet(playwright, demo, cable, folder / "profile", keeps)
        yield made
        made.context.close()


def _processes() -> Iterator[tuple[int, str]]:
    """Yield each process of this machine with its words."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield int(file.parent.name), file.read_bytes().replace(b"\0", b" ").decode(errors="replace")


@dataclass(frozen=True)
class Row:
    """One event as the server stored it."""

    id: str
    kind: str
    payload: dict[str, object]
    occurred_at: str
    sequence: int
    author: str


def rows_of(demo: Demo, path: str) -> list[Row]:
    """Return a session's events from the store itself, in the order of their arrival."""
    session = path.split("/")[2].replace("-", "")
    store = sqlite.connect(f"file:{demo.clock.parent / 'demo.sqlite3'}?mode=ro", uri=True)
    try:
        found = store.execute(
            "SELECT id, kind, payload, occurred_at, sequence, author_id FROM treatment_sessions_eventrow "
            "WHERE session_id = ? ORDER BY position",
            (session,),
        ).fetchall()
    finally:
        store.close()
    return [Row(str(r[0]), r[1], json.loads(r[2]), str(r[3]), r[4], str(r[5])) for r in found]


def record_reading(page: Page, systolic: int, *, opened_away: bool = False) -> None:
    type_reading(page, systolic, 80)
    page.locator("form.pad button[type=submit]").first.click()
    if opened_away:  # a page that was never told the time asks for a look at the wall, once
        page.get_by_label("The clock on the wall shows the same").check()
        page.locator("form.pad button[type=submit]").first.click()


def write_note(page: Page, text: str) -> None:
    form = page.locator("form.form--note_written").first
    if not form.is_visible():
        page.locator("#note_written > summary").first.click()
    form.locator("textarea").fill(text)
    form.locator("button[type=submit]").click(no_wait_after=True)  # the answer may be kept in the cable


def stop_infusion(page: Page) -> None:
    form = page.locator("form.form--infusion_stopped").first
    if not form.is_visible():
        page.locator("#infusion_stopped > summary").first.click()
    choose(form, "complete", "yes")
    form.locator("input[name=reason]").fill("The dose is in.")
    form.locator("button[type=submit]").click()


def waits(page: Page, number: int) -> None:
    expect(page.locator(UNSENT)).to_have_text(f"{number} not sent")

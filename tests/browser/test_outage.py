"""A running session without the network: nothing that was recorded is lost, doubled or out of order."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect, sync_playwright
from pysqlite3 import dbapi2 as sqlite

from tests.browser.conftest import CHROMIUM, DESK, PHONE, SWITCHES, Demo, fill_sign_in
from tests.browser.network import Cable, cable_to
from tests.browser.steps import choose, type_reading, until

pytestmark = pytest.mark.browser

SKEWED = "{ const was = Date.now; Date.now = () => was() + globalThis.__off; }"
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


def _processes() -> Iterator[tuple[int, str]]:
    """Yield each process of this machine with its words."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield int(file.parent.name), file.read_bytes().replace(b"\0", b" ").decode(errors="replace")


@pytest.fixture
def cable(demo: Demo) -> Iterator[Cable]:
    with cable_to(demo.url) as laid:
        yield laid


@pytest.fixture
def tablet(demo: Demo, cable: Cable, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tablet]:
    demo.set_clock(0)
    with sync_playwright() as playwright:
        made = Tablet(playwright, demo, cable, tmp_path / "profile", getattr(request, "param", True))
        yield made
        made.context.close()


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
    form.locator("button[type=submit]").click()


def stop_infusion(page: Page) -> None:
    form = page.locator("form.form--infusion_stopped").first
    if not form.is_visible():
        page.locator("#infusion_stopped > summary").first.click()
    choose(form, "complete", "yes")
    form.locator("input[name=reason]").fill("The dose is in.")
    form.locator("button[type=submit]").click()


def waits(page: Page, number: int) -> None:
    expect(page.locator(UNSENT)).to_have_text(f"{number} not sent")


@pytest.mark.hazard("H-46")
@pytest.mark.hazard("H-73")
@pytest.mark.hazard("H-29")
def test_four_hours_without_the_network(tablet: Tablet, demo: Demo, record_property):
    """1. The cable is pulled: the page says so within 3 s, and keeps a reading before its fields clear.
    2. After two minutes the order stands as unconfirmed; nothing that decides something is permitted.
    3. The page is loaded again in the middle, and the browser killed: it comes back, and all is there.
    4. The infusion is stopped, and more is written, until four hours are over.
    5. The cable is put back; the person signs in again, for the screen has locked: all is sent in 10 s.
    6. The store holds each entry once, in order, by both clocks, under its author; the page shows them late.
    """
    path = tablet.open_chair(1)
    before = rows_of(demo, path)
    tablet.cable.pull()
    began = time.monotonic()
    expect(tablet.page.locator(BANNER)).to_contain_text("Without the network")
    assert time.monotonic() - began <= 3
    record_reading(tablet.page, 131)
    waits(tablet.page, 2)
    assert tablet.page.locator("input[name=systolic]").input_value() == ""

    tablet.wait(3)
    expect(tablet.page.locator(BANNER)).to_contain_text("The order is unconfirmed since")
    tablet.wait(17)
    tablet.reopen(path)
    waits(tablet.page, 2)
    record_reading(tablet.page, 132, opened_away=True)
    waits(tablet.page, 4)

    tablet.wait(20)
    stop_infusion(tablet.page)
    waits(tablet.page, 5)
    tablet.kill()
    tablet.reopen(path)
    waits(tablet.page, 5)
    for minutes, systolic in ((40, 133), (60, 134), (60, 135)):
        tablet.wait(minutes)
        record_reading(tablet.page, systolic, opened_away=systolic == 133)
    waits(tablet.page, 11)
    tablet.wait(39)
    write_note(tablet.page, "Asleep, wakes when called.")
    waits(tablet.page, 12)
    assert rows_of(demo, path) == before

    tablet.wait(1)
    tablet.cable.put_back()
    expect(tablet.page.locator(BANNER)).to_contain_text("Sign in again")
    tablet.page.goto(f"{tablet.url}{path}")
    fill_sign_in(tablet.page, "nurse")
    began = time.monotonic()
    expect(tablet.page.locator("main")).to_contain_text("Asleep, wakes when called.")
    assert time.monotonic() - began <= 10
    expect(tablet.page.locator(UNSENT)).to_be_hidden()

    told = rows_of(demo, path)[len(before) :]
    assert [r.kind for r in told] == [
        *["reading_taken", "scale_scored"] * 2,
        "infusion_stopped",
        *["reading_taken", "scale_scored"] * 3,
        "note_written",
    ]
    assert [r.payload["systolic"] for r in told if r.kind == "reading_taken"] == [131, 132, 133, 134, 135]
    assert len({r.id for r in told}) == len(told) == 12
    assert [r.sequence for r in told] == sorted(r.sequence for r in told)
    assert [r.occurred_at for r in told] == sorted(r.occurred_at for r in told)
    assert len({r.author for r in told}) == 1
    record_property("n", len(told))


FILL = """async ([session, patient, number]) => {
  const store = await import('/static/web/js/offline-store.js');
  const user = await store.recall('user');
  const at = new Date().toISOString();
  const made = Array.from({ length: number }, (_, n) => ({ id: crypto.randomUUID(), kind: 'note_written',
    payload: { text: `Entry ${n}` }, occurred_at: at, version: 1, live: false, patient }));
  await store.keep(user, session, made, 'waiting');
}"""


@pytest.mark.hazard("H-46")
def test_two_thousand_entries_outlive_a_crash_and_arrive_once(tablet: Tablet, demo: Demo, record_property):
    """Kept through the page's own store, the browser killed, the cable put back while it is pulled again."""
    number = 2000
    path = tablet.open_chair(2)
    before = rows_of(demo, path)
    patient = tablet.page.locator("input[name=patient]").first.input_value()
    tablet.cable.pull()
    expect(tablet.page.locator(BANNER)).to_be_visible()
    tablet.page.evaluate(FILL, [path.split("/")[2], patient, number])
    tablet.kill()
    tablet.reopen(path)
    waits(tablet.page, number)
    tablet.cable.put_back()
    # A browser writes its cookies to the disk now and then: after a crash the person signs in again.
    tablet.page.goto(f"{tablet.url}{path}")
    if "/sign-in/" in tablet.page.url:
        fill_sign_in(tablet.page, "nurse")
    for _ in range(600):
        if len(rows_of(demo, path)) > len(before):
            break
        tablet.page.wait_for_timeout(100)
    tablet.cable.pull()  # in the middle of the sending: some is stored, and its answer does not come
    tablet.page.wait_for_timeout(1500)
    assert len(before) < len(rows_of(demo, path)) < len(before) + number
    tablet.cable.put_back()
    expect(tablet.page.locator(UNSENT)).to_be_hidden(timeout=240_000)
    told = rows_of(demo, path)[len(before) :]
    assert [r.payload["text"] for r in told] == [f"Entry {n}" for n in range(number)]
    record_property("n", number)


@pytest.mark.hazard("H-32")
@pytest.mark.parametrize("off_s", [-86400, -3600, -61, -3, -1, 1, 3, 61, 3600, 86400])
def test_a_device_whose_clock_is_off_tells_the_servers_time(tablet: Tablet, demo: Demo, off_s: int):
    """A second to a day, behind and ahead: the entry, and what the page counts by, are within 2 s of the
    server's clock; more than 2 s are shown, with the network and without.
    """
    tablet.context.add_init_script(f"globalThis.__off = {off_s} * 1000;" + SKEWED)
    path = tablet.open_chair(2)
    before = rows_of(demo, path)
    told = tablet.page.locator(BANNER, has_text="the server's is used")
    expect(told).to_have_count(int(abs(off_s) > 2))
    assert abs(counted_by(tablet.page) - time.time()) <= 2
    tablet.cable.pull()
    expect(tablet.page.locator(BANNER)).to_contain_text("Without the network")
    expect(told).to_have_count(int(abs(off_s) > 2))
    write_note(tablet.page, f"Off by {off_s} s.")
    true = datetime.now(UTC)
    waits(tablet.page, 1)
    tablet.cable.put_back()
    expect(tablet.page.locator(UNSENT)).to_be_hidden()
    (row,) = rows_of(demo, path)[len(before) :]
    assert abs((moment_of(row) - true).total_seconds()) <= 2


def counted_by(page: Page) -> float:
    """Return the moment that the page's timers and due times are painted by, in seconds."""
    return float(page.evaluate("import('/static/web/js/clock.js').then(c => c.serverNow())")) / 1000


def moment_of(row: Row) -> datetime:
    return datetime.fromisoformat(row.occurred_at).replace(tzinfo=UTC)


@pytest.mark.hazard("H-32")
@pytest.mark.parametrize("step_s", [-3600, 3600])
def test_a_device_whose_clock_is_set_meanwhile_asks_the_person(tablet: Tablet, demo: Demo, step_s: int):
    """1. Without the network the device's clock is set. 2. An entry is not dated by it: the page asks.
    3. The person types the time on the wall: that one stands. 4. The record says that the clock was set.
    """
    tablet.context.add_init_script("globalThis.__off = 0;" + SKEWED)
    path = tablet.open_chair(2)
    before = rows_of(demo, path)
    tablet.cable.pull()
    expect(tablet.page.locator(BANNER)).to_contain_text("Without the network")
    tablet.page.evaluate(f"globalThis.__off = {step_s} * 1000")
    form = tablet.page.locator("form.form--drug_given").first
    if not form.is_visible():
        tablet.page.locator("#drug_given > summary").first.click()
    form.locator("input[name=text]").fill("Ondansetron 4 mg by mouth")
    form.locator("button[type=submit]").click()
    expect(form).to_contain_text("its clock was set by 60 min")
    expect(tablet.page.locator(UNSENT)).to_be_hidden()
    zone = tablet.page.evaluate("JSON.parse(document.querySelector('[data-outage]').dataset.outage).zone")
    true = datetime.now(UTC)
    form.locator("input[name=clock]").fill(f"{true.astimezone(ZoneInfo(zone)):%H:%M}")
    form.locator("button[type=submit]").click()
    waits(tablet.page, 1)
    tablet.cable.put_back()
    expect(tablet.page.locator(UNSENT)).to_be_hidden()
    expect(tablet.page.locator("main")).to_contain_text("its clock was set 60 min")
    first, second = rows_of(demo, path)[len(before) :]
    assert (first.kind, second.kind) == ("drug_given", "note_written")
    assert 0 <= (true - moment_of(first)).total_seconds() <= 61  # a minute is what people type
    assert f"set 60 min {'ahead' if step_s > 0 else 'back'}" in str(second.payload["text"])


def test_with_the_network_a_form_goes_its_usual_way_once(tablet: Tablet, demo: Demo):
    """The sealed copy is let go of when the server has the entry: no second page, no second entry."""
    path = tablet.open_chair(2)
    before = rows_of(demo, path)
    page = tablet.page
    with page.expect_navigation():
        write_note(page, "The usual way.")
    page.evaluate("window.__same = true")
    until(
        page,
        "new Promise(d => { const o = indexedDB.open('posology-offline'); o.onsuccess = () => {"
        "o.result.transaction('entries').objectStore('entries').count().onsuccess = e =>"
        "d(e.target.result === 0); }; })",
    )
    page.wait_for_timeout(2500)
    assert page.evaluate("window.__same === true")
    expect(page.locator(UNSENT)).to_be_hidden()
    assert [r.payload for r in rows_of(demo, path)[len(before) :]] == [{"text": "The usual way."}]


@pytest.mark.hazard("H-34")
def test_a_form_whose_answer_never_came_is_recorded_once(tablet: Tablet, demo: Demo):
    """The cable breaks while the page's own form is under way; the device tells it again under its id."""
    path = tablet.open_chair(2)
    before = rows_of(demo, path)
    expect(tablet.page.locator("[data-offline-panel] .notice")).to_have_count(0)
    tablet.page.evaluate("AbortSignal.timeout = () => new AbortController().signal")
    form = tablet.page.locator("form.form--note_written").first
    if not form.is_visible():
        tablet.page.locator("#note_written > summary").first.click()
    form.locator("textarea").fill("Said once.")
    tablet.cable.pull()
    form.locator("button[type=submit]").click()
    waits(tablet.page, 1)
    tablet.cable.put_back()
    expect(tablet.page.locator(UNSENT)).to_be_hidden()
    told = rows_of(demo, path)[len(before) :]
    assert [r.payload for r in told] == [{"text": "Said once."}]


@pytest.mark.hazard("H-29")
def test_without_the_network_nothing_new_is_permitted_and_nobody_signs_out_with_entries(tablet: Tablet):
    tablet.open_chair(1)
    page = tablet.page
    tablet.cable.pull()
    expect(page.locator(BANNER)).to_contain_text("Nothing new is permitted")
    write_note(page, "Waiting.")
    waits(page, 1)
    page.locator("form[action$='/sign-out/'] button").click()
    expect(page.locator(BANNER)).to_contain_text("Not signed out")
    tablet.cable.put_back()
    expect(page.locator(UNSENT)).to_be_hidden()


@pytest.mark.hazard("H-49")
@pytest.mark.parametrize("tablet", [False], indirect=True)
def test_a_device_that_promises_nothing_keeps_nothing_and_says_so(tablet: Tablet):
    tablet.open_chair(1)
    page = tablet.page
    expect(page.locator("html")).to_have_attribute("data-offline", "refused")
    tablet.cable.pull()
    expect(page.locator(BANNER)).to_contain_text("may not keep entries")
    record_reading(page, 131)
    expect(page.locator("form.pad [data-offline-said]")).to_contain_text("downtime sheet")
    assert page.locator("input[name=systolic]").input_value() == "131"
    expect(page.locator(UNSENT)).to_be_hidden()


@pytest.mark.hazard("H-61")
@pytest.mark.hazard("H-49")
@pytest.mark.requirement("SR-28")
def test_nothing_readable_lies_on_the_disk_and_nothing_is_left_after_sign_out(
    tablet: Tablet, record_property
):
    """The whole profile is searched for a name, an identifier and what was typed, while entries wait."""
    path = tablet.open_chair(1)
    page = tablet.page
    banner = page.locator(".banner").inner_text()
    family = banner.split(",")[0].strip()
    assert len(family) > 3
    tablet.cable.pull()
    expect(page.locator(BANNER)).to_be_visible()
    write_note(page, "Canary words that lie sealed.")
    waits(page, 1)
    looked = _search(tablet.profile / "Default", [family, "Canary words"])
    tablet.reopen(path)
    assert family.lower() not in page.content().lower()
    tablet.cable.put_back()
    expect(page.locator(UNSENT)).to_be_hidden()
    expect(page.locator(".banner")).to_be_visible()
    page.locator("form[action$='/sign-out/'] button").click()
    page.wait_for_url("**/sign-in/**")
    # The browser wipes what the answer to the sign-out asked it to wipe beside the next page.
    until(
        page,
        "async () => (await indexedDB.databases()).length + (await caches.keys()).length"
        " + (await navigator.serviceWorker.getRegistrations()).length === 0",
    )
    record_property("n", looked)


def _search(folder: Path, words: list[str]) -> int:
    """Search what the site may keep on the disk; return how many files there were."""
    looked = 0
    for place in ("IndexedDB", "Service Worker", "Local Storage", "Session Storage", "Cache", "WebStorage"):
        for file in (folder / place).rglob("*"):
            if file.is_file():
                looked += 1
                held = file.read_bytes()
                for word in words:
                    for form in (word, word.lower(), word.title()):
                        assert form.encode() not in held and form.encode("utf-16-le") not in held, file
    assert looked > 3
    return looked


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_that_stands_in_can_be_read_by_all(tablet: Tablet, size):
    path = tablet.open_chair(1)
    tablet.page.set_viewport_size({"width": size[0], "height": size[1]})
    tablet.cable.pull()
    tablet.reopen(path)
    record_reading(tablet.page, 131, opened_away=True)
    waits(tablet.page, 2)
    assert tablet.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    found = Axe().run(tablet.page)
    if pictures := os.environ.get("POSOLOGY_PICTURES"):
        tablet.page.evaluate("scrollTo(0, 0)")
        for scheme in ("light", "dark"):
            tablet.page.emulate_media(color_scheme=scheme)
            tablet.page.screenshot(animations="disabled", path=f"{pictures}/outage-{size[0]}-{scheme}.png")
    assert found.violations_count == 0, found.generate_report()

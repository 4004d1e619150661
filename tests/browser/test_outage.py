"""A running session without the network: nothing that was recorded is lost, doubled or out of order."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pictures
from tests.browser.conftest import DESK, PHONE, Demo, fill_sign_in
from tests.browser.looks import no_violation
from tests.browser.steps import until
from tests.browser.tablet import (
    BANNER,
    UNSENT,
    Row,
    Tablet,
    record_reading,
    rows_of,
    stop_infusion,
    tablet_of,
    waits,
    write_note,
)

pytestmark = pytest.mark.browser

SKEWED = "{ const was = Date.now; Date.now = () => was() + globalThis.__off; }"


@pytest.fixture
def tablet(demo: Demo, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tablet]:
    with tablet_of(demo, tmp_path, keeps=getattr(request, "param", True)) as made:
        yield made


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
    for minutes, systolic, waiting in ((40, 133, 7), (60, 134, 9), (60, 135, 11)):
        tablet.wait(minutes)
        record_reading(tablet.page, systolic, opened_away=systolic == 133)
        waits(tablet.page, waiting)
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
    no_violation(tablet.page)
    pictures.take(tablet.page, f"outage-opened-at-{size[0]}", dark=True)

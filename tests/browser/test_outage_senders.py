"""One sender for each entry of a device; what cannot be read is shown to a person and not sent for ever."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo, fill_sign_in
from tests.browser.tablet import BANNER, UNSENT, Tablet, rows_of, tablet_of, waits, write_note

pytestmark = pytest.mark.browser

KEEP = """async ([session, patient, changes]) => {
  const store = await import('/static/web/js/offline-store.js');
  const user = await store.recall('user');
  const made = changes.map((change, n) => ({ id: crypto.randomUUID(), kind: 'note_written', version: 1,
    live: false, payload: { text: `Entry ${n}` }, occurred_at: new Date().toISOString(),
    patient, ...change }));
  await store.keep(user, session, made, 'waiting');
}"""
SPOIL = """async () => {
  const open = indexedDB.open('posology-offline');
  const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
  const store = db.transaction('entries', 'readwrite').objectStore('entries');
  const rows = await new Promise((done) => { store.getAll().onsuccess = (e) => done(e.target.result); });
  store.put({ ...rows[0], sealed: { iv: new Uint8Array(12), data: new Uint8Array(40).buffer } });
  db.close();
}"""
KEPT = """async () => {
  const store = await import('/static/web/js/offline-store.js');
  const rows = await store.entriesOf(await store.recall('user'));
  return rows.map((row) => `${row.how}: ${row.entry.payload.text}`);
}"""


@pytest.fixture
def tablet(demo: Demo, tmp_path: Path) -> Iterator[Tablet]:
    with tablet_of(demo, tmp_path) as made:
        yield made


def keep(page: Page, path: str, *changes: dict[str, object]) -> None:
    """Put notes among what waits, as the page's own store does, each with what differs in it."""
    patient = page.locator("input[name=patient]").first.input_value()
    page.evaluate(KEEP, [path.split("/")[2], patient, list(changes)])


@pytest.mark.hazard("H-47")
def test_what_is_under_way_with_a_form_is_sent_by_nobody_else(tablet: Tablet, demo: Demo):
    """The server takes its time over a page's own form, another entry waits, and another page is open: the
    other entry is sent, that of the form by the form alone; its answer is the session and no conflict.
    """
    path = tablet.open_chair(2)
    before, page = rows_of(demo, path), tablet.page
    other = tablet.context.new_page()
    other.goto(f"{tablet.url}{path}")
    tablet.cable.hold("/note_written/")
    write_note(page, "By the form.")
    assert tablet.cable.holds.wait(10)
    keep(other, path, {"payload": {"text": "By the queue."}})
    for _ in range(100):  # whichever of the two pages sends it
        if len(rows_of(demo, path)) > len(before):
            break
        other.wait_for_timeout(100)
    other.wait_for_timeout(12_000)  # longer than a page has to say how its form was answered
    assert other.evaluate(KEPT) == ["sending: By the form."]
    with page.expect_navigation() as answered:
        tablet.cable.let_on()
    assert answered.value.status == 200
    expect(page.locator("main")).to_contain_text("By the form.")
    page.wait_for_function(f"({KEPT})().then((rows) => rows.length === 0)")
    told = [r.payload["text"] for r in rows_of(demo, path)[len(before) :]]
    assert told == ["By the queue.", "By the form."]


@pytest.mark.hazard("H-46")
@pytest.mark.parametrize("arrives", [False, True], ids=["lost", "arrived"])
def test_what_a_page_was_sending_when_it_died_is_in_the_record_once(
    tablet: Tablet, demo: Demo, arrives: bool
):
    """The browser is killed while its form is under way; opened again, the device tells the entry itself."""
    path = tablet.open_chair(2)
    before = rows_of(demo, path)
    tablet.cable.hold("/note_written/")
    write_note(tablet.page, "Sent by a page that died.")
    assert tablet.cable.holds.wait(10)
    tablet.kill()
    if not arrives:
        tablet.cable.pull()
    tablet.cable.let_on()
    tablet.cable.put_back()
    tablet.page.goto(f"{tablet.url}{path}")
    if "/sign-in/" in tablet.page.url:
        fill_sign_in(tablet.page, "nurse")
    expect(tablet.page.locator("main")).to_contain_text("Sent by a page that died.", timeout=30_000)
    expect(tablet.page.locator(UNSENT)).to_be_hidden()
    tablet.page.wait_for_function(f"({KEPT})().then((rows) => rows.length === 0)")
    told = [r.payload["text"] for r in rows_of(demo, path)[len(before) :]]
    assert told == ["Sent by a page that died."]


ODD: tuple[dict[str, object], ...] = (
    {"id": 5},
    {"id": None, "payload": None},
    {"occurred_at": 5},
    {"occurred_at": [], "kind": 7, "payload": {"text": {"a": 1}}},
    {"version": "1", "payload": "x" * 3000},
    {"patient": 5},
    {"payload": {"text": "Half \ud800"}},
    {"payload": {"text": "x" * 1_100_000}},
)


@pytest.mark.hazard("H-46")
def test_entries_that_cannot_be_read_stand_beside_and_the_rest_is_sent(
    tablet: Tablet, demo: Demo, record_property
):
    """Each is told to a person with the reason, and none is sent again; as a note it arrives."""
    path = tablet.open_chair(2)
    before, page = rows_of(demo, path), tablet.page
    tablet.cable.pull()
    expect(page.locator(BANNER)).to_be_visible()
    keep(page, path, *(change for one in ODD for change in (one, {})))
    waits(page, 2 * len(ODD))
    tablet.cable.put_back()
    waits(page, len(ODD))
    assert len(rows_of(demo, path)) - len(before) == len(ODD)
    expect(page.get_by_text("Not taken.")).to_have_count(len(ODD))
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.url.endswith("/late/") else None)
    page.wait_for_timeout(3000)
    assert sent == []
    for left in range(len(ODD) - 1, -1, -1):
        page.get_by_role("button", name="Send it as a note").first.click()
        if left:
            waits(page, left)
    expect(page.locator(UNSENT)).to_be_hidden()
    told = rows_of(demo, path)[len(before) :]
    assert len(told) == 2 * len(ODD) and {r.kind for r in told} == {"note_written"}
    record_property("n", len(ODD))


@pytest.mark.hazard("H-46")
def test_an_entry_that_the_device_cannot_open_holds_up_no_other(tablet: Tablet, demo: Demo):
    path = tablet.open_chair(2)
    before, page = rows_of(demo, path), tablet.page
    tablet.cable.pull()
    expect(page.locator(BANNER)).to_be_visible()
    keep(page, path, {}, {"payload": {"text": "Whole."}})
    page.evaluate(SPOIL)
    tablet.cable.put_back()
    waits(page, 1)
    assert [r.payload["text"] for r in rows_of(demo, path)[len(before) :]] == ["Whole."]
    expect(page.locator(".offline-list")).to_contain_text("This device cannot open it any more")
    page.get_by_role("button", name="Let go of this entry").click()
    expect(page.locator(UNSENT)).to_be_hidden()

"""A vial through the ledger at the screen: opened, wasted before a second person, counted, reported."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Demo, pass_phrase_of
from tests.browser.looks import TABLET, reads_well

pytestmark = pytest.mark.browser


@pytest.fixture
def nurse(demo: Demo, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": TABLET[0], "height": TABLET[1]}, has_touch=True)
    yield demo.sign_in(context, "nurse")
    context.close()


def witness(page: Page, name: str, phrase: str) -> None:
    page.locator("section:has(#waste) input[name=witness]").fill(name)
    page.locator("section:has(#waste) input[name=witness_password]").fill(phrase)


def waste(page: Page, amount: str) -> None:
    page.locator("section:has(#waste) input[name=amount_mg]").fill(amount)
    page.locator("section:has(#waste) input[name=reason]").fill("Into the waste container, made useless.")


@pytest.mark.hazard("H-51", n=2)
def test_a_rest_is_wasted_by_two_people_and_by_no_one_alone(demo, nurse):
    """1. The nurse opens a vial for several patients. 2. She names herself as the witness: refused, and what
    she typed stays but for the password. 3. The prescriber types name and pass phrase: it is written, and
    nothing is left. 4. The day's page no longer lists the vial; the lot's page names both people."""
    nurse.goto(f"{demo.url}/ledger/")
    nurse.get_by_role("link", name="Open a container").click()
    nurse.locator("label", has_text="Ketamine 50 mg/mL").click()
    nurse.locator("select[name=session]").select_option("several")
    nurse.get_by_role("button", name="Open it").click()
    expect(nurse.locator(".ledger-left")).to_contain_text("500")
    reads_well(nurse, "ledger-container")
    vial = nurse.url
    waste(nurse, "500")
    witness(nurse, "nurse", pass_phrase_of("nurse"))
    nurse.get_by_role("button", name="Record the waste").click()
    expect(nurse.locator("main")).to_contain_text("nobody else has seen it")
    assert nurse.locator("section:has(#waste) input[name=amount_mg]").input_value() == "500"
    assert nurse.locator("section:has(#waste) input[name=witness_password]").input_value() == ""
    witness(nurse, "prescriber", pass_phrase_of("prescriber"))
    nurse.get_by_role("button", name="Record the waste").click()
    expect(nurse.locator("main")).to_contain_text("Everything of it is accounted for")
    nurse.goto(f"{demo.url}/ledger/")
    assert nurse.locator(f"a[href='{vial.removeprefix(demo.url)}']").count() == 0
    reads_well(nurse, "ledger-today")
    nurse.locator("section:has(#lots) table a").last.click()
    line = nurse.locator("tr", has_text="Wasted").first
    expect(line).to_contain_text("Synthetic, Nora")
    expect(line).to_contain_text("Synthetic, Pat")


def test_two_people_count_the_stock_and_the_report_is_one_click(demo, nurse):
    """1. Count: nothing says what there should be. 2. One too few: the page says so, and who looks into it is
    asked. 3. From the ledger, one click opens the report, one more each the PDF and the CSV."""
    nurse.goto(f"{demo.url}/ledger/count/")
    reads_well(nurse, "ledger-count")
    nurse.locator("input[name^=count-]").first.fill("1")
    nurse.locator("input[name=witness]").fill("director")
    nurse.locator("input[name=witness_password]").fill(pass_phrase_of("director"))
    nurse.get_by_role("button", name="Record the count").click()
    expect(nurse.locator("main")).to_contain_text("fewer than by the ledger")
    expect(nurse.locator("main")).to_contain_text("no owner yet")
    nurse.locator("section:has(#differs) table a").first.click()
    expect(nurse.locator("main")).to_contain_text("If it is a theft or a significant loss")
    reads_well(nurse, "ledger-discrepancy")
    nurse.goto(f"{demo.url}/ledger/")
    nurse.get_by_role("link", name="Inspector's report").click()
    expect(nurse.locator("h1")).to_have_text("Inspector's report")
    reads_well(nurse, "ledger-report")
    for name in ("Print as PDF", "CSV for a spreadsheet"):
        href = nurse.get_by_role("link", name=name).get_attribute("href")
        answer = nurse.context.request.get(f"{demo.url}{href}")
        assert answer.status == 200
        assert len(answer.body()) > 1000


@pytest.mark.parametrize("role", ["prescriber", "director"])
def test_who_else_keeps_the_ledger_sees_the_same_day(demo, chromium, role):
    page = demo.sign_in(chromium.new_context(), role)
    page.goto(f"{demo.url}/ledger/")
    expect(page.locator("h1")).to_have_text("Ledger")
    assert page.locator("main table").count() >= 1
    page.context.close()

"""How a page reads at every size: nothing wider than the screen, and nothing that axe finds."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import pictures
from tests.browser.conftest import DESK, PHONE

TABLET = (1024, 768)
SIZES = (DESK, TABLET, PHONE)
# The size of what is tapped is asked by WCAG 2.2 AA; axe leaves it out unless it is told.
RULES = {"rules": {"target-size": {"enabled": True}}}


def no_violation(page: Page) -> None:
    """Axe finds nothing on the page as it stands. What fades is read as what it comes to."""
    page.evaluate("document.getAnimations().forEach(one => one.finish())")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def fits(page: Page, size: tuple[int, int]) -> None:
    """Nothing is wider than a screen of this size; the page stays at it."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], (page.url, size)


def reads_well(page: Page, name: str) -> None:
    """It fits and has no violation at three sizes; pictures of both themes are taken under the name."""
    for size in SIZES:
        fits(page, size)
        no_violation(page)
    pictures.take(page, name, dark=True)

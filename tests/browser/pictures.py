"""Pictures of pages, where POSOLOGY_PICTURES asks for them: ``keep`` into docs/pictures, ``look`` into build.

No test judges a picture, and to take them all lengthens a run by more than a minute.
"""

import os
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, ROOT

WANTED = os.environ.get("POSOLOGY_PICTURES", "")
FOLDER = ROOT / ("docs/pictures" if WANTED == "keep" else "build/pictures")


def take(page: Page, name: str, *, at: str = "", dark: bool = False) -> list[Path]:
    """Take a page at both sizes, light, and dark too where asked; ``at`` is what shall stand at the top."""
    if not WANTED:
        return []
    FOLDER.mkdir(parents=True, exist_ok=True)
    taken = []
    for theme in ("light", "dark") if dark else ("light",):
        page.emulate_media(color_scheme=theme)
        for width, height in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            _scroll_to(page, at)
            taken.append(FOLDER / f"{name}-{width}x{height}-{theme}.png")
            page.screenshot(path=taken[-1], animations="disabled")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    return taken


def _scroll_to(page: Page, at: str) -> None:
    page.evaluate("window.scrollTo(0, 0)")
    if at:
        page.locator(at).first.evaluate("one => one.scrollIntoView({block: 'start'})")

"""Where a page stands in the loop from assessment to the next dose."""

from posology.web.components import LOOP, LoopSteps
from posology.web.page import OpenPatient

# Which page answers each step; the part is the one with which an assessment begins.
_PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "Assessment": ("assessment", {"part": "psychiatric"}),
    "Eligibility": ("eligibility", {}),
    "Options": ("options", {}),
    "Outcome": ("form", {"instrument": "phq-9"}),
}


def loop_of(opened: OpenPatient, current: str) -> LoopSteps:
    """Return the loop with this page's step as the current one, and links to the others that have a page."""
    at = LOOP.index(current)
    hrefs = tuple((name, opened.url(page, **part)) for name, (page, part) in _PAGES.items())
    return LoopSteps(current, done=LOOP[:at], hrefs=hrefs)

"""Where a page stands in the loop from assessment to the next dose."""

from posology.clinic.care.standing import standing_of
from posology.clinic.orders.stored import OrderAltered
from posology.recommendation import Advice
from posology.web.components import LOOP, LoopSteps
from posology.web.page import OpenPatient

# Which page answers each step; the part is the one with which an assessment begins.
_PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "Assessment": ("assessment", {"part": "psychiatric"}),
    "Eligibility": ("eligibility", {}),
    "Options": ("options", {}),
    "Outcome": ("form", {"instrument": "phq-9"}),
}


def loop_of(
    opened: OpenPatient, current: str, *, advice: Advice | None = None, also_done: tuple[str, ...] = ()
) -> LoopSteps:
    """Return the loop with this page's step as the current one, what is truly behind it, and links.

    ``advice`` tells how far a patient is who was not treated yet; without it nothing is said to be done.
    """
    try:
        standing = standing_of(opened.patient, as_of=opened.now, advice=advice)
        behind = {step.capitalize() for step in standing.done}
    except OrderAltered:
        behind = set()  # the page itself says that the stored order cannot be read
    done = tuple(name for name in LOOP if name != current and (name in behind or name in also_done))
    hrefs = tuple((name, opened.url(page, **part)) for name, (page, part) in _PAGES.items())
    return LoopSteps(current, done=done, hrefs=hrefs)

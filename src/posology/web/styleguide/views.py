"""The view of the style guide. Its moment stands still, so that two pictures can be compared."""

from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from posology.web.components import Crumbs, Frame, Link
from posology.web.styleguide.samples import BANNER, NOW, Chapter
from posology.web.styleguide.samples_deciding import DECIDING
from posology.web.styleguide.samples_forms import FORMS
from posology.web.styleguide.samples_parts import FRAME, PARTS
from posology.web.styleguide.samples_watching import BOARD, CHARTS, WATCHING

CHAPTERS: tuple[Chapter, ...] = (FRAME, PARTS, *DECIDING, FORMS, *WATCHING, BOARD, CHARTS)
SITE_ZONE = ZoneInfo("UTC")


def styleguide(request: HttpRequest, chapter: str = "") -> HttpResponse:
    """Show every component, or the components of one chapter."""
    shown = tuple(c for c in CHAPTERS if not chapter or c.slug == chapter)
    if not shown:
        raise Http404(f"The style guide has no chapter '{chapter}'.")
    navigation = (
        Link("Board", "#board"),
        Link("Patients", "#patients", current=True),
        Link("Knowledge", "#knowledge"),
    )
    context = {
        "frame": Frame("Example clinic", "Synthetic, Nora", "Nurse", navigation, sign_out_url="#", demo=True),
        "now": NOW,
        "banner": BANNER if shown[0].banner else None,
        "chapters": CHAPTERS,
        "shown": shown,
        "crumbs": _crumbs(shown[0]) if chapter else None,
        "one": len(shown) == 1,
        "wide": len(shown) == 1 and shown[0].wide,
    }
    with timezone.override(SITE_ZONE):
        return render(request, "web/styleguide.html", context)


def _crumbs(chapter: Chapter) -> Crumbs | None:
    # The chapter on frames shows crumbs of its own; two ways up on one page would confuse.
    return None if chapter is FRAME else Crumbs((Link("Style guide", "/styleguide/"),), chapter.title)

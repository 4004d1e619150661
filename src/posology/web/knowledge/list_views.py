"""Lists across all parts: what was not verified, what is overdue for review, and the search."""

from django.http import HttpRequest, HttpResponse

from posology.web.knowledge import front_models
from posology.web.knowledge.facts_models import facts_table, known_facts
from posology.web.knowledge.shelf import crumbs_to, narrowed, shelf_of
from posology.web.page import show

_LIST = "knowledge/list.html"


def unverified(request: HttpRequest) -> HttpResponse:
    """List what nobody has checked at its source: what it holds up, and who decides."""
    shelf = shelf_of(request)
    by = narrowed(request, shelf, {}, searches=False)
    facts = [fact for fact in known_facts(shelf) if fact.is_unverified]
    context = {
        "title": "Not verified",
        "lead": "What nobody has checked at its source. It may ask for care or for a prescriber's decision; "
        "it never sets a dose, gives leave, or stops for good.",
        "crumbs": crumbs_to("Not verified"),
        "by": by,
        "tables": (
            front_models.held_up_table(shelf),
            front_models.unverified_uses(shelf),
            facts_table(facts, by, f"Facts, wholly or in part: {len(facts)}", show_caption=True),
        ),
    }
    return show(request, _LIST, context)


def overdue(request: HttpRequest) -> HttpResponse:
    """List the files whose review day has come, and the others by the day of theirs."""
    shelf = shelf_of(request)
    context = {
        "title": "Review",
        "lead": "Each file is read anew by its review day. From that day on, results that rest on it say so.",
        "crumbs": crumbs_to("Review"),
        "tables": (
            front_models.review_table(shelf, overdue=True),
            front_models.review_table(shelf, overdue=False),
        ),
    }
    return show(request, _LIST, context)


def search(request: HttpRequest) -> HttpResponse:
    """Find words and ids over everything that is known."""
    shelf = shelf_of(request)
    by = narrowed(request, shelf, {})
    table, count = front_models.search_table(shelf, by.words) if by.words else (None, 0)
    shown = min(count, front_models.MOST_FOUND)
    context = {
        "title": "Search the knowledge",
        "lead": "Ids and words of facts, rules, values, questions, trials, drugs and sources.",
        "crumbs": crumbs_to("Search"),
        "by": by,
        "count": f"{shown} of {count} shown" if count else "",
        "tables": (table,) if table else (),
    }
    return show(request, _LIST, context)

"""What is read and decides nothing: facts, trials, sources, and what each site sets for itself."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from posology.web.components import EmptyState, FactList, Link
from posology.web.knowledge import background_models, facts_models
from posology.web.knowledge.links import link_of
from posology.web.knowledge.places import uses_table
from posology.web.knowledge.shelf import crumbs_to, has_words, leaf_of, narrowed, nothing_found, shelf_of
from posology.web.page import show

_LIST = "knowledge/list.html"


def facts(request: HttpRequest) -> HttpResponse:
    """List every fact id, a hundred a page, narrowed by sheet, subject, use, certainty and words."""
    shelf = shelf_of(request)
    by = narrowed(request, shelf, facts_models.fact_filters(shelf))
    chosen = facts_models.chosen_facts(shelf, by)
    part, leaf = leaf_of(request, by, len(chosen))
    context = {
        "title": "Facts",
        "lead": "Every fact that was read, with its id. Open one for its source and for where it is used.",
        "crumbs": crumbs_to("Facts"),
        "by": by,
        "count": f"{len(chosen)} facts",
        "tables": (facts_models.facts_table(chosen[part], by),),
        "leaf": leaf,
    }
    return show(request, _LIST, context)


def fact(request: HttpRequest, fact: str) -> HttpResponse:
    """Show one fact: the sentence, how sure, its sources, where it is used, or why nowhere."""
    shelf = shelf_of(request)
    known = facts_models.known_fact(shelf, fact)
    if known is None:
        raise Http404
    empty = EmptyState("In no file", known.entry.why_not or "It stands in no file that decides or is read.")
    context = {
        "fact": known,
        "crumbs": crumbs_to(known.id, Link("Facts", reverse("facts"))),
        "rows": FactList(facts_models.fact_rows(known)),
        "sources": facts_models.fact_sources(known, shelf),
        "uses": uses_table("Where it is used", known.uses, shelf.library, empty=empty),
    }
    return show(request, "knowledge/fact.html", context)


def trials(request: HttpRequest) -> HttpResponse:
    """Show the table of evidence: what was found in whom, against what, and how sure."""
    shelf = shelf_of(request)
    by = narrowed(request, shelf, background_models.trial_filters(), switches=False)
    context = {
        "title": "Trials",
        "lead": "What was found in whom. A reader weighs it; no rule computes with it.",
        "crumbs": crumbs_to("Trials"),
        "by": by,
        "tables": (background_models.trials_table(shelf, by),),
    }
    return show(request, _LIST, context)


def trial(request: HttpRequest, study: str) -> HttpResponse:
    """Show one study: what was done, every number that was read, and its source."""
    shelf = shelf_of(request)
    found = shelf.background.trials.studies.get(study)
    if found is None:
        raise Http404
    context = {
        "study": found,
        "crumbs": crumbs_to(found.title, Link("Trials", reverse("trials"))),
        "rows": FactList(background_models.study_facts(found)),
        "results": background_models.results_table(found),
        "chain": background_models.study_chain(found, shelf),
    }
    return show(request, "knowledge/trial.html", context)


def sources(request: HttpRequest) -> HttpResponse:
    """List every document that is cited."""
    shelf = shelf_of(request)
    by = narrowed(request, shelf, {}, switches=False)
    chosen = [
        key
        for key, source in shelf.library.sources.items()
        if has_words(by.words, key, source.title, facts_models.document_words(source))
    ]
    table = facts_models.sources_table("Sources", chosen, shelf, empty=nothing_found(by, "source"))
    context = {
        "title": "Sources",
        "lead": "Every document that is cited, once. Open one for the facts that rest on it.",
        "crumbs": crumbs_to("Sources"),
        "by": by,
        "count": f"{len(chosen)} sources",
        "tables": (table,),
    }
    return show(request, _LIST, context)


def source(request: HttpRequest, source: str) -> HttpResponse:
    """Show one document: what identifies it, who read it, and every fact that rests on it."""
    shelf = shelf_of(request)
    found = shelf.library.sources.get(source)
    if found is None:
        raise Http404
    uses = shelf.uses.by_source.get(source, ())
    empty = EmptyState("Nothing rests on it", "What cites this document appears here.")
    context = {
        "id": source,
        "source": found,
        "outside": link_of(found),
        "crumbs": crumbs_to(source, Link("Sources", reverse("sources"))),
        "rows": FactList(facts_models.source_rows(found, uses, shelf)),
        "facts": facts_models.chosen_facts_of(facts_models.facts_of_source(uses), shelf),
        "uses": uses_table("Where it is cited", uses, shelf.library, empty=empty),
    }
    return show(request, "knowledge/source.html", context)


def site_settings(request: HttpRequest) -> HttpResponse:
    """Show what is the site's own to set: settings with their bounds, and every default in the files."""
    shelf = shelf_of(request)
    by = narrowed(request, shelf, {})
    context = {
        "title": "Set by the site",
        "lead": "What each site decides for itself. A default is an engineering choice of this product, "
        "and no clinical fact.",
        "crumbs": crumbs_to("Site settings"),
        "by": by,
        "tables": (
            background_models.settings_table(shelf, by),
            *(() if by.words else (background_models.site_uses_table(shelf),)),
        ),
    }
    return show(request, _LIST, context)

"""The parts of the knowledge that decide: rules, drugs, questions, adjustments, measures, products."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from posology.knowledge.coverage import deciding_files
from posology.web.components import EmptyState, FactList, Link
from posology.web.knowledge import drugs_models, rules_models, shelves_models
from posology.web.knowledge.facts_models import chosen_facts_of
from posology.web.knowledge.places import uses_table
from posology.web.knowledge.shelf import Shelf, crumbs_to, narrowed, shelf_of
from posology.web.page import show

_LIST = "knowledge/list.html"


def rules(request: HttpRequest) -> HttpResponse:
    """List the rules by level, narrowed by part, substance, route, certainty and words."""
    shelf = shelf_of(request)
    by = narrowed(request, shelf, rules_models.rule_filters(shelf))
    chosen = rules_models.chosen_rules(shelf, by)
    return show(
        request,
        _LIST,
        {
            "title": "Rules",
            "lead": "What stops treatment, holds it up, or asks for care. Open one for its condition and its "
            "source.",
            "crumbs": crumbs_to("Rules"),
            "by": by,
            "count": f"{len(chosen)} rules",
            "tables": rules_models.rule_tables(shelf, by, chosen),
        },
    )


def rule(request: HttpRequest, file: str, rule: str) -> HttpResponse:
    """Show one rule: what it says, when, who clears it, where it holds, and everything it rests on."""
    shelf = shelf_of(request)
    placed = rules_models.find_rule(shelf, file, rule)
    if placed is None:
        raise Http404
    level = rules_models.LEVEL_TITLES[placed.rule.level]
    return show(
        request,
        "knowledge/rule.html",
        {
            "rule": placed.rule,
            "chip": rules_models.level_chip(placed),
            "crumbs": crumbs_to(
                placed.rule.title, Link(level, f"{reverse('rules')}?level={placed.rule.level}")
            ),
            "facts": FactList(rules_models.rule_facts(placed, shelf)),
            "chain": rules_models.rule_chain(placed, shelf),
            "told": chosen_facts_of(placed.rule.facts, shelf),
        },
    )


def drugs(request: HttpRequest) -> HttpResponse:
    """List what happens together with ketamine, by group and route, and the drugs known by name."""
    shelf = shelf_of(request)
    by = narrowed(request, shelf, drugs_models.route_filter())
    context = {
        "title": "Drugs and interactions",
        "lead": "What each group of drugs does together with ketamine or esketamine, by route. A drug "
        "that is in no list here is held for a prescriber.",
        "crumbs": crumbs_to("Drugs and interactions"),
        "by": by,
        "tables": (
            drugs_models.interactions_table(shelf, by),
            drugs_models.sizes_table(shelf, by),
            drugs_models.interaction_facts_table(shelf, by),
            drugs_models.drugs_table(shelf, by),
        ),
    }
    return show(request, _LIST, context)


def questions(request: HttpRequest) -> HttpResponse:
    """List what is asked, by part: the answer it has, how long it stays good, what it rests on."""
    shelf = shelf_of(request)
    by = narrowed(request, shelf, shelves_models.part_filter(), switches=False)
    context = {
        "title": "Questions",
        "lead": "What is asked before treatment and at each session, and how long an answer stays good.",
        "crumbs": crumbs_to("Questions"),
        "by": by,
        "tables": shelves_models.question_tables(shelf, by),
    }
    return show(request, _LIST, context)


def adjustments(request: HttpRequest) -> HttpResponse:
    """Show what may be proposed next, and when; nothing is ever raised by itself."""
    shelf = shelf_of(request)
    file = shelf.library.adjustments
    context = {
        "crumbs": crumbs_to("Adjustments"),
        "file": file,
        "by": narrowed(request, shelf, {}, searches=False),
        "ways": shelves_models.ways_on(shelf),
        "values": shelves_models.values_table(file.values, shelf, caption="Values"),
        "others": _others(shelf, file.id, without=("options.", "values.")),
    }
    return show(request, "knowledge/adjustments.html", context)


def measures(request: HttpRequest) -> HttpResponse:
    """Show each instrument: items, bands, values, and the answers that need a person."""
    shelf = shelf_of(request)
    context = {"crumbs": crumbs_to("Measures"), "measures": shelves_models.measures_shown(shelf)}
    return show(request, "knowledge/measures.html", context)


def products(request: HttpRequest) -> HttpResponse:
    """List vials and devices, and what is never ordered here."""
    shelf = shelf_of(request)
    context = {
        "title": "Products",
        "lead": "What stands on the shelf, and what is never ordered here.",
        "crumbs": crumbs_to("Products"),
        "tables": (
            shelves_models.products_table(shelf),
            shelves_models.refusals_table(shelf),
            shelves_models.values_table(shelf.library.products.values, shelf, caption="Values"),
        ),
    }
    return show(request, _LIST, context)


def file_page(request: HttpRequest, file: str) -> HttpResponse:
    """Show one file that has no page of its own: its values, and everything in it that cites."""
    shelf = shelf_of(request)
    models = shelf.background.models.files if shelf.background.models else ()
    found = next((f for f in (*deciding_files(shelf.library), *models) if f.id == file), None)
    if found is None:
        raise Http404
    values = getattr(found, "values", {})
    context = {
        "title": found.title,
        "lead": f"File {found.id}, version {found.version}.",
        "crumbs": crumbs_to(found.title),
        "tables": (
            *((shelves_models.values_table(values, shelf, caption="Values"),) if values else ()),
            _others(shelf, found.id, without=("values.",)),
        ),
    }
    return show(request, _LIST, context)


def _others(shelf: Shelf, file_id: str, *, without: tuple[str, ...]) -> object:
    """Return what else of a file cites, beside the parts that are shown by themselves."""
    uses = tuple(
        use
        for use in shelf.shown(shelf.uses.every)
        if use.file == file_id and not use.place.startswith(without)
    )
    empty = EmptyState("Nothing else", "Everything of this file that cites stands above.")
    return uses_table("What it says besides", uses, shelf.library, empty=empty)

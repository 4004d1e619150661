"""What the product knows, and how sure of it anyone is."""

from django.http import Http404, HttpRequest, HttpResponse

from posology.clinic.protocols.queries import library_at
from posology.web.components import Crumbs, FactList, Link, VerdictList
from posology.web.knowledge import view_models
from posology.web.page import now_of, person, show


def knowledge(request: HttpRequest) -> HttpResponse:
    """List the files with their version, their review day and the certainty of what they cite."""
    now = now_of(request)
    library, on = library_at(person(request).clinic, now), now.date()
    others = (library.questions, *library.rules, library.drugs, library.products, library.adjustments)
    context = {
        "tables": (
            view_models.files_table("Protocols", library.protocols.values(), on=on, linked=True),
            view_models.files_table("Measures", library.measures.values(), on=on, linked=False),
            view_models.files_table(
                "Questions, rules, drugs, products, adjustments", others, on=on, linked=False
            ),
        ),
        "codes": view_models.meaning_of_codes(),
        "overdue": library.overdue(on),
        "sha256": library.sha256,
    }
    return show(request, "knowledge/knowledge.html", context)


def protocol(request: HttpRequest, protocol: str) -> HttpResponse:
    """Show one protocol: every value by its day, the phases, the rules that speak of it, the sources."""
    now = now_of(request)
    library = library_at(person(request).clinic, now)
    file = library.protocols.get(protocol)
    if file is None:
        raise Http404
    rules = view_models.rule_verdicts(
        file, library, jurisdiction=person(request).clinic.jurisdiction, as_of=now
    )
    context = {
        "file": file,
        "crumbs": Crumbs((Link("Knowledge", "/knowledge/"),), file.title),
        "head": FactList(view_models.head_facts(file, library, on=now.date())),
        "tallies": view_models.tallies(file),
        "values": view_models.values_table(file, on=now.date()),
        "phases": view_models.phases_table(file),
        "monitoring": FactList(view_models.monitoring_facts(file), "Watching and leaving"),
        "criteria": tuple(file.discharge.criteria.values()),
        "statements": view_models.statement_tables(file),
        "rules": VerdictList(rules),
        "sources": view_models.sources_table(file, library),
        "jurisdiction": person(request).clinic.jurisdiction,
    }
    return show(request, "knowledge/protocol.html", context)

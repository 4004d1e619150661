"""What the product knows, and how sure of it anyone is: the front, and one protocol."""

from django.http import Http404, HttpRequest, HttpResponse

from posology.knowledge.coverage import deciding_files
from posology.knowledge.schema import MeasureFile, ProtocolFile
from posology.web.access import may_open
from posology.web.components import FactList
from posology.web.knowledge import front_models, rules_models, shelves_models, view_models
from posology.web.knowledge.facts_models import sources_table
from posology.web.knowledge.shelf import crumbs_to, narrowed, shelf_of
from posology.web.page import show


def knowledge(request: HttpRequest) -> HttpResponse:
    """Show what there is, how much of it is unverified or overdue, and every file with its review day."""
    shelf = shelf_of(request)
    library = shelf.library
    protocols = [p for p in library.protocols.values() if shelf.holds(p.jurisdictions)]
    others = [f for f in deciding_files(library) if not isinstance(f, ProtocolFile | MeasureFile)]
    context = {
        "by": narrowed(request, shelf, {}),
        "lists": front_models.LISTS,
        "contents": front_models.contents_table(shelf),
        "packs": front_models.packs_table(shelf),
        "files": (
            view_models.files_table("Protocols", protocols, on=shelf.on),
            view_models.files_table("Measures", library.measures.values(), on=shelf.on),
            view_models.files_table("Other files that decide", others, on=shelf.on),
            view_models.files_table("Files that are only read", shelf.background.files, on=shelf.on),
        ),
        "codes": view_models.meaning_of_codes(),
        "overdue": front_models.overdue_titles(shelf, shelf.on),
        "sha256": library.sha256,
        "own_protocols": may_open(request.user, "protocols"),
        "alerts": may_open(request.user, "alerts"),
    }
    return show(request, "knowledge/knowledge.html", context)


def protocol(request: HttpRequest, protocol: str) -> HttpResponse:
    """Show one protocol: every value by its day, the phases, the rules that speak of it, the sources."""
    shelf = shelf_of(request)
    library, file = shelf.library, shelf.library.protocols.get(protocol)
    if file is None:
        raise Http404
    foreign = bool(file.jurisdictions) and shelf.here not in file.jurisdictions
    where = file.jurisdictions[0] if foreign else shelf.here
    context = {
        "file": file,
        "crumbs": crumbs_to(file.title),
        "head": FactList(view_models.head_facts(file, library, on=shelf.on)),
        "tallies": view_models.tallies(file),
        "values": shelves_models.values_table(
            file.values, shelf, caption="Values, each with the day from which it holds"
        ),
        "phases": view_models.phases_table(file, library),
        "monitoring": FactList(view_models.monitoring_facts(file, library), "Watching and leaving"),
        "criteria": tuple(file.discharge.criteria.values()),
        "statements": view_models.statement_tables(file, shelf),
        "rules": rules_models.rule_verdicts(file, shelf, jurisdiction=where),
        "sources": sources_table("Sources", view_models.sources_of(file), shelf),
        "jurisdiction": where,
        "foreign": foreign,
        "here": shelf.here,
    }
    return show(request, "knowledge/protocol.html", context)

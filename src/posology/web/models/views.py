"""Which models there are, and the passport of each: who was studied, how sure, by how much it misses."""

from django.http import Http404, HttpRequest, HttpResponse

from posology.knowledge.models import pk_models
from posology.pharmacology.passport import CLOSING
from posology.web.components import Crumbs, Link
from posology.web.models import view_models
from posology.web.page import show


def models(request: HttpRequest) -> HttpResponse:
    """List the models, and everything that was observed beside what they give."""
    return show(
        request,
        "models/models.html",
        {
            "crumbs": Crumbs((Link("Knowledge", view_models.knowledge()),), "Models"),
            "closing": CLOSING,
            "table": view_models.models_table(),
            "reproduced": view_models.reproduced_table(None),
            "not_asked": view_models.not_asked_table(),
        },
    )


def model(request: HttpRequest, model: str) -> HttpResponse:
    """Show one model's passport."""
    file = pk_models().get(model)
    if file is None:
        raise Http404
    return show(
        request,
        "models/model.html",
        {
            "file": file,
            "crumbs": Crumbs(
                (Link("Knowledge", view_models.knowledge()), Link("Models", view_models.models())), file.title
            ),
            "closing": CLOSING,
            "facts": view_models.facts(file),
            "parameters": view_models.parameters_table(file),
            "notes": view_models.notes(file),
            "bounds": view_models.bounds_table(file),
            "reproduced": view_models.reproduced_table(file.id),
        },
    )

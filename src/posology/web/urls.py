"""The addresses of the pages: one module a subject."""

from django.urls import include, path

urlpatterns = [
    path("", include("posology.web.session.urls")),  # first: a hundred readings a second come to it
    path("", include("posology.web.accounts.urls")),
    path("", include("posology.web.board.urls")),
    path("", include("posology.web.live.urls")),
    path("", include("posology.web.patients.urls")),
    path("", include("posology.web.assessment.urls")),
    path("", include("posology.web.imports.urls")),
    path("", include("posology.web.elsewhere.urls")),
    path("", include("posology.web.eligibility.urls")),
    path("", include("posology.web.options.urls")),
    path("", include("posology.web.curves.urls")),
    path("", include("posology.web.alerts.urls")),
    path("", include("posology.web.monitors.urls")),
    path("", include("posology.web.outage.urls")),
    path("", include("posology.web.visits.urls")),
    path("", include("posology.web.duty.urls")),
    path("", include("posology.web.rems.urls")),
    path("", include("posology.web.ledger.urls")),
    path("", include("posology.web.outcomes.urls")),
    path("", include("posology.web.knowledge.urls")),
    path("", include("posology.web.models.urls")),
    path("", include("posology.web.protocols.urls")),
    path("styleguide/", include("posology.web.styleguide.urls")),
]

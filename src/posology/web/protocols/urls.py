"""The addresses of the site's own protocols."""

from django.urls import path

from posology.web.protocols import draft_views, views

urlpatterns = [
    path("protocols/", views.protocols, name="protocols"),
    path("protocols/<uuid:version>/", views.version, name="protocol-version"),
    path("protocols/<uuid:version>/draft/", draft_views.draft, name="protocol-draft"),
]

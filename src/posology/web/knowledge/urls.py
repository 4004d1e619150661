"""The addresses of the knowledge pages. A protocol stands last: its id would else be taken for a part."""

from django.urls import path

from posology.web.knowledge import background_views, browse_views, list_views
from posology.web.knowledge.views import knowledge, protocol

urlpatterns = [
    path("knowledge/", knowledge, name="knowledge"),
    path("knowledge/search/", list_views.search, name="knowledge-search"),
    path("knowledge/rules/", browse_views.rules, name="rules"),
    path("knowledge/rules/<slug:file>/<slug:rule>/", browse_views.rule, name="rule"),
    path("knowledge/drugs/", browse_views.drugs, name="drugs"),
    path("knowledge/questions/", browse_views.questions, name="questions"),
    path("knowledge/adjustments/", browse_views.adjustments, name="adjustments"),
    path("knowledge/measures/", browse_views.measures, name="measures"),
    path("knowledge/products/", browse_views.products, name="products"),
    path("knowledge/files/<slug:file>/", browse_views.file_page, name="knowledge-file"),
    path("knowledge/facts/", background_views.facts, name="facts"),
    path("knowledge/facts/<str:fact>/", background_views.fact, name="fact"),
    path("knowledge/trials/", background_views.trials, name="trials"),
    path("knowledge/trials/<slug:study>/", background_views.trial, name="trial"),
    path("knowledge/sources/", background_views.sources, name="sources"),
    path("knowledge/sources/<str:source>/", background_views.source, name="source"),
    path("knowledge/settings/", background_views.site_settings, name="site-settings"),
    path("knowledge/unverified/", list_views.unverified, name="unverified"),
    path("knowledge/overdue/", list_views.overdue, name="overdue"),
    path("knowledge/<slug:protocol>/", protocol, name="protocol"),
]

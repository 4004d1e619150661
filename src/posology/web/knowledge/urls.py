"""The addresses of the knowledge pages."""

from django.urls import path

from posology.web.knowledge.views import knowledge, protocol

urlpatterns = [
    path("knowledge/", knowledge, name="knowledge"),
    path("knowledge/<slug:protocol>/", protocol, name="protocol"),
]

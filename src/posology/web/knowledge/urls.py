"""The addresses of the knowledge pages."""

from django.urls import path

from posology.web.knowledge import views

urlpatterns = [
    path("knowledge/", views.knowledge, name="knowledge"),
    path("knowledge/<slug:protocol>/", views.protocol, name="protocol"),
]

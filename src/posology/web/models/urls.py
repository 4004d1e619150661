"""The addresses of the models' pages."""

from django.urls import path

from posology.web.models import views

urlpatterns = [
    path("models/", views.models, name="models"),
    path("models/<slug:model>/", views.model, name="model"),
]

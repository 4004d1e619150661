"""The addresses of the questionnaires."""

from django.urls import path

from posology.web.outcomes import views

urlpatterns = [path("patients/<uuid:patient>/forms/<slug:instrument>/", views.form, name="form")]

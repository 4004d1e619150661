"""The addresses of the questionnaires."""

from django.urls import path

from posology.web.outcomes.views import form

urlpatterns = [path("patients/<uuid:patient>/forms/<slug:instrument>/", form, name="form")]

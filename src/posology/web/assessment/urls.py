"""The address of each part of the assessment."""

from django.urls import path

from posology.web.assessment import views

urlpatterns = [path("patients/<uuid:patient>/assessment/<slug:part>/", views.assessment, name="assessment")]

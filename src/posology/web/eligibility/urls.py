"""The address of the eligibility page."""

from django.urls import path

from posology.web.eligibility import views

urlpatterns = [path("patients/<uuid:patient>/eligibility/", views.eligibility, name="eligibility")]

"""The address of the import."""

from django.urls import path

from posology.web.imports import views

urlpatterns = [path("patients/<uuid:patient>/import/", views.import_file_view, name="import")]

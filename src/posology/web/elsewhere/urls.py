"""The address of the doses given elsewhere."""

from django.urls import path

from posology.web.elsewhere.views import elsewhere

urlpatterns = [path("patients/<uuid:patient>/elsewhere/", elsewhere, name="elsewhere")]

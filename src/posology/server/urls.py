"""Where the pages hang."""

from django.urls import include, path

urlpatterns = [path("", include("posology.web.urls"))]

"""The addresses of the style guide; the demo hangs them under ``styleguide/``."""

from django.urls import path

from posology.web.styleguide.views import styleguide

urlpatterns = [
    path("", styleguide, name="styleguide"),
    path("<slug:chapter>/", styleguide, name="styleguide"),
]

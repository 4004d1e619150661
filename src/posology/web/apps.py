"""The Django app that carries the templates, static files and template tags of every page."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Register the pages as one Django app without models."""

    name = "posology.web"
    label = "web"
    verbose_name = "Pages"

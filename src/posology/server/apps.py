"""The wiring as a Django app, so that its checks run with Django's own."""

from django.apps import AppConfig


class ServerConfig(AppConfig):
    name = "posology.server"
    label = "server"

    def ready(self) -> None:
        from posology.server import checks  # noqa: F401  (registers them)

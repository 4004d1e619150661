"""Emptying a database: only one of tests or of the demo, never a clinic's."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.flush import Command as DjangoFlush
from django.db import connections

from posology.clinic.audit.triggers import install, remove


class Command(DjangoFlush):
    help = DjangoFlush.help

    def handle(self, **options: Any) -> None:
        """Refuse where records could be lost; elsewhere take the triggers off, empty, put them back."""
        connection = connections[options["database"]]
        if not (settings.DEMO or _is_of_tests(connection.settings_dict)):
            raise CommandError("Clinical records are never flushed. Use a database of tests, or the demo's.")
        remove(connection)
        super().handle(**options)
        install(connection)


def _is_of_tests(database: dict[str, Any]) -> bool:
    # While tests run, Django puts the name of the test database in place of the real one.
    name, test = str(database["NAME"]), database.get("TEST", {}).get("NAME")
    return name == str(test) or name.rpartition("/")[2].startswith(("test_", "file:memorydb"))

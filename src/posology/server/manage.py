"""Django's own commands: ``python -m posology.server.manage migrate``."""

import os
import sys


def main(words: list[str]) -> None:
    """Run one of Django's commands with this site's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posology.server.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage", *words])


if __name__ == "__main__":
    main(sys.argv[1:])

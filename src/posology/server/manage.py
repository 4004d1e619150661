"""Django's own commands: ``python -m posology.server.manage migrate``."""

import os
import sys

from posology.quantities import DomainError


def main(words: list[str]) -> None:
    """Run one of Django's commands with this site's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posology.server.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(["manage", *words])
    except DomainError as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])

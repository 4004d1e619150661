"""Django's PostgreSQL backend, which does not ask again whether a connection that just answered is alive.

Django asks each kept connection so at the start of every request, and waits for the answer. That is a tenth
of what a reading waits for, and says little of a connection that answered a second ago.
"""

from time import monotonic
from typing import Any

from django.db.backends.postgresql import base

_django: Any = base  # its stubs leave out what is used here
Database = _django.Database  # Django looks for it beside the wrapper

ALIVE_FOR_S = 1.0
"""For how long after its last use a connection is taken to be alive; a server starts anew more slowly."""


class DatabaseWrapper(_django.DatabaseWrapper):
    """A connection that is asked whether it is alive when it has rested."""

    _used_at = float("-inf")

    def close_if_health_check_failed(self) -> None:
        """Close a connection that is dead; called before each use."""
        if monotonic() - self._used_at < ALIVE_FOR_S:
            self.health_check_done = True
        super().close_if_health_check_failed()
        self._used_at = monotonic()

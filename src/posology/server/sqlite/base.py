"""Django's SQLite backend, with a queue of its own for those in this process who want to write.

SQLite has one writer. Whoever finds it busy asks again after 1, 2, 5, 10 … 100 ms, also when the writer was
ready after one: a hundred readings a second then wait for naps and not for each other. Threads of one process
take turns here instead; SQLite's own way stays for other processes, such as the one that hears the monitors.
"""

from pathlib import Path
from threading import Lock
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

_django: Any = base  # its stubs leave out what is used here
Database = _django.Database  # Django looks for it beside the wrapper
_turns: dict[str, Lock] = {}


class DatabaseWrapper(_django.DatabaseWrapper):
    """A connection whose transactions begin when the one before them, of this process, has ended."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: Lock | None = None

    def _start_transaction_under_autocommit(self) -> None:
        turn = _turns.setdefault(str(Path(self.settings_dict["NAME"]).absolute()), Lock())
        if self._turn is None and not turn.acquire(timeout=self.settings_dict["OPTIONS"]["timeout"]):
            raise OperationalError("database is locked: the transactions before this one take too long")
        self._turn = turn
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._give_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # a commit that fails is rolled back, and the turn is given up then
        self._give_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._give_turn()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._give_turn()

    def _give_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.release()

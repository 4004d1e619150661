"""In whose name the database is written: told to the connection, read by the triggers."""

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from posology.quantities import check_aware, check_text

UNKNOWN = "unknown:database"
_actor: ContextVar[str] = ContextVar("posology_actor", default=UNKNOWN)
_purpose: ContextVar[str] = ContextVar("posology_purpose", default="")


def actor_name(by: Any) -> str:
    """Return how the audit names a person ("user:<id>") or a part of the system ("system:demo")."""
    name = by if isinstance(by, str) else f"user:{by.pk}"
    if not name or not name.isprintable() or len(name) > 120:
        raise ValueError(f"{name!r} cannot stand in the audit as a name")
    return name


@contextmanager
def acting_as(by: Any, purpose: str = "", *, to_the_end: bool = False) -> Iterator[None]:
    """Write in the name of ``by`` until the block ends; on PostgreSQL it must be within a transaction.

    ``to_the_end`` says that the transaction ends with the block, so that its settings need not be put back.
    """
    before = _actor.get(), _purpose.get()
    _tell(actor_name(by), purpose)
    try:
        yield
    except BaseException:
        _tell(*before, database=False)  # the transaction is rolled back, and its settings with it
        raise
    _tell(*before, database=not to_the_end)


def _tell(actor: str, purpose: str, *, database: bool = True) -> None:
    _actor.set(actor)
    _purpose.set(purpose)
    if database and connection.vendor == "postgresql" and connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('posology.actor', %s, true), set_config('posology.purpose', %s, true)",
                ["" if actor == UNKNOWN else actor, purpose],
            )


def action(function: Callable[..., Any], *, purpose: str = "") -> Callable[..., Any]:
    """Run a function as one transaction in the name of its ``by``, at its aware moment ``at``.

    Everything it writes, and the audit of it, is committed together or not at all; the answer is
    given after the commit. No free text that it is given may hold a control character. The audit tells
    ``purpose``: the function's own name, or that of the action that it stands for.
    """
    purpose = purpose or f"{function.__module__.removeprefix('posology.clinic.')}.{function.__name__}"

    @functools.wraps(function)
    def run(*, by: Any, at: datetime, **rest: Any) -> Any:
        moment = check_aware(at, what="moment of the action")
        for name, given in rest.items():
            if name != "payload":  # an event's fields are read one by one, and each names itself
                for text in _texts(given):
                    check_text(text, field=name)
        outermost = not connection.in_atomic_block
        with transaction.atomic(), acting_as(by, purpose, to_the_end=outermost):
            return function(by=by, at=moment, **rest)

    return run


def _texts(given: Any) -> Iterator[str]:
    """Yield every text in what an action is given: itself, or within answers, reasons and records."""
    within: Iterable[Any] = ()
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        within = (*given, *given.values())
    elif isinstance(given, list | tuple):
        within = given
    elif is_dataclass(given) and not isinstance(given, type):
        within = [getattr(given, field.name) for field in fields(given)]
    for one in within:
        yield from _texts(one)


def register_functions(sender: Any, connection: Any, **_: Any) -> None:
    """Give SQLite's triggers the functions that PostgreSQL has of its own."""
    if connection.vendor != "sqlite":
        return
    raw = connection.connection
    raw.create_function("posology_actor", 0, _actor.get)
    raw.create_function("posology_purpose", 0, _purpose.get)
    raw.create_function("posology_sha256", 1, _sha256, deterministic=True)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

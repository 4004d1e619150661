"""Checks of the live database and of the settings: what they promise is read back, not believed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from posology.server.database_url import SQLITE_PRAGMAS
from posology.server.minutes import minutes_out_of_bounds
from posology.server.secrets import NO_KEY, SHORTEST
from posology.server.sqlite.engine import UnsafeEngine, check_engine


@register(Tags.database)
def database_keeps_what_it_acknowledges(
    databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Read back from each live connection what keeps an acknowledged write."""
    return [
        Error(fault, hint="Mend the database's settings; serving is refused until then.", id="posology.E001")
        for alias in databases or ()
        for fault in faults_of(connections[alias])
    ]


@register(Tags.security, deploy=True)
def settings_are_safe(**_: Any) -> list[CheckMessage]:
    """Tell each setting that a clinic may not run with."""
    return [Error(fault, id="posology.E002") for fault in unsafe_settings()]


def faults_of(connection: BaseDatabaseWrapper) -> list[str]:
    """Return a sentence for each promise that the live connection does not keep."""
    if connection.vendor == "sqlite":
        return [*_engine_faults(connection), *_sqlite_faults(connection)]
    if connection.vendor == "postgresql":
        return list(_postgresql_faults(connection))
    return [f"The database is {connection.vendor}. Use SQLite or PostgreSQL."]


def _engine_faults(connection: BaseDatabaseWrapper) -> list[str]:
    try:
        check_engine(_one(connection, "SELECT sqlite_version()", as_version=True))
    except UnsafeEngine as refusal:
        return [str(refusal)]
    return []


def _sqlite_faults(connection: BaseDatabaseWrapper) -> Iterable[str]:
    for name, wanted in SQLITE_PRAGMAS.items():
        found = _one(connection, f"PRAGMA {name}")
        if found is None and name == "mmap_size":
            continue  # a build without memory mapping answers nothing
        if found != wanted:
            yield f"SQLite's {name} is {found} on the live connection where {wanted} is needed."
    if getattr(connection, "transaction_mode", None) != "IMMEDIATE":
        yield "SQLite's transactions are not IMMEDIATE, so two writers would meet 'database is locked'."


def _postgresql_faults(connection: BaseDatabaseWrapper) -> Iterable[str]:
    # A stricter setting than "on" keeps the promise too.
    for name, allowed in {
        "synchronous_commit": {"on", "remote_apply"},
        "fsync": {"on"},
        "full_page_writes": {"on"},
    }.items():
        found = _one(connection, f"SHOW {name}")
        if found not in allowed:
            yield f"PostgreSQL's {name} is {found} on the live connection where on is needed."


def _one(connection: BaseDatabaseWrapper, sql: str, *, as_version: bool = False) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    value = row[0] if row else None
    if as_version:
        return tuple(int(part) for part in str(value).split(".")[:3])
    return value


def unsafe_settings() -> list[str]:
    """Return a sentence for each unsafe setting; the demo may run with http, and nothing else."""
    faults = []
    if settings.DEBUG:
        faults.append("DEBUG is on, so an error would show records to anyone. Unset POSOLOGY_DEBUG.")
    if not settings.DEMO:
        if (
            settings.SECRET_KEY == NO_KEY
            or len(settings.SECRET_KEY) < SHORTEST
            or len(set(settings.SECRET_KEY)) < 10
        ):
            faults.append(f"SECRET_KEY is missing or weak. Set {SHORTEST} or more random characters.")
        if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
            faults.append("Cookies would travel over http. Unset POSOLOGY_HTTPS=0 and serve over https.")
    if not settings.SESSION_COOKIE_HTTPONLY:
        faults.append("The session cookie can be read by scripts. Set SESSION_COOKIE_HTTPONLY.")
    faults += minutes_out_of_bounds()
    if "*" in settings.ALLOWED_HOSTS or not settings.ALLOWED_HOSTS:
        faults.append("ALLOWED_HOSTS names no host or all of them. List this site's names.")
    return faults

"""DATABASE_URL turned into Django's settings, with the options that keep acknowledged writes."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from posology.quantities import DomainError

# What the live connection is asked for again at start: hazards H-35 and H-36.
SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: an acknowledged row outlives a power cut
    "foreign_keys": 1,
    "mmap_size": 0,
    "recursive_triggers": 1,  # INSERT OR REPLACE removes a row too, and the audit must see it
}


class UnreadableUrl(DomainError):
    """An address of a database that cannot be read."""

    code = "database-url"


def database_settings(url: str, *, test_file: Path) -> dict[str, Any]:
    """Read ``sqlite:///path`` or ``postgres://user:word@host:port/name``.

    Raises
    ------
    UnreadableUrl
        If it is neither; the address itself is not repeated, since it may hold a password.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and parts.path.strip("/"):
        return _sqlite(Path(unquote(parts.path[1:])), test_file)
    if parts.scheme in {"postgres", "postgresql"} and parts.path.strip("/"):
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        return {
            "ENGINE": "posology.server.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.pop("host", unquote(parts.hostname or "")),
            "PORT": str(parts.port or query.pop("port", "")),
            "OPTIONS": {**query, "prepare_threshold": _threshold(query.get("prepare_threshold", "5"))},
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
        }
    raise UnreadableUrl(
        "DATABASE_URL is not an address we can read, so there is nowhere to keep records. "
        "Write sqlite:////var/lib/posology/clinic.sqlite3 or postgres://user:word@host:5432/name."
    )


def _threshold(told: str) -> int | None:
    """Read after how many times PostgreSQL keeps the plan of a query that is put together once.

    A pooler that gives each transaction another connection finds no plan again: there it is to be ``off``.
    """
    if told == "off":
        return None
    if told.isdecimal() and told.isascii():
        return int(told)
    raise UnreadableUrl("prepare_threshold in DATABASE_URL is neither a number nor 'off'. Leave it out.")


def _sqlite(path: Path, test_file: Path) -> dict[str, Any]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "ENGINE": "posology.server.sqlite",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "; ".join(f"PRAGMA {name}={value}" for name, value in SQLITE_PRAGMAS.items()),
        },
        "CONN_MAX_AGE": None,  # the last one to close writes the whole log back into the file
        # A file, not memory: races and WAL mean nothing in memory.
        "TEST": {"NAME": str(test_file)},
    }

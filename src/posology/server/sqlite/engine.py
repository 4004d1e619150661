"""The SQLite engine this product runs on, put in place of Python's own before Django looks for it.

SQLite from 3.7.0 to 3.51.2 can corrupt a file in WAL mode when two connections write and checkpoint
at once (hazard H-36); Debian 12 ships such a one. The wheel ``pysqlite3`` carries a newer engine.
"""

import importlib
import sys

from posology.quantities import DomainError

OLDEST = (3, 51, 3)
# Fixes that were carried back into older lines: from this patch on they pass as well.
_BACKPORTED = {(3, 50): 7, (3, 44): 6}


class UnsafeEngine(DomainError):
    """The database engine could damage or lose records."""

    code = "unsafe-engine"


def put_in_place() -> None:
    """Replace ``sqlite3`` in ``sys.modules`` by the newer engine, where it is installed."""
    try:
        newer = importlib.import_module("pysqlite3")
    except ImportError:
        return  # the check below then looks at Python's own engine, and refuses it when it is too old
    sys.modules["sqlite3"] = newer
    sys.modules["sqlite3.dbapi2"] = importlib.import_module("pysqlite3.dbapi2")


def running_engine() -> tuple[int, int, int]:
    """Return the version of the engine that Django's backend will use."""
    version: tuple[int, int, int] = importlib.import_module("sqlite3").sqlite_version_info
    return version


def check_engine(version: tuple[int, int, int]) -> None:
    """Refuse an engine that has the WAL-reset fault.

    Raises
    ------
    UnsafeEngine
        With the version found and the one needed.
    """
    backport = _BACKPORTED.get(version[:2])
    if version >= OLDEST or (backport is not None and version[2] >= backport):
        return
    found, needed = ".".join(map(str, version)), ".".join(map(str, OLDEST))
    raise UnsafeEngine(
        f"The SQLite engine is {found}, which can damage a record file under load; {needed} or newer is "
        "needed. Install the package 'pysqlite3', or set DATABASE_URL to a PostgreSQL server."
    )

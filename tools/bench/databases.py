"""The two databases of a clinic, empty, every commit on disk, as environments for our own programs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.postgres import cluster


@contextmanager
def each(folder: str) -> Iterator[dict[str, dict[str, str]]]:
    """Yield the environment of a program on SQLite and of one on PostgreSQL; both are gone afterwards."""
    common = {
        **os.environ,
        "POSOLOGY_DATA": folder,
        "DJANGO_SETTINGS_MODULE": "posology.server.settings",
        "SECRET_KEY": "a synthetic key of the bench 0123456789 abcdefghij ABCDEFGHIJ klmnop",
    }
    with cluster() as server:
        yield {
            "SQLite": {**common, "DATABASE_URL": f"sqlite:///{folder}/clinic.sqlite3"},
            "PostgreSQL": {**common, "DATABASE_URL": server.url},
        }

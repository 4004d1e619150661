"""What must be true before the first request: safe settings, and a database that keeps its word."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from posology.clinic.audit.triggers import missing_triggers
from posology.quantities import DomainError
from posology.server.checks import faults_of, unsafe_settings


class StartRefused(DomainError):
    """The site is not fit to serve; the message lists what to mend."""

    code = "start-refused"


def check_start() -> None:
    """Refuse to serve where a setting, the engine, the database or its audit is not as it must be.

    Raises
    ------
    StartRefused
        With every fault found, a line each.
    """
    faults = [*unsafe_settings(), *faults_of(connection), *_schema_faults()]
    if faults:
        raise StartRefused("\n".join(faults))


def _schema_faults() -> list[str]:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return ["The database is not of this version. Run 'python -m posology.server migrate'."]
    missing = missing_triggers(connection)
    if missing:
        return [
            f"{len(missing)} audit triggers are missing ({missing[0]} …). "
            "Run 'python -m posology.server migrate'."
        ]
    return []

"""One generator of the audit's triggers, for both databases, from the models' own field lists.

Each clinical table has three triggers that write an entry for every row written by whatever path,
and the append-only ones have two more that refuse. Entries form one chain a session, and one a
clinic and day for the rest, so that writers in different rooms do not wait for each other.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from posology.clinic.audit import postgresql, sqlite
from posology.clinic.audit.plan import TablePlan

OWN_TABLE = "audit_entry"


def audited_models() -> list[type[models.Model]]:
    """Return every model of the clinic's apps but the audit's entries themselves."""
    return [
        model
        for model in apps.get_models()
        if model.__module__.startswith("posology.clinic.") and model._meta.db_table != OWN_TABLE
    ]


def plan_of(model: type[models.Model]) -> TablePlan:
    """Return what the triggers of one table have to know.

    Raises
    ------
    TypeError
        If the model does not say to which chain its rows belong.
    """
    session: str | None = getattr(model, "audit_session", None)
    clinic: str | None = getattr(model, "audit_clinic", None)
    if session is None and clinic is None:
        raise TypeError(
            f"{model.__name__} names neither audit_session nor audit_clinic, so its rows have no chain"
        )
    hidden = getattr(model, "audit_hidden", ())
    fields = model._meta.concrete_fields
    return TablePlan(
        table=model._meta.db_table,
        key=_column(model._meta.pk),
        columns=tuple(_column(f) for f in fields if f.name not in hidden),
        hidden=tuple(_column(f) for f in fields if f.name in hidden),
        session=session,
        clinic=clinic,
        append_only=bool(getattr(model, "append_only", False)),
        frozen=tuple(_column(f) for f in fields if _keeps(model, f.name)),
    )


def _keeps(model: type[models.Model], field: str) -> bool:
    """Say whether a field of a model whose rows may move on keeps what it was first given."""
    changing: tuple[str, ...] | None = getattr(model, "may_change", None)
    return changing is not None and field not in changing


def _column(field: Any) -> str:
    return str(field.column)


def plans() -> list[TablePlan]:
    """Return the plan of every audited table, and of the entries' own table, which only refuses."""
    own = TablePlan(OWN_TABLE, "id", (), (), None, None, append_only=True, written=False)
    return [own, *(plan_of(model) for model in audited_models())]


def _dialect(connection: BaseDatabaseWrapper) -> Any:
    return sqlite if connection.vendor == "sqlite" else postgresql


def install(connection: BaseDatabaseWrapper) -> int:
    """Make all triggers anew, and return how many there are now."""
    remove(connection)
    there = set(connection.introspection.table_names())
    wanted = [plan for plan in plans() if plan.table in there]
    dialect = _dialect(connection)
    _run(connection, [*dialect.SET_UP, *(sql for plan in wanted for sql in dialect.statements(plan))])
    return sum(len(plan.trigger_names) for plan in wanted)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take all of our triggers away; only before a migration, or to empty a database of tests."""
    dialect = _dialect(connection)
    _run(connection, [dialect.drop(name, table) for name, table in dialect.existing(connection)])


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of triggers that should be there and are not."""
    there = {name for name, _ in _dialect(connection).existing(connection)}
    return sorted(name for plan in plans() for name in plan.trigger_names if name not in there)


def _run(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)


def before_migrations(*, using: str, **_: Any) -> None:
    """Take the triggers away, so that a migration may rebuild a table."""
    remove(connections[using])


def after_migrations(*, using: str, **_: Any) -> None:
    """Make the triggers anew from the models as they are now."""
    connection = connections[using]
    if OWN_TABLE in connection.introspection.table_names():
        install(connection)

"""Queries that Django puts together once, and that are asked with other values each time.

To put a query together takes Django ten times as long as the database takes to answer it. Those that stand
in the way of every reading at a chair, a hundred a second, are put together at their first use and kept.
What they mean is still said in Django's own words, and what they answer with are the same models.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError

M = TypeVar("M", bound=Model)


class _Told(Expression):
    """The place of a value that is told when the query is asked."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


@dataclass(frozen=True)
class _Plan:
    """A query as one kind of database is asked it, and how its rows become models."""

    sql: str
    places: tuple[Any, ...]
    locks: bool
    converters: tuple[tuple[int, Sequence[Callable[..., Any]], Any], ...]
    model: type[Model]
    columns: slice
    names: tuple[str, ...]
    related: tuple[Any, ...]


class Prepared(Generic[M]):
    """One query of whole models, each time with other values.

    Parameters
    ----------
    build : callable
        Gives the query for as many values as it takes; the values are expressions there, for exact and
        comparing lookups. It is called once for each kind of database.
    fields : Field
        What each value is, as the model's own field would read it.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], *fields: Field) -> None:
        self._build, self._fields = build, fields
        self._plans: dict[str, _Plan] = {}

    def all(self, *values: Any) -> list[M]:
        """Return the models for these values, in the order that the query asks for.

        Raises
        ------
        TypeError
            If there are more or fewer values than the query takes.
        ValidationError
            For a value that its field cannot read, as by Django.
        TransactionManagementError
            If the query locks its rows outside a transaction.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        plan = self._plans.get(connection.vendor) or self._plan(connection)
        if len(values) != len(self._fields):
            raise TypeError(f"The query takes {len(self._fields)} values and was given {len(values)}.")
        if plan.locks and not connection.in_atomic_block:
            raise TransactionManagementError("A row is locked within a transaction only.")
        sent = [
            field.get_db_prep_value(value, connection)
            for field, value in zip(self._fields, values, strict=True)
        ]
        try:
            rows = _rows(plan, sent, connection)
        except NotSupportedError:
            # PostgreSQL kept a plan of before a migration that changed a column. A new connection keeps none.
            if connection.in_atomic_block:
                connection.close_at = 0.0  # when this transaction, which has failed, is over
                raise
            connection.close()
            rows = _rows(plan, sent, connection)
        return list(_models(plan, rows, connection))

    def one(self, *values: Any) -> M | None:
        """Return the first model for these values, or nothing; raises as :meth:`all`."""
        return next(iter(self.all(*values)), None)

    def _plan(self, connection: BaseDatabaseWrapper) -> _Plan:
        query = self._build(*(_Told(index) for index in range(len(self._fields))))
        if hasattr(query, "check_scope"):
            query.check_scope()
        compiler: Any = query.query.get_compiler(connection=connection)
        sql, places = compiler.as_sql()
        populators: Any = get_related_populators
        start, end = compiler.klass_info["select_fields"][0], compiler.klass_info["select_fields"][-1] + 1
        told = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        plan = _Plan(
            sql,
            tuple(places),
            query.query.select_for_update and connection.features.has_select_for_update,
            tuple((place, by, expression) for place, (by, expression) in told.items()),
            compiler.klass_info["model"],
            slice(start, end),
            tuple(column[0].target.attname for column in compiler.select[start:end]),
            tuple(populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)),
        )
        self._plans[connection.vendor] = plan
        return plan


def _rows(plan: _Plan, sent: Sequence[Any], connection: BaseDatabaseWrapper) -> Sequence[Sequence[Any]]:
    with _cursor(connection) as cursor:
        cursor.execute(plan.sql, [sent[p.index] if isinstance(p, _Told) else p for p in plan.places])
        rows: Sequence[Sequence[Any]] = cursor.fetchall()
    return rows


def _cursor(connection: BaseDatabaseWrapper) -> Any:
    """Return a cursor; PostgreSQL's sends the values beside the text, so that a query is planned once."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    from django.db.backends.postgresql import base

    connection.close_if_health_check_failed()
    connection.ensure_connection()
    django: Any = connection  # its stubs leave out what is used here
    cursor: Any = base
    with connection.wrap_database_errors:
        return django._prepare_cursor(cursor.ServerBindingCursor(django.connection))


def _models(plan: _Plan, rows: Sequence[Sequence[Any]], connection: BaseDatabaseWrapper) -> Iterator[Any]:
    """Yield the model of each row, and what it refers to, as Django's own reading does."""
    for row in map(list, rows):
        for place, converters, expression in plan.converters:
            for convert in converters:
                row[place] = convert(row[place], expression, connection)
        model = plan.model.from_db(DEFAULT_DB_ALIAS, plan.names, row[plan.columns])
        for populator in plan.related:
            populator.populate(row, model)
        yield model

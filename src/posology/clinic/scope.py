"""Each clinic sees only its own: a query that was not told whose it is raises when it is evaluated."""

from typing import Any, Self

from django.db import models


class UnscopedQuery(RuntimeError):
    """A fault of ours, not of the user: a query forgot whose patients it is about."""


class ScopedQuerySet(models.QuerySet):
    """Rows that belong to a clinic. Say :meth:`for_clinic` (or :meth:`everywhere`) before reading."""

    scope_path = ""
    _scope: str | None = None

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._scope = self._scope
        clone.scope_path = self.scope_path
        return clone

    def for_clinic(self, clinic: Any) -> Self:
        """Return the rows of one clinic only."""
        rows = self.filter(**{self.scope_path: clinic})
        rows._scope = f"clinic {getattr(clinic, 'pk', clinic)}"
        return rows

    def everywhere(self, *, because: str) -> Self:
        """Return the rows of every clinic; the reason stands in the code for whoever reviews it."""
        rows = self.all()
        rows._scope = because
        return rows

    def check_scope(self) -> None:
        """Raise where nobody said yet whose rows these are."""
        if self._scope is None:
            raise UnscopedQuery(
                f"A query on {self.model.__name__} was evaluated without a scope, "
                "so it would read every clinic's rows. Say for_clinic(…) first."
            )

    def _fetch_all(self) -> None:
        self.check_scope()
        super()._fetch_all()

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        self.check_scope()
        return super().resolve_expression(*args, **kwargs)


def _guarded(name: str) -> Any:
    def method(self: ScopedQuerySet, *args: Any, **kwargs: Any) -> Any:
        self.check_scope()
        return getattr(super(ScopedQuerySet, self), name)(*args, **kwargs)

    method.__name__ = name
    return method


# Everything of QuerySet that reaches the database without passing _fetch_all.
GUARDED = ("iterator", "aiterator", "aggregate", "count", "exists", "contains", "update", "_update", "delete",
           "_raw_delete", "explain", "bulk_update", "in_bulk", "raw")  # fmt: skip
for _name in GUARDED:
    setattr(ScopedQuerySet, _name, _guarded(_name))


def scoped(path: str) -> Any:
    """Return a manager whose rows belong to the clinic found along ``path`` ("patient__clinic")."""
    queryset = type("ScopedQuerySet", (ScopedQuerySet,), {"scope_path": path})
    return models.Manager.from_queryset(queryset)()

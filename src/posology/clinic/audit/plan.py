"""What a table's triggers have to know, and how an entry's hash is made: the same in both databases."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

PREFIX = "posology_"
# ASCII's unit separator: JSON escapes it and names may not hold it, so fields cannot run together.
SEPARATOR = "\x1f"
# The fields of an entry that its hash covers, in order.
HASHED = (
    "previous_hash",
    "chain",
    "position",
    "table_name",
    "row_id",
    "action",
    "old",
    "new",
    "actor",
    "purpose",
    "at",
)


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table: its columns, the SQL that finds its rows' session or clinic, and whether rows may change."""

    table: str
    key: str
    columns: tuple[str, ...]
    hidden: tuple[str, ...]
    session: str | None
    clinic: str | None
    append_only: bool
    frozen: tuple[str, ...] = ()  # columns that keep what they were first given
    written: bool = True

    @property
    def operations(self) -> tuple[str, ...]:
        """Return the operations that write an entry."""
        return ("INSERT", "UPDATE", "DELETE") if self.written else ()

    @property
    def refused(self) -> tuple[str, ...]:
        """Return the operations that the database refuses: no clinical row is ever removed (hazard H-56)."""
        return ("UPDATE", "DELETE") if self.append_only else ("DELETE",)

    @property
    def trigger_names(self) -> tuple[str, ...]:
        """Return the names that both databases use."""
        names = [self.name(op) for op in self.operations] + [self.refusal(op) for op in self.refused]
        return (*names, self.refusal("CHANGE")) if self.frozen else tuple(names)

    def name(self, operation: str) -> str:
        """Return the name of the trigger that writes."""
        return f"{PREFIX}audit_{self.table}_{operation.lower()}"

    def refusal(self, operation: str) -> str:
        """Return the name of the trigger that refuses."""
        return f"{PREFIX}keep_{self.table}_{operation.lower()}"

    def sentence(self, operation: str) -> str:
        """Return what the database says when it refuses."""
        if operation == "CHANGE":
            return f"What {self.table} was first given stays: no change. Record a new row."
        return f"{self.table} keeps its rows: no {operation}. Record a correction as a new row."


def hash_of(values: Sequence[str | int | None]) -> str:
    """Return the hash of an entry from the values of ``HASHED``, as the triggers compute it."""
    return hashlib.sha256(SEPARATOR.join("" if v is None else str(v) for v in values).encode()).hexdigest()

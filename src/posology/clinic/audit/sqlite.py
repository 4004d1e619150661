"""The audit's triggers in SQLite's words. The functions come from :mod:`posology.clinic.audit.acting`.

A program that opens the file without those functions cannot write a clinical table at all.
"""

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from posology.clinic.audit.plan import HASHED, PREFIX, TablePlan

SET_UP: tuple[str, ...] = ()
_ROW = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def statements(plan: TablePlan) -> Iterator[str]:
    """Yield the SQL that makes one table's triggers."""
    for operation in plan.operations:
        yield _writer(plan, operation)
    for operation in plan.refused:
        yield (
            f'CREATE TRIGGER "{plan.refusal(operation)}" BEFORE {operation} ON "{plan.table}" '
            f"BEGIN SELECT RAISE(ABORT, '{plan.sentence(operation)}'); END"
        )
    if plan.frozen:
        changed = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in plan.frozen)
        yield (
            f'CREATE TRIGGER "{plan.refusal("CHANGE")}" BEFORE UPDATE ON "{plan.table}" WHEN {changed} '
            f"BEGIN SELECT RAISE(ABORT, '{plan.sentence('CHANGE')}'); END"
        )


def drop(name: str, table: str) -> str:
    """Return the SQL that takes one trigger away."""
    return f'DROP TRIGGER IF EXISTS "{name}"'


def existing(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return name and table of each of our triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
        return [(name, table) for name, table in cursor.fetchall() if name.startswith(PREFIX)]


def _writer(plan: TablePlan, operation: str) -> str:
    row = _ROW[operation]
    hashed = " || char(31) || ".join(f"coalesce({name}, '')" for name in HASHED)
    return f"""
CREATE TRIGGER "{plan.name(operation)}" AFTER {operation} ON "{plan.table}" BEGIN
  INSERT INTO audit_entry
    (chain, position, table_name, row_id, action, old, new, actor, purpose, at, previous_hash, hash)
  SELECT chain, position, table_name, row_id, action, old, new, actor, purpose, at, previous_hash,
         posology_sha256({hashed})
  FROM (
    SELECT place.chain AS chain, coalesce(last.position, 0) + 1 AS position, '{plan.table}' AS table_name,
           CAST({row}."{plan.key}" AS TEXT) AS row_id, '{operation}' AS action,
           {_json(plan, "OLD") if operation != "INSERT" else "NULL"} AS old,
           {_json(plan, "NEW") if operation != "DELETE" else "NULL"} AS new,
           posology_actor() AS actor, posology_purpose() AS purpose,
           strftime('%Y-%m-%dT%H:%M:%fZ', 'now') AS at, coalesce(last.hash, '') AS previous_hash
    FROM (SELECT {_chain(plan, row)} AS chain) AS place
    LEFT JOIN audit_entry AS last ON last.chain = place.chain AND last.position =
      (SELECT max(position) FROM audit_entry WHERE chain = {_chain(plan, row)})
  );
END"""  # noqa: S608  (every name in it comes from the models)


def _chain(plan: TablePlan, row: str) -> str:
    if plan.session:
        return f"'session:' || lower({plan.session.format(row=row)})"
    clinic = (plan.clinic or "").format(row=row)
    return f"'clinic:' || coalesce(({clinic}), 'none') || ':' || strftime('%Y-%m-%d', 'now')"


def _json(plan: TablePlan, row: str) -> str:
    pairs = [f"'{column}', {row}.\"{column}\"" for column in plan.columns]
    pairs += [f"'{column}', 'hidden'" for column in plan.hidden]
    return f"json_object({', '.join(pairs)})"

"""The audit's triggers in PostgreSQL's words: one function a table and operation, in PL/pgSQL."""

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from posology.clinic.audit.acting import UNKNOWN
from posology.clinic.audit.plan import HASHED, PREFIX, TablePlan

_ROW = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
_REFUSE = f"""
CREATE OR REPLACE FUNCTION {PREFIX}refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $body$"""

# The lock on a chain is held to the end of the transaction, so that no other entry comes between.
_HASHED = " || chr(31) || ".join(f"coalesce({name}::text, '')" for name in HASHED)
_APPEND = f"""
CREATE OR REPLACE FUNCTION {PREFIX}append(
  the_chain text, table_name text, row_id text, action text, old text, new text
) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  chain text := the_chain;
  position bigint;
  previous_hash text;
  actor text := coalesce(nullif(current_setting('posology.actor', true), ''), '{UNKNOWN}');
  purpose text := coalesce(current_setting('posology.purpose', true), '');
  at text := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(the_chain, 0));
  SELECT e.position, e.hash INTO position, previous_hash
    FROM audit_entry e WHERE e.chain = the_chain ORDER BY e.position DESC LIMIT 1;
  position := coalesce(position, 0) + 1;
  previous_hash := coalesce(previous_hash, '');
  INSERT INTO audit_entry
    (chain, position, table_name, row_id, action, old, new, actor, purpose, at, previous_hash, hash)
  VALUES
    (chain, position, table_name, row_id, action, old, new, actor, purpose, at, previous_hash,
     encode(sha256(convert_to({_HASHED}, 'UTF8')), 'hex'));
END $body$"""  # noqa: S608  (every name in it is ours)

SET_UP = (_REFUSE, _APPEND)


def statements(plan: TablePlan) -> Iterator[str]:
    """Yield the SQL that makes one table's triggers and their functions."""
    for operation in plan.operations:
        yield _function(plan, operation)
        yield (
            f'CREATE TRIGGER "{plan.name(operation)}" AFTER {operation} ON "{plan.table}" '
            f'FOR EACH ROW EXECUTE FUNCTION "{plan.name(operation)}"()'
        )
    for operation in plan.refused:
        yield (
            f'CREATE TRIGGER "{plan.refusal(operation)}" BEFORE {operation} ON "{plan.table}" '
            f"FOR EACH ROW EXECUTE FUNCTION {PREFIX}refuse('{plan.sentence(operation)}')"
        )
    if plan.frozen:
        changed = " OR ".join(f'OLD."{c}" IS DISTINCT FROM NEW."{c}"' for c in plan.frozen)
        yield (
            f'CREATE TRIGGER "{plan.refusal("CHANGE")}" BEFORE UPDATE ON "{plan.table}" '
            f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION {PREFIX}refuse('{plan.sentence('CHANGE')}')"
        )
    # TRUNCATE passes row triggers by, so it is refused on every clinical table.
    yield (
        f'CREATE TRIGGER "{plan.refusal("TRUNCATE")}" BEFORE TRUNCATE ON "{plan.table}" '
        f"FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}refuse('{plan.sentence('TRUNCATE')}')"
    )


def drop(name: str, table: str) -> str:
    """Return the SQL that takes one trigger away."""
    return f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"'


def existing(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return name and table of each of our triggers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
        )
        return [(name, table) for name, table in cursor.fetchall() if name.startswith(PREFIX)]


def _function(plan: TablePlan, operation: str) -> str:
    row = _ROW[operation]
    return f"""
CREATE OR REPLACE FUNCTION "{plan.name(operation)}"() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM {PREFIX}append(
    {_chain(plan, row)}, '{plan.table}', replace({row}."{plan.key}"::text, '-', ''), '{operation}',
    {_json(plan, "OLD") if operation != "INSERT" else "NULL"},
    {_json(plan, "NEW") if operation != "DELETE" else "NULL"});
  RETURN NULL;
END $body$"""


def _chain(plan: TablePlan, row: str) -> str:
    if plan.session:
        return f"'session:' || replace(({plan.session.format(row=row)})::text, '-', '')"
    clinic = (plan.clinic or "").format(row=row)
    today = "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    return f"'clinic:' || coalesce(replace(({clinic})::text, '-', ''), 'none') || ':' || {today}"


def _json(plan: TablePlan, row: str) -> str:
    pairs = [f"'{column}', {row}.\"{column}\"" for column in plan.columns]
    pairs += [f"'{column}', 'hidden'" for column in plan.hidden]
    return f"jsonb_build_object({', '.join(pairs)})::text"

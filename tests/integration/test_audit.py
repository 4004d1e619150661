"""The audit: every way to write, every table, both databases; what stays is refused, tampering shows."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, models, transaction

from posology.clinic.audit import acting_as
from posology.clinic.audit.actions import record_view
from posology.clinic.audit.models import AuditEntry
from posology.clinic.audit.plan import HASHED, SEPARATOR, hash_of
from posology.clinic.audit.queries import chain_heads, entries_of, row_id_of, verify_chain
from posology.clinic.audit.triggers import audited_models, install, missing_triggers, plan_of, remove
from posology.clinic.orders.models import Course, OrderRow
from posology.clinic.outcomes.models import RiskTask
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.models import SessionRow
from tests import factories
from tests.cases import NOW
from tests.integration.clinic.rows import MAKERS, World

pytestmark = pytest.mark.django_db

Row = models.Model


@pytest.fixture
def world() -> World:
    return World()


def _rows(row: Row) -> models.QuerySet:
    # A plain queryset, so that the rules of our own do not stand before the triggers.
    return models.QuerySet(model=type(row)).filter(pk=row.pk)


def _prepared(row: Row) -> tuple[list[str], list[Any]]:
    fields = [f for f in row._meta.concrete_fields if not (f.primary_key and row.pk is None)]
    values = [f.get_db_prep_save(f.pre_save(row, add=True), connection) for f in fields]
    return [f'"{f.column}"' for f in fields], values


def _insert_sql(row: Row, *, verb: str = "INSERT", after: str = "") -> tuple[str, list[Any]]:
    columns, values = _prepared(row)
    places = ", ".join(["%s"] * len(columns))
    return f'{verb} INTO "{row._meta.db_table}" ({", ".join(columns)}) VALUES ({places}) {after}', values


def _execute(sql: str, values: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _executemany(row: Row) -> None:
    sql, values = _insert_sql(row)
    with connection.cursor() as cursor:
        cursor.executemany(sql, [values])


INSERTS: dict[str, Callable[[Row], None]] = {
    "save": lambda row: models.Model.save(row, force_insert=True),
    "bulk_create": lambda row: models.QuerySet(model=type(row)).bulk_create([row]) and None,
    "upsert": lambda row: _upsert(row),
    "raw": lambda row: _execute(*_insert_sql(row)),
    "executemany": _executemany,
}


def _upsert(row: Row) -> None:
    column = row._meta.pk.column
    _execute(
        *_insert_sql(row, after=f'ON CONFLICT ("{column}") DO UPDATE SET "{column}" = excluded."{column}"')
    )


def _column(row: Row) -> models.Field:
    return next(f for f in row._meta.concrete_fields if not f.primary_key)


def _raw_update(row: Row) -> None:
    column = _column(row).column
    _execute(
        f'UPDATE "{row._meta.db_table}" SET "{column}" = "{column}" WHERE "{row._meta.pk.column}" = %s',  # noqa: S608
        [row._meta.pk.get_db_prep_value(row.pk, connection)],
    )


def _conflicting_insert(row: Row) -> None:
    sql, values = _insert_sql(row)
    pk, column = row._meta.pk.column, _column(row).column
    _execute(f'{sql} ON CONFLICT ("{pk}") DO UPDATE SET "{column}" = excluded."{column}"', values)


UPDATES: dict[str, Callable[[Row], None]] = {
    "save": lambda row: models.Model.save(row, force_update=True),
    "save of one field": lambda row: models.Model.save(row, update_fields=[_column(row).name]),
    "update": lambda row: (
        _rows(row).update(**{_column(row).attname: getattr(row, _column(row).attname)}) and None
    ),
    "bulk_update": lambda row: _rows(row).bulk_update([row], [_column(row).name]) and None,
    "raw": _raw_update,
    "upsert": _conflicting_insert,
}


def _raw_delete(row: Row) -> None:
    _execute(
        f'DELETE FROM "{row._meta.db_table}" WHERE "{row._meta.pk.column}" = %s',  # noqa: S608
        [row._meta.pk.get_db_prep_value(row.pk, connection)],
    )


DELETES: dict[str, Callable[[Row], None]] = {
    "delete": lambda row: models.Model.delete(row) and None,
    "queryset": lambda row: _rows(row).delete() and None,
    "_raw_delete": lambda row: _rows(row)._raw_delete("default") and None,
    "raw": _raw_delete,
}


def test_every_table_has_a_row_to_try():
    assert set(MAKERS) == set(audited_models())
    assert missing_triggers(connection) == []


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("model", audited_models(), ids=lambda m: m._meta.db_table)
def test_every_way_to_write_leaves_its_entry(model, world, record_property):
    """ORM, bulk, upsert and raw SQL: one entry each, and none where the database refuses (N of N a table)."""
    tried = 0
    for way in INSERTS.values():
        _expect(way, world.row(model), "INSERT")
        tried += 1
    for action, ways in (("UPDATE", UPDATES), ("DELETE", DELETES)):
        for way in ways.values():
            row = world.row(model)
            models.Model.save(row, force_insert=True)
            if action in plan_of(model).refused:
                _expect_refused(way, row)
            else:
                _expect(way, row, action)
            tried += 1
    assert tried == len(INSERTS) + len(UPDATES) + len(DELETES)
    assert verify_chain().holds
    record_property("n", tried)  # of this table; the report adds the tables up


def _expect(way: Callable[[Row], None], row: Row, action: str) -> None:
    before = AuditEntry.objects.filter(table=row._meta.db_table).count()
    key = row.pk
    with acting_as("system:audit-test", "a way to write"):
        way(row)
    entries = AuditEntry.objects.filter(table=row._meta.db_table).order_by("-id")
    assert entries.count() == before + 1
    newest = entries[0]
    if key is not None:  # a key that the database makes is not known before
        assert newest.row_id == row_id_of(key)
    assert (newest.action, newest.actor, newest.purpose) == (action, "system:audit-test", "a way to write")
    assert (newest.old is None, newest.new is None) == (action == "INSERT", action == "DELETE")


def _expect_refused(way: Callable[[Row], None], row: Row) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(DatabaseError, match="keeps its rows"), transaction.atomic():
        way(row)
    assert AuditEntry.objects.count() == before
    assert _rows(row).exists()


@pytest.mark.sqlite
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
def test_replacing_a_row_is_refused(world, verb):
    """SQLite's REPLACE removes the old row without a word; recursive triggers make it a DELETE."""
    for model in audited_models():
        row = world.row(model)
        models.Model.save(row, force_insert=True)
        with pytest.raises(DatabaseError, match="keeps its rows"), transaction.atomic():
            _execute(*_insert_sql(row, verb=verb))


@pytest.mark.postgres
def test_copy_is_told_and_truncate_refused(world):
    row = world.row(Patient)
    columns, values = _prepared(row)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY patients_patient ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        copy.write_row(values)
    assert [e.action for e in entries_of("patients_patient", row.pk)] == ["INSERT"]
    _execute("SET CONSTRAINTS ALL IMMEDIATE")  # else PostgreSQL refuses for another reason
    for model in (*audited_models(), AuditEntry):
        with pytest.raises(DatabaseError, match="keeps its rows"), transaction.atomic():
            _execute(f'TRUNCATE "{model._meta.db_table}" CASCADE')


def test_a_write_in_nobodys_name_is_told_as_such(world):
    models.QuerySet(model=Patient).filter(pk=world.patient.pk).update(given_name="Synthetic")
    assert entries_of("patients_patient", world.patient.pk).last().actor == "unknown:database"


def test_a_name_ends_with_its_action(world):
    with acting_as(world.site.nurse, "outer"):
        with acting_as("system:inner"):
            pass
        models.QuerySet(model=Patient).filter(pk=world.patient.pk).update(given_name="One")
        with pytest.raises(ZeroDivisionError), transaction.atomic(), acting_as("system:failing"):
            raise ZeroDivisionError
        models.QuerySet(model=Patient).filter(pk=world.patient.pk).update(given_name="Two")
    models.QuerySet(model=Patient).filter(pk=world.patient.pk).update(given_name="Three")
    entries = list(entries_of("patients_patient", world.patient.pk))[-3:]
    nurse = f"user:{world.site.nurse.pk}"
    assert [e.actor for e in entries] == [nurse, nurse, "unknown:database"]


def test_actions_write_in_the_name_of_their_person(world):
    told = {e.purpose: e.actor for e in AuditEntry.objects.filter(actor__startswith="user:")}
    assert told["care.actions.sign_order"] == f"user:{world.site.prescriber.pk}"
    assert told["outcomes.actions.record_form"] == f"user:{world.site.nurse.pk}"
    assert not AuditEntry.objects.filter(actor="unknown:database").exists()


def test_a_password_is_never_in_an_entry(world):
    world.site.nurse.set_password("another synthetic phrase")
    world.site.nurse.save(update_fields=["password"])
    texts = AuditEntry.objects.filter(table="accounts_user").values_list("old", "new")
    assert not [t for pair in texts for t in pair if t and "argon2" in t]


@pytest.mark.requirement("SR-18")
def test_a_look_at_a_patient_is_told(world):
    record_view(patient_id=world.patient.pk, page="patient", by=world.site.nurse, at=NOW)
    entry = AuditEntry.objects.filter(table="audit_view").get()
    assert entry.actor == f"user:{world.site.nurse.pk}"
    assert entry.chain.startswith(f"clinic:{world.site.clinic.pk.hex}:")


def test_there_is_one_chain_a_session_and_one_a_clinic_and_day(world):
    other = factories.site("Another Synthetic Clinic")
    factories.patient(other)
    chains = set(AuditEntry.objects.values_list("chain", flat=True))
    day = AuditEntry.objects.first().at[:10]
    assert chains == {
        f"session:{world.order.session.pk.hex}",
        f"clinic:{world.site.clinic.pk.hex}:{day}",
        f"clinic:{other.clinic.pk.hex}:{day}",
    }


@pytest.mark.parametrize(
    "action", ["UPDATE audit_entry SET actor = 'system:other'", "DELETE FROM audit_entry"]
)
def test_an_entry_is_never_changed(world, action):
    with pytest.raises(DatabaseError, match="keeps its rows"), transaction.atomic():
        _execute(action)


def _forge(sql: str, values: list[Any]) -> None:
    """Do what only somebody with the database's own keys can do: take the triggers off, and edit."""
    remove(connection)
    _execute(sql, values)
    install(connection)


TEXT_FIELDS = ["chain", "table_name", "row_id", "action", "old", "new", "actor", "purpose", "at",
               "previous_hash", "hash"]  # fmt: skip


@pytest.mark.requirement("SR-19")
def test_a_changed_entry_is_found(world, record_property):
    """Each text field of six entries of an UPDATE and six of an INSERT is spoilt: found N of N."""
    for n in range(6):
        models.QuerySet(model=Patient).filter(pk=world.patient.pk).update(given_name=f"Ada {n}")
    entries = list(AuditEntry.objects.filter(action="UPDATE").order_by("-id")[:6])
    entries += list(AuditEntry.objects.filter(action="INSERT").order_by("id")[:6])
    assert len(entries) == 12
    tried = 0
    for entry in entries:
        for column in TEXT_FIELDS:
            with transaction.atomic():
                spoilt = f"CASE WHEN coalesce({column}, '') = '' THEN 'x' ELSE substr({column}, 2) || '~' END"
                _forge(f"UPDATE audit_entry SET {column} = {spoilt} WHERE id = %s", [entry.pk])  # noqa: S608
                assert not verify_chain().holds, (column, entry.pk)
                transaction.set_rollback(True)
            tried += 1
    assert verify_chain().holds
    record_property("n", tried)


@pytest.mark.requirement("SR-19")
def test_a_removed_entry_is_found(world, record_property):
    """Every seventh entry in turn; the last three of a chain by the head that was kept elsewhere."""
    heads = chain_heads()
    entries = list(AuditEntry.objects.order_by("id"))[::7]
    for entry in entries:
        with transaction.atomic():
            _forge("DELETE FROM audit_entry WHERE id = %s", [entry.pk])
            assert not verify_chain(heads=heads).holds
            transaction.set_rollback(True)
    with transaction.atomic():
        chain, (position, _) = max(heads.items(), key=lambda item: item[1][0])
        _forge("DELETE FROM audit_entry WHERE chain = %s AND position > %s", [chain, position - 3])
        assert verify_chain().holds
        assert [f.why for f in verify_chain(heads=heads).faults] == ["the end of the chain was cut off"]
        transaction.set_rollback(True)
    record_property("n", len(entries) + 1)


@pytest.mark.requirement("SR-19")
def test_a_chain_that_was_rebuilt_is_found_by_its_head(world):
    heads = chain_heads()
    chain = max(heads, key=lambda c: heads[c][0])
    remove(connection)
    previous = ""
    for entry in AuditEntry.objects.filter(chain=chain).order_by("position"):
        entry.actor, entry.previous_hash = "user:somebody-else", previous
        values = [getattr(entry, {"table_name": "table"}.get(name, name)) for name in HASHED]
        previous = entry.hash = hash_of(values)
        entry.save()
    install(connection)
    assert verify_chain().holds
    assert [f.chain for f in verify_chain(heads=heads).faults] == [chain]


def test_the_hash_is_what_it_is_said_to_be(world):
    entry = AuditEntry.objects.order_by("id").first()
    parts = ["", entry.chain, "1", entry.table, entry.row_id, "INSERT", "", entry.new]
    text = SEPARATOR.join([*parts, entry.actor, entry.purpose, entry.at])
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("model", [Course, OrderRow, SessionRow, RiskTask], ids=lambda m: m.__name__)
def test_what_a_row_was_first_given_stays(model, world):
    """Every column but those that may move on, by raw SQL."""
    row = world.row(model)
    models.Model.save(row, force_insert=True)
    frozen = plan_of(model).frozen
    assert len(frozen) == len(model._meta.concrete_fields) - len(model.may_change)
    for column in frozen:
        field = next(f for f in model._meta.concrete_fields if f.column == column)
        other = _another_value(field, row)
        with pytest.raises(DatabaseError, match="stays: no change"), transaction.atomic():
            _execute(
                f'UPDATE "{row._meta.db_table}" SET "{column}" = %s WHERE "id" = %s',  # noqa: S608
                [
                    field.get_db_prep_value(other, connection),
                    row._meta.pk.get_db_prep_value(row.pk, connection),
                ],
            )


def _another_value(field, row):
    if isinstance(field, models.ForeignKey | models.UUIDField):
        return uuid4()
    if isinstance(field, models.DateTimeField | models.DateField):
        return NOW + timedelta(days=900)
    if isinstance(field, models.DecimalField | models.IntegerField):
        return 7
    return "another"


def test_a_missing_trigger_is_noticed(world):
    name = plan_of(RiskTask).name("UPDATE")
    on = "" if connection.vendor == "sqlite" else f' ON "{RiskTask._meta.db_table}"'
    _execute(f'DROP TRIGGER "{name}"{on}')
    assert missing_triggers(connection) == [name]
    install(connection)


def test_a_model_without_a_chain_is_refused():
    class Stray(models.Model):
        class Meta:
            app_label = "audit"
            managed = False

    try:
        with pytest.raises(TypeError, match="no chain"):
            plan_of(Stray)
    finally:
        del __import__("django.apps", fromlist=["apps"]).apps.all_models["audit"]["stray"]


def test_a_name_that_would_break_the_chain_is_refused():
    for name in ("", "a\x1fb", "x" * 121):
        with pytest.raises(ValueError, match="audit"), acting_as(name):
            pass

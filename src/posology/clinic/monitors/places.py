"""The two statements that the listener runs for every batch, written out once.

Django would make each anew for each batch, which costs twice what the database takes to run it; at 500
messages a second on one core that is the difference between keeping up and not.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, models

from posology.clinic.accounts.models import Clinic
from posology.clinic.monitors.models import Association, MonitorDevice
from posology.clinic.monitors.routing import Joined, Place
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.models import SessionRow
from posology.treatment import FINAL


def places_of(clinic: Clinic, names: set[str]) -> dict[str, Place]:
    """Return the known ones among these monitors, each with its chair and the session it is joined to."""
    if not names:
        return {}
    key = clinic.pk.hex if connection.vendor == "sqlite" else clinic.pk
    with connection.cursor() as cursor:
        cursor.execute(_select(len(names)), [key, *names])
        return {row[0]: _place(row) for row in cursor.fetchall()}


@lru_cache(maxsize=128)
def _select(n_names: int) -> str:
    device, association, session, patient = (
        model._meta.db_table for model in (MonitorDevice, Association, SessionRow, Patient)
    )
    marks = ", ".join(["%s"] * n_names)
    return (
        "SELECT d.name, d.id, d.chair, s.id, s.chair, s.phase, a.made_at, "  # noqa: S608  (names of ours)
        "p.identifier, p.family_name, p.born_on "
        f'FROM "{device}" d '
        f'LEFT JOIN "{association}" a ON a.device_id = d.id AND a.ended_at IS NULL '
        f'LEFT JOIN "{session}" s ON s.id = a.session_id '
        f'LEFT JOIN "{patient}" p ON p.id = s.patient_id '
        f"WHERE d.clinic_id = %s AND d.name IN ({marks})"
    )


def _place(row: tuple[Any, ...]) -> Place:
    _, device, chair, session, at_chair, phase, made_at, number, family, born_on = row
    if session is None:
        return Place(_uuid(device), chair, None)
    joined = Joined(_uuid(session), at_chair, phase in FINAL, _moment(made_at), number, family, _day(born_on))
    return Place(_uuid(device), chair, joined)


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _moment(value: datetime | str) -> datetime:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)  # SQLite keeps UTC without saying so


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def insert(model: type[models.Model], rows: Iterable[models.Model]) -> None:
    """Write new rows with one prepared statement."""
    columns = _writers(model, connection.vendor)
    values = [[write(getattr(row, name)) for name, write in columns] for row in rows]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(_insert(model), values)


@lru_cache(maxsize=8)
def _writers(model: type[models.Model], vendor: str) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Return each column's attribute, and how its value is handed over; PostgreSQL takes it as it is."""
    found: list[tuple[str, Callable[[Any], Any]]] = []
    for f in model._meta.concrete_fields:
        kind = f.target_field if isinstance(f, models.ForeignKey) else f
        write = _AS_TEXT.get(type(kind), _as_it_is) if vendor == "sqlite" else _as_it_is
        found.append((f.attname, write))
    return tuple(found)


def _as_it_is(value: Any) -> Any:
    return value


# As Django itself writes them for SQLite: 32 hex digits, and UTC without saying so.
_AS_TEXT: dict[type[models.Field], Callable[[Any], Any]] = {
    models.UUIDField: lambda v: None if v is None else v.hex,
    models.DateTimeField: lambda v: None if v is None else str(v.astimezone(UTC).replace(tzinfo=None)),
}


@lru_cache(maxsize=8)
def _insert(model: type[models.Model]) -> str:
    names = ", ".join(f'"{f.column}"' for f in model._meta.concrete_fields)
    marks = ", ".join("%s" for _ in model._meta.concrete_fields)
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})'  # noqa: S608  (names of ours)

"""The two statements that the listener runs for every batch, written out once, and the rows it writes.

Django would make each anew for each batch, which costs twice what the database takes to run it, and would
set up every row as a model, which costs as much again; at 500 messages a second on one core that is the
difference between keeping up and not. Constraints, triggers and the audit are the database's, and hold.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from secrets import randbits
from typing import Any
from uuid import UUID

from django.db import connection, models

from posology.clinic.accounts.models import Clinic
from posology.clinic.monitors.models import Association, MonitorDevice
from posology.clinic.monitors.routing import Joined, Place
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.models import SessionRow
from posology.treatment import FINAL

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


def key_at(at: datetime) -> UUID:
    """Return a new key that sorts by its moment (RFC 9562, version 7).

    Keys in no order would have each row change another page of each index: a commit of eight messages then
    writes three times as much, and more as the tables grow.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    return UUID(int=milliseconds << 80 | 7 << 76 | randbits(12) << 64 | 2 << 62 | randbits(62))


@dataclass(slots=True)
class MessageRow:
    """A new row of ``MonitorMessage``: its columns by their names."""

    id: UUID
    clinic_id: UUID
    sender: str
    control_id: str
    sha256: str
    body: str
    received_at: datetime
    ack: str
    answer: str
    remarks: str


@dataclass(slots=True)
class ReadingRow:
    """A new row of ``MonitorReading``: its columns by their names."""

    id: UUID
    clinic_id: UUID
    message_id: UUID
    name: str
    device_id: UUID | None
    chair: int | None
    session_id: UUID | None
    reason: str
    sign: str
    value: Decimal | None
    unit: str
    sent: str
    method: str
    code: str
    position: int
    status: str
    marks: str
    flags: str
    why: str
    measured_at: datetime | None
    received_at: datetime


def insert(model: type[models.Model], rows: Iterable[MessageRow | ReadingRow]) -> None:
    """Write new rows in one go; on PostgreSQL by COPY, which calls every trigger as an INSERT does."""
    values = [values_of(row, model, connection.vendor) for row in rows]
    if not values:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(_insert(model), values)
            return
        with connection.wrap_database_errors, cursor.copy(_copy(model)) as written:
            for row in values:
                written.write_row(row)


def values_of(row: object, model: type[models.Model], vendor: str) -> Sequence[Any]:
    """Return the values of a row's columns as the database takes them; PostgreSQL takes them as they are."""
    read, texts = _columns(model, vendor)
    found = read(row)
    if not texts:
        return found
    values = list(found)
    for n, write in texts:
        if values[n] is not None:
            values[n] = write(values[n])
    return values


@lru_cache(maxsize=8)
def _columns(
    model: type[models.Model], vendor: str
) -> tuple[Callable[[object], tuple[Any, ...]], tuple[tuple[int, Callable[[Any], str]], ...]]:
    """Return what reads a row's values in the order of its columns, and which of them become texts."""
    texts = []
    for n, f in enumerate(model._meta.concrete_fields):
        kind = f.target_field if isinstance(f, models.ForeignKey) else f
        if vendor == "sqlite" and type(kind) in _AS_TEXT:
            texts.append((n, _AS_TEXT[type(kind)]))
    return attrgetter(*(f.attname for f in model._meta.concrete_fields)), tuple(texts)


# As Django itself writes them for SQLite: 32 hex digits, and UTC without saying so.
_AS_TEXT: dict[type[models.Field], Callable[[Any], str]] = {
    models.UUIDField: lambda v: str(v.hex),
    models.DateTimeField: lambda v: str(v.astimezone(UTC).replace(tzinfo=None)),
}


def _names(model: type[models.Model]) -> str:
    return ", ".join(f'"{f.column}"' for f in model._meta.concrete_fields)


@lru_cache(maxsize=8)
def _copy(model: type[models.Model]) -> str:
    return f'COPY "{model._meta.db_table}" ({_names(model)}) FROM STDIN'


@lru_cache(maxsize=8)
def _insert(model: type[models.Model]) -> str:
    marks = ", ".join("%s" for _ in model._meta.concrete_fields)
    return f'INSERT INTO "{model._meta.db_table}" ({_names(model)}) VALUES ({marks})'  # noqa: S608  (names of ours)

"""The folds of sessions that this process has open: a log is read once, and then only what came after.

What is kept is named by the last hash of its chain. It stands for the first so many events of the log and
for no others, so a reader whose transaction sees another log, or less of it, is never told of what it does
not see: it replays from the store. Nothing here is believed that the store does not say.
"""

import json
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import IntegerField, Q, UUIDField

from posology.clinic.prepared import Prepared
from posology.clinic.sessions.models import EventRow
from posology.treatment import Event, EventKind, Running, SessionState, load_payload

MOST_KEPT = 400  # sessions: a day of a large clinic; the longest unread ones are let go
_AT_ONCE = 200  # sessions of one query: SQLite bounds how deep a condition may be


@dataclass(frozen=True, slots=True)
class Log:
    """A session's log as this transaction sees it: its events, their fold, and the end of its chain."""

    events: tuple[Event, ...]
    state: SessionState
    position: int  # of the last event; 0 where there is none
    hash: str  # of the last event; empty where there is none


@dataclass(slots=True)
class _Kept:
    running: Running
    position: int
    hash: str


_FROM = Prepared(
    lambda session, position: (
        EventRow.objects.everywhere(because="events of a session that was scoped when it was read")
        .filter(session=session, position__gte=position)
        .order_by("position")
    ),
    UUIDField(),
    IntegerField(),
)

# Where each log ends. Django would write a condition for each session, and read every event's text; no rows
# are found but those of sessions that were scoped when they were read.
_ENDS = """
SELECT one.session_id, one.position, one.hash FROM %s JOIN treatment_sessions_eventrow AS one
ON one.session_id = asked.session
AND one.position = (SELECT MAX(position) FROM treatment_sessions_eventrow WHERE session_id = asked.session)
"""
_ENDS_BY = {
    "sqlite": _ENDS % "(SELECT value AS session FROM json_each(%s)) AS asked",
    "postgresql": _ENDS % "unnest(%s::uuid[]) AS asked (session)",
}

_kept: OrderedDict[UUID, _Kept] = OrderedDict()
_lock = Lock()


def event_of(row: EventRow) -> Event:
    """Return a stored event as the library's own."""
    return Event(
        id=row.pk,
        session_id=row.session_id,
        sequence=row.sequence,
        kind=EventKind(row.kind),
        payload=load_payload(row.kind, json.loads(row.payload)),
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        author=str(row.author_id),
        version=row.version,
    )


def log_of(session_id: UUID) -> Log:
    """Return one session's log."""
    return logs_of([session_id])[session_id]


def logs_of(session_ids: Iterable[UUID]) -> dict[UUID, Log]:
    """Return the log of each session.

    Of many sessions the store is first asked where each log ends: most stand here just so. The others are
    read from one query for every 200 of them, and one for those new here.
    """
    keys = list(dict.fromkeys(session_ids))
    found = _standing(keys) if len(keys) > 1 else {}
    return found | _read([key for key in keys if key not in found])


def _standing(keys: Sequence[UUID]) -> dict[UUID, Log]:
    """Return the log of each session that is kept to the end that the store has."""
    ends = _ends_of(keys)
    found: dict[UUID, Log] = {}
    with _lock:
        for key in keys:
            kept = _kept.get(key)
            if kept is not None and (kept.position, kept.hash) == ends.get(key, (0, "")):
                _kept.move_to_end(key)
                found[key] = _log(kept.running, None, kept.position, kept.hash)
    return found


def _ends_of(keys: Sequence[UUID]) -> dict[UUID, tuple[int, str]]:
    """Return the place and the hash of the last event of each session that has one."""
    field = EventRow._meta.get_field("session")
    sent: Any = [field.get_db_prep_value(key, connection) for key in keys]
    if connection.vendor == "sqlite":
        sent = json.dumps(sent)
    with connection.cursor() as cursor:
        cursor.execute(_ENDS_BY[connection.vendor], [sent])
        rows = cursor.fetchall()
    return {key if isinstance(key, UUID) else UUID(key): (position, end) for key, position, end in rows}


def _read(keys: Sequence[UUID]) -> dict[UUID, Log]:
    """Return the log of each session, read from where the kept ones end."""
    with _lock:
        known = {key: (_kept[key].position, _kept[key].hash) for key in keys if key in _kept}
    later = _rows_from({key: place for key, (place, _) in known.items()})
    whole = [key for key in keys if key not in known or not _goes_on(later[key], *known[key])]
    rows = _rows_from(dict.fromkeys(whole, 0))
    return {
        key: _begun(key, rows[key]) if key in rows else _gone_on(key, later[key], known[key]) for key in keys
    }


def add(log: Log, row: EventRow) -> Log:
    """Return a log with the entry that was just stored after it, which no store need be asked for.

    If its transaction is undone, the next reader finds another end in the store, and reads the whole.
    """
    with _lock:
        kept = _kept.get(row.session_id)
        if kept is not None and (kept.position, kept.hash) == (log.position, log.hash):
            kept.running.take(event_of(row))
            kept.position, kept.hash = row.position, row.hash
            return _log(kept.running, row, 0, "")
    return log_of(row.session_id)


def forget() -> None:
    """Let go of everything that is kept."""
    with _lock:
        _kept.clear()


def _rows_from(places: dict[UUID, int]) -> dict[UUID, list[EventRow]]:
    """Return the rows of each session from a position on, the one at that position included."""
    if len(places) == 1:  # as at a chair, a hundred times a second
        return defaultdict(list, {key: _FROM.all(key, place) for key, place in places.items()})
    found: dict[UUID, list[EventRow]] = defaultdict(list)
    rows = EventRow.objects.everywhere(because="events of sessions that were scoped when they were read")
    sessions = list(places)
    for start in range(0, len(sessions), _AT_ONCE):
        wanted = Q()
        for key in sessions[start : start + _AT_ONCE]:
            wanted |= Q(session=key, position__gte=places[key])
        for row in rows.filter(wanted).order_by("session", "position"):
            found[row.session_id].append(row)
    return defaultdict(list, {key: found[key] for key in places})


def _goes_on(rows: Sequence[EventRow], position: int, last_hash: str) -> bool:
    """Say whether the log that is seen holds all that is kept, and nothing in its place."""
    if position == 0:
        return True
    return bool(rows) and rows[0].position == position and rows[0].hash == last_hash


def _begun(key: UUID, rows: Sequence[EventRow]) -> Log:
    running = Running(event_of(row) for row in rows)
    log = _log(running, rows[-1] if rows else None, 0, "")
    with _lock:
        _keep(key, _Kept(running, log.position, log.hash))
    return log


def _gone_on(key: UUID, rows: Sequence[EventRow], known: tuple[int, str]) -> Log:
    position, last_hash = known
    new = [row for row in rows if row.position > position]
    with _lock:
        kept = _kept.get(key)
        if kept is not None and (kept.position, kept.hash) == known:
            kept.running.take(*map(event_of, new))
            log = _log(kept.running, new[-1] if new else None, position, last_hash)
            _keep(key, _Kept(kept.running, log.position, log.hash))
            return log
    # Another thread went on with it meanwhile: what this one sees is read whole.
    return _begun(key, _rows_from({key: 0})[key])


def _log(running: Running, last: EventRow | None, position: int, last_hash: str) -> Log:
    if last is not None:
        position, last_hash = last.position, last.hash
    return Log(running.events, running.state, position, last_hash)


def _keep(key: UUID, kept: _Kept) -> None:
    _kept[key] = kept
    _kept.move_to_end(key)
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)

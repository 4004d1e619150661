"""What sessions gave, read from their events anew each time; nothing of it is stored by the ledger."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet

from posology.clinic.accounts.models import Clinic
from posology.clinic.ledger.rules import day_at, end_of
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.knowledge import Substance
from posology.treatment import Event, EventKind, load_payload, replay
from posology.treatment.ledger import Dose, Lot
from posology.treatment.ledger_doses import MOVES_NOTHING, doses_of

GIVES = (EventKind.ADMINISTRATION_STARTED, EventKind.DEVICE_GIVEN, EventKind.DOSE_GIVEN)
_NAMES_A_LOT = (*GIVES, EventKind.CORRECTED)
# A session's order is for its own day; what is told later, or around midnight, still belongs to it.
_AROUND = timedelta(days=2)
_AT_ONCE = 200  # sessions, or lots, of one query: SQLite bounds how deep a condition may be


@dataclass(frozen=True, slots=True)
class Given:
    """The doses of some sessions up to a moment, and those sessions."""

    doses: tuple[Dose, ...]
    sessions: dict[UUID, SessionRow]


def sessions_between(clinic: Clinic, start: datetime, end: datetime) -> set[UUID]:
    """Return the sessions that may have given something between two moments; a dose is given on its day."""
    rows = SessionRow.objects.for_clinic(clinic).filter(
        scheduled_at__gte=start - _AROUND, scheduled_at__lte=end + _AROUND
    )
    return set(rows.values_list("pk", flat=True))


def sessions_naming(clinic: Clinic, lots: Iterable[Lot], since: datetime, at: datetime) -> set[UUID]:
    """Return the sessions between two moments whose events, or whose corrections, name one of these lots."""
    numbers = sorted({lot.number for lot in lots})
    rows = EventRow.objects.for_clinic(clinic).filter(
        kind__in=_NAMES_A_LOT,
        session__scheduled_at__gte=since - _AROUND,
        session__scheduled_at__lte=at + _AROUND,
    )
    found: set[UUID] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        told = [f'"lot": {json.dumps(n, ensure_ascii=False)}' for n in numbers[start : start + _AT_ONCE]]
        named = reduce(or_, (Q(payload__contains=text) for text in told))
        found |= set(rows.filter(named).values_list("session_id", flat=True).distinct())
    return found


def given_in(
    clinic: Clinic, keys: Iterable[UUID], *, since: datetime, at: datetime, known: Given | None = None
) -> Given:
    """Return what these sessions gave from one moment to another, as it counts now.

    What ``known`` tells of a session already is not read again.
    """
    doses = list(known.doses) if known else []
    sessions = dict(known.sessions) if known else {}
    wanted = sorted(key for key in keys if key not in sessions)
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        events = _events(part)
        for row in _sessions(clinic, part):
            mine = _doses(row, events[row.pk], clinic, at) if row.pk in events else ()
            doses += [dose for dose in mine if (dose.began_at or dose.at) >= since]
            sessions[row.pk] = row
    return Given(tuple(doses), sessions)


def _sessions(clinic: Clinic, keys: Sequence[UUID]) -> QuerySet[SessionRow]:
    rows = SessionRow.objects.for_clinic(clinic).filter(pk__in=keys)
    return rows.select_related("order", "patient")


_COLUMNS = (
    "id", "session_id", "sequence", "kind", "payload", "occurred_at", "recorded_at", "author_id", "version"
)  # fmt: skip


def _events(keys: Sequence[UUID]) -> dict[UUID, list[Event]]:
    """Return the events of some sessions that move the drug, as plain rows: a year has many."""
    found: dict[UUID, list[Event]] = defaultdict(list)
    rows = EventRow.objects.everywhere(because="events of sessions that were scoped when they were read")
    rows = rows.filter(session__in=keys).exclude(kind__in=MOVES_NOTHING).order_by("session", "position")
    for key, session, sequence, kind, payload, occurred_at, recorded_at, author, version in rows.values_list(
        *_COLUMNS
    ):
        found[session].append(
            Event(
                id=key,
                session_id=session,
                sequence=sequence,
                kind=EventKind(kind),
                payload=load_payload(kind, json.loads(payload)),
                occurred_at=occurred_at,
                recorded_at=recorded_at,
                author=str(author),
                version=version,
            )
        )
    return found


def _doses(row: SessionRow, events: Sequence[Event], clinic: Clinic, at: datetime) -> tuple[Dose, ...]:
    # As it was signed, or as it stands even if somebody altered it: what was given is in the ledger.
    order = json.loads(row.order.body)
    return doses_of(
        replay(events),
        session=row.pk,
        product_id=order["product_id"],
        substance=Substance(order["substance"]),
        day_ends=lambda moment: end_of(day_at(clinic, moment), clinic),
        at=at,
    )

"""What sessions gave, read from their events anew each time; nothing of it is stored by the ledger."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet

from posology.clinic.accounts.models import Clinic
from posology.clinic.sessions.folds import event_of
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.knowledge import Substance
from posology.treatment import Event, EventKind, replay
from posology.treatment.ledger import Dose, Lot
from posology.treatment.ledger_doses import MOVES_NOTHING, doses_of

GIVES = (EventKind.ADMINISTRATION_STARTED, EventKind.DEVICE_GIVEN, EventKind.DOSE_GIVEN)
_NAMES_A_LOT = (*GIVES, EventKind.CORRECTED)
_AT_ONCE = 200  # sessions, or lots, of one query: SQLite bounds how deep a condition may be


@dataclass(frozen=True, slots=True)
class Given:
    """The doses of some sessions up to a moment, and those sessions."""

    doses: tuple[Dose, ...]
    sessions: dict[UUID, SessionRow]


def sessions_since(clinic: Clinic, since: datetime) -> set[UUID]:
    """Return the sessions of which something was recorded since a moment that gave the drug.

    By when the server stored it: an entry that came late, or a correction, belongs among them.
    """
    rows = EventRow.objects.for_clinic(clinic).filter(kind__in=_NAMES_A_LOT, recorded_at__gte=since)
    return set(rows.values_list("session_id", flat=True).distinct())


def sessions_naming(clinic: Clinic, lots: Iterable[Lot], since: datetime) -> set[UUID]:
    """Return the sessions whose events, or whose corrections, name one of these lots, since a moment."""
    numbers = sorted({lot.number for lot in lots})
    rows = EventRow.objects.for_clinic(clinic).filter(kind__in=_NAMES_A_LOT, recorded_at__gte=since)
    found: set[UUID] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        told = [f'"lot": {json.dumps(n, ensure_ascii=False)}' for n in numbers[start : start + _AT_ONCE]]
        named = reduce(or_, (Q(payload__contains=text) for text in told))
        found |= set(rows.filter(named).values_list("session_id", flat=True).distinct())
    return found


def given_in(clinic: Clinic, keys: Iterable[UUID], *, since: datetime, at: datetime) -> Given:
    """Return what these sessions gave from one moment to another, as it counts now."""
    wanted = sorted(keys)
    doses: list[Dose] = []
    sessions: dict[UUID, SessionRow] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        events = _events(clinic, part)
        for row in _sessions(clinic, part):
            mine = _doses(row, events[row.pk], at)
            doses += [dose for dose in mine if dose.at >= since]
            sessions[row.pk] = row
    return Given(tuple(doses), sessions)


def _sessions(clinic: Clinic, keys: Sequence[UUID]) -> QuerySet[SessionRow]:
    rows = SessionRow.objects.for_clinic(clinic).filter(pk__in=keys)
    return rows.select_related("order", "patient")


def _events(clinic: Clinic, keys: Sequence[UUID]) -> dict[UUID, list[Event]]:
    found: dict[UUID, list[Event]] = defaultdict(list)
    rows = EventRow.objects.for_clinic(clinic).filter(session__in=keys)
    for row in rows.exclude(kind__in=MOVES_NOTHING).order_by("position"):
        found[row.session_id].append(event_of(row))
    return found


def _doses(row: SessionRow, events: Sequence[Event], at: datetime) -> tuple[Dose, ...]:
    # As it was signed, or as it stands even if somebody altered it: what was given is in the ledger.
    order = json.loads(row.order.body)
    return doses_of(
        replay(events),
        session=row.pk,
        product_id=order["product_id"],
        substance=Substance(order["substance"]),
        at=at,
    )

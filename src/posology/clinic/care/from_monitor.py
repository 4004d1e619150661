"""A person confirms what the monitor sent: only then is it an entry of the session, and counts.

Values of one moment make one entry, dated when they were measured, in the name of the person, resting on the
readings that were looked at. Nothing is confirmed that the page did not offer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from posology.clinic.accounts.models import User
from posology.clinic.care.together import Entered, record_together
from posology.clinic.monitors.actions import MonitorRefused
from posology.clinic.monitors.models import MonitorReading
from posology.clinic.monitors.proposals import Proposal, by_moment, ids_of, proposals
from posology.clinic.monitors.queries import readings_of, rows_by_id
from posology.clinic.sessions.actions import Recorded
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import session_for
from posology.quantities import Quantity
from posology.treatment import EventError, EventKind, FieldFault, NeedsConfirmation, read_payload


def confirm_readings(
    *,
    session_id: UUID,
    form_id: UUID,
    reading_ids: Sequence[UUID],
    confirmed: Collection[str] = (),
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> tuple[Recorded, ...]:
    """Record readings of the session's monitors that a person looked at; a second send changes nothing.

    ``confirmed`` holds a word such as ``systolic=188`` for each unusual value that was confirmed by itself.

    Raises
    ------
    MonitorRefused
        If a reading is not this session's, or cannot be confirmed any more.
    FormRefused
        With the questions on unusual values that were not confirmed; then nothing is recorded.
    """
    session = session_for(by, session_id)
    first = EventRow.objects.for_clinic(by.clinic_id).filter(pk=form_id).first()
    offered = _offered(session, reading_ids, first.recorded_at if first else at)
    entered = [
        Entered(
            form_id if n == 0 else uuid5(form_id, str(n)),
            EventKind.READING_TAKEN,
            _payload(group, confirmed),
            max(p.at for p in group),
        )
        for n, group in enumerate(by_moment(offered))
    ]
    return record_together(
        session_id=session.pk, entered=entered, page_patient_id=page_patient_id, by=by, at=at
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one unusual value: the sentence, and the word by which it alone is confirmed."""

    sentence: str
    word: str
    shown: str


def questions_of(offered: Sequence[Proposal]) -> tuple[Question, ...]:
    """Return a question for each value that is unusual; only a person answers it."""
    found = []
    for group in by_moment(offered):
        told = {p.field: p for p in group}
        payload = {p.field: p.whole for p in group if p.whole is not None}
        for fault in _asked(payload):
            one = told[fault.field]
            found.append(Question(fault.message, word_of(fault.field, one.whole or 0), _told(one)))
    return tuple(found)


def _told(one: Proposal) -> str:
    """Write a value as the monitor shows it, and what it becomes where that differs."""
    told, whole = one.row.value or Decimal(0), Decimal(one.whole or 0)
    shown = f"{Quantity(told, one.row.unit)} on the monitor"
    return f"{shown}, recorded as {Quantity(whole, one.row.unit)}" if one.was_rounded else shown


def word_of(field: str, whole: int) -> str:
    """Return the word by which one unusual value is confirmed, and no other."""
    return f"{field}={whole}"


def _offered(session: SessionRow, reading_ids: Sequence[UUID], at: datetime) -> tuple[Proposal, ...]:
    rows = rows_by_id(session, reading_ids)
    if not rows or len(rows) != len(set(reading_ids)):
        raise MonitorRefused(
            "These are not readings of this session's monitors, so nothing was recorded. Reload the page."
        )
    gone = _gone(session, rows, at)
    found = proposals([rows[key] for key in dict.fromkeys(reading_ids)], at=at)
    refused = [f"{p.row.sent}: {p.why_not}" for p in found if p.why_not]
    if gone or refused:
        raise MonitorRefused(
            "Nothing was recorded. "
            + " ".join([*refused, *(["The monitor has taken a value back."] if gone else [])])
            + " Reload the page and look again."
        )
    return found


def _gone(session: SessionRow, rows: dict[UUID, MonitorReading], at: datetime) -> bool:
    """Say whether the monitor has since told that there is no value for one of these."""
    empty = {row.sign: row.received_at for row in readings_of(session, at=at) if row.value is None}
    return any(row.sign in empty and empty[row.sign] >= row.received_at for row in rows.values())


def _payload(group: tuple[Proposal, ...], confirmed: Collection[str]) -> dict[str, Any]:
    values = {p.field: p.whole for p in group if p.whole is not None}
    payload: dict[str, Any] = {**values, "from_monitor": [str(key) for key in ids_of(group)]}
    asked = {fault.field for fault in _asked(payload)}
    words = {word_of(field, whole) for field, whole in values.items() if field in asked}
    payload["confirmed_extreme"] = bool(asked) and words <= set(confirmed)
    return payload


def _asked(payload: Mapping[str, Any]) -> tuple[FieldFault, ...]:
    try:
        read_payload(EventKind.READING_TAKEN, payload)
    except NeedsConfirmation as question:
        return question.faults
    except EventError:
        return ()  # what is wrong with it is told when it is recorded
    return ()

"""One form, several events: recorded together or not at all, each under its own id.

A gate has a dozen answers and a reading its sedation score; a person sends them once. A second send finds
the first, moment included: who leaves the moment open means *now*, and now was when it was first sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from posology.clinic.accounts.models import User
from posology.clinic.audit import action
from posology.clinic.care.session import PURPOSE, record_into
from posology.clinic.sessions.actions import Recorded
from posology.clinic.sessions.holding import hold
from posology.clinic.sessions.queries import known_events
from posology.quantities import DomainError
from posology.treatment import EventError, EventKind, FieldFault, NeedsConfirmation, read_payload


@dataclass(frozen=True, slots=True)
class Entered:
    """One event of a form. ``occurred_at`` is ``None`` for *now, by the server's clock*.

    ``happened_before`` tells of what was done earlier, beyond what any policy could still prevent.
    """

    event_id: UUID
    kind: EventKind
    payload: Mapping[str, Any]
    occurred_at: datetime | None = None
    happened_before: bool = False


class FormRefused(DomainError):
    """What is wrong, or asks for a second look, in a whole form: for each event by its id, field by field."""

    code = "session-form"

    def __init__(
        self, faults: Mapping[UUID, tuple[FieldFault, ...]], questions: Mapping[UUID, tuple[FieldFault, ...]]
    ) -> None:
        self.faults = faults
        self.questions = questions
        told = (f.message for group in (*faults.values(), *questions.values()) for f in group)
        super().__init__(" ".join(told))


@partial(action, purpose=PURPOSE)
def record_together(
    *,
    session_id: UUID,
    entered: Sequence[Entered],
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> tuple[Recorded, ...]:
    """Record the events of one form in their order; a second send returns the first answers.

    Raises
    ------
    FormRefused
        If any content cannot be true, or is unusual and was not confirmed; then nothing is recorded.
    NotAllowed, CheckFailed, LimitExceeded, NotPermitted, NotFound, WrongPatient, Conflict
        As of ``record_event``, for the first that is refused; then nothing is recorded.
    """
    _check_contents(entered)
    held = hold(by, session_id)
    known = known_events([e.event_id for e in entered])
    return tuple(
        record_into(
            held,
            event_id=event.event_id,
            kind=event.kind,
            payload=event.payload,
            occurred_at=event.occurred_at
            or (known[event.event_id].occurred_at if event.event_id in known else at),
            happened_before=event.happened_before,
            page_patient_id=page_patient_id,
            is_held=True,
            is_new=event.event_id not in known,
            by=by,
            at=at,
        )
        for event in entered
    )


def _check_contents(entered: Sequence[Entered]) -> None:
    """Read every content before the first is recorded, so that all faults are told at once."""
    faults: dict[UUID, tuple[FieldFault, ...]] = {}
    questions: dict[UUID, tuple[FieldFault, ...]] = {}
    for event in entered:
        try:
            read_payload(event.kind, event.payload)
        except EventError as refusal:
            faults[event.event_id] = refusal.faults
        except NeedsConfirmation as question:
            questions[event.event_id] = question.faults
    if faults or questions:
        raise FormRefused(faults, questions)

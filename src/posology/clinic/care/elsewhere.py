"""Doses given elsewhere beside the sessions of this clinic: what came back from our record counts once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posology.case import EarlierDose, UndatedDose
from posology.clinic.accounts.models import User
from posology.clinic.assessments.elsewhere import dose_of, rows_of, standing_rows
from posology.clinic.assessments.models import ElsewhereRow
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import sessions_of, states_of
from posology.treatment import SessionState

Dose = EarlierDose | UndatedDose


def doses_elsewhere(
    patient: Patient,
    sessions: Iterable[SessionRow],
    states: Mapping[UUID, SessionState],
    *,
    as_of: datetime | None = None,
) -> tuple[tuple[EarlierDose, ...], tuple[UndatedDose, ...]]:
    """Return the doses given elsewhere that stand, those with a moment apart from those without.

    A file may bring back what this clinic gave: a dose that names one of its sessions, or an order of one, is
    that session's. Only where something is on record for it; else the dose would count nowhere.
    """
    ours = _names_of(sessions, states)
    doses = [dose_of(row) for row in standing_rows(rows_of(patient, as_of=as_of))]
    told = [dose for dose in doses if not ours & set(dose.identifiers)]
    return (
        tuple(sorted((d for d in told if isinstance(d, EarlierDose)), key=lambda d: d.at)),
        tuple(d for d in told if isinstance(d, UndatedDose)),
    )


def ours_among(patient: Patient, doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """Return those of a file's doses that are sessions of this clinic."""
    rows = list(sessions_of(patient))
    ours = _names_of(rows, states_of(rows))
    return tuple(dose for dose in doses if ours & set(dose.identifiers))


def ours_apart(patient: Patient, doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """Return a file's doses without those that are sessions of this clinic."""
    ours = ours_among(patient, doses)
    return tuple(dose for dose in doses if dose not in ours)


@dataclass(frozen=True, slots=True)
class ToldElsewhere:
    """One entry on the list: whether another took its place, and whether it is a session of our own."""

    row: ElsewhereRow
    stands: bool
    ours: bool

    @property
    def counts(self) -> bool:
        """Whether the limits count it, or ask what is not known of it."""
        return self.stands and not self.ours


def told_elsewhere(by: User, patient: Patient) -> tuple[ToldElsewhere, ...]:
    """Return every entry of a dose given elsewhere, newest first.

    Raises
    ------
    NotFound, NotPermitted
        If this person may not look at it.
    """
    check_can(by, "view_patient", patient)
    rows = rows_of(patient)
    if not rows:
        return ()
    stands = {row.pk for row in standing_rows(rows)}
    sessions = list(sessions_of(patient))
    ours = _names_of(sessions, states_of(sessions))
    return tuple(
        ToldElsewhere(row, row.pk in stands, bool(ours & set(row.identifiers))) for row in reversed(rows)
    )


def _names_of(sessions: Iterable[SessionRow], states: Mapping[UUID, SessionState]) -> set[str]:
    given = [row for row in sessions if states[row.pk].started_at is not None]
    return {
        name
        for row in given
        for name in (f"uuid:{row.pk}", f"session:{row.pk}", f"uuid:{row.order_id}", f"order:{row.order_id}")
    }

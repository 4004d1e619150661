"""The assessment as it stands: every latest answer, what is open, and what is odd about an entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from posology.case import Case, Fact, Missing
from posology.clinic.accounts.models import User
from posology.clinic.assessments.models import FactRow, MedicationRow
from posology.clinic.care.queries import advice_of, case_of
from posology.clinic.care.standing import open_questions
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.protocols.plausible import Doubt, entry_doubts


@dataclass(frozen=True, slots=True)
class Asking:
    """What is known and what is open, at one moment."""

    case: Case
    open: Mapping[str, Missing]
    as_of: datetime

    def latest(self, key: str) -> Fact | None:
        """Return the answer that counts, however old, also where it is *not known*."""
        return next(iter(self.case.all_of(key)), None)

    def doubts(self, entered: Sequence[Fact]) -> tuple[Doubt, ...]:
        """Return what asks for a second look before it is recorded."""
        return entry_doubts(self.case, entered, as_of=self.as_of)


def asking_of(by: User, patient: Patient, *, as_of: datetime) -> Asking:
    """Return the state of a patient's assessment.

    Raises
    ------
    NotFound, NotPermitted
        If this person may not look at it.
    """
    check_can(by, "view_patient", patient)
    case = case_of(patient, as_of=as_of)
    open_now = open_questions(case, advice_of(patient, case, as_of=as_of), as_of=as_of)
    return Asking(case, {m.key: m for m in open_now}, as_of)


def is_recorded(patient: Patient, ids: Sequence[UUID]) -> bool:
    """Say whether all of these entries stand in the record already, as after a double click."""
    facts = FactRow.objects.for_clinic(patient.clinic_id).filter(patient=patient, pk__in=ids).count()
    drugs = MedicationRow.objects.for_clinic(patient.clinic_id).filter(patient=patient, pk__in=ids).count()
    return bool(ids) and facts + drugs == len(set(ids))

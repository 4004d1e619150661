"""Recording facts, drugs and imports. Each carries the id its client made; a second send changes nothing."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from posology import fhir
from posology.case import Answer, Case, CaseError, Fact, Medication, Sex, check_case
from posology.clinic.accounts.models import User
from posology.clinic.assessments.elsewhere import keep_imported
from posology.clinic.assessments.models import FactRow, ImportRow, MedicationRow
from posology.clinic.assessments.queries import fact_of
from posology.clinic.assessments.values import to_json
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict, WrongPatient, check_page_patient
from posology.clinic.locks import lock_patient
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.knowledge import load_library


@dataclass(frozen=True, slots=True)
class NewFact:
    """One answer with the id that its client made."""

    id: UUID
    fact: Fact


@dataclass(frozen=True, slots=True)
class NewMedication:
    """One drug with the id that its client made."""

    id: UUID
    medication: Medication


@action
def record_facts(
    *,
    patient: Patient,
    facts: Sequence[NewFact],
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> tuple[FactRow, ...]:
    """Record answers, all or none; an answer whose id is known already stays as it was.

    Raises
    ------
    CaseError
        If one cannot be true, is dated after ``at``, or is no question of ours.
    Conflict
        If an id is known and says something else.
    """
    check_can(by, "record_facts", patient)
    check_page_patient(page_patient_id, patient)
    lock_patient(patient)
    _check_true(patient, [n.fact for n in facts], (), at)
    return tuple(_keep_fact(patient, new, by, at) for new in facts)


@action
def record_medications(
    *,
    patient: Patient,
    medications: Sequence[NewMedication],
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> tuple[MedicationRow, ...]:
    """Record drugs, all or none; a drug whose id is known already stays as it was."""
    check_can(by, "record_medications", patient)
    check_page_patient(page_patient_id, patient)
    lock_patient(patient)
    _check_true(patient, (), [n.medication for n in medications], at)
    return tuple(_keep_medication(patient, new, by, at) for new in medications)


@action
def import_bundle(
    *,
    patient: Patient,
    import_id: UUID,
    bundle: dict[str, Any],
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> ImportRow:
    """Read a FHIR bundle into a patient's record, and keep what was understood and what was not.

    Raises
    ------
    FhirError, CaseError
        If the bundle cannot be read, or is of somebody with another birth day or sex.
    """
    check_can(by, "import_bundle", patient)
    check_page_patient(page_patient_id, patient)
    lock_patient(patient)
    known = ImportRow.objects.for_clinic(patient.clinic_id).filter(pk=import_id).first()
    if known is not None:
        return _same_patient(known, patient)
    here = at.astimezone(ZoneInfo(patient.clinic.zone))
    read = fhir.read_bundle(bundle, as_of=here, jurisdiction=patient.clinic.jurisdiction)
    check_same_person(patient, read.case)
    _check_true(patient, read.case.facts, read.case.medications, at)
    for n, fact in enumerate(read.case.facts):
        _keep_fact(patient, NewFact(uuid5(import_id, f"fact {n}"), fact), by, at)
    for n, medication in enumerate(read.case.medications):
        _keep_medication(patient, NewMedication(uuid5(import_id, f"drug {n}"), medication), by, at)
    keep_imported(patient, import_id, read.doses, read.not_given, by=by, at=at)
    return ImportRow.objects.create(
        id=import_id,
        patient=patient,
        sha256=hash_of_bundle(bundle),
        understood=[{"what": u.what, "shown": u.shown, "resource": u.resource} for u in read.understood],
        not_understood=[{"resource": n.resource, "why": n.why} for n in read.not_understood],
        imported_by=by,
        at=at,
    )


def hash_of_bundle(bundle: Any) -> str:
    """Return the hash under which a read file is known again."""
    return hashlib.sha256(json.dumps(bundle, sort_keys=True, default=str).encode()).hexdigest()


def check_same_person(patient: Patient, case: Case) -> None:
    """Refuse a file that is of somebody with another birth day or sex.

    Raises
    ------
    CaseError
        Naming both.
    """
    if case.born_on is not None and case.born_on != patient.born_on:
        raise CaseError(
            f"The file is of somebody born on {case.born_on}, and this patient on {patient.born_on}, "
            "so nothing was read. Check that it is this patient's file."
        )
    if case.sex not in {Sex.UNKNOWN, Sex(patient.sex)}:
        raise CaseError(
            f"The file is of somebody whose sex is {case.sex}, and this patient's is {patient.sex}. "
            "Check that it is this patient's file."
        )


def _check_true(
    patient: Patient, facts: Sequence[Fact], medications: Sequence[Medication], at: datetime
) -> None:
    if any(len(m.text.strip()) == 0 for m in medications):
        raise CaseError("A drug has no name. Write its name, or leave the line out.")
    case = Case(
        patient.born_on, Sex(patient.sex), patient.clinic.jurisdiction, tuple(facts), tuple(medications)
    )
    check_case(case, load_library(), as_of=at)


def _keep_fact(patient: Patient, new: NewFact, by: User, at: datetime) -> FactRow:
    fact = new.fact
    known = FactRow.objects.for_clinic(patient.clinic_id).filter(pk=new.id).first()
    if known is not None:
        _same_patient(known, patient)
        if (fact_of(known).key, fact_of(known).value) != (fact.key, fact.value):
            raise Conflict(
                f"This entry of {fact.key} was recorded before with another value. Enter it as a new one."
            )
        return known
    return FactRow.objects.create(
        id=new.id,
        patient=patient,
        key=fact.key,
        value=to_json(fact.value),
        at=fact.at,
        origin_kind=fact.origin.kind,
        origin_detail=fact.origin.detail[:200],
        entered_by=by,
        recorded_at=at,
    )


def _keep_medication(patient: Patient, new: NewMedication, by: User, at: datetime) -> MedicationRow:
    medication = new.medication
    known = MedicationRow.objects.for_clinic(patient.clinic_id).filter(pk=new.id).first()
    if known is not None:
        _same_patient(known, patient)
        if (known.text, known.active) != (medication.text, medication.active):
            raise Conflict(
                "This entry of a drug was recorded before with another content. Enter it as a new one."
            )
        return known
    return MedicationRow.objects.create(
        id=new.id,
        patient=patient,
        text=medication.text.strip()[:300],
        rxnorm=medication.rxnorm,
        active=Answer(medication.active),
        at=medication.at,
        origin_kind=medication.origin.kind,
        origin_detail=medication.origin.detail[:200],
        entered_by=by,
        recorded_at=at,
    )


def _same_patient(row: Any, patient: Patient) -> Any:
    if row.patient_id != patient.pk:
        raise WrongPatient("This entry was recorded for another patient. Open that patient's record.")
    return row


@action
def record_assessment(
    *,
    patient: Patient,
    facts: Sequence[NewFact],
    medications: Sequence[NewMedication] = (),
    by: User,
    at: datetime,
) -> tuple[tuple[FactRow, ...], tuple[MedicationRow, ...]]:
    """Record what one page of the assessment sent, answers and drugs together or not at all."""
    rows = record_facts(patient=patient, facts=facts, by=by, at=at) if facts else ()
    drugs = record_medications(patient=patient, medications=medications, by=by, at=at) if medications else ()
    return rows, drugs

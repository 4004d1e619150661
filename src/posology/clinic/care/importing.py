"""Reading a FHIR file into a record: shown first, recorded when somebody says so, risk answers and all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from posology import fhir
from posology.case import Case, EarlierDose, MeasuredScore, Missing, UndatedDose
from posology.clinic.accounts.models import User
from posology.clinic.assessments.actions import check_same_person, hash_of_bundle, import_bundle
from posology.clinic.assessments.elsewhere import news_in, rows_of
from posology.clinic.assessments.models import ImportRow
from posology.clinic.assessments.queries import imports_of
from posology.clinic.audit import action
from posology.clinic.care.elsewhere import ours_among, ours_apart
from posology.clinic.care.queries import advice_of, at_site, case_of
from posology.clinic.care.standing import open_questions
from posology.clinic.outcomes.actions import record_form
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.fhir import Import
from posology.knowledge import load_library


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file holds for one patient, before any of it is recorded."""

    read: Import
    bundle: dict[str, Any]
    names_agree: bool
    still_open: tuple[Missing, ...]  # what would be missing after it
    totals_only: tuple[MeasuredScore, ...]  # scores without their answers; they are not recorded
    read_before: ImportRow | None  # the very same file
    counted_before: tuple[EarlierDose | UndatedDose, ...] = ()  # doses that the record counts already


def preview_of(by: User, patient: Patient, text: str, *, as_of: datetime) -> Preview:
    """Read a file for a patient, and record nothing.

    Raises
    ------
    FhirError, CaseError
        If it cannot be read, or is of somebody with another birth day or sex.
    """
    check_can(by, "import_bundle", patient)
    bundle = fhir.read_json(text)
    here = at_site(patient, as_of)
    read = fhir.read_bundle(bundle, as_of=here, jurisdiction=patient.clinic.jurisdiction)
    check_same_person(patient, read.case)
    news = news_in(patient, read.doses, read.not_given, rows=rows_of(patient))
    together = _together(case_of(patient, as_of=as_of), read.case, ours_apart(patient, news.to_count))
    return Preview(
        read=read,
        bundle=bundle,
        names_agree=_names_agree(patient, read),
        still_open=open_questions(together, advice_of(patient, together, as_of=as_of), as_of=as_of),
        totals_only=tuple(s for s in read.case.scores if not _has_answers(s)),
        read_before=imports_of(patient).filter(sha256=hash_of_bundle(bundle)).first(),
        counted_before=(*news.said_before, *ours_among(patient, news.to_count)),
    )


def _together(known: Case, read: Case, doses: Sequence[EarlierDose | UndatedDose]) -> Case:
    return replace(
        known,
        facts=(*known.facts, *read.facts),
        medications=(*known.medications, *read.medications),
        scores=(*known.scores, *read.scores),
        earlier=(*known.earlier, *(d for d in doses if isinstance(d, EarlierDose))),
        undated=(*known.undated, *(d for d in doses if isinstance(d, UndatedDose))),
    )


def _names_agree(patient: Patient, read: Import) -> bool:
    families = {name.split(",")[0].strip().casefold() for name in read.patient.names}
    return patient.family_name.casefold() in families


def _has_answers(score: MeasuredScore) -> bool:
    measure = load_library().measures.get(score.instrument)
    return (
        measure is not None
        and len(score.answers) == len(measure.items)
        and any(answer is not None for answer in score.answers)
    )


@action
def import_file(*, patient: Patient, import_id: UUID, preview: Preview, by: User, at: datetime) -> ImportRow:
    """Record what a file holds: facts and drugs, and each form with its answers.

    A form raises its risk answers here as anywhere (hazard H-19). A second send of one id changes nothing.
    """
    row: ImportRow = import_bundle(patient=patient, import_id=import_id, bundle=preview.bundle, by=by, at=at)
    for form_id, score in _forms(import_id, preview.read.case):
        record_form(
            form_id=form_id,
            patient=patient,
            instrument=score.instrument,
            answers=score.answers,
            answered_at=score.at,
            by=by,
            at=at,
        )
    return row


def _forms(import_id: UUID, case: Case) -> Iterator[tuple[UUID, MeasuredScore]]:
    for n, score in enumerate(case.scores):
        if _has_answers(score):
            yield uuid5(import_id, f"form {n}"), score

"""Recording a form, and the life of the tasks of risk answers: the answer decides, not the total."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.conf import settings

from posology.clinic.accounts import permissions
from posology.clinic.accounts.models import User
from posology.clinic.audit import action
from posology.clinic.conflicts import Conflict, WrongPatient, check_page_patient
from posology.clinic.locks import lock_of_clinic, lock_patient
from posology.clinic.outcomes.models import CompletedForm, RiskTask
from posology.clinic.patients.models import Patient
from posology.clinic.patients.permissions import check_can
from posology.measures import Score, ScoreError, score
from posology.quantities import DomainError, check_aware


class RiskTaskError(DomainError):
    """A task that cannot be taken or closed like this."""

    code = "risk-task"


@action
def record_form(
    *,
    form_id: UUID,
    patient: Patient,
    instrument: str,
    answers: Sequence[int | None] | Mapping[int, int | None],
    answered_at: datetime,
    page_patient_id: UUID | str | None = None,
    by: User,
    at: datetime,
) -> CompletedForm:
    """Record a form, whole or in part, and raise a task for each risk answer in the same transaction.

    Raises
    ------
    ScoreError
        If the answers are not answers of this instrument, or lie in the future.
    Conflict
        If the id is known with other answers.
    """
    check_can(by, "record_form", patient)
    check_page_patient(page_patient_id, patient)
    scored = score(instrument, answers)
    when = check_aware(answered_at, what="moment of the form")
    if when > at:
        raise ScoreError(f"The form is dated {when:%Y-%m-%d %H:%M} UTC, which lies ahead. Correct its date.")
    lock_patient(patient)
    known = CompletedForm.objects.for_clinic(patient.clinic_id).filter(pk=form_id).first()
    if known is not None:
        return _first_answer(known, patient, scored)
    form = CompletedForm.objects.create(
        id=form_id,
        patient=patient,
        instrument=scored.instrument,
        version=scored.version,
        answers=list(scored.answers),
        total=scored.total,
        maximum=scored.maximum,
        band=scored.band,
        at=when,
        recorded_at=at,
        by=by,
    )
    _raise_tasks(form, scored, at)
    return form


def _first_answer(known: CompletedForm, patient: Patient, scored: Score) -> CompletedForm:
    if known.patient_id != patient.pk:
        raise WrongPatient("This form was recorded for another patient. Open that patient's record.")
    if (known.instrument, tuple(known.answers)) != (scored.instrument, scored.answers):
        raise Conflict(
            "This form was recorded before with other answers. Record the new answers as a new form."
        )
    return known


def _raise_tasks(form: CompletedForm, scored: Score, at: datetime) -> None:
    for answer in scored.risk:
        RiskTask.objects.create(
            id=uuid5(form.pk, f"risk {answer.item}"),
            patient_id=form.patient_id,
            form=form,
            item=answer.item,
            say=answer.say,
            raised_at=at,
            due_at=at + timedelta(minutes=settings.RISK_TASK_DUE_MINUTES),
        )


@action
def take_risk_task(*, task_id: UUID, by: User, at: datetime) -> RiskTask:
    """Make a person the owner of a task; taking it over from a colleague is allowed and audited."""
    permissions.check(by, "take_risk_task")
    task = lock_of_clinic(RiskTask, task_id, by, what="task")
    _check_open(task)
    if task.owner_id != by.pk:
        task.owner = by
        task.save(update_fields=["owner"])
    return task


@action
def close_risk_task(*, task_id: UUID, note: str, by: User, at: datetime) -> RiskTask:
    """Close one task, with what was done; each is closed alone.

    Raises
    ------
    RiskTaskError
        If nobody owns it, it is closed by somebody else already, or nothing is said of what was done.
    """
    permissions.check(by, "close_risk_task")
    task = lock_of_clinic(RiskTask, task_id, by, what="task")
    done = " ".join(note.split())
    if task.closed_at is not None and (task.closed_by_id, task.closing_note) == (by.pk, done):
        return task
    _check_open(task)
    if task.owner_id is None:
        raise RiskTaskError("Nobody has taken this task. Take it first, then say what was done.")
    if not done or len(done) > 500:
        raise RiskTaskError("Say in 1 to 500 characters what was done.")
    task.closed_at, task.closed_by, task.closing_note = at, by, done
    task.save(update_fields=["closed_at", "closed_by", "closing_note"])
    return task


def _check_open(task: RiskTask) -> None:
    if task.closed_at is not None:
        raise RiskTaskError("This task is closed already. Open the form to see what was done.")

"""Forms and risk tasks: the answer decides, on partial forms too, and each task ends by itself."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.conflicts import Conflict, WrongPatient
from posology.clinic.outcomes.actions import RiskTaskError, close_risk_task, record_form, take_risk_task
from posology.clinic.outcomes.models import CompletedForm, RiskTask
from posology.clinic.outcomes.queries import open_risk_tasks, risk_task_for, risk_tasks_of, scores_of
from posology.measures import ScoreError
from tests import factories
from tests.cases import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def patient(site):
    return factories.patient(site)


def _tasks():
    return RiskTask.objects.everywhere(because="test")


def test_a_form_keeps_its_answers_total_and_band(site, patient):
    form = factories.fill_form(site, patient, [2, 2, 2, 2, 2, 2, 2, 2, 0])
    assert (form.total, form.maximum, form.answers) == (16, 27, [2, 2, 2, 2, 2, 2, 2, 2, 0])
    assert form.band
    assert scores_of(patient, as_of=NOW)[0].total == 16


@pytest.mark.hazard("H-19")
@pytest.mark.parametrize("others", [0, 3, None])
@pytest.mark.parametrize("answer", [1, 2, 3])
def test_a_risk_answer_raises_a_task_whatever_the_total(site, patient, answer, others):
    """N = 9: each positive answer to item 9, with the others low, high or left open."""
    form = factories.fill_form(site, patient, [others] * 8 + [answer])
    task = _tasks().get()
    assert (task.form_id, task.item, task.owner, task.closed_at) == (form.pk, 9, None, None)
    assert task.due_at > task.raised_at == NOW
    assert (form.total is None) == (others is None)
    assert list(open_risk_tasks(site.nurse)) == [task]


def test_no_risk_answer_raises_none(site, patient):
    factories.fill_form(site, patient, [3] * 8 + [0])
    factories.fill_form(site, patient, [3] * 8 + [None])
    assert not _tasks().exists()


@pytest.mark.hazard("H-19")
def test_a_task_and_its_form_come_together_or_not_at_all(site, patient, monkeypatch):
    """A fault between the two leaves neither (N = 1)."""
    monkeypatch.setattr("posology.clinic.outcomes.actions._raise_tasks", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        factories.fill_form(site, patient, [0] * 8 + [3])
    assert not CompletedForm.objects.everywhere(because="test").exists()


@pytest.mark.hazard("H-25")
def test_a_second_send_of_a_form_raises_no_second_task(site, patient):
    form_id = uuid4()
    first = factories.fill_form(site, patient, [0] * 8 + [3], form_id=form_id)
    assert factories.fill_form(site, patient, [0] * 8 + [3], form_id=form_id).pk == first.pk
    assert _tasks().count() == 1
    with pytest.raises(Conflict, match="other answers"):
        factories.fill_form(site, patient, [0] * 8 + [0], form_id=form_id)
    with pytest.raises(WrongPatient):
        factories.fill_form(site, factories.patient(site, given_name="Bea"), [0] * 8 + [3], form_id=form_id)


@pytest.mark.parametrize("answers", [[1] * 8, [1] * 10, [4] + [1] * 8, [-1] + [1] * 8, [True] + [1] * 8])
def test_answers_that_are_none_are_refused(site, patient, answers):
    with pytest.raises(ScoreError):
        factories.fill_form(site, patient, answers)


def test_a_form_of_tomorrow_is_refused(site, patient):
    with pytest.raises(ScoreError, match="ahead"):
        record_form(
            form_id=uuid4(),
            patient=patient,
            instrument="phq-9",
            answers=[0] * 9,
            answered_at=NOW + timedelta(seconds=1),
            by=site.nurse,
            at=NOW,
        )


@pytest.mark.hazard("H-01")
def test_a_form_from_a_page_of_another_patient_is_refused(site, patient):
    """N = 1: the page said another patient."""
    with pytest.raises(WrongPatient):
        record_form(
            form_id=uuid4(),
            patient=patient,
            instrument="phq-9",
            answers=[0] * 9,
            answered_at=NOW,
            page_patient_id=uuid4(),
            by=site.nurse,
            at=NOW,
        )


# ---------------------------------------------------------------- the life of a task


@pytest.fixture
def task(site, patient):
    factories.fill_form(site, patient, [0] * 8 + [2])
    return _tasks().get()


def test_a_task_is_taken_then_closed_with_what_was_done(site, task):
    with pytest.raises(RiskTaskError, match="Take it first"):
        close_risk_task(task_id=task.pk, note="Spoke with the patient.", by=site.prescriber, at=NOW)
    assert take_risk_task(task_id=task.pk, by=site.prescriber, at=NOW).owner == site.prescriber
    with pytest.raises(RiskTaskError, match="what was done"):
        close_risk_task(task_id=task.pk, note="  ", by=site.prescriber, at=NOW)
    closed = close_risk_task(task_id=task.pk, note="Spoke with the patient.", by=site.prescriber, at=NOW)
    assert (closed.closed_at, closed.closed_by) == (NOW, site.prescriber)
    again = close_risk_task(task_id=task.pk, note="Spoke with the patient.", by=site.prescriber, at=NOW)
    assert again.closed_at == NOW
    with pytest.raises(RiskTaskError, match="closed already"):
        close_risk_task(task_id=task.pk, note="Another note.", by=site.prescriber, at=NOW)
    assert not open_risk_tasks(site.nurse)
    assert list(risk_tasks_of(task.patient)) == [closed]


def test_a_nurse_takes_a_task_and_a_prescriber_closes_it(site, task):
    take_risk_task(task_id=task.pk, by=site.nurse, at=NOW)
    with pytest.raises(NotPermitted):
        close_risk_task(task_id=task.pk, note="x", by=site.nurse, at=NOW)
    assert close_risk_task(task_id=task.pk, note="x", by=site.prescriber, at=NOW).closed_by == site.prescriber


def test_another_clinics_task_is_not_found(task):
    other = factories.site("Another Synthetic Clinic")
    for attempt in (
        lambda: risk_task_for(other.nurse, task.pk),
        lambda: take_risk_task(task_id=task.pk, by=other.prescriber, at=NOW),
        lambda: close_risk_task(task_id=task.pk, note="x", by=other.prescriber, at=NOW),
    ):
        with pytest.raises(NotFound):
            attempt()


@pytest.mark.hazard("H-19")
def test_tasks_cannot_be_closed_in_bulk(site, task):
    """N = 3 ways in bulk, and a close without its note refused by the database itself."""
    rows = _tasks()
    with pytest.raises(TypeError):
        rows.update(closed_at=NOW)
    with pytest.raises(TypeError):
        rows.bulk_update([task], ["closed_at"])
    task.closed_at, task.closed_by = NOW, site.prescriber
    with pytest.raises(IntegrityError), transaction.atomic():
        task.save(update_fields=["closed_at", "closed_by"])

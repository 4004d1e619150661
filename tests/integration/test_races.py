"""People who act at once, and requests that are sent fifty times: one row, one answer, no lock error."""

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from posology.case import Sex
from posology.clinic.assessments.actions import NewFact, record_facts
from posology.clinic.assessments.models import FactRow
from posology.clinic.audit.queries import verify_chain
from posology.clinic.care.actions import choose_none, sign_order
from posology.clinic.care.queries import case_of
from posology.clinic.care.session import record_event
from posology.clinic.conflicts import Conflict
from posology.clinic.orders.models import DecisionRow, OrderRow
from posology.clinic.outcomes.actions import RiskTaskError, close_risk_task, record_form, take_risk_task
from posology.clinic.outcomes.models import CompletedForm, RiskTask
from posology.clinic.patients.actions import register_patient
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.sessions.queries import chain_faults, state_of
from posology.quantities import DomainError
from tests import factories, rems
from tests.cases import NOW

pytestmark = pytest.mark.django_db(transaction=True)

SENDS = 50
ROUNDS = int(os.environ.get("POSOLOGY_RACES", "25"))  # 1,000 for the published figure


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts from threads that start together; return each one's answer, or what it raised."""
    answers: list[Any] = [None] * len(acts)
    barrier = threading.Barrier(len(acts))

    def run(n: int, act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            answers[n] = act()
        except Exception as refusal:
            answers[n] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _rows(model: Any, **where: Any) -> Any:
    return model.objects.everywhere(because="test").filter(**where)


@pytest.fixture
def site():
    return factories.site()


@pytest.fixture
def patient(site):
    made = factories.patient(site)
    factories.assess_fully(site, made)
    return made


# ---------------------------------------------------------------- one request, fifty times


def _sign(site, patient, key: UUID):
    sent = factories.signing(site, patient, order_id=key)
    return (lambda: sign_order(**sent)), (lambda a: (a.order.pk, a.order.sha256, a.session.pk)), OrderRow


def _event(site, patient, key: UUID):
    session = factories.signed_order(site, patient).session

    def send():
        return record_event(
            session_id=session.pk,
            event_id=key,
            kind="reading_taken",
            payload={"systolic": 124, "diastolic": 78},
            occurred_at=NOW,
            by=site.nurse,
            at=NOW,
        )

    return send, (lambda a: (a.event.pk, a.event.position, a.event.hash)), EventRow


def _start(site, patient, key: UUID):
    session = factories.signed_order(site, patient).session
    factories.pass_gate(site, session, at=NOW)
    given = factories.starting(session)

    def send():
        return record_event(
            session_id=session.pk,
            event_id=key,
            kind="administration_started",
            payload=given,
            occurred_at=NOW,
            by=site.nurse,
            at=NOW,
        )

    return send, (lambda a: (a.event.position, a.event.hash)), EventRow


def _form(site, patient, key: UUID):
    def send():
        return record_form(
            form_id=key,
            patient=patient,
            instrument="phq-9",
            answers=[1] * 8 + [2],
            answered_at=NOW,
            by=site.nurse,
            at=NOW,
        )

    return send, (lambda a: (a.pk, a.total, a.answers)), CompletedForm


def _fact(site, patient, key: UUID):
    fact = next(f for f in case_of(patient, as_of=NOW).facts if f.key == "weight")
    sent = {"patient": patient, "facts": [NewFact(key, fact)], "by": site.nurse, "at": NOW}
    return (lambda: record_facts(**sent)), (lambda a: (a[0].pk, sorted(a[0].value.items()))), FactRow


def _register(site, patient, key: UUID):
    def send():
        return register_patient(
            patient_id=key,
            clinic=site.clinic,
            family_name="Synthetic",
            given_name="Cy",
            born_on=patient.born_on,
            sex=Sex.MALE,
            identifier="S-once",
            by=site.nurse,
            at=NOW,
        )

    return send, (lambda a: a.pk), Patient


def _decide(site, patient, key: UUID):
    def send():
        return choose_none(decision_id=key, patient=patient, reason="Wait.", by=site.prescriber, at=NOW)

    return send, (lambda a: (a.pk, a.reason)), DecisionRow


@pytest.mark.faults
@pytest.mark.hazard("H-25", n=7 * SENDS)
@pytest.mark.parametrize(
    "kind", [_sign, _event, _start, _form, _fact, _register, _decide], ids=lambda k: k.__name__
)
def test_one_request_fifty_times_at_once_is_one_row_and_one_answer(site, patient, kind):
    """Seven actions, each sent fifty times in parallel: one row, equal answers, no lock error."""
    key = uuid4()
    send, told, model = kind(site, patient, key)
    answers = at_once(*[send] * SENDS)
    faults = [a for a in answers if isinstance(a, Exception)]
    assert faults == []
    assert len({str(told(a)) for a in answers}) == 1
    assert _rows(model, pk=key).count() == 1
    if model is CompletedForm:
        assert _rows(RiskTask, form_id=key).count() == 1
    assert verify_chain().holds


# ---------------------------------------------------------------- two people at once


def _of(answers: list[Any]) -> tuple[list[Any], list[Exception]]:
    done = [a for a in answers if not isinstance(a, Exception)]
    refused = [a for a in answers if isinstance(a, Exception)]
    strange = [r for r in refused if not isinstance(r, DomainError)]
    assert strange == [], "a lock error or a fault of ours"
    return done, refused


@pytest.mark.faults
@pytest.mark.hazard("H-26", n=ROUNDS)
def test_two_nurses_start_one_dose(site, record_property):
    """Both press *start* at once: one dose starts, the other is told so; over the limit 0, lock errors 0."""
    second = factories.colleague(site)
    for _ in range(ROUNDS):
        patient = factories.patient(site)
        factories.assess_fully(site, patient)
        session = factories.signed_order(site, patient).session
        factories.pass_gate(site, session, at=NOW)
        given = factories.starting(session)

        def start(by, session=session, given=given):
            return record_event(
                session_id=session.pk,
                event_id=uuid4(),
                kind="administration_started",
                payload=given,
                occurred_at=NOW,
                by=by,
                at=NOW,
            )

        done, refused = _of(at_once(lambda f=start: f(site.nurse), lambda f=start: f(second)))
        assert (len(done), len(refused)) == (1, 1)
        state = state_of(session)
        assert (len(state.infusions), state.conflicts) == (1, ())
    record_property("n", ROUNDS)


@pytest.mark.faults
@pytest.mark.hazard("H-26", n=ROUNDS)
@pytest.mark.hazard("H-13", n=ROUNDS)
def test_two_nurses_give_the_last_device(site, record_property):
    """Both record the last nasal device under ids of their own: counted once, the total never passed."""
    second = factories.colleague(site)
    for _ in range(ROUNDS):
        patient = factories.patient(site)
        factories.assess_fully(site, patient)
        rems.admit(site, patient)
        signed = factories.signed_order(site, patient, route="nasal")
        session, devices = signed.session, factories.order_of(signed.order).devices
        factories.pass_gate(site, session, at=NOW)
        factories.event(site, session, "administration_started", **factories.starting(session))
        moment = NOW
        for number in range(1, devices):
            factories.event(
                site, session, "device_given", at=moment, number=number, lot=factories.LOT, complete=True
            )
            moment += timedelta(minutes=6)

        def last(by, session=session, number=devices, moment=moment):
            return record_event(
                session_id=session.pk,
                event_id=uuid4(),
                kind="device_given",
                payload={"number": number, "lot": factories.LOT, "complete": True},
                occurred_at=moment,
                by=by,
                at=moment,
            )

        done, refused = _of(at_once(lambda f=last: f(site.nurse), lambda f=last: f(second)))
        assert (len(done), len(refused)) == (1, 1)
        assert len(state_of(session).devices) == devices
    record_property("n", ROUNDS)


@pytest.mark.faults
@pytest.mark.hazard("H-26", n=ROUNDS)
def test_two_prescribers_sign_for_one_patient(site, record_property):
    """Two orders under ids of their own at once: one is active, never two."""
    for _ in range(ROUNDS):
        patient = factories.patient(site)
        factories.assess_fully(site, patient)
        sent = factories.signing(site, patient)
        acts = [lambda s=sent: sign_order(**s | {"order_id": uuid4()}) for _ in range(2)]
        done, refused = _of(at_once(*acts))
        assert (len(done), [type(r) for r in refused]) == (1, [Conflict])
        assert _rows(OrderRow, patient=patient, status="active").count() == 1
        assert _rows(SessionRow, patient=patient).count() == 1
    record_property("n", ROUNDS)


@pytest.mark.faults
@pytest.mark.hazard("H-26", n=ROUNDS)
def test_two_people_close_one_task(site, patient, record_property):
    """Two notes for one task at once: the first stands whole, the second is told so."""
    for _ in range(ROUNDS):
        form = factories.fill_form(site, patient, [0] * 8 + [1])
        task = form.risk_tasks.everywhere(because="test").get()
        take_risk_task(task_id=task.pk, by=site.prescriber, at=NOW)
        acts = [
            lambda n=n, t=task: close_risk_task(task_id=t.pk, note=f"note {n}", by=site.prescriber, at=NOW)
            for n in range(2)
        ]
        done, refused = _of(at_once(*acts))
        assert (len(done), [type(r) for r in refused]) == (1, [RiskTaskError])
        task.refresh_from_db()
        assert task.closing_note == done[0].closing_note
    record_property("n", ROUNDS)


@pytest.mark.hazard("H-27", n=200)
def test_many_editors_of_one_session_lose_nothing(site, patient, record_property):
    """Ten pages write twenty entries each into one session at once: all 200 are in the fold."""
    session = factories.signed_order(site, patient).session
    people = [site.nurse, site.prescriber, factories.colleague(site)]

    def write(n: int) -> Callable[[], list[UUID]]:
        def run() -> list[UUID]:
            return [
                factories.event(site, session, "note_written", by=people[n % 3], text=f"{n}-{i}").event.pk
                for i in range(20)
            ]

        return run

    answers, refused = _of(at_once(*[write(n) for n in range(10)]))
    assert refused == []
    told = {key for answer in answers for key in answer}
    assert {e.event_id for e in state_of(session).notes} == told
    assert len(told) == 200
    assert chain_faults(session) == ()
    assert verify_chain().holds
    record_property("n", len(told))


def test_writers_in_two_rooms_share_no_chain(site):
    """Entries of two sessions interleave, each in its own chain, and both chains hold."""
    sessions = []
    for name in ("Ada", "Bea"):
        patient = factories.patient(site, given_name=name)
        factories.assess_fully(site, patient)
        sessions.append(factories.signed_order(site, patient).session)

    def write(session: SessionRow) -> Callable[[], None]:
        def run() -> None:
            for n in range(10):
                factories.event(site, session, "note_written", text=str(n))

        return run

    _, refused = _of(at_once(*[write(s) for s in sessions for _ in range(2)]))
    assert refused == []
    assert [len(state_of(s).notes) for s in sessions] == [20, 20]
    assert verify_chain().holds

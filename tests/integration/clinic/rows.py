"""A valid new row for every clinical table, not saved yet: what the tests of the audit write in every way."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from django.db import models

from posology.clinic.accounts.models import Clinic, SignInAttempt, User
from posology.clinic.assessments.models import ElsewhereRow, FactRow, ImportRow, MedicationRow
from posology.clinic.audit.models import RecordView
from posology.clinic.monitors.models import Association, MonitorDevice, MonitorMessage, MonitorReading
from posology.clinic.orders.models import (
    AlertRow,
    Course,
    DecisionRow,
    OrderRow,
    OverrideRow,
    RatingRow,
    Signature,
)
from posology.clinic.outcomes.models import CompletedForm, RiskTask
from posology.clinic.patients.models import Patient
from posology.clinic.protocols.models import SiteProtocol, SiteVersion, VersionStepRow, VersionText
from posology.clinic.sessions.models import EventRow, SessionRow
from posology.clinic.visits.models import VisitAct, VisitRow
from tests import factories
from tests.cases import NOW
from tests.integration.clinic.duty_rows import DUTY_MAKERS
from tests.integration.clinic.ledger_rows import LEDGER_MAKERS
from tests.integration.clinic.rems_rows import REMS_MAKERS


class World:
    """One site, one patient with a signed order, a session and a form, and makers of further rows."""

    def __init__(self) -> None:
        self.site = factories.site()
        self.patient = factories.patient(self.site)
        factories.assess_fully(self.site, self.patient)
        self.form = factories.fill_form(self.site, self.patient, at=NOW - timedelta(minutes=2))
        self.order = factories.signed_order(self.site, self.patient).order

    def new_patient(self) -> Patient:
        return factories.patient(self.site, identifier=uuid4().hex)

    def new_order(self, status: str = "draft") -> OrderRow:
        return OrderRow(
            id=uuid4(),
            patient=self.patient,
            course=self.order.course,
            body="{}",
            sha256="0" * 64,
            status=status,
            dose_mg=1,
            planned_on=NOW.date(),
            created_at=NOW,
        )

    def saved_order(self) -> OrderRow:
        order = self.new_order()
        order.save()
        return order

    def row(self, model: type[models.Model]) -> models.Model:
        """Return a valid row that is not saved yet."""
        return MAKERS[model](self)


def _fact(w: World) -> FactRow:
    return FactRow(
        id=uuid4(),
        patient=w.patient,
        key="weight",
        value={"kind": "quantity", "value": "71", "unit": "kg"},
        at=NOW,
        origin_kind="staff",
        entered_by=w.site.nurse,
        recorded_at=NOW,
    )


def _drug(w: World) -> MedicationRow:
    return MedicationRow(
        id=uuid4(),
        patient=w.patient,
        text="lisinopril",
        active="yes",
        at=NOW,
        origin_kind="staff",
        entered_by=w.site.nurse,
        recorded_at=NOW,
    )


def _elsewhere(w: World) -> ElsewhereRow:
    return ElsewhereRow(
        id=uuid4(),
        patient=w.patient,
        substance="ketamine",
        route="intravenous",
        dose_mg=36,
        at=NOW,
        origin_kind="staff",
        origin_detail="Synthetic clinic",
        entered_by=w.site.nurse,
        recorded_at=NOW,
    )


def _form(w: World) -> CompletedForm:
    return CompletedForm(
        id=uuid4(),
        patient=w.patient,
        instrument="phq-9",
        version=1,
        answers=[0] * 9,
        total=0,
        maximum=27,
        band="minimal",
        at=NOW,
        recorded_at=NOW,
        by=w.site.nurse,
    )


def _task(w: World) -> RiskTask:
    return RiskTask(
        id=uuid4(),
        patient=w.patient,
        form=w.form,
        item=90 + RiskTask.objects.everywhere(because="test").count(),
        say="Ask.",
        raised_at=NOW,
        due_at=NOW + timedelta(hours=1),
    )


def _event(w: World) -> EventRow:
    session = w.order.session
    position = EventRow.objects.everywhere(because="test").filter(session=session).count() + 1
    return EventRow(
        id=uuid4(),
        session=session,
        position=position,
        sequence=position,
        kind="note_written",
        payload="{}",
        occurred_at=NOW,
        recorded_at=NOW,
        author=w.site.nurse,
        previous_hash="0",
        hash="1",
    )


def _monitor(w: World) -> MonitorDevice:
    return MonitorDevice(clinic=w.site.clinic, name=uuid4().hex, added_by=w.site.nurse, added_at=NOW)


def _monitor_message(w: World) -> MonitorMessage:
    return MonitorMessage(
        clinic=w.site.clinic,
        sender="test",
        control_id=uuid4().hex,
        sha256="0" * 64,
        body="MSH",
        received_at=NOW,
        ack="AA",
        answer="MSA",
    )


def _monitor_reading(w: World) -> MonitorReading:
    message = _monitor_message(w)
    message.save()
    return MonitorReading(
        clinic=w.site.clinic, message=message, name="test", reason="unknown", position=1, received_at=NOW
    )


def _association(w: World) -> Association:
    device, seen = _monitor(w), _monitor_reading(w)
    device.save()
    seen.save()
    return Association(
        id=uuid4(), device=device, session=w.order.session, seen=seen, made_by=w.site.nurse, made_at=NOW
    )


def _user(w: World) -> User:
    return User(
        username=uuid4().hex, full_name="Synthetic, New", role="nurse", clinic=w.site.clinic, password="!"
    )


def _course(w: World) -> Course:
    return Course(
        patient=w.patient,
        protocol_id="ketamine-iv",
        began_on=NOW.date(),
        status="ended",
        ended_on=NOW.date(),
        opened_by=w.site.prescriber,
    )


def _protocol(w: World) -> SiteProtocol:
    name = uuid4().hex
    return SiteProtocol(
        clinic=w.site.clinic, name=name, based_on=name, begun_by=w.site.prescriber, begun_at=NOW
    )


def _version(w: World) -> SiteVersion:
    protocol = _protocol(w)
    protocol.save()
    return SiteVersion(id=uuid4(), protocol=protocol, number=1, begun_by=w.site.prescriber, begun_at=NOW)


def _of_version(w: World, model: type[models.Model], **rest: object) -> models.Model:
    version = _version(w)
    version.save()
    return model(
        id=uuid4(), version=version, position=1, sha256="0" * 64, by=w.site.prescriber, at=NOW, **rest
    )


def _visit(w: World) -> VisitRow:
    return VisitRow(
        id=uuid4(),
        patient=w.patient,
        course=w.order.course,
        number=1,
        phase="induction",
        phase_title="Induction",
        earliest_on=NOW.date(),
        target_on=NOW.date(),
        latest_on=NOW.date(),
        minutes=120,
        planned_by=w.site.nurse,
        planned_at=NOW,
    )


def _visit_act(w: World) -> VisitAct:
    visit = _visit(w)
    visit.save()
    return VisitAct(
        id=uuid4(), visit=visit, position=1, kind="planned", starts_at=NOW, chair=1, by=w.site.nurse, at=NOW
    )


MAKERS: dict[type[models.Model], Callable[[World], models.Model]] = {
    Clinic: lambda w: Clinic(name=uuid4().hex),
    User: _user,
    SignInAttempt: lambda w: SignInAttempt(account="0" * 64, address="127.0.0.1", succeeded=False, at=NOW),
    RecordView: lambda w: RecordView(patient_id=w.patient.pk, actor="system:tests", page="/", at=NOW),
    Patient: lambda w: Patient(
        clinic=w.site.clinic,
        family_name="Synthetic",
        given_name="New",
        born_on=w.patient.born_on,
        sex="male",
        identifier=uuid4().hex,
        registered_at=NOW,
    ),
    FactRow: _fact,
    MedicationRow: _drug,
    ElsewhereRow: _elsewhere,
    ImportRow: lambda w: ImportRow(
        patient=w.patient, sha256="0" * 64, understood=[], not_understood=[], imported_by=w.site.nurse, at=NOW
    ),
    Course: _course,
    OrderRow: lambda w: w.new_order(),
    Signature: lambda w: Signature(
        order=w.saved_order(), by=w.site.prescriber, at=NOW, meaning="test", sha256="0" * 64
    ),
    OverrideRow: lambda w: OverrideRow(
        order=w.order, rule=uuid4().hex, reason="test", by=w.site.prescriber, at=NOW
    ),
    DecisionRow: lambda w: DecisionRow(
        patient=w.patient, reason="test", offered=[], by=w.site.prescriber, at=NOW
    ),
    AlertRow: lambda w: AlertRow(
        patient=w.patient,
        order=w.order,
        rule=uuid4().hex,
        level="hold",
        interrupts=True,
        answer="passed",
        reason="test",
        by=w.site.prescriber,
        at=NOW,
    ),
    RatingRow: lambda w: RatingRow(
        order=w.order,
        rule=uuid4().hex,
        version="1",
        rating="useful",
        role="prescriber",
        by=w.site.prescriber,
        at=NOW,
    ),
    SessionRow: lambda w: SessionRow(
        order=w.saved_order(), patient=w.patient, scheduled_at=NOW, created_at=NOW
    ),
    EventRow: _event,
    MonitorDevice: _monitor,
    MonitorMessage: _monitor_message,
    MonitorReading: _monitor_reading,
    Association: _association,
    CompletedForm: _form,
    RiskTask: _task,
    SiteProtocol: _protocol,
    SiteVersion: _version,
    VersionText: lambda w: _of_version(w, VersionText, text="id: test"),
    VisitRow: _visit,
    VisitAct: _visit_act,
    VersionStepRow: lambda w: _of_version(w, VersionStepRow, step="begin"),
    **REMS_MAKERS,
    **LEDGER_MAKERS,
    **DUTY_MAKERS,
}

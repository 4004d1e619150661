"""A certified site, an enrolled patient and a nasal session, made through the actions that pages call."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from posology.clinic.patients.models import Patient
from posology.clinic.rems.actions import certify_site, enrol_patient, record_contact
from posology.clinic.rems.forms import answer_field, finalise_form, record_sent
from posology.clinic.rems.models import Enrolment, FinalForm, SentForm, SiteCertification
from posology.clinic.rems.queries import SessionForm, form_for
from posology.clinic.rems.setting import say_setting
from posology.clinic.sessions.models import SessionRow
from posology.treatment.rems import Ask, Form
from tests import factories
from tests.cases import NOW

PROGRAMME = "rems-esketamine-us"
BEFORE = NOW - timedelta(days=20)


def certify(site: factories.Site, *, setting: str = "outpatient", at: datetime = BEFORE) -> SiteCertification:
    """Certify a site for one setting."""
    return certify_site(
        row_id=uuid4(),
        programme=PROGRAMME,
        setting=setting,
        on=at.date(),
        number=f"SYNTHETIC-{setting.upper()}",
        representative="Synthetic, Representative",
        address="1 Synthetic Street, Exampletown",
        by=site.director,
        at=at,
    )


def enrol(site: factories.Site, patient: Patient, *, at: datetime = BEFORE) -> Enrolment:
    """Enrol a patient; both have signed on that day."""
    day = at.date()
    return enrol_patient(
        row_id=uuid4(),
        patient=patient,
        programme=PROGRAMME,
        number=f"SYNTHETIC-{patient.identifier}",
        on=day,
        patient_signed_on=day,
        prescriber_signed_on=day,
        by=site.prescriber,
        at=at,
    )


def admit(site: factories.Site, patient: Patient, *, at: datetime = BEFORE) -> None:
    """Do all that the programme asks before a first dose."""
    certify(site, at=at)
    enrol(site, patient, at=at)


def contact(site: factories.Site, *, at: datetime = BEFORE) -> None:
    """Record how the programme reaches the nurse, who ends the monitoring."""
    record_contact(row_id=uuid4(), telephone="555 0100", email="nurse@example.org", by=site.nurse, at=at)


def finalised(site: factories.Site, session: SessionRow) -> FinalForm:
    """Keep a form without fields for a session of any drug: for pages that only need one to be there."""
    form = Form(PROGRAMME, "2025", session.pk, ())
    return FinalForm.objects.create(
        id=uuid4(), session=session, number=1, programme=PROGRAMME, version="2025", knowledge_sha256="0" * 64,
        body=form.canonical().decode(), sha256=form.sha256, by=site.nurse, at=NOW,
    )  # fmt: skip


READ = {"systolic": 128, "diastolic": 80, "heart_rate": 72, "spo2": 98, "respiratory_rate": 14}


@dataclass
class Nasal:
    """One nasal session of a patient who may be treated, from order to discharge."""

    site: factories.Site = field(default_factory=factories.site)
    admitted: bool = True
    at: datetime = NOW
    who: dict[str, Any] = field(default_factory=dict)
    patient: Any = None  # a new one unless named

    def __post_init__(self) -> None:
        self.patient = self.patient or factories.patient(self.site, **self.who)
        factories.assess_fully(self.site, self.patient, at=self.at)
        factories.fill_form(self.site, self.patient, at=self.at - timedelta(minutes=2))
        if self.admitted:
            admit(self.site, self.patient)
            contact(self.site)
        self.session: SessionRow = factories.signed_order(
            self.site, self.patient, route="nasal", at=self.at
        ).session

    def event(self, kind: str, minute: int, **payload: Any) -> None:
        """Record one event, so many minutes after the start."""
        factories.event(self.site, self.session, kind, at=self.at + timedelta(minutes=minute), **payload)

    def look(self, minute: int, *, moaa_s: int = 5, **changes: Any) -> None:
        """Take a set of readings, and score sedation and dissociation."""
        self.event("reading_taken", minute, **(READ | changes))
        self.event("scale_scored", minute, scale="moaa_s", value=moaa_s)
        self.event("scale_scored", minute, scale="dissociation", value=0 if moaa_s == 5 else 1)

    def start(self) -> "Nasal":
        """Pass the gate and give every device."""
        factories.pass_gate(self.site, self.session, at=self.at)
        self.event("administration_started", 0, **factories.starting(self.session))
        devices = factories.order_of(self.session.order).devices or 0
        for n in range(devices):
            self.event("device_given", 6 * n, number=n + 1, lot=factories.LOT, complete=True)
        return self

    def watch(self) -> "Nasal":
        """Watch for two hours: sleepy at 40 minutes, well at 90 and at the end."""
        self.look(40, systolic=146, diastolic=88, moaa_s=4)
        self.look(90)
        self.look(120, systolic=126)
        return self

    def leave(self, minute: int = 121) -> "Nasal":
        """See every criterion, and let the patient go."""
        for key in factories.library_of(self.session).protocol("esketamine-nasal-us").discharge.criteria:
            self.event("discharge_criterion", minute, key=key, met=True)
        self.event("discharged", minute, with_escort=True)
        return self

    def whole(self) -> "Nasal":
        """Treat, watch and let go."""
        return self.start().watch().leave()

    @property
    def later(self) -> datetime:
        """A moment after the session."""
        return self.at + timedelta(hours=4)

    def form(self, *, at: datetime | None = None, **more: Any) -> SessionForm:
        """Return the form as the nurse sees it."""
        return form_for(self.site.nurse, self.session.pk, at=at or self.later, **more)

    def answer(self, key: str, value: str, *, row_id: UUID | None = None, at: datetime | None = None) -> None:
        """Answer one field."""
        answer_field(
            row_id=row_id or uuid4(),
            session_id=self.session.pk,
            field=key,
            value=value,
            by=self.site.nurse,
            at=at or self.later,
        )

    def set_apart(self, because: str = "On the ward.", *, setting: str = "inpatient", **changes: Any) -> None:
        """Say in which setting the session is."""
        told = {"row_id": uuid4(), "session_id": self.session.pk, "setting": setting, "because": because}
        say_setting(**(told | {"by": self.site.nurse, "at": self.later} | changes))

    def answer_all(self) -> "Nasal":
        """Answer whatever only a person can know."""
        said = {Ask.YES_NO: "yes", Ask.MINUTES: "95", Ask.TEXT: "What happened.", Ask.WHY_NOT: "Refused."}
        for one in self.form().form.unfinished:
            assert one.missing is not None and one.missing.ask in said, one
            self.answer(one.key, said[one.missing.ask])
        return self

    def finalise(self, *, because: str = "", at: datetime | None = None, **changes: Any) -> FinalForm:
        """Finalise the form as it stands."""
        at = at or self.later
        found = self.form(at=at)
        told = {
            "row_id": uuid4(),
            "session_id": self.session.pk,
            "version": found.form.version,
            "seen_sha256": found.form.sha256,
            "because": because,
            "by": self.site.nurse,
            "at": at,
        }
        return finalise_form(**(told | changes))

    def send(self, final: FinalForm, *, at: datetime | None = None) -> SentForm:
        """Note a form as sent."""
        at = at or self.later
        return record_sent(
            row_id=uuid4(), form_id=final.pk, on=at.date(), way="Portal", by=self.site.director, at=at
        )

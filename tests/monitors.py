"""A clinic's chairs with monitors, at a clock of the test's; synthetic."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from posology.clinic.monitors.actions import join_monitor, put_at_chair
from posology.clinic.monitors.models import Association, MonitorDevice, MonitorReading
from posology.clinic.monitors.receiving import Arrival, receive
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.models import SessionRow
from tests import factories
from tests.mllp import message


@dataclass
class Bedside:
    """A clinic with one patient in a chair, and the listener's own door to it, at a clock of the test's."""

    site: factories.Site
    at: datetime
    chairs: dict[int, SessionRow] = field(default_factory=dict)

    def seat(self, chair: int, *, family_name: str = "Synthetic", given_name: str = "Ada") -> SessionRow:
        patient = factories.patient(self.site, family_name=family_name, given_name=given_name)
        factories.assess_fully(self.site, patient)
        session = factories.signed_order(self.site, patient, chair=chair).session
        self.chairs[chair] = session
        return session

    def wait(self, **span: float) -> "Bedside":
        self.at += timedelta(**span)
        return self

    def send(self, *bodies: bytes) -> tuple[bytes, ...]:
        return receive(self.site.clinic, [Arrival(body, self.at) for body in bodies], at=self.at)

    def say(self, name: str = "Monitor 1", **told: object) -> tuple[bytes, ...]:
        """Send one message of the usual values from a monitor, now."""
        return self.send(message(self.at, name=name, **told))

    def place(self, name: str, chair: int | None) -> MonitorDevice:
        return put_at_chair(name=name, chair=chair, by=self.site.nurse, at=self.at)

    def last(self, name: str) -> MonitorReading:
        rows = MonitorReading.objects.for_clinic(self.site.clinic).filter(name=name, value__isnull=False)
        return rows.order_by("-received_at", "-position")[0]

    def join(self, name: str, session: SessionRow) -> Association:
        """Join a monitor to a session as a person does: look at what it says now, type two identifiers."""
        patient: Patient = session.patient
        self.say(name)
        device = MonitorDevice.objects.for_clinic(self.site.clinic).get(name=name)
        return join_monitor(
            association_id=uuid4(),
            device_id=device.pk,
            session_id=session.pk,
            seen_id=self.last(name).pk,
            record_number=patient.identifier,
            born_on=patient.born_on,
            by=self.site.nurse,
            at=self.at,
        )

    def joined(self, chair: int, name: str, **who: str) -> SessionRow:
        """Seat a patient, put a monitor at the chair and join it."""
        session = self.seat(chair, **who)
        self.place(name, chair)
        self.join(name, session)
        return session

    def rows(self, since: int = 0) -> list[MonitorReading]:
        """Return every stored reading in the order of its arrival; ``since`` leaves out the first."""
        rows = MonitorReading.objects.for_clinic(self.site.clinic).order_by(
            "received_at", "message", "position"
        )
        return list(rows)[since:]

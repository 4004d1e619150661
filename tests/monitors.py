"""Messages as bedside monitors send them, and a chair to which one is joined; synthetic."""

import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from posology.clinic.monitors.actions import join_monitor, put_at_chair
from posology.clinic.monitors.models import Association, MonitorDevice, MonitorReading
from posology.clinic.monitors.receiving import Arrival, receive
from posology.clinic.patients.models import Patient
from posology.clinic.sessions.models import SessionRow
from posology.hl7v2 import FrameDecoder, framed
from tests import factories

_CODES = {
    "systolic": "150021^MDC_PRESS_BLD_NONINV_SYS^MDC",
    "diastolic": "150022^MDC_PRESS_BLD_NONINV_DIA^MDC",
    "mean": "150023^MDC_PRESS_BLD_NONINV_MEAN^MDC",
    "heart_rate": "147842^MDC_ECG_HEART_RATE^MDC",
    "pulse": "149530^MDC_PULS_OXIM_PULS_RATE^MDC",
    "spo2": "150456^MDC_PULS_OXIM_SAT_O2^MDC",
    "respiratory_rate": "151562^MDC_RESP_RATE^MDC",
}
_UNITS = {
    "systolic": "266016^MDC_DIM_MMHG^MDC",
    "diastolic": "266016^MDC_DIM_MMHG^MDC",
    "mean": "266016^MDC_DIM_MMHG^MDC",
    "heart_rate": "264864^MDC_DIM_BEAT_PER_MIN^MDC",
    "pulse": "264864^MDC_DIM_BEAT_PER_MIN^MDC",
    "spo2": "262688^MDC_DIM_PERCENT^MDC",
    "respiratory_rate": "264928^MDC_DIM_RESP_PER_MIN^MDC",
}
USUAL = {"systolic": "128", "diastolic": "76", "heart_rate": "71", "spo2": "97", "respiratory_rate": "15"}
_numbers = count(1)


def stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S%z")


def message(
    at: datetime,
    values: dict[str, str] | None = None,
    *,
    name: str = "Monitor 1",
    measured_at: datetime | None = None,
    control_id: str | None = None,
    pid: str = "PID|||",
    pv1: str = "",
    processing: str = "P",
    version: str = "2.6",
    extra: tuple[str, ...] = (),
    units: dict[str, str] | None = None,
) -> bytes:
    """Return one ORU^R01 without its frame; ``measured_at`` is the moment of the message if left out."""
    number = control_id or f"N{next(_numbers)}"
    lines = [
        f"MSH|^~\\&|{name}||||{stamp(at)}||ORU^R01^ORU_R01|{number}|{processing}|{version}|||NE|AL",
        pid,
        *([pv1] if pv1 else []),
        f"OBR|1|{number}|{number}|182777000^monitoring of patient^SCT|||{stamp(measured_at or at)}",
    ]
    for n, (sign, value) in enumerate((USUAL if values is None else values).items(), start=1):
        unit = (units or {}).get(sign, _UNITS[sign])
        lines.append(f"OBX|{n}|NM|{_CODES[sign]}|1.0.1.{n}|{value}|{unit}|||||R")
    return ("\r".join((*lines, *extra)) + "\r").encode()


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


def code_of(answer: bytes) -> str:
    """Return what an answer says: AA, AE or AR; empty for none."""
    return answer.split(b"\rMSA|")[1][:2].decode() if answer else ""


class Line:
    """A monitor's line to a listener on this machine."""

    def __init__(self, port: int, *, patience_s: float = 20) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience_s)
        self.decoder = FrameDecoder()
        self.found: list[bytes] = []

    def send(self, body: bytes) -> None:
        self.socket.sendall(framed(body))

    def answer(self) -> bytes:
        """Return the next answer; an ended line raises ``ConnectionError``."""
        while not self.found:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the listener closed the line")
            self.found += [one.body for one in self.decoder.feed(data) if hasattr(one, "body")]
        return self.found.pop(0)

    def ask(self, body: bytes) -> bytes:
        self.send(body)
        return self.answer()

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def asked(port: int, body: bytes) -> bytes:
    """Return what one message is answered on a line of its own."""
    with Line(port) as line:
        return line.ask(body)

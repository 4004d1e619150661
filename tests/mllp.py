"""Messages as bedside monitors send them, and a monitor's line to a listener; synthetic, without Django."""

import socket
from datetime import datetime
from itertools import count

from posology.hl7v2 import FrameDecoder, framed

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

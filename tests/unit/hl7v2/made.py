"""Synthetic messages for the tests of this folder: small, and changed in one place at a time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from posology.hl7v2 import Message, Readings, read_message, read_readings

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
HEADER = r"MSH|^~\&|MON^0011^EUI-64|WARD|||20261128110501+0100||ORU^R01^ORU_R01|M-1|P|2.6|||||||ASCII"
REQUEST = "OBR|1|||VITALS^Vital signs^L|||20261128110500+0100"
SYSTOLIC = "150021^MDC_PRESS_BLD_NONINV_SYS^MDC"
DIASTOLIC = "150022^MDC_PRESS_BLD_NONINV_DIA^MDC"
MMHG = "266016^MDC_DIM_MMHG^MDC"
SPO2 = "150456^MDC_PULS_OXIM_SAT_O2^MDC"
PERCENT = "262688^MDC_DIM_PERCENT^MDC"


def obx(
    value: str = "120",
    *,
    code: str = SYSTOLIC,
    unit: str = MMHG,
    channel: str = "1.0.1.1",
    kind: str = "NM",
    status: str = "F",
    mark: str = "",
    at: str = "",
    device: str = "",
) -> str:
    """One OBX segment."""
    return f"OBX|1|{kind}|{code}|{channel}|{value}|{unit}||{mark}|||{status}|||{at}||||{device}"


def body(*segments: str, header: str = HEADER, end: str = "\r") -> bytes:
    """One message of a header, one request and these segments."""
    return end.join((header, REQUEST, *segments, "")).encode()


def message(*segments: str, header: str = HEADER) -> Message:
    return read_message(body(*segments, header=header), zone=ZONE)


def readings(*segments: str, header: str = HEADER) -> Readings:
    return read_readings(message(*segments, header=header))


def header(**fields: str) -> str:
    """The header with some of its fields changed, by their number: ``header(f12="2.3")``."""
    parts = HEADER.split("|")
    for name, value in fields.items():
        parts[int(name[1:]) - 1] = value
    return "|".join(parts)

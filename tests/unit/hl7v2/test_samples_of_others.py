"""Messages that others made: each is read whole, against a naive reading of its lines.

They stand beside the repository and are no part of it; where they are absent there is nothing to test. The
judge below knows no code of the product: it looks at the lines with ``split`` and a few words by hand.
"""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from posology.hl7v2 import FrameDecoder, Reason, accept, framed, read_message, read_readings

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "hl7v2"
SAMPLES = sorted(FOLDER.glob("*.hl7"))
ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
absent = pytest.mark.skipif(not SAMPLES, reason="the messages stand outside of the repository")

# What a line is of, by words that stand in it, written down apart from the product's own table.
WORDS = {
    "NONINV_SYS": "systolic",
    "NONINV_DIA": "diastolic",
    "NONINV_MEAN": "mean_pressure",
    "SAT_O2": "spo2",
    "PULS_RATE": "pulse_rate",
    "RESP_RATE": "respiratory_rate",
    "^SpO2^": "spo2",
    "^Resp^": "respiratory_rate",
    "^HR^": "heart_rate",
    "^ABPs^": "systolic",
    "^ABPd^": "diastolic",
    "^ABPm^": "mean_pressure",
    "^NBPs^": "systolic",
    "^NBPd^": "diastolic",
    "^NBPm^": "mean_pressure",
}
# How many values each of the samples named here holds; counted by eye.
COUNTED = {
    "pcd-acme-bp": 3,
    "philips-iic-vitals": 6,
    "philips-suresigns-spotcheck": 2,
    "simhospital-vitals-1": 4,
    "simhospital-vitals-2": 4,
    "simhospital-vitals-3": 4,
}


def naive(path: Path) -> list[tuple[str, Decimal]]:
    found = []
    for line in path.read_bytes().decode("iso-8859-1").split("\r"):
        fields = line.split("|")
        sign = next((sign for word, sign in WORDS.items() if fields[0] == "OBX" and word in fields[3]), None)
        if sign and fields[5].strip():
            found.append((sign, Decimal(fields[5])))
    return found


@absent
@pytest.mark.hazard("H-43")
def test_every_value_of_every_sample_is_read_as_it_stands_there(record_property):
    """Sign and number of each value, and every other observation told. N is the observations."""
    n = 0
    for path in SAMPLES:
        message = read_message(path.read_bytes(), zone=ZONE)
        found = read_readings(message)
        assert [(r.sign.value, r.value.magnitude) for r in found.taken] == naive(path), path.name
        assert len(found.taken) == COUNTED.get(path.stem, len(found.taken)), path.name
        assert not found.unreadable, path.name
        assert all(r.at is not None for r in found.taken), path.name
        told = sorted([r.position for r in found.taken] + [r.position for r in found.not_taken])
        assert told == list(range(1, path.read_bytes().count(b"\rOBX|") + 1)), path.name
        n += len(told)
    record_property("n", n)


@absent
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_an_empty_value_is_told_as_empty(path):
    lines = [line.split("|") for line in path.read_bytes().decode("iso-8859-1").split("\r")]
    empty = sum(
        line[0] == "OBX" and any(word in line[3] for word in WORDS) and not line[5].strip() for line in lines
    )
    found = read_readings(read_message(path.read_bytes(), zone=ZONE))
    assert sum(n.reason is Reason.EMPTY for n in found.not_taken) == empty


@absent
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_goes_through_frames_and_is_answered(path):
    decoder = FrameDecoder()
    (frame,) = [found for byte in framed(path.read_bytes()) for found in decoder.feed(bytes([byte]))]
    message = read_message(frame.body, zone=ZONE)
    answers = accept(message, read_readings(message), at=NOW, control_id="P-1")
    fields = path.read_bytes().decode("iso-8859-1").split("\r")[0].split("|") + [""] * 20
    assert [answer.code for answer in answers] == {"AL": ["CA"], "NE": ["AA"], "": ["AA"]}[fields[14]]
    assert all(answer.control_id == fields[9] for answer in answers)


@absent
@pytest.mark.hazard("H-43")
def test_a_sample_cut_or_spoiled_anywhere_gives_no_other_number(record_property):
    """Each sample cut short at every byte, a long one at every fifth: what is still read stands in the whole.

    N is the cuts.
    """
    n = 0
    for path in SAMPLES:
        raw = path.read_bytes()
        whole = naive(path)
        first = raw.index(b"\rOBX|")
        for end in range(first, len(raw), 1 if len(raw) < 1000 else 5):
            found = read_readings(read_message(raw[:end], zone=ZONE))
            read = [(r.sign.value, r.value.magnitude) for r in found.taken]
            assert read == whole[: len(read)], (path.name, end)
            n += 1
    record_property("n", n)

"""Messages spoiled at random: refused with a sentence, or read with every observation accounted for."""

import random

import pytest

from posology.hl7v2 import MessageRefused, accept, read_message, read_readings, refuse
from tests.unit.hl7v2.made import DIASTOLIC, NOW, PERCENT, SPO2, ZONE, body, obx

WHOLE = body(
    "PID|1||A-1^^^WARD^MR||Doe^Jane||19800229|F",
    "OBX|1||150020^MDC_PRESS_BLD_NONINV^MDC|1.0.1|||||||X|||20261128110600+0100||||CUFF-7",
    obx("128"),
    obx("76", code=DIASTOLIC, channel="1.0.1.2"),
    obx("97", code=SPO2, unit=PERCENT, channel="1.2.1.1", mark="QUES"),
    obx("14", code="0002-5000^Resp^MDIL", unit="0004-0ae0^rpm^MDIL", kind="", at="20261128110700"),
)
BYTES = b'|^~\\&\r\n\x00\x0b\x1c 0159.,-+<>"AMSHOBXPID\xc3\xa9\xff'
TRIED = 4_000


def spoiled(chance: random.Random) -> bytes:
    raw = bytearray(WHOLE)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(raw))
        what = chance.randrange(4)
        if what == 0:
            raw[place] = chance.choice(BYTES)
        elif what == 1:
            raw.insert(place, chance.choice(BYTES))
        elif what == 2:
            del raw[place]
        else:
            end = min(len(raw), place + chance.randint(1, 40))
            raw[place:place] = raw[place:end]
    return bytes(raw)


@pytest.mark.hazard("H-43")
def test_a_spoiled_message_is_refused_or_accounted_for(record_property):
    """Bytes changed, put in, taken out and doubled. N is the messages."""
    chance = random.Random(20261128)
    refused = taken = 0
    for _ in range(TRIED):
        raw = spoiled(chance)
        try:
            message = read_message(raw, zone=ZONE)
        except MessageRefused as error:
            refused += 1
            assert str(error).endswith(".")
            answers = refuse(error, at=NOW, control_id="P-1")
        else:
            found = read_readings(message)
            positions = sorted([r.position for r in found.taken] + [n.position for n in found.not_taken])
            assert positions == list(range(1, len(positions) + 1)), raw
            assert all(n.why.endswith(".") for n in found.not_taken), raw
            assert all(r.value.magnitude.is_finite() for r in found.taken), raw
            answers = accept(message, found, at=NOW, control_id="P-1")
            taken += len(found.taken)
        for answer in answers:
            assert answer.body.startswith(b"MSH"), raw
    record_property("n", TRIED)
    assert refused > TRIED // 50
    assert taken > TRIED

"""Synthetic messages of several dialects; the readings each must give were written by hand."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from posology.hl7v2 import FrameDecoder, accept, framed, read_message, read_readings

pytestmark = pytest.mark.golden

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in HERE.glob("*.yaml"))
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def case(name: str) -> dict:
    return yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))


def through_the_door(given: dict):
    """Bytes in a frame, a byte at a time, to a message and its readings."""
    end = given.get("lines_end_in", "\r")
    raw = given["message"].replace("\n", end).encode()
    decoder = FrameDecoder()
    (frame,) = [found for byte in framed(raw) for found in decoder.feed(bytes([byte]))]
    message = read_message(frame.body, zone=ZoneInfo(given["zone"]))
    return message, read_readings(message)


def shown(reading, wanted: dict) -> dict:
    """A reading in the words of the case, as far as the case says anything of it."""
    at = reading.at
    every = {
        "position": reading.position,
        "sign": reading.sign.value,
        "value": str(reading.value.magnitude),
        "starts": str(reading.value.magnitude)[: len(wanted.get("starts", ""))],
        "unit": reading.value.unit,
        "at": at.at.isoformat() if at else None,
        "or_later": at.or_later.isoformat() if at and at.or_later else None,
        "zone_told": bool(at and at.zone_told),
        "at_from": reading.at_from,
        "status": reading.status.value,
        "channel": reading.channel,
        "device": reading.device,
        "method": reading.method,
        "flags": sorted(flag.value for flag in reading.flags),
    }
    asked = {*wanted, "flags", "at", "or_later"}
    return {key: every[key] for key in every if key in asked}


@pytest.mark.hazard("H-43")
@pytest.mark.parametrize("name", CASES)
def test_a_message_gives_the_readings_that_were_written_by_hand(name, record_property):
    """Each observation of each message: taken as written, or told as written. N is the observations."""
    given = case(name)
    message, found = through_the_door(given)
    expected = given["expected"]
    with_defaults = [
        {"at": None, "or_later": None, **wanted, "flags": sorted(wanted.get("flags", []))}
        for wanted in expected["taken"]
    ]
    assert [shown(r, w) for r, w in zip(found.taken, with_defaults, strict=True)] == with_defaults
    assert [(n.position, n.reason.value) for n in found.not_taken] == [
        (n["position"], n["reason"]) for n in expected["not_taken"]
    ]
    for told, wanted in zip(found.not_taken, expected["not_taken"], strict=True):
        assert wanted["says"] in told.why
    assert list(message.patient.names if message.patient else ()) == expected["patient"]
    assert message.location == expected["location"]
    for said, phrases in (
        (found.remarks, expected["remarks"]),
        (message.remarks, expected.get("message_remarks", [])),
    ):
        assert len(said) == len(phrases), said
        assert all(phrase in line for line, phrase in zip(said, phrases, strict=True))
    record_property("n", len(found.taken) + len(found.not_taken))


@pytest.mark.parametrize("name", CASES)
def test_a_message_is_answered_as_its_sender_asks(name):
    given = case(name)
    message, found = through_the_door(given)
    answers = accept(message, found, at=NOW, control_id="P-1")
    assert [answer.code for answer in answers] == given["expected"]["answers"]
    for answer in answers:
        assert answer.control_id == message.header.control_id
        assert all(place in answer.body.decode(message.codec) for place in given["expected"]["warns"])


def test_every_case_says_where_its_numbers_come_from():
    assert len(CASES) >= 4
    for name in CASES:
        assert (HERE / f"{name}.yaml").read_text(encoding="utf-8").startswith("# "), name

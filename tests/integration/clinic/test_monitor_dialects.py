"""Messages of several dialects, others' samples among them where they are at hand: each in its own chair."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from posology.clinic.monitors.models import MonitorReading
from tests import factories
from tests.cases import NOW
from tests.mllp import code_of
from tests.monitors import Bedside

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

OURS = sorted((Path(__file__).parents[2] / "golden" / "hl7v2").glob("*.yaml"))
OTHERS = sorted((Path(__file__).resolve().parents[4] / "shared" / "data" / "hl7v2").glob("*.hl7"))
UNITS = {"systolic": "mm[Hg]", "diastolic": "mm[Hg]", "mean_pressure": "mm[Hg]", "spo2": "%"}


def as_production(body: bytes) -> bytes:
    """Return a message that is marked as training as one of a patient."""
    for mark in (b"|", b"$"):
        body = body.replace(b"%bT%b2." % (mark, mark), b"%bP%b2." % (mark, mark), 1)
    return body


def dialects() -> list[tuple[bytes, list[dict], str]]:
    """Return each message, the readings that were written by hand for it, and the zone of its site."""
    found = []
    for path in OURS:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        end = given.get("lines_end_in", "\r")
        found.append(
            (given["message"].replace("\n", end).encode(), given["expected"]["taken"], given["zone"])
        )
    return found + [(path.read_bytes(), [], "Europe/London") for path in OTHERS]


@pytest.mark.hazard("H-43")
def test_every_dialect_stands_in_its_own_chair_with_its_units(record_property):
    """Two of each monitor are not made one, and the values are those that were written by hand."""
    n = 0
    for number, (body, expected, zone) in enumerate(dialects()):
        moments = [datetime.fromisoformat(e["at"]) for e in expected if e.get("at")]
        bedside = Bedside(factories.site(f"Clinic {number}", zone=zone), max(moments, default=NOW))
        production = as_production(body)
        assert code_of(bedside.send(production)[0]) in {"AA", "CA", ""}
        sources = sorted({row.name for row in bedside.rows()})
        assert sources and "" not in sources
        for chair, name in enumerate(sources, start=1):
            bedside.place(name, chair)
        before = len(bedside.rows())
        # The same values once more in other bytes, as the monitor's next message.
        end = b"\r" if b"\r" in production else b"\n"
        bedside.wait(seconds=2).send(production + b"NTE|1||next" + end)
        rows = bedside.rows(before)
        assert rows and all(sources[row.chair - 1] == row.name for row in rows)
        valued = sorted((row for row in rows if row.value is not None), key=lambda row: row.position)
        assert all(row.unit == UNITS.get(row.sign, "/min") for row in valued)
        if expected:
            assert [(r.position, r.sign) for r in valued] == [(e["position"], e["sign"]) for e in expected]
            for row, wanted in zip(valued, expected, strict=True):
                assert row.unit == wanted["unit"]
                assert "value" not in wanted or row.value == round(type(row.value)(wanted["value"]), 12)
        n += len(rows)
    record_property("n", n)


def test_a_sample_of_training_is_refused_as_it_stands():
    training = [body for body, _, _ in dialects() if as_production(body) != body]
    assert training
    bedside = Bedside(factories.site(), NOW)
    for body in training:
        assert code_of(bedside.send(body)[0]) in {"AR", "CR", ""}
    assert not MonitorReading.objects.for_clinic(bedside.site.clinic).exists()

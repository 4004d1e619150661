"""What no page of ours sends, in the queue of a device: refused entry by entry, while the rest goes on."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from tests.integration.web.chair import Chair
from tests.integration.web.test_outage import one, running, send

pytestmark = pytest.mark.django_db

ENTRY_FIELDS = ("id", "kind", "payload", "occurred_at", "sequence", "version", "live")
# What may stand in a field without being it; written as JSON, for NaN and a name that stands twice are none.
NOT_IT = (
    "5", "-1", "1.5", "1e400", "NaN", "-Infinity", "true", "false", "null", '""', '" "', '"x"', "[]", "{}",
    '[{"a": [1]}]', '{"text": {"a": []}}', '{"text": NaN}', '{"text": "a", "text": "b"}', '{"": ""}',
    '"9999-12-31T23:59:59-23:59"', '"0001-01-01T00:00:00+14:00"', '"2026-11-24"', '"\\u0000"', '"\\ud800"',
    "9" * 5000, "1" + "0" * 15, '"' + "x" * 400_000 + '"', '{"text": "' + "x" * 400_000 + '"}',
    "[" * 40 + "]" * 40, "[" * 900 + "]" * 900,
)  # fmt: skip
PAYLOADS = (
    ("reading_taken", ("systolic", "diastolic", "heart_rate", "spo2", "confirmed_extreme", "from_monitor")),
    ("scale_scored", ("scale", "value")),
    ("adverse_event", ("term", "grade", "serious", "related", "action")),
    ("note_written", ("text",)),
    ("drug_given", ("text",)),
    ("device_given", ("number", "lot", "complete", "note")),
    ("dose_given", ("dose_mg", "lot")),
    ("administration_started", ("dose_mg", "minutes", "lot", "rate_mg_per_min", "devices")),
    ("infusion_rate_changed", ("pump_rate_mL_per_h", "rate_mg_per_min", "reason")),
    ("infusion_paused", ("reason",)),
    ("infusion_stopped", ("reason", "complete")),
)


def malformed(at: datetime) -> list[str]:
    """Return entries as JSON with each field in turn being what it is not, or left out."""
    whole = one("note_written", at, 1, text="Calm.") | {"live": False}
    made = []
    for field in ENTRY_FIELDS:
        rest = {name: value for name, value in whole.items() if name != field}
        made += [_with(rest | {"id": str(uuid4())} if field != "id" else rest, field, v) for v in NOT_IT]
        made.append(json.dumps(rest | ({} if field == "id" else {"id": str(uuid4())})))
    for kind, fields in PAYLOADS:
        for field in fields:
            for value in NOT_IT:
                entry = one(kind, at, 1)
                del entry["payload"]
                made.append(json.dumps(entry)[:-1] + f', "payload": {{"{field}": {value}}}}}')
    return [*made, *NOT_IT, '{"more": 1}']


def _with(rest: dict[str, Any], field: str, value: str) -> str:
    return json.dumps(rest)[:-1] + f', "{field}": {value}}}'


def _queue(seat: Chair, *entries: str) -> str:
    whose = f'"user": "{seat.site.nurse.pk}", "patient": "{seat.patient.pk}"'
    return f'{{{whose}, "entries": [{", ".join(entries)}]}}'


@pytest.mark.faults
@pytest.mark.hazard("H-46")
def test_an_entry_that_cannot_be_read_is_refused_by_itself_and_the_rest_goes_on(record_property):
    """Each field of each kind as what it is not, beside a sound entry: N of N no fault of the server, the
    sound one stored, the other told to its device in a sentence, so that it is kept and not sent for ever.
    """
    seat = running()
    seat.wait(minutes=30)
    at, client = seat.at - timedelta(minutes=5), seat.client()
    client.raise_request_exception = False
    url = reverse("session-late", kwargs={"session": seat.session_id})
    tried = 0
    with time_machine.travel(seat.at, tick=False):
        for odd in _parts(malformed(at)):
            sound = json.dumps(one("note_written", at, 2, text=f"Sound {tried}."))
            answer = client.post(url, _queue(seat, *odd, sound), content_type="application/json")
            assert answer.status_code == 200, (answer.status_code, [entry[:200] for entry in odd])
            *told, last = answer.json()["answers"]
            assert last["became"] == "stored" and [a["place"] for a in told] == [*range(len(odd))]
            for entry, said in zip(odd, told, strict=True):
                assert said["became"] in {"stored", "beside"} or said["sentence"].endswith("."), entry[:200]
            tried += len(odd)
    record_property("n", tried)
    assert tried > 1200


def _parts(entries: list[str]) -> Iterator[list[str]]:
    """Part them as a device does: a few at a time, and no send too long."""
    part: list[str] = []
    for entry in entries:
        if part and (len(part) == 20 or sum(map(len, part)) + len(entry) > 900_000):
            yield part
            part = []
        part.append(entry)
    yield part


@pytest.mark.parametrize("field", ["id", "occurred_at"])
@pytest.mark.parametrize("value", ["5", "null", "[]", "1e400", "NaN", '""'])
def test_an_entry_without_an_id_or_a_moment_is_told_so_and_stored_nowhere(field, value):
    seat = running()
    before = seat.events()
    entry = {**one("note_written", seat.at, 1, text="Calm.")}
    del entry[field]
    body = _with(entry, field, value)
    url = reverse("session-late", kwargs={"session": seat.session_id})
    with time_machine.travel(seat.at, tick=False):
        answer = seat.client().post(url, _queue(seat, body), content_type="application/json")
    assert answer.status_code == 200 and answer.json()["open"] == 1
    told = answer.json()["answers"][0]
    assert told["became"] == "refused" and "nothing of this entry was recorded" in told["sentence"]
    assert seat.events() == before


def test_the_answers_stand_in_the_order_in_which_the_entries_were_sent():
    seat = running()
    seat.wait(minutes=5)
    queue = [one("note_written", seat.at, n, text=f"Entry {n}.") for n in (3, 1)]
    queue.insert(1, {"id": 5})
    answers = send(seat, queue).json()["answers"]
    assert [(a["place"], a["id"], a["became"]) for a in answers] == [
        (0, queue[0]["id"], "stored"), (1, "", "refused"), (2, queue[2]["id"], "stored")
    ]  # fmt: skip

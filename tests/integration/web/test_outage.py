"""What a device recorded without the network arrives once, under its author, and permits nothing."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse

from posology.clinic.accounts.models import User
from posology.clinic.care.rejoin import Late, take_late
from posology.clinic.sessions.models import EventRow
from posology.clinic.sessions.queries import events_of, session_for
from posology.knowledge import Route
from posology.treatment import Event, SessionPhase, SessionState, replay
from tests.integration.web.chair import Chair, chair
from tests.integration.web.walk import signed_in, text_of

pytestmark = pytest.mark.django_db

SCHEDULES = int(os.environ.get("POSOLOGY_SCHEDULES", "40"))  # of networks; 10,000 for the published figure
BY_THE_DOOR = 40  # of them sent through the page's own door
BY_THE_ACTION = max(BY_THE_DOOR, SCHEDULES // 10)  # … and stored by the action; folded are all of them


def one(kind: str, at: datetime, sequence: int, *, id: UUID | None = None, **payload: Any) -> dict[str, Any]:
    """Return one entry as a device sends it."""
    return {
        "id": str(id or uuid4()),
        "kind": kind,
        "payload": payload,
        "occurred_at": at.isoformat(),
        "sequence": sequence,
        "version": 1,
    }


def send(seat: Chair, entries: list[dict[str, Any]], *, by: User | None = None, **over: Any) -> Any:
    """Send a queue, as the page of one person does."""
    who = by or seat.site.nurse
    said = {"user": str(who.pk), "patient": str(seat.patient.pk), "entries": entries, **over}
    url = reverse("session-late", kwargs={"session": seat.session_id})
    with time_machine.travel(seat.at, tick=False):
        return seat.client(who).post(url, json.dumps(said), content_type="application/json")


def over_the_page(seat: Chair, entries: list[dict[str, Any]]) -> dict[str, str]:
    """Send a queue as a page does; return what became of each entry."""
    answers = send(seat, entries)
    assert answers.status_code == 200, text_of(answers)
    return {one["id"]: one["became"] for one in answers.json()["answers"]}


def take(seat: Chair, entries: list[dict[str, Any]]) -> dict[str, str]:
    """Give a queue to the action that the page's door calls."""
    read = [
        Late(**e | {"id": UUID(e["id"]), "occurred_at": datetime.fromisoformat(e["occurred_at"])})
        for e in entries
    ]
    told = {
        "session_id": seat.session_id,
        "entries": read,
        "page_patient_id": seat.patient.pk,
        "by": seat.site.nurse,
        "at": seat.at,
    }
    return {str(answer.id): answer.became.value for answer in take_late(**told)}


def became(response: Any) -> list[str]:
    assert response.status_code == 200, text_of(response)
    return [answer["became"] for answer in response.json()["answers"]]


def told(state: SessionState) -> tuple[Any, ...]:
    """Return what a session's fold says, without when the server heard of it."""
    entries = tuple((e.event_id, e.at, str(e.payload)) for e in state.entries)
    conflicts = tuple((c.event.id, c.why, c.counted) for c in state.conflicts)
    return state.phase, entries, conflicts, state.ended_at, state.infusions


def hours(start: datetime) -> list[dict[str, Any]]:
    """Return four hours of a session as a device recorded them: the dose, readings, events, the end of it."""
    made = []

    def add(kind: str, minute: float, **payload: Any) -> None:
        number = len(made) + 1
        at = start + timedelta(minutes=minute)
        made.append(one(kind, at, number, id=uuid5(UUID(int=7), str(number)), **payload))

    for minute in (10, 20, 30):
        add("reading_taken", minute, systolic=str(130 + minute), diastolic="80", confirmed_extreme=False)
        add("scale_scored", minute, scale="moaa_s", value="4")
    add("infusion_paused", 31, reason="Nausea")
    add("adverse_event", 31.2, term="Nausea", grade="1", serious=False, related="yes")
    add("infusion_stopped", 35, reason="The patient asked.", complete=False)
    add("drug_given", 36, text="Ondansetron 4 mg by mouth")
    for minute in range(50, 240, 60):
        add("reading_taken", minute, systolic="128", diastolic="77", spo2="97", confirmed_extreme=False)
    add("note_written", 239, text="Resting.")
    return made


def running(route: Route = Route.INTRAVENOUS) -> Chair:
    return chair(route).ready().start()


@pytest.mark.faults
@pytest.mark.hazard("H-46")
@pytest.mark.hazard("H-47")
def test_however_the_network_breaks_the_record_is_as_if_it_had_not(record_property):
    """Random cuts, lost answers, delays, doubles, any order of arrival: nothing lost or twice, one fold."""
    seat = running()
    start, before = seat.at, seat.events()
    seat.wait(hours=4)
    whole = hours(start)
    send(seat, [])  # signed in again, outside what is taken back below
    straight: tuple[Any, ...] | None = None
    for number in range(BY_THE_ACTION):
        sender = partial(over_the_page if number < BY_THE_DOOR else take, seat)
        with transaction.atomic():  # each schedule begins with the same running session
            if number == 0:
                assert set(became(send(seat, whole))) == {"stored"}
                straight = told(seat.state)
            else:
                assert _play(sender, whole, Random(number)) <= {"stored", "before", "beside"}, number
            assert told(seat.state) == straight, number
            assert seat.events() == before + len(whole), number
            transaction.set_rollback(True)
        assert seat.events() == before
    record_property("n", BY_THE_ACTION)


@pytest.mark.faults
@pytest.mark.hazard("H-47")
def test_whatever_order_a_network_makes_of_them_the_fold_is_the_same(record_property):
    """The same networks against the fold alone, each copy with a clock of its own: one state, N of N.

    The test of the test: a server that does not know an entry again tells another state.
    """
    seat = running()
    session = session_for(seat.site.nurse, seat.session_id)
    start, first = seat.at, events_of(session)
    seat.wait(hours=4)
    whole = hours(start)
    send(seat, whole)
    straight, stored = told(seat.state), {e.id: e for e in events_of(session)}
    for number in range(SCHEDULES):
        memory = Memory(first, stored)
        assert _play(memory, whole, Random(number)) <= {"stored", "before"}, number
        assert told(memory.state()) == straight, number
        assert len(memory.held) == len(stored), number
    forgetful = Memory(first, stored, knows_again=False)
    _play(forgetful, whole, Random(1))
    assert len(forgetful.held) > len(stored)
    record_property("n", SCHEDULES)


class Memory:
    """A server without a store: what arrived, in the order in which it did."""

    def __init__(
        self, first: tuple[Event, ...], stored: dict[UUID, Event], *, knows_again: bool = True
    ) -> None:
        self.held, self.stored, self.knows_again = list(first), stored, knows_again
        self.ids = {event.id for event in first}

    def __call__(self, entries: list[dict[str, Any]]) -> dict[str, str]:
        answers = {}
        for entry in sorted(entries, key=lambda e: e["sequence"]):
            key = UUID(entry["id"])
            answers[entry["id"]] = "before" if key in self.ids else "stored"
            if key not in self.ids or not self.knows_again:
                event = self.stored[key]
                later = event.recorded_at + timedelta(seconds=len(self.held))
                self.held.append(replace(event, recorded_at=later))
            self.ids.add(key)
        return answers

    def state(self) -> SessionState:
        return replay(self.held)


Sender = Callable[[list[dict[str, Any]]], dict[str, str]]


def _play(sender: Sender, whole: list[dict[str, Any]], chance: Random) -> set[str]:
    """Send a queue over a network that loses, repeats and reorders parts, until all was answered."""
    waiting, said = list(whole), set()
    while waiting:
        part = chance.sample(waiting, min(len(waiting), chance.randint(1, 6)))
        if chance.random() < 0.2:
            continue  # the request never arrived
        answers = sender(part)
        if chance.random() < 0.2:
            continue  # it arrived, and its answer did not
        said |= set(answers.values())
        waiting = [entry for entry in waiting if entry["id"] not in answers]
    return said


@pytest.mark.hazard("H-29")
def test_a_start_from_a_tablet_that_did_not_hear_of_the_cancellation_stands_beside_it():
    """Cut off; cancelled elsewhere; started on paper: kept, shown as a conflict, and the dose is counted."""
    seat = chair().ready()
    began = seat.at + timedelta(minutes=5)
    seat.wait(minutes=1).done("session_cancelled", reason="The patient is unwell.", by=seat.site.prescriber)
    assert seat.state.phase is SessionPhase.CANCELLED
    seat.wait(hours=1)
    start = one("administration_started", began, 9, dose_mg="36", minutes="40", lot="L-1")
    answer = send(seat, [start]).json()["answers"][0]
    assert answer["became"] == "beside" and answer["sentence"]
    assert [c.event.id for c in seat.state.conflicts] == [UUID(start["id"])]
    page = text_of(seat.open())
    for words in ("What does not fit", "The record held", "Session cancelled", "It is counted"):
        assert words in page, words
    with time_machine.travel(seat.at, tick=False):
        board = text_of(seat.client().get(reverse("board")))
    assert "1 entry does not fit the record" in board
    assert became(send(seat, [start])) == ["beside"]


@pytest.mark.hazard("H-29")
@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("discharged", {"with_escort": True}),
        ("discharge_overridden", {"reason": "Wants to go."}),
        ("discharge_criterion", {"key": "oriented", "met": True}),
        ("gate_overridden", {"rule": "rules-session/escort", "reason": "Lives next door."}),
        ("gate_answered", {"item": "escort_home", "answer": "yes"}),
        ("session_cancelled", {"reason": "No time."}),
        ("infusion_resumed", {}),
        ("corrected", {"event_id": str(uuid4()), "reason": "A slip.", "withdrawn": True}),
    ],
)
def test_what_decides_something_is_not_taken_from_a_page_without_the_network(kind, payload):
    seat = running()
    before = seat.events()
    assert became(send(seat, [one(kind, seat.at, 1, **payload)])) == ["refused"]
    assert seat.events() == before


def test_one_entry_that_cannot_be_taken_holds_up_no_other():
    seat = running()
    seat.wait(minutes=30)
    at = seat.at - timedelta(minutes=20)
    queue = [
        one("reading_taken", at, 1, systolic="300", diastolic="400", confirmed_extreme=False),
        one("reading_taken", at, 2, systolic="240", diastolic="90", confirmed_extreme=False),
        one("note_written", at, 3, text="Both said so."),
        one("no_such_kind", at, 4),
        one("note_written", seat.at + timedelta(minutes=10), 5, text="From ahead of the server's clock."),
    ]
    assert became(send(seat, queue)) == ["refused", "asked", "stored", "refused", "refused"]


def test_both_clocks_and_the_author_are_kept_and_it_stands_as_late():
    seat = running()
    at = seat.at + timedelta(minutes=7)
    seat.wait(hours=4)
    entry = one("note_written", at, 41, text="Asleep, breathing well.")
    send(seat, [entry], by=seat.site.prescriber)
    row = EventRow.objects.everywhere(because="looked at by a test").get(pk=entry["id"])
    assert (row.occurred_at, row.recorded_at, row.sequence) == (at, seat.at, 41)
    assert row.author_id == seat.site.prescriber.pk
    assert "late" in text_of(seat.open()).lower()


def test_the_rate_as_the_pump_shows_it_becomes_that_of_the_drug():
    """By hand: 36 mg in 50 mL at 50 mL/h is 36 mg/h, 0.6 mg/min."""
    seat = running()
    seat.wait(minutes=10)
    assert became(send(seat, [one("infusion_rate_changed", seat.at, 1, pump_rate_mL_per_h="50")])) == [
        "stored"
    ]
    assert str(seat.state.entries[-1].payload.rate_mg_per_min) == "0.6"


def test_a_form_that_arrived_after_all_is_the_same_entry():
    """The page's own form reached the server and its answer was lost: told again, the first moment stands."""
    seat = running()
    form = {**seat.form("note_written"), "text": "Calm."}
    assert seat.post("note_written", form).status_code == 302
    entry = one("note_written", seat.at + timedelta(seconds=3), 5, id=UUID(form["id"]), text="Calm.")
    seat.wait(minutes=1)
    assert became(send(seat, [{**entry, "live": True}])) == ["before"]
    assert became(send(seat, [{**entry, "live": True, "payload": {"text": "Not calm."}}])) == ["conflict"]


@pytest.mark.hazard("H-49")
def test_a_queue_is_taken_from_the_person_who_made_it_and_for_the_patient_of_its_page():
    seat = running()
    entry = one("note_written", seat.at, 1, text="Mine.")
    before = seat.events()
    assert send(seat, [entry], user=str(seat.site.prescriber.pk)).status_code == 409
    assert became(send(seat, [entry], patient=str(uuid4()))) == ["conflict"]
    assert seat.events() == before


@pytest.mark.hazard("H-48")
def test_the_shape_of_the_release_before_is_taken_and_another_is_not():
    seat = running()
    shapes = [{**one("note_written", seat.at, n, text="Told."), "version": n} for n in (0, 1, 2)]
    assert became(send(seat, shapes)) == ["stored", "stored", "refused"]


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "{}", '{"user": 1', '{"user": "x", "user": "y", "patient": "z", "entries": []}',
        '{"user": 7, "patient": "z", "entries": []}', '{"user": "x", "patient": null, "entries": []}',
        '{"user": "x", "patient": "z", "entries": NaN}',
        "[" * 100_000,
        '{"user": "x", "patient": "z", "entries": [' + ",".join(["{}"] * 500) + "]}",
    ],
)  # fmt: skip
def test_what_is_no_queue_is_refused_whole(body):
    seat = running()
    url = reverse("session-late", kwargs={"session": seat.session_id})
    with time_machine.travel(seat.at, tick=False):
        answer = seat.client().post(url, body, content_type="application/json")
    assert answer.status_code == 422 and "sentence" in answer.json()


def test_a_queue_without_the_token_of_the_page_is_refused():
    seat = running()
    client = Client(enforce_csrf_checks=True)
    client.force_login(seat.site.nurse)
    url = reverse("session-late", kwargs={"session": seat.session_id})
    assert client.post(url, "{}", content_type="application/json").status_code == 403


@pytest.mark.hazard("H-61")
@pytest.mark.requirement("SR-28")
def test_what_the_device_is_given_to_keep_names_nobody(record_property):
    seat = running()
    with time_machine.travel(seat.at, tick=False):
        shell = text_of(seat.client().get(reverse("outage-shell")))
        worker = text_of(seat.client().get(reverse("outage-worker")))
    given = text_of(seat.open()).split('data-outage="')[1].split('"')[0]
    names = [seat.patient.family_name, seat.patient.given_name, seat.patient.identifier]
    names += [seat.site.nurse.full_name, seat.site.prescriber.full_name, seat.site.clinic.name]
    for text in (shell, worker, given):
        assert not [name for name in names if name in text]
    record_property("n", 3 * len(names))


@pytest.mark.requirement("SR-28")
def test_signing_out_empties_the_device_unless_another_persons_entries_wait():
    seat = running()
    assert signed_in(seat.site.nurse).post(reverse("sign-out"))["Clear-Site-Data"] == '"storage"'
    waits = signed_in(seat.site.nurse).post(reverse("sign-out"), {"waiting": "1"})
    assert "Clear-Site-Data" not in waits

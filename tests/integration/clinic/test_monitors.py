"""What a monitor sends stands in the right session or in quarantine, whole, and binds no patient by guess."""

from datetime import timedelta
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest

from posology.clinic.monitors.actions import MonitorRefused, end_joining, join_monitor
from posology.clinic.monitors.models import Association, MonitorDevice, MonitorMessage, MonitorReading
from posology.clinic.monitors.receiving import kept_text, raw_bytes
from posology.clinic.sessions.queries import event_rows
from tests import factories
from tests.cases import NOW
from tests.mllp import USUAL, code_of, message
from tests.monitors import Bedside

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def reasons(rows: list[MonitorReading]) -> set[str]:
    return {row.reason for row in rows}


def test_a_joined_monitor_s_values_stand_in_the_session_as_they_were_told(bedside):
    session = bedside.joined(1, "Monitor 1")
    before = len(bedside.rows())
    (answer,) = bedside.wait(seconds=10).say(values={**USUAL, "systolic": "128.6"})
    assert code_of(answer) == "AA"
    rows = bedside.rows(before)
    assert {r.sign: str(r.value.normalize()) for r in rows} == {**USUAL, "systolic": "128.6"}
    assert all(r.session_id == session.pk and r.chair == 1 and r.reason == "" for r in rows)
    assert {r.unit for r in rows} == {"mm[Hg]", "/min", "%"}
    assert all(r.measured_at == bedside.at == r.received_at for r in rows)


def test_nothing_that_a_monitor_sends_is_an_event_of_the_session(bedside):
    session = bedside.joined(1, "Monitor 1")
    bedside.wait(seconds=10).say()
    assert not event_rows(session).exists()


def test_a_monitor_that_nobody_placed_or_joined_is_in_quarantine(bedside):
    session = bedside.seat(1)
    bedside.say()
    bedside.place("Monitor 1", None)
    bedside.wait(seconds=1).say()
    bedside.place("Monitor 1", 1)
    bedside.wait(seconds=1).say()
    bedside.wait(seconds=1).say(name="")
    assert [r.reason for r in bedside.rows()[::5]] == ["unknown", "no-chair", "not-joined", "unnamed"]
    assert not [r for r in bedside.rows() if r.session_id == session.pk]


def test_a_message_that_is_sent_again_gets_its_first_answer_and_one_row(bedside):
    body = message(bedside.at)
    first = bedside.send(body)
    again = bedside.wait(seconds=5).send(body, body)
    assert {*first} == {*again}
    assert MonitorMessage.objects.for_clinic(bedside.site.clinic).count() == 1


def test_a_number_that_is_used_again_with_another_content_is_another_message(bedside):
    """A monitor that starts anew counts from 1 again; what it says is not lost."""
    bedside.send(message(bedside.at, control_id="1"))
    bedside.wait(minutes=1).send(message(bedside.at, {"spo2": "93"}, control_id="1"))
    assert MonitorMessage.objects.for_clinic(bedside.site.clinic).count() == 2
    assert bedside.rows()[-1].value == 93


def test_training_messages_are_refused_and_kept(bedside):
    bedside.joined(1, "Monitor 1")
    before = len(bedside.rows())
    for processing in ("T", "D", ""):
        (answer,) = bedside.say(processing=processing)
        assert code_of(answer) == "AR"
    assert len(bedside.rows()) == before
    kept = MonitorMessage.objects.for_clinic(bedside.site.clinic).filter(ack="AR")
    assert kept.count() == 3 and all("MSH-11" in k.remarks for k in kept)


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff\xfejunk", b"MSH", b"MSH|^~\\&|\x00", "MSH|^~\\&|é|".encode()]
)
def test_junk_is_answered_kept_byte_for_byte_and_files_nothing(bedside, body):
    (answer,) = bedside.send(body)
    assert code_of(answer) == "AR"
    row = MonitorMessage.objects.for_clinic(bedside.site.clinic).get()
    assert raw_bytes(row.body) == body
    assert bedside.rows() == []


def test_every_byte_is_kept():
    every = bytes(range(256))
    assert raw_bytes(kept_text(every)) == every


@pytest.mark.hazard("H-07")
@pytest.mark.hazard("H-43")
def test_an_unknown_unit_or_an_empty_value_never_becomes_a_number(bedside, record_property):
    session = bedside.joined(1, "Monitor 1")
    cases = [
        ("kg", "128"),
        ("266016^MDC_DIM_KILO_PASCAL^MDC", "17"),
        ("", "128"),
        ("mm[Hg]", ""),
        ("mm[Hg]", "1,5"),
    ]
    cases += [
        ("mm[Hg]", "1e2"),
        ("mm[Hg]", "९९"),
        ("mm[Hg]", "7_5"),
        ("mm[Hg]", ">250"),
        ("mm[Hg]", "9" * 30),
    ]
    for n, (unit, told) in enumerate(cases):
        before = len(bedside.rows())
        bedside.wait(seconds=1).say(values={"systolic": told}, units={"systolic": unit}, control_id=f"U{n}")
        (row,) = bedside.rows(before)
        assert row.value is None and row.why, (unit, told)
        assert row.reason == "unreadable" or (told == "" and row.session_id == session.pk), (unit, told)
    bedside.wait(seconds=1).say(values={"systolic": "17.0658"}, units={"systolic": "kPa^kPa^UCUM"})
    assert round(bedside.rows()[-1].value) == Decimal(128)
    record_property("n", len(cases) + 1)


# ---------------------------------------------------------------- joining


def test_joining_asks_for_both_identifiers_the_chair_and_a_live_value(bedside):
    session = bedside.seat(1)
    device = bedside.place("Monitor 1", 1)
    bedside.say()
    right = {
        "association_id": uuid4(),
        "device_id": device.pk,
        "session_id": session.pk,
        "seen_id": bedside.last("Monitor 1").pk,
        "record_number": session.patient.identifier,
        "born_on": session.patient.born_on,
        "by": bedside.site.nurse,
        "at": bedside.at,
    }
    other = bedside.place("Monitor 2", 2)
    wrong = [
        {"record_number": "S-other"},
        {"born_on": None},
        {"born_on": session.patient.born_on + timedelta(days=1)},
        {"seen_id": None},
        {"seen_id": uuid4()},
        {"at": bedside.at + timedelta(seconds=61)},
        {"device_id": other.pk},
    ]
    for change in wrong:
        with pytest.raises(MonitorRefused):
            join_monitor(**{**right, **change})
    first = join_monitor(**right)
    assert join_monitor(**right) == first  # a second send
    with pytest.raises(MonitorRefused, match="already"):
        join_monitor(**{**right, "association_id": uuid4()})


def test_a_monitor_joined_elsewhere_is_freed_by_a_person_and_by_nothing_else(bedside):
    first = bedside.joined(1, "Monitor 1")
    second = bedside.seat(2, given_name="Bea")
    bedside.wait(minutes=1).place("Monitor 1", 2)  # moving it ends the joining
    assert Association.objects.for_clinic(bedside.site.clinic).get(session=first).ended_why == "moved"
    association = bedside.join("Monitor 1", second)
    end_joining(association_id=association.pk, by=bedside.site.nurse, at=bedside.at)
    before = len(bedside.rows())
    bedside.wait(seconds=5).say()
    assert reasons(bedside.rows(before)) == {"not-joined"}


# ---------------------------------------------------------------- hazard H-41


def _end(bedside: Bedside, session) -> None:
    factories.event(bedside.site, session, "session_cancelled", at=bedside.at, reason="Ended in the test.")


@pytest.mark.hazard("H-41")
def test_no_reading_reaches_another_patient_whatever_becomes_of_the_monitors(bedside, record_property):
    """Swapped monitors, a bed used again, a wrong name in the message: misfiled 0, quarantined 100 %."""
    mine = {1: bedside.joined(1, "Monitor 1"), 2: bedside.joined(2, "Monitor 2", given_name="Bea")}
    truth: list[tuple[MonitorReading, object]] = []

    def told(name: str, patient_session: object, **how: object) -> None:
        before = len(bedside.rows())
        bedside.wait(seconds=7).say(name, **how)
        truth.extend((row, patient_session) for row in bedside.rows(before))

    # 1. In their places: every value in its own session.
    for _ in range(5):
        told("Monitor 1", mine[1])
        told("Monitor 2", mine[2])
    in_place = len(truth)
    assert all(row.session_id == owner.pk for row, owner in truth)
    # 2. Swapped in the middle of the session, as a person says: nothing until each is joined anew.
    bedside.place("Monitor 1", 2)
    bedside.place("Monitor 2", 1)
    for _ in range(5):
        told("Monitor 1", mine[2])
        told("Monitor 2", mine[1])
    assert {row.session_id for row, _ in truth[in_place:]} == {None}
    bedside.join("Monitor 1", mine[2])
    bedside.join("Monitor 2", mine[1])
    told("Monitor 1", mine[2])
    told("Monitor 2", mine[1])
    # 3. Swapped without a word, where the monitor tells its bed or its patient: held back.
    for pv1, pid in product(
        ("PV1||I|Ward^1^9", ""), ("PID|||S-9^^^X", "PID|||||Other^Otto", "PID|||||||19000101")
    ):
        told("Monitor 1", None, pv1=pv1, pid=pid)
    told("Monitor 1", None, pv1="PV1||I|Ward^1^9")
    # 4. The bed is used again: the monitor still sends, and what it sends is nobody's until it is joined.
    _end(bedside, mine[1])
    for _ in range(5):
        told("Monitor 2", None)
    following = bedside.seat(1, given_name="Cid")
    for _ in range(5):
        told("Monitor 2", following)
    joined_at = bedside.wait(seconds=5).join("Monitor 2", following).made_at
    # 5. What the monitor held back from before the joining is not the new patient's.
    told("Monitor 2", None, measured_at=joined_at - timedelta(seconds=30))
    told("Monitor 2", following)

    misfiled = [
        row for row, owner in truth if row.session_id and (owner is None or row.session_id != owner.pk)
    ]
    should_be_held = [row for row, owner in truth if owner is None]
    assert misfiled == []
    assert all(row.session_id is None and row.reason for row in should_be_held)
    assert truth[-1][0].session_id == following.pk
    record_property("n", len(truth))


def test_the_right_patient_s_name_in_the_message_holds_nothing_back(bedside):
    session = bedside.joined(1, "Monitor 1")
    patient = session.patient
    told = f"PID|||{patient.identifier}^5^M11||{patient.family_name.upper()}^Ada||{patient.born_on:%Y%m%d}|F"
    before = len(bedside.rows())
    bedside.wait(seconds=5).say(pid=told)
    assert reasons(bedside.rows(before)) == {""}


def test_what_is_measured_in_the_second_of_the_joining_counts(bedside):
    """A monitor tells whole seconds; the second before is of whoever was there before."""
    bedside.wait(microseconds=400_000)
    bedside.joined(1, "Monitor 1")
    for seconds, reason in ((0, ""), (-1, "before")):
        before = len(bedside.rows())
        bedside.wait(microseconds=1000).say(measured_at=bedside.at + timedelta(seconds=seconds))
        assert reasons(bedside.rows(before)) == {reason}


@pytest.mark.hazard("H-32")
def test_a_monitor_whose_clock_is_off_is_held_back(bedside, record_property):
    bedside.joined(1, "Monitor 1")
    offsets = [-86400, -3600, -61, -60, -5, 0, 5, 60, 61, 3600, 86400]
    bedside.wait(hours=25)
    for offset in offsets:
        before = len(bedside.rows())
        bedside.wait(seconds=1).send(message(bedside.at + timedelta(seconds=offset), control_id=f"C{offset}"))
        held = reasons(bedside.rows(before)) == {"clock"}
        assert held == (abs(offset) > 60), offset
    record_property("n", len(offsets))


def test_a_clinic_hears_its_own_monitors_only(bedside):
    bedside.joined(1, "Monitor 1")
    other = Bedside(factories.site("Other Clinic"), NOW)
    other.say("Monitor 1")
    assert reasons(other.rows()) == {"unknown"}
    assert not MonitorDevice.objects.for_clinic(other.site.clinic).exists()

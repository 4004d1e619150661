"""What the page of a monitor does not offer is refused at every door, and meets no due check."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from posology.clinic.care.from_monitor import confirm_readings
from posology.clinic.care.rejoin import Answered, Late, take_late
from posology.clinic.care.session import record_event
from posology.clinic.conflicts import Conflict
from posology.clinic.monitors.actions import MonitorRefused
from posology.clinic.monitors.models import MonitorReading
from posology.clinic.monitors.proposals import FIELD, whole_of
from posology.clinic.sessions.models import SessionRow
from posology.clinic.sessions.queries import state_of
from posology.hl7v2 import Sign
from posology.treatment import EventError, due_readings
from tests import factories
from tests.monitors import Bedside

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

SPO2 = "OBX|9|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.0.2.1|{}|262688^MDC_DIM_PERCENT^MDC|||||{}"


def sent(bedside: Bedside, **how: object) -> list[MonitorReading]:
    before = len(bedside.rows())
    bedside.wait(seconds=5).say(**how)
    return bedside.rows(before)


def told_of(rows: list[MonitorReading]) -> dict[str, object]:
    """Return an entry's content that says just what these readings say."""
    values = {FIELD[Sign(r.sign)]: str(whole_of(r.value)) for r in rows if r.value is not None}
    return {**values, "confirmed_extreme": True, "from_monitor": [str(r.pk) for r in rows]}


def record(bedside: Bedside, session: SessionRow, rows: list[MonitorReading], **more: object) -> None:
    factories.event(bedside.site, session, "reading_taken", at=bedside.at, **told_of(rows), **more)


def late(bedside: Bedside, session: SessionRow, rows: list[MonitorReading]) -> Answered:
    """Tell it as a page without the network does."""
    entry = Late(uuid4(), "reading_taken", told_of(rows), bedside.at, 1)
    asked = {"session_id": session.pk, "page_patient_id": session.patient_id, "at": bedside.at}
    (answer,) = take_late(entries=[entry], by=bedside.site.nurse, **asked)
    assert answer.sentence.endswith(".")
    return answer.became


def missing(bedside: Bedside, session: SessionRow) -> set[str]:
    protocol = factories.library_of(session).protocol(session.order.course.protocol_id)
    return set(due_readings(state_of(session), protocol, bedside.at)[0].missing)


def unsound(bedside: Bedside) -> dict[str, list[MonitorReading]]:
    """Return readings of a joined monitor that its page shows and does not offer, by what is amiss."""
    pressure = {"systolic": "128", "diastolic": "76"}
    first = sent(bedside, values=pressure)
    bedside.wait(minutes=2)
    cuff = sent(bedside, values=pressure)
    return {
        "cannot be true": sent(bedside, values={"spo2": "101"}),
        "ten times too much": sent(bedside, values={"systolic": "1280", "diastolic": "76"}),
        "half a pressure": sent(bedside, values={"systolic": "128"}),
        "several": sent(bedside, values={"spo2": "97"}, extra=(SPO2.format(88, "R"),)),
        "no value": sent(bedside, values={"spo2": "97"}, extra=(SPO2.format("", "X"),)),
        "two measurements": [r for r in first if r.sign == Sign.SYSTOLIC]
        + [r for r in cuff if r.sign == Sign.DIASTOLIC],
        "two moments": cuff + sent(bedside.wait(minutes=2), values={"spo2": "97"}),
        "a pulse beside the heart rate": sent(bedside, values={"pulse": "71", "heart_rate": "71"}),
        "older than the rest": cuff + sent(bedside.wait(minutes=6), values={"spo2": "97"}),
    }


@pytest.mark.hazard("H-41")
@pytest.mark.hazard("H-42")
def test_no_door_takes_a_reading_that_the_page_does_not_offer(bedside, record_property):
    """Each kind at the door of events, told live and as having happened, and at that of a device's queue."""
    session = bedside.joined(1, "Monitor 1")
    before, tried = missing(bedside, session), 0
    for amiss, rows in unsound(bedside).items():
        for more in ({}, {"happened_before": True}):
            with pytest.raises((MonitorRefused, EventError)):  # the second for what can be true of nobody
                record(bedside, session, rows, **more)
                raise AssertionError(amiss)
        assert late(bedside, session, rows) is Answered.REFUSED, amiss
        tried += 3
    assert state_of(session).readings == () and missing(bedside, session) == before
    record_property("n", tried)
    record(bedside, session, sent(bedside))  # a sound one is taken
    assert missing(bedside, session) < before


@pytest.mark.hazard("H-32")
@pytest.mark.hazard("H-41")
def test_what_is_in_quarantine_is_confirmed_at_no_door(bedside, record_property):
    """Another patient's name, a clock that is off, a monitor that nobody joined: shown, and refused."""
    session = bedside.joined(1, "Monitor 1")
    held = {
        "another": sent(bedside, pid="PID|||S-9^^^X||Other^Otto"),
        "ahead": sent(bedside, measured_at=bedside.at + timedelta(minutes=3)),
        "unknown": sent(bedside, name="Monitor 9"),
    }
    for rows in held.values():
        assert {row.session_id for row in rows} == {None}
        with pytest.raises(MonitorRefused, match="not in this session"):
            record(bedside, session, rows)
        assert late(bedside, session, rows) is Answered.REFUSED
    assert state_of(session).readings == ()
    record_property("n", 2 * len(held))


@pytest.mark.hazard("H-41")
@pytest.mark.parametrize("minutes", [0, 5, 30])
def test_a_page_without_the_network_confirms_no_monitor_however_fresh(bedside, minutes):
    session = bedside.joined(1, "Monitor 1")
    rows = sent(bedside)
    before = missing(bedside.wait(minutes=minutes), session)
    assert late(bedside, session, rows) is Answered.REFUSED
    assert state_of(session).readings == () and missing(bedside, session) == before


def confirm(bedside: Bedside, session: SessionRow, rows: list[MonitorReading], form_id: UUID) -> None:
    asked = {"session_id": session.pk, "form_id": form_id, "reading_ids": [row.pk for row in rows]}
    confirm_readings(**asked, by=bedside.site.nurse, at=bedside.at)


@pytest.mark.hazard("H-41")
def test_an_old_form_confirms_nothing_that_came_after_it(bedside):
    """A second send is judged by the moment of the first; what was sent since is no part of it."""
    session, form = bedside.joined(1, "Monitor 1"), uuid4()
    first = sent(bedside)
    confirm(bedside, session, first, form)
    later = sent(bedside.wait(minutes=3), values={"spo2": "97"})
    bedside.wait(minutes=60)
    with pytest.raises((MonitorRefused, Conflict)):
        confirm(bedside, session, first + later, form)
    assert len(state_of(session).readings) == 1
    confirm(bedside, session, first, form)  # the same form again finds its entry


def test_a_session_that_is_over_and_a_correction_rest_on_no_monitor(bedside):
    session = bedside.joined(1, "Monitor 1")
    rows = sent(bedside)
    factories.event(bedside.site, session, "reading_taken", at=bedside.at, spo2=99)
    corrected = {
        "event_id": str(state_of(session).readings[0].event_id),
        "reason": "A slip.",
        "event_kind": "reading_taken",
        "payload": told_of(rows),
    }
    with pytest.raises(MonitorRefused, match="A correction is told by a person"):
        record_event(
            session_id=session.pk, event_id=uuid4(), kind="corrected", payload=corrected,
            occurred_at=bedside.at, by=bedside.site.nurse, at=bedside.at,
        )  # fmt: skip
    cancelled = {"reason": "The patient is unwell.", "by": bedside.site.prescriber}
    factories.event(bedside.site, session, "session_cancelled", at=bedside.at, **cancelled)
    session.refresh_from_db()
    with pytest.raises(MonitorRefused, match="session is over"):
        record(bedside, session, rows, happened_before=True)


@pytest.mark.hazard("H-41")
def test_a_reading_that_grew_old_is_confirmed_at_no_door(bedside):
    """Whatever an entry says of its own moment: it is stored now, and the page would not offer it now."""
    session = bedside.joined(1, "Monitor 1")
    rows = sent(bedside)
    measured = bedside.at
    bedside.wait(minutes=6)
    for more in ({}, {"occurred_at": measured, "happened_before": True}):
        with pytest.raises(MonitorRefused, match="older than 5 minutes"):
            record(bedside, session, rows, **more)
    assert late(bedside, session, rows) is Answered.REFUSED
    assert state_of(session).readings == ()

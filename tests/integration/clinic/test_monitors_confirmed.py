"""A person confirms what a monitor told: an entry of the person, that names what it rests on."""

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from uuid import RFC_4122, uuid4

import pytest
from django.db import connection

from posology.clinic.care.from_monitor import confirm_readings
from posology.clinic.care.together import FormRefused
from posology.clinic.monitors.actions import MonitorRefused
from posology.clinic.monitors.models import MonitorMessage, MonitorReading
from posology.clinic.monitors.places import MessageRow, ReadingRow, key_at, values_of
from posology.clinic.sessions.queries import chain_faults, state_of
from posology.treatment import due_readings, dump_payload, read_payload
from tests import factories
from tests.cases import NOW
from tests.mllp import USUAL
from tests.monitors import Bedside

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def _confirm(bedside: Bedside, session, rows: list[MonitorReading], **more):
    asked = {
        "session_id": session.pk,
        "form_id": uuid4(),
        "reading_ids": [row.pk for row in rows],
        "by": bedside.site.nurse,
        "at": bedside.at,
    }
    return confirm_readings(**{**asked, **more})


def _sent(bedside: Bedside, **how) -> list[MonitorReading]:
    before = len(bedside.rows())
    bedside.wait(seconds=5).say(**how)
    return bedside.rows(before)


def test_a_confirmed_reading_is_an_entry_of_the_person_that_names_what_it_rests_on(bedside):
    session = bedside.joined(1, "Monitor 1")
    rows = _sent(bedside, values={**USUAL, "systolic": "128.5", "spo2": "96.4"})
    measured_at = bedside.at
    bedside.wait(seconds=20)
    form = uuid4()
    (first,) = _confirm(bedside, session, rows, form_id=form)
    (again,) = _confirm(bedside.wait(minutes=9), session, rows, form_id=form)
    assert again.repeated and again.event == first.event
    (entry,) = state_of(session).readings
    assert entry.payload.values() == {
        "systolic": 129, "diastolic": 76, "heart_rate": 71, "spo2": 96, "respiratory_rate": 15,
    }  # fmt: skip
    assert set(entry.payload.from_monitor) == {row.pk for row in rows}
    assert (entry.at, entry.by) == (measured_at, str(bedside.site.nurse.pk))
    assert chain_faults(session) == ()
    assert rows[0].value == Decimal("128.5")  # what was told stays


def test_values_of_two_moments_make_two_entries(bedside):
    session = bedside.joined(1, "Monitor 1")
    cuff = _sent(bedside, values={"systolic": "150", "diastolic": "90"})
    bedside.wait(minutes=3)
    oximeter = _sent(bedside, values={"spo2": "94"})
    assert len(_confirm(bedside, session, cuff + oximeter)) == 2
    assert [e.payload.values() for e in state_of(session).readings] == [
        {"systolic": 150, "diastolic": 90},
        {"spo2": 94},
    ]


@pytest.mark.hazard("H-42")
def test_an_artefact_is_kept_and_cannot_be_confirmed_and_an_extreme_is_confirmed_by_itself(
    bedside, record_property
):
    session = bedside.joined(1, "Monitor 1")
    artefacts = [
        {"systolic": "80", "diastolic": "80"},
        {"systolic": "70", "diastolic": "90"},
        {"spo2": "101"},
        {"heart_rate": "0"},
        {"systolic": "120"},
        {"diastolic": "70"},
        {"systolic": "1200", "diastolic": "80"},
    ]
    for values in artefacts:
        rows = _sent(bedside, values=values)
        assert {r.sign: str(int(r.value)) for r in rows} == values  # stored as sent
        assert all(r.session_id == session.pk for r in rows)
        with pytest.raises(MonitorRefused):
            _confirm(bedside, session, rows)
    extreme = _sent(bedside, values={"systolic": "205", "diastolic": "96", "spo2": "84"})
    for some in ([], ["systolic=205"], ["systolic=206", "spo2=84"]):
        with pytest.raises(FormRefused):
            _confirm(bedside, session, extreme, confirmed=some)
    assert state_of(session).readings == ()
    _confirm(bedside, session, extreme, confirmed=["systolic=205", "spo2=84"])
    assert state_of(session).readings[0].payload.confirmed_extreme
    record_property("n", len(artefacts) + 4)


def test_old_withdrawn_doubled_and_foreign_values_cannot_be_confirmed(bedside):
    session = bedside.joined(1, "Monitor 1")
    other = bedside.joined(2, "Monitor 2", given_name="Bea")
    rows = _sent(bedside)
    with pytest.raises(MonitorRefused):
        _confirm(bedside, other, rows)
    with pytest.raises(MonitorRefused, match="older than 5 minutes"):
        _confirm(bedside, session, rows, at=bedside.at + timedelta(minutes=5))
    spo2 = _sent(bedside, values={"spo2": "97"})
    _sent(
        bedside,
        values={},
        extra=("OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.0.1.1||262688^MDC_DIM_PERCENT^MDC|||||X",),
    )
    with pytest.raises(MonitorRefused, match="taken a value back"):
        _confirm(bedside, session, spo2)
    twice = _sent(
        bedside,
        values={"spo2": "97"},
        extra=("OBX|9|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.0.2.1|88|262688^MDC_DIM_PERCENT^MDC|||||R",),
    )
    with pytest.raises(MonitorRefused, match="more than once"):
        _confirm(bedside, session, twice)
    assert state_of(session).readings == ()


def test_no_door_takes_an_entry_that_says_otherwise_than_the_readings_it_names(bedside):
    session = bedside.joined(1, "Monitor 1")
    rows = _sent(bedside, values={"spo2": "97"})
    for values, ids in (
        ({"spo2": 99}, rows),
        ({"heart_rate": 97}, rows),
        ({"spo2": 97, "heart_rate": 70}, rows),
    ):
        with pytest.raises(MonitorRefused):
            factories.event(
                bedside.site,
                session,
                "reading_taken",
                at=bedside.at,
                from_monitor=[str(r.pk) for r in ids],
                **values,
            )
    with pytest.raises(MonitorRefused):
        factories.event(
            bedside.site, session, "reading_taken", at=bedside.at, from_monitor=[str(uuid4())], spo2=97
        )


def test_a_due_check_is_met_by_the_confirmed_entry_and_by_nothing_before(bedside):
    session = bedside.joined(1, "Monitor 1")
    protocol = factories.library_of(session).protocol(session.order.course.protocol_id)
    rows = _sent(bedside)
    before = {name for name in due_readings(state_of(session), protocol, bedside.at)[0].missing}
    _confirm(bedside, session, rows)
    after = {name for name in due_readings(state_of(session), protocol, bedside.at)[0].missing}
    assert {"blood_pressure", "heart_rate", "spo2"} <= before and not after & {
        "blood_pressure",
        "heart_rate",
        "spo2",
    }


def test_an_entry_without_a_monitor_is_hashed_as_before_monitors_were():
    written = {"spo2": 97, "confirmed_extreme": False}
    rest = {"systolic": None, "diastolic": None, "heart_rate": None, "respiratory_rate": None}
    assert dump_payload(read_payload("reading_taken", {"spo2": 97})) == {**written, **rest}


def test_values_are_handed_to_the_database_as_django_hands_them(bedside):
    bedside.joined(1, "Monitor 1")
    bedside.wait(seconds=5, microseconds=7).say(values={"systolic": "128.25", "diastolic": "", "spo2": "97"})
    for row in [*bedside.rows(), *MonitorMessage.objects.for_clinic(bedside.site.clinic)]:
        columns = row._meta.concrete_fields
        theirs = [f.get_db_prep_save(getattr(row, f.attname), connection) for f in columns]
        assert list(values_of(row, type(row), connection.vendor)) == theirs


@pytest.mark.parametrize(("row", "model"), [(MessageRow, MonitorMessage), (ReadingRow, MonitorReading)])
def test_a_row_of_the_listener_s_has_every_column_of_its_table(row, model):
    assert [f.name for f in fields(row)] == [f.attname for f in model._meta.concrete_fields]


def test_keys_sort_by_their_moment_and_none_comes_twice():
    keys = [key_at(NOW + timedelta(milliseconds=n // 50)) for n in range(5_000)]
    assert len(set(keys)) == len(keys)
    assert [k.int >> 80 for k in keys] == sorted(k.int >> 80 for k in keys)
    assert {(k.version, k.variant) for k in keys} == {(7, RFC_4122)}
    assert (keys[0].int >> 80) == NOW.timestamp() * 1000

"""A day's staff and equipment in the clinic's records: kept whole, only growing, and asked at each start."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from posology.case import Answer
from posology.clinic.accounts.models import User
from posology.clinic.accounts.permissions import NotPermitted
from posology.clinic.audit.queries import verify_chain
from posology.clinic.care.start_checks import asked_at_start
from posology.clinic.conflicts import Conflict
from posology.clinic.duty.actions import (
    DutyRefused,
    Looked,
    decide_without,
    record_day,
    record_equipment,
    set_kept,
)
from posology.clinic.duty.models import DutyDecision, DutyEntry, DutyPerson, EquipmentCheck
from posology.clinic.orders.stored import order_of
from posology.clinic.sessions.models import SessionRow
from posology.treatment import NotAllowed
from tests import duty, factories
from tests.cases import NOW
from tests.integration.test_races import at_once
from tests.rems import BEFORE, Nasal, certify

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> factories.Site:
    return factories.site(on_duty=False)


def ready(site: factories.Site, **changes) -> SessionRow:
    """Return an infusion whose order is signed."""
    of = factories.patient(site)
    factories.assess_fully(site, of, changes)
    return factories.signed_order(site, of).session


def in_the_way(session: SessionRow) -> list[str]:
    return [o.key for o in asked_at_start(session, order_of(session.order), NOW) if o.key.startswith("duty/")]


def test_a_dose_starts_only_on_a_recorded_day(site, monkeypatch):
    """Refused with the way out in the sentence, then allowed by the record alone."""
    session = ready(site)
    with monkeypatch.context() as patch:  # the builder records the day; here nobody has
        patch.setattr("tests.duty.ensure", lambda site, *, at: None)
        factories.pass_gate(site, session, at=NOW)
        start = {"site": site, "session": session, "kind": "administration_started", "at": NOW}
        with pytest.raises(NotAllowed, match="Record today's staff and equipment, then start") as refusal:
            factories.event(**start, **factories.starting(session))
        assert [o.key for o in refusal.value.obstacles] == ["duty/record"]
        duty.staff(site, at=NOW)
        duty.equipment(site, at=NOW)
        assert factories.event(**start, **factories.starting(session)).state.started_at == NOW


def test_a_record_of_neither_staff_nor_equipment_is_refused(site):
    with pytest.raises(DutyRefused, match="so nothing was recorded"):
        record_day(row_id=uuid4(), people=None, looked=None, seen={}, by=site.nurse, at=NOW)


def test_yesterdays_record_is_not_todays(site):
    duty.ensure(site, at=NOW - timedelta(days=1))
    assert in_the_way(ready(site)) == ["duty/record"]


def test_the_day_is_the_sites_own():
    """15:00 UTC is the next day at the date line: a record of that day, not of the server's."""
    site = factories.site(zone="Pacific/Auckland", on_duty=False)
    duty.ensure(site, at=NOW - timedelta(hours=5))  # 23:00 there, on the day before
    assert in_the_way(ready(site)) == ["duty/record"]
    duty.ensure(site, at=NOW)
    assert duty.today(site, NOW).on == NOW.date() + timedelta(days=1)


def test_somebody_who_left_stands_in_the_way_of_the_next_start(site):
    session = ready(site)
    duty.ensure(site, at=NOW)
    assert in_the_way(session) == []
    duty.staff(site, at=NOW, without=("airway",))
    duty.equipment(site, at=NOW, failed=("monitor", "suction"))
    assert in_the_way(session) == ["duty/airway", "duty/monitor", "duty/suction"]
    assert duty.today(site, NOW).entries[0].number == 1  # and the morning's entries stand


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "administrator"}])
def test_whose_account_is_no_longer_of_a_role_does_not_count_in_it(site, change):
    session = ready(site)
    duty.ensure(site, at=NOW)
    named = {p.person_id for p in duty.today(site, NOW).people if p.role == "airway"}
    User.objects.filter(pk__in=named).update(**change)
    assert "duty/airway" in in_the_way(session)


def test_a_decision_is_for_the_day_as_it_was_then(site):
    session = ready(site)
    duty.staff(site, at=NOW)
    duty.equipment(site, at=NOW, failed=("oxygen",))
    decided = {"row_id": uuid4(), "key": "oxygen", "because": "A second bottle.", "at": NOW}
    with pytest.raises(NotPermitted):
        decide_without(**decided, by=site.nurse)
    with pytest.raises(DutyRefused, match="The reason is empty"):
        decide_without(**decided | {"because": " "}, by=site.prescriber)
    first = decide_without(**decided, by=site.prescriber)
    assert decide_without(**decided, by=site.prescriber) == first
    with pytest.raises(Conflict):
        decide_without(**decided | {"because": "Another."}, by=site.prescriber)
    assert in_the_way(session) == []
    duty.staff(site, at=NOW)  # a change of staff asks nothing anew of the equipment
    assert in_the_way(session) == []
    duty.equipment(site, at=NOW, failed=("oxygen", "suction"))
    assert in_the_way(session) == ["duty/oxygen", "duty/suction"]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("monitor", "nobody may go on without it"),
        ("suction", "nothing to decide"),
        ("kettle", "no such role"),
    ],
)
def test_what_cannot_be_decided_is_refused(site, key, says):
    duty.staff(site, at=NOW)
    duty.equipment(site, at=NOW, failed=("monitor",))
    with pytest.raises(DutyRefused, match=says):
        decide_without(row_id=uuid4(), key=key, because="Reason.", by=site.prescriber, at=NOW)
    assert not DutyDecision.objects.for_clinic(site.clinic).exists()


def test_a_site_that_keeps_the_record_elsewhere_is_asked_nothing_until_it_keeps_it_again(site):
    session = ready(site)
    for kept, expected in ((False, []), (True, ["duty/record"])):
        told = {"row_id": uuid4(), "kept": kept, "because": "The ward's book.", "at": NOW}
        with pytest.raises(NotPermitted):
            set_kept(**told, by=site.prescriber)
        set_kept(**told, by=site.director)
        assert in_the_way(session) == expected


def test_people_and_equipment_that_do_not_fit_are_refused_and_nothing_is_written(site):
    stranger = factories.site("Another Synthetic Clinic", on_duty=False).nurse
    gone = factories.colleague(site)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for people in (
        {},
        {stranger.pk: ["watcher"]},
        {gone.pk: ["watcher"]},
        {site.nurse.pk: ["prescriber_on_site"]},
        {site.administrator.pk: ["watcher"]},
        {site.nurse.pk: ["juggler"]},
    ):
        with pytest.raises(DutyRefused):
            duty.staff(site, at=NOW, people=people)
    good = [Looked(c, ready=True) for c in ("oximeter", "monitor", "resuscitation", "emergency_cart")]
    good += [Looked(c, ready=True) for c in ("oxygen", "suction", "bag_mask", "defibrillator")]
    for looked in (
        good[1:],
        [*good, good[0]],
        [*good, Looked("kettle", True)],
        [*good[1:], Looked("oximeter", False)],
    ):
        with pytest.raises(DutyRefused):
            record_equipment(row_id=uuid4(), looked=looked, by=site.nurse, at=NOW)
    assert not DutyEntry.objects.for_clinic(site.clinic).exists()


def test_a_second_send_gets_the_first_answer_and_another_content_a_conflict(site):
    row_id = uuid4()
    first = duty.staff(site, at=NOW, row_id=row_id)
    assert duty.staff(site, at=NOW, row_id=row_id) == first
    with pytest.raises(Conflict):
        duty.staff(site, at=NOW, row_id=row_id, without=("watcher",))
    with pytest.raises(Conflict):
        duty.equipment(site, at=NOW, row_id=row_id)


def test_the_database_keeps_every_row(site):
    """N = 5 tables of the day: no update and no delete."""
    duty.staff(site, at=NOW)
    duty.equipment(site, at=NOW, failed=("oxygen",))
    decide_without(row_id=uuid4(), key="oxygen", because="Reason.", by=site.prescriber, at=NOW)
    for rows, change in (
        (DutyEntry.objects.for_clinic(site.clinic), {"number": 9}),
        (DutyPerson.objects.for_clinic(site.clinic), {"role": "airway"}),
        (EquipmentCheck.objects.for_clinic(site.clinic), {"ready": True}),
        (DutyDecision.objects.for_clinic(site.clinic), {"because": "Other."}),
    ):
        assert rows.exists()
        for write in (lambda r=rows, c=change: r.update(**c), lambda r=rows: r._raw_delete(r.db)):
            with pytest.raises(DatabaseError, match="keeps its rows"), transaction.atomic():
                write()
    assert verify_chain().holds


def test_the_database_refuses_a_second_first_entry_and_a_change_without_a_reason(site):
    entry = duty.staff(site, at=NOW)
    same = {"clinic": site.clinic, "day": entry.day, "kind": "staff", "by": site.nurse, "at": NOW}
    for number, because in ((1, ""), (2, ""), (1, "Why")):
        with pytest.raises(IntegrityError), transaction.atomic():
            DutyEntry.objects.create(id=uuid4(), number=number, because=because, **same)


# ---------------------------------------------------------------- by drug and place


def test_nasal_esketamine_asks_for_the_prescriber_and_an_inpatient_site_does_not():
    nasal = Nasal(site=factories.site(on_duty=False))
    duty.staff(
        nasal.site, at=NOW, without=("prescriber_on_site", "airway", "rescue", "advanced_life_support")
    )
    duty.equipment(nasal.site, at=NOW, failed=("monitor", "resuscitation"))
    session = nasal.session
    assert in_the_way(session) == ["duty/prescriber_on_site"]


def test_a_site_certified_for_inpatients_alone():
    site = factories.site(on_duty=False)
    certify(site, setting="inpatient", at=BEFORE)
    nasal = Nasal(site=site, admitted=False)
    duty.staff(site, at=NOW, without=("prescriber_on_site",))
    duty.equipment(site, at=NOW)
    assert in_the_way(nasal.session) == []


@pytest.mark.parametrize("stroke", [Answer.NO, Answer.YES])
def test_the_european_label_asks_for_rescue_where_the_patient_had_a_stroke(site, stroke):
    site.clinic.jurisdiction = "EU"
    site.clinic.save(update_fields=["jurisdiction"])
    of = factories.patient(site)
    factories.assess_fully(site, of, {"stroke_ever": stroke})
    factories.fill_form(site, of, at=NOW - timedelta(minutes=2))
    session = factories.signed_order(site, of, route="nasal").session
    duty.staff(site, at=NOW, without=("rescue",))
    duty.equipment(site, at=NOW)
    assert in_the_way(session) == (["duty/rescue"] if stroke is Answer.YES else [])


# ---------------------------------------------------------------- two at once


@pytest.mark.django_db(transaction=True)
def test_two_who_record_the_same_morning_leave_one_record_and_one_conflict(record_property):
    rounds = 6
    site = factories.site(on_duty=False)
    for n in range(rounds):
        at = NOW + timedelta(days=n)
        answers = at_once(
            lambda at=at: duty.staff(site, at=at, by=site.nurse),
            lambda at=at: duty.staff(site, at=at, by=site.director),
        )
        lost = [a for a in answers if isinstance(a, Exception)]
        assert all(isinstance(a, Conflict) for a in lost), answers
        day = duty.today(site, at)
        assert [e.number for e in day.entries] == [*range(1, 3 - len(lost))]
    assert verify_chain().holds
    record_property("n", rounds)

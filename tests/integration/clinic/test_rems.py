"""A programme's certification, enrolment and forms, over both databases: what is refused, kept and listed."""

from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction

from posology.case import Answer, Medication, Origin
from posology.case import OriginKind as OriginKindOfFact
from posology.clinic.accounts.permissions import NotFound, NotPermitted
from posology.clinic.assessments.actions import NewMedication, record_medications
from posology.clinic.conflicts import Conflict
from posology.clinic.rems.actions import (
    RemsRefused,
    certify_site,
    end_certification,
    end_enrolment,
    enrol_patient,
)
from posology.clinic.rems.models import FinalForm, SessionAnswer
from posology.clinic.rems.queries import FormState, form_for, lately_sent, queue
from posology.treatment.policies import NotAllowed
from posology.treatment.rems import OriginKind
from tests import factories, rems
from tests.cases import NOW
from tests.rems import Nasal

pytestmark = pytest.mark.django_db


def test_a_whole_session_needs_three_answers_and_no_more():
    nasal = Nasal().whole()
    assert {f.key for f in nasal.form().form.unfinished} == {
        "first_treatment",
        "minutes_ready",
        "vitals_before",
    }
    form = nasal.answer_all().form().form
    told = {f.key: f.value for f in form.fields}
    assert told["pressure_before"] == "124/78 mmHg"
    assert (told["pressure_at_40"], told["pressure_at_end"]) == ("146/88 mmHg", "126/80 mmHg")
    assert (told["minutes_monitored"], told["minutes_ready"]) == ("121 min", "95 min")
    assert (told["dose"], told["sedation"], told["benzodiazepine"]) == ("56 mg", "Yes", "No")
    assert (told["clinician_telephone"], told["enrolled"]) == ("555 0100", "Yes")


def test_no_other_session_of_the_patient_changes_a_form(record_property):
    """The same patient is treated again: the first form stays, and the second owes it nothing.

    N is the number of fields that could have been copied and were not.
    """
    first = Nasal().whole().answer_all()
    before = first.form().form
    second = Nasal(site=first.site, admitted=False, at=NOW + timedelta(days=3), patient=first.patient)
    second.start()
    second.look(41, systolic=160, moaa_s=3)
    second.event("adverse_event", 50, term="Sedation", grade=2, serious=True, related="yes")
    assert first.form(at=second.later).form.sha256 == before.sha256
    ids = {o.id for f in before.fields for o in f.origins if o.kind in {OriginKind.EVENT, OriginKind.ANSWER}}
    taken = {o.id for f in second.form().form.fields for o in f.origins}
    assert ids and not ids & taken
    assert {f.key for f in second.form().form.unfinished} >= {
        "first_treatment",
        "vitals_before",
        "pressure_at_end",
    }
    record_property("n", len(ids))


def test_the_drug_list_of_the_session_flags_a_no_at_the_gate():
    nasal = Nasal()
    origin = Origin(OriginKindOfFact.STAFF, "nurse")
    for n, text in enumerate(("Lorazepam 1 mg oral tablet", "Oxycodone 5 mg oral tablet")):
        at = NOW - timedelta(hours=1) if n == 0 else NOW + timedelta(hours=3)  # one before, one afterwards
        drug = NewMedication(uuid4(), Medication(text, None, Answer.YES, at, origin))
        record_medications(patient=nasal.patient, medications=[drug], by=nasal.site.nurse, at=at)
    form = nasal.whole().form().form
    assert (
        form.field("benzodiazepine").flag == "The drug list of that session has: Lorazepam 1 mg oral tablet."
    )
    assert form.field("opioid").flag == ""


# ---------------------------------------------------------------- the start


def refused_start(nasal: Nasal) -> set[str]:
    factories.pass_gate(nasal.site, nasal.session, at=NOW)
    with pytest.raises(NotAllowed) as refused:
        nasal.event("administration_started", 0, **factories.starting(nasal.session))
    return {o.key for o in refused.value.obstacles}


def test_nothing_is_given_at_a_site_that_is_not_certified_to_a_patient_who_is_not_enrolled():
    nasal = Nasal(admitted=False)
    assert refused_start(nasal) == {"rems/site", "rems/enrolment"}


def test_an_ended_enrolment_or_certification_stops_the_next_start():
    nasal = Nasal()
    ended = {"programme": rems.PROGRAMME, "because": "Moved away.", "on": NOW.date(), "at": NOW}
    end_enrolment(row_id=uuid4(), patient=nasal.patient, by=nasal.site.prescriber, **ended)
    end_certification(row_id=uuid4(), setting="outpatient", by=nasal.site.director, **ended)
    assert refused_start(nasal) == {"rems/site", "rems/enrolment"}


def test_where_only_the_inpatient_setting_is_certified_there_is_no_enrolment_and_no_form():
    nasal = Nasal(admitted=False)
    rems.certify(nasal.site, setting="inpatient")
    nasal.start().watch().leave()
    found = nasal.form()
    assert found.stands is FormState.NONE and queue(nasal.site.director, at=nasal.later) == ()
    with pytest.raises(RemsRefused, match="has no form"):
        nasal.finalise()


def test_another_drug_and_another_jurisdiction_ask_nothing_of_a_programme():
    site = factories.site()
    patient = factories.patient(site)
    factories.assess_fully(site, patient)
    session = factories.signed_order(site, patient).session
    factories.pass_gate(site, session, at=NOW)
    factories.event(site, session, "administration_started", **factories.starting(session))
    with pytest.raises(NotFound):
        form_for(site.nurse, session.pk, at=NOW)


# ---------------------------------------------------------------- finalising


def test_a_form_is_not_finalised_while_a_field_is_open():
    with pytest.raises(RemsRefused, match="Not known yet: First treatment"):
        Nasal().whole().finalise()


def test_a_retired_version_cannot_be_finalised(record_property):
    nasal = Nasal().whole().answer_all()
    old = nasal.form(version="2021-11")
    with pytest.raises(RemsRefused, match="retired on 31-Dec-2025, so it cannot be finalised") as refused:
        nasal.finalise(version="2021-11", seen_sha256=old.form.sha256)
    assert refused.value.field == "version"
    assert not FinalForm.objects.for_clinic(nasal.site.clinic).exists()
    record_property("n", 1)


def test_what_was_looked_at_is_what_is_finalised():
    nasal = Nasal().whole().answer_all()
    seen = nasal.form().form.sha256
    nasal.answer("vitals_before", "no")
    with pytest.raises(Conflict, match="has changed since this page was made"):
        nasal.finalise(seen_sha256=seen)
    final = nasal.finalise()
    assert final.sha256 == nasal.form().form.sha256 and final.number == 1


def test_a_second_send_of_each_act_changes_nothing():
    nasal = Nasal().whole()
    row_id = uuid4()
    for _ in range(2):
        nasal.answer("first_treatment", "yes", row_id=row_id)
    assert SessionAnswer.objects.for_clinic(nasal.site.clinic).count() == 1
    with pytest.raises(Conflict):
        nasal.answer("first_treatment", "no", row_id=row_id)
    nasal.answer_all()
    told = {"row_id": uuid4(), "seen_sha256": nasal.form().form.sha256}
    assert nasal.finalise(**told).pk == nasal.finalise(**told).pk


def test_what_an_entry_tells_is_not_answered_by_hand():
    nasal = Nasal().whole()
    for key in ("pressure_at_40", "dose", "sedation", "benzodiazepine", "serious_event"):
        with pytest.raises(RemsRefused, match="tells this field already"):
            nasal.answer(key, "yes")


def test_a_late_adverse_event_shows_that_the_finalised_form_is_overtaken():
    nasal = Nasal().whole().answer_all()
    nasal.send(nasal.finalise())
    assert nasal.form().stands is FormState.SENT
    with pytest.raises(RemsRefused, match="Say why it is amended"):
        nasal.finalise()
    factories.event(
        nasal.site, nasal.session, "adverse_event", at=nasal.later, occurred_at=NOW + timedelta(minutes=50),
        happened_before=True, term="Respiratory depression", grade=3, serious=True, related="yes",
    )  # fmt: skip
    found = nasal.form()
    assert found.stands is FormState.CHANGED
    assert {c.label for c in found.changes} >= {"Respiratory depression", "Serious adverse event"}
    assert [f.session.pk for f in queue(nasal.site.director, at=nasal.later)] == [nasal.session.pk]
    nasal.answer_all()
    amended = nasal.finalise(because="A late entry told of it.")
    assert amended.number == 2 and nasal.form().stands is FormState.FINAL


def test_a_finalised_form_is_never_changed_or_taken_away():
    final = Nasal().whole().answer_all().finalise()
    for change in (
        lambda: FinalForm.objects.everywhere(because="test").filter(pk=final.pk).update(sha256="0" * 64),
        lambda: FinalForm.objects.everywhere(because="test").filter(pk=final.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# ---------------------------------------------------------------- the clock


def test_the_clock_runs_seven_calendar_days_in_the_sites_zone(record_property):
    """Given at 15:00 UTC on the 24th: in time for 7 days there, in Honolulu and Auckland (N = 2)."""
    for n, (name, zone) in enumerate((("A", "Pacific/Honolulu"), ("B", "Pacific/Auckland"))):
        site = factories.site(f"Synthetic {name}", zone=zone)
        nasal = Nasal(site=site).whole()
        treated = NOW.astimezone(ZoneInfo(zone)).date()
        (line,) = queue(site.director, at=nasal.later)
        assert line.due_on == treated + timedelta(days=7) and not line.is_overdue
        at = NOW + timedelta(days=7)
        assert queue(site.director, at=at)[0].days_left == 0
        (late,) = queue(site.director, at=at + timedelta(days=1))
        assert late.is_overdue and late.days_left == -1
        record_property("n", n + 1)


def test_the_list_has_the_shortest_clock_first_and_lets_go_of_what_was_sent():
    site = factories.site()
    first = Nasal(site=site).whole().answer_all()
    second = Nasal(site=site, admitted=False, who={"given_name": "Bea"})
    rems.enrol(site, second.patient)
    second.start()
    found = queue(site.director, at=first.later)
    assert [f.stands for f in found] == [FormState.READY, FormState.RUNNING]
    first.send(first.finalise())
    assert [f.session.pk for f in queue(site.director, at=first.later)] == [second.session.pk]
    assert [f.session.pk for f in lately_sent(site.director, at=first.later)] == [first.session.pk]


def test_a_session_without_a_form_never_takes_the_place_of_one_on_the_list(monkeypatch):
    monkeypatch.setattr("posology.clinic.rems.queries.LISTED", 1)
    site = factories.site()
    rems.certify(site, setting="inpatient")
    inpatient = Nasal(site=site).whole()
    inpatient.set_apart()
    second = Nasal(site=site, admitted=False, who={"given_name": "Bea"})
    rems.enrol(site, second.patient)
    second.start()
    assert [f.session.pk for f in queue(site.director, at=second.later)] == [second.session.pk]


# ---------------------------------------------------------------- who and when


def test_each_act_is_for_its_people_and_its_clinic():
    nasal = Nasal().whole()
    other = factories.site("Another Synthetic")
    with pytest.raises(NotFound):
        form_for(other.nurse, nasal.session.pk, at=nasal.later)
    assert queue(other.director, at=nasal.later) == ()
    with pytest.raises(NotPermitted):
        certify_site(
            row_id=uuid4(), programme=rems.PROGRAMME, setting="outpatient", on=NOW.date(), number="1",
            representative="R", address="A", by=nasal.site.nurse, at=NOW,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"on": NOW.date() + timedelta(days=1)}, "lies ahead of today"),
        ({"patient_signed_on": date(2026, 11, 24), "on": date(2026, 11, 20)}, "Both sign before"),
        ({"number": " "}, "The number is empty"),
        ({"programme": "rems-elsewhere"}, "No such programme"),
    ],
)
def test_an_enrolment_that_cannot_be_is_refused(changes, says):
    site = factories.site()
    day = NOW.date() - timedelta(days=4)
    told = {"programme": rems.PROGRAMME, "number": "S-1", "on": day, "patient_signed_on": day}
    told |= {"prescriber_signed_on": day, "patient": factories.patient(site)} | changes
    with pytest.raises(RemsRefused, match=says):
        enrol_patient(row_id=uuid4(), by=site.prescriber, at=NOW, **told)

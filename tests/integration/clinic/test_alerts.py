"""What stood before a signature is kept with its answer, and counted by rule."""

from datetime import timedelta
from uuid import uuid4

import pytest

from posology.case import Answer, Medication
from posology.clinic.accounts.permissions import NotPermitted
from posology.clinic.assessments.actions import NewMedication, record_medications
from posology.clinic.care.actions import choose_none, sign_order
from posology.clinic.care.passed import counts_of_all
from posology.clinic.care.session import record_event
from posology.clinic.orders.alerts import AlertUnanswered, Answered, counts_by_rule
from posology.clinic.orders.models import AlertRow
from posology.clinic.patients.models import Patient
from tests import factories
from tests.cases import NOW, STAFF

pytestmark = pytest.mark.django_db

BENZO, OPIOID, STIMULANT = (f"rules-interactions/{r}" for r in ("benzodiazepine", "opioid", "stimulant"))


@pytest.fixture
def site() -> factories.Site:
    return factories.site()


def patient_taking(site: factories.Site, *drugs: str, **answers: Answer) -> Patient:
    patient = factories.patient(site)
    factories.assess_fully(site, patient, answers)
    for drug in drugs:
        taken = Medication(drug, None, Answer.YES, NOW - timedelta(minutes=2), STAFF)
        record_medications(
            patient=patient, medications=[NewMedication(uuid4(), taken)], by=site.nurse, at=NOW
        )
    return patient


def rows(site: factories.Site) -> dict[str, tuple[str, bool, str, str]]:
    return {
        r.rule: (r.level, r.interrupts, r.answer, r.reason) for r in AlertRow.objects.for_clinic(site.clinic)
    }


def test_each_alert_of_an_order_is_kept_with_its_answer(site):
    patient = patient_taking(site, "lorazepam", "oxycodone", "methylphenidate")
    answers = {BENZO: Answered(heeded=True), OPIOID: Answered(heeded=False, reason="Last dose a week ago.")}
    factories.signed_order(site, patient, answers=answers)
    kept = rows(site)
    assert {rule: kept[rule] for rule in (BENZO, OPIOID, STIMULANT)} == {
        BENZO: ("caution", True, "heeded", ""),
        OPIOID: ("caution", True, "overridden", "Last dose a week ago."),
        STIMULANT: ("caution", False, "noted", ""),
    }


def test_a_hold_that_was_passed_is_kept_as_such(site):
    patient = patient_taking(site, capacity_to_consent=Answer.NO)
    factories.signed_order(site, patient)
    assert ("hold", True, "passed", "Decided in the test.") in rows(site).values()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "asks for an answer"),
        ({BENZO: Answered(heeded=False)}, "is not followed. Say why"),
        ({BENZO: Answered(heeded=False, reason="  \n ")}, "is not followed. Say why"),
        ({BENZO: Answered(heeded=False, reason="x" * 501)}, "1 to 500 characters"),
    ],
)
def test_nothing_is_signed_while_a_caution_that_interrupts_is_unanswered(site, given, sentence):
    patient = patient_taking(site, "lorazepam")
    with pytest.raises(AlertUnanswered, match=sentence):
        sign_order(**factories.signing(site, patient, answers=given))
    assert rows(site) == {}


def test_a_second_send_keeps_the_alerts_once(site):
    patient = patient_taking(site, "lorazepam")
    sent = factories.signing(site, patient)
    sign_order(**sent)
    assert sign_order(**sent).repeated and len(rows(site)) == 1


def test_a_decision_for_none_counts_what_stood_before_it(site):
    patient = patient_taking(site, "lorazepam")
    choose_none(decision_id=uuid4(), patient=patient, reason="Waits.", by=site.prescriber, at=NOW)
    assert rows(site)[BENZO] == ("caution", True, "not ordered", "")


def test_counts_tell_shown_overridden_and_the_reasons(site):
    said = [Answered(heeded=True), Answered(heeded=False, reason="None today."), Answered(heeded=True)]
    for given in said:
        factories.signed_order(site, patient_taking(site, "lorazepam"), answers={BENZO: given})
    waits = patient_taking(site, "lorazepam")
    choose_none(decision_id=uuid4(), patient=waits, reason="Waits.", by=site.prescriber, at=NOW)
    count = counts_by_rule(site.director)[BENZO]
    assert (count.shown, count.overridden, count.heeded, count.not_ordered, count.rate) == (4, 1, 2, 1, 25)
    assert [r.reason for r in count.reasons] == ["None today."]


def test_what_is_passed_at_the_chair_is_counted_with_its_reasons_until_it_is_taken_back(site):
    rule = "rules-session/heart-rate"
    patients = [factories.patient(site, identifier=f"SYN-PASS-{n}") for n in range(2)]
    for patient in patients:
        factories.assess_fully(site, patient)
    sessions = [factories.signed_order(site, patient).session for patient in patients]
    for session in sessions:
        factories.pass_gate(site, session, at=NOW)
    for session, why in (
        (sessions[0], "Known."),
        (sessions[0], "Known, seen again."),
        (sessions[1], "Slip."),
    ):
        passed = factories.event(
            site, session, "gate_overridden", by=site.prescriber, rule=rule, reason=why
        ).event
    count = counts_of_all(site.director)[rule]
    assert (count.shown, count.overridden, count.rate, count.level) == (2, 2, 100, "hold")
    assert {r.reason for r in count.reasons} == {"Known.", "Known, seen again.", "Slip."}
    assert {r.by for r in count.reasons} == {site.prescriber.full_name}
    record_event(
        session_id=sessions[1].pk,
        event_id=uuid4(),
        kind="corrected",
        payload={"event_id": str(passed.pk), "reason": "Passed by mistake.", "withdrawn": True},
        occurred_at=NOW,
        by=site.prescriber,
        at=NOW,
    )
    assert counts_of_all(site.director)[rule].overridden == 1


def test_another_clinic_counts_none_of_it(site):
    factories.signed_order(site, patient_taking(site, "lorazepam"))
    assert counts_by_rule(factories.site("Other Synthetic Clinic").director) == {}


def test_a_nurse_and_the_administrator_do_not_look_at_the_counts(site):
    for by in (site.nurse, site.administrator):
        with pytest.raises(NotPermitted, match="a prescriber or the medical director"):
            counts_by_rule(by)


@pytest.mark.requirement("SR-48")
def test_every_signed_order_has_a_row_for_each_finding_that_was_shown(site, record_property):
    """Ten lists of drugs (N alerts): as many rows as findings, and at most two interrupt unless held."""
    shown = 0
    for n in range(10):
        drugs = ("lorazepam", "oxycodone", "methylphenidate", "lamotrigine", "clozapine")[: n % 5 + 1]
        patient = patient_taking(site, *drugs)
        sent = factories.signing(site, patient)
        row = sign_order(**sent).order
        mine = AlertRow.objects.for_clinic(site.clinic).filter(order=row)
        assert {r.rule for r in mine} == set(sent["answers"]) | set(sent["overrides"])
        assert mine.filter(interrupts=True).count() == min(2, len(sent["answers"]))
        shown += mine.count()
    record_property("n", shown)
